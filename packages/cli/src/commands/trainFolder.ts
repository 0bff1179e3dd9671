// `neocog train FOLDER`: the order of its steps. Whatever can be refused is, before the first step of training.

import { basename, join, resolve } from 'node:path';
import type { nn } from 'neocog';
import { CommandError, exists } from '../files.ts';
import { encodeNetwork, type Learning, learn } from '../folder/learn.ts';
import type { Lesson } from '../folder/lesson.ts';
import type { Machine } from '../folder/machine.ts';
import { collectReport } from '../folder/report/collect.ts';
import { renderReport } from '../folder/report/page.ts';
import {
  encodeSettings,
  type FolderSettings,
  needSame,
  readSettings,
  settingsPath,
  smallName,
} from '../folder/settings.ts';
import type { Opening } from '../folder/task.ts';
import { taskFor } from '../folder/tasks.ts';
import { tellBroken } from '../progress.ts';
import { isFirst, shareOf, shareText, usualBatch } from '../ranks/job.ts';
import { nextRunFolder, openRunFolder, RunFolder } from '../runFolder.ts';
import { formatCount } from '../table.ts';

/** What was typed; undefined for what is left to this command. */
export interface FolderWords extends Partial<Omit<FolderSettings, 'data'>>, Machine {
  readonly out?: string;
  readonly force?: boolean;
  /** `auto` goes on with the run that is there, if there is one. */
  readonly resume?: string;
}

/** Trains on a folder. */
export async function trainFolder(path: string, words: FolderWords): Promise<void> {
  const task = await taskFor(path, words.task);
  const usualFolder = join('runs', basename(resolve(path)));
  const earlier = words.resume === undefined ? null : (words.out ?? usualFolder);
  const found = await asFirst(words, () => (earlier === null ? null : runIn(earlier, path, words)));
  const settings = await agree(words, () => found ?? settle(path, task, words));
  const lesson = await task.open(settings, words);
  const run = await asFirst(words, async () => {
    if (earlier !== null && found) return RunFolder.reopen(earlier);
    const force = words.force ?? false;
    const out = words.out ?? earlier;
    const made = await (out === null ? nextRunFolder(usualFolder, force) : openRunFolder(out, force));
    await made.clear();
    await made.keep(settingsPath(made.folder), encodeSettings(settings));
    return made;
  });
  await carryOut({ lesson, settings, machine: words }, run, found !== null);
}

/** Goes on with a run that was interrupted. @param folder that of the run */
export async function resumeFolder(folder: string, machine: Machine): Promise<void> {
  const settings = await agree(machine, () => readSettings(folder));
  const task = await taskFor(settings.data, settings.task);
  const lesson = await task.open(settings, machine);
  const run = await asFirst(machine, () => RunFolder.reopen(folder));
  await carryOut({ lesson, settings, machine }, run, true);
}

/** Of the first process alone, which writes; null for the others. */
const asFirst = async <T>({ world }: Machine, make: () => T | Promise<T>): Promise<T | null> =>
  isFirst(world) ? make() : null;

/** The settings of the first process, on all: the others may not see its folder. */
async function agree(
  machine: Machine,
  settle: () => FolderSettings | Promise<FolderSettings>,
): Promise<FolderSettings> {
  const mine = await asFirst(machine, settle);
  const settings = JSON.parse(await shareText(machine.world, JSON.stringify(mine))) as FolderSettings;
  if (machine.world && settings.freeze) {
    throw new CommandError(
      'the last layer alone learns in one process; start it without mpirun and --launch, or let all layers learn with --no-freeze',
    );
  }
  shareOf(settings.batch, machine.world); // refuses what cannot be shared out
  return settings;
}

/** The settings of the run that a folder holds; null where it holds none. @throws CommandError if it is not what was typed */
async function runIn(folder: string, path: string, words: FolderWords): Promise<FolderSettings | null> {
  if (!(await exists(settingsPath(folder)))) return null;
  const settings = await readSettings(folder);
  needSame(folder, { ...settings, data: resolve(settings.data) }, { ...words, data: resolve(path) });
  return settings;
}

/** What is left to the command depends on the network: one that knows something already learns with its last layer alone. */
async function settle(data: string, task: Opening, words: FolderWords): Promise<FolderSettings> {
  refuseStrange(task, words);
  const { network = smallName, weights = null } = words;
  const isTrained = weights !== null || (await exists(network));
  const freeze = words.freeze ?? (isTrained && task.known === 'frozen');
  if (freeze && !isTrained) {
    throw new CommandError(
      '--freeze leaves all but the last layer as it is, and this network knows nothing yet; name weights with --weights, or a file with --network',
    );
  }
  const usual = task.usual[freeze ? 'frozen' : isTrained ? 'trained' : 'fresh'];
  return {
    ...{ data, task: task.name, network, weights, freeze },
    size: words.size ?? null,
    seconds: words.seconds ?? null,
    augment: words.augment ?? usual.augment,
    epochs: words.epochs ?? usual.epochs,
    batch: words.batch ?? usualBatch(usual.batch, words.world),
    lr: words.lr ?? usual.lr,
    schedule: words.schedule ?? 'cosine',
    patience: words.patience ?? null,
    seed: words.seed ?? 1,
    holdOut: words.holdOut ?? 0.2,
    strict: words.strict ?? false,
    log: words.log ?? [],
  };
}

function refuseStrange({ name, strange }: Opening, words: FolderWords): void {
  for (const [option, instead] of Object.entries(strange))
    if (words[option as keyof FolderWords] !== undefined)
      throw new CommandError(`--${option} is not for --task ${name}: ${instead}`);
}

function announce({ title, about, module, placed }: Lesson): void {
  const count = (list: readonly nn.Parameter[]): number => list.reduce((sum, { size }) => sum + size, 0);
  const all = module.parameters();
  const moving = count(all.filter((parameter) => parameter.requiresGrad));
  const learning = moving < count(all) ? `, of which ${formatCount(moving)} learn` : '';
  process.stdout.write(
    `${title}, ${formatCount(count(all))} weights${learning}, ${about}\n` +
      (placed === null
        ? ''
        : `the new last layer stands before ${placed.before}, where a trial told the classes apart best\n`),
  );
}

/** @param run null for a rank that leaves all writing to the first */
async function carryOut(learning: Learning, run: RunFolder | null, resume: boolean): Promise<void> {
  const start = performance.now();
  const { lesson } = learning;
  if (run) announce(lesson);
  const learned = await learn(learning, run, resume);
  if (!run) return tellBroken(learned.broken);
  await run.keep(run.network, encodeNetwork(lesson));
  const seconds = (performance.now() - start) / 1000;
  const report = await collectReport({ learning, learned, seconds, network: run.network });
  await run.writeReport(renderReport(report));
  tellBroken(report.broken);
  process.stdout.write(
    `\nheld out  ${report.told}, with the weights of epoch ${learned.best}\n` +
      `network   ${run.network}\nreport    ${run.report}\n`,
  );
}
