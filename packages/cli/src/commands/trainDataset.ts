// `neocog train mnist` and its like: the order of its steps. Whatever can be refused is, before the first step of training: options, data, the
// folder to write to.

import { join, resolve } from 'node:path';
import { type Dataset, datasets, loadDataset } from '../datasets.ts';
import { CommandError, exists } from '../files.ts';
import type { Machine } from '../folder/machine.ts';
import { encodeSettings, needSame, readSettings, settingsPath } from '../folder/settings.ts';
import { lenet5 } from '../networks.ts';
import { isFirst, shareOf, shareText, usualBatch } from '../ranks/job.ts';
import { collectReport } from '../report/collect.ts';
import { renderReport } from '../report/page.ts';
import { nextRunFolder, openRunFolder, RunFolder } from '../runFolder.ts';
import { formatShare } from '../table.ts';
import { trainNetwork } from '../trainer.ts';
import type { FolderWords } from './trainFolder.ts';

/** What was typed, and the processes that train. */
export interface RankWords extends Omit<FolderWords, keyof Machine>, Machine {
  readonly data?: string;
  readonly limit?: number;
}

export const datasetNames = datasets.map(({ name }) => name);

const usual = { epochs: 3, batch: 32, lr: 0.03, seed: 1 };

/** All that the weights depend on, as a run keeps it; null for what was not given. */
interface DatasetSettings {
  readonly dataset: string;
  readonly epochs: number;
  readonly batch: number;
  readonly lr: number;
  readonly seed: number;
  readonly data: string | null;
  readonly limit: number | null;
}

/** Options that a known data set has no use for. */
const ofFolders = [
  'task',
  'network',
  'weights',
  'freeze',
  'size',
  'seconds',
  'augment',
  'schedule',
  'patience',
  'holdOut',
  'strict',
  'log',
] as const;

/** Trains on one of the known data sets. */
export async function trainDataset(dataset: string, words: RankWords): Promise<void> {
  const settings = settle(dataset, words);
  const usualFolder = join('runs', dataset);
  const { out, force = false } = words;
  const earlier = words.resume === undefined ? null : (out ?? usualFolder);
  const isThere = isFirst(words.world) && earlier !== null && (await goesOn(earlier, settings, words));
  const resume = (await shareText(words.world, String(isThere))) === 'true';
  const data = await load(settings, words.data);
  const open = async (): Promise<RunFolder> => {
    if (earlier !== null && resume) return RunFolder.reopen(earlier);
    const asked = out ?? earlier;
    const run = await (asked === null ? nextRunFolder(usualFolder, force) : openRunFolder(asked, force));
    await run.clear();
    await run.keep(settingsPath(run.folder), encodeSettings(settings));
    return run;
  };
  const run = isFirst(words.world) ? await open() : null;
  await carryOut({ settings, data, machine: words }, run, resume);
}

/** Whether a folder holds a run of a known data set. */
export async function holdsDataset(folder: string): Promise<boolean> {
  return (await exists(settingsPath(folder))) && 'dataset' in (await readSettings<object>(folder));
}

/** Goes on with a run that was interrupted. @param folder that of the run */
export async function resumeDataset(folder: string, machine: Machine): Promise<void> {
  const mine = isFirst(machine.world) ? await readSettings<DatasetSettings>(folder) : null;
  const settings: DatasetSettings = JSON.parse(await shareText(machine.world, JSON.stringify(mine)));
  shareOf(settings.batch, machine.world);
  const data = await load(settings, settings.data ?? undefined);
  const run = isFirst(machine.world) ? await RunFolder.reopen(folder) : null;
  await carryOut({ settings, data, machine }, run, true);
}

/** Whether the folder holds a run to go on with. @throws CommandError if it is not the one that was typed */
async function goesOn(folder: string, settings: DatasetSettings, words: RankWords): Promise<boolean> {
  if (!(await exists(settingsPath(folder)))) return false;
  const { dataset, data, limit } = settings;
  const { epochs, batch, lr, seed } = words;
  needSame(folder, await readSettings<object>(folder), { dataset, data, limit, epochs, batch, lr, seed });
  return true;
}

/** @param folder as it was typed */
function load({ dataset, limit }: DatasetSettings, folder: string | undefined): Promise<Dataset> {
  const info = datasets.find(({ name }) => name === dataset)!; // the name is one of theirs
  return loadDataset(info, folder, limit ?? undefined);
}

interface Training {
  readonly settings: DatasetSettings;
  readonly data: Dataset;
  readonly machine: Machine;
}

/** @param run null for a rank that leaves all writing to the first */
async function carryOut(
  { settings, data, machine }: Training,
  run: RunFolder | null,
  resume: boolean,
): Promise<void> {
  const start = performance.now();
  const how = { ...settings, threads: machine.threads, world: machine.world, resume };
  const trained = trainNetwork({ network: lenet5, dataset: data }, run, how);
  const { module, history } = await trained.finally(() => run?.close());
  if (!run) return;
  const seconds = (performance.now() - start) / 1000;
  const command = commandLine(settings);
  const { weights, report: page } = run;
  const report = collectReport({
    network: lenet5,
    module,
    dataset: data,
    history,
    seconds,
    command,
    weights,
  });
  await run.writeReport(await renderReport(report));
  const { accuracy } = report.evaluation;
  process.stdout.write(
    `\ntest accuracy  ${formatShare(accuracy)}\nweights        ${weights}\nreport         ${page}\n`,
  );
}

function settle(dataset: string, words: RankWords): DatasetSettings {
  const stray = ofFolders.find((option) => words[option] !== undefined);
  if (stray !== undefined || words.lr === 'auto') {
    const option = stray === undefined ? '--lr auto' : `--${stray === 'holdOut' ? 'hold-out' : stray}`;
    throw new CommandError(`${option} is for folders, and ${dataset} is a known data set; leave it out`);
  }
  const batch = words.batch ?? usualBatch(usual.batch, words.world);
  shareOf(batch, words.world); // refuses what cannot be shared out
  return {
    ...{ dataset, batch },
    epochs: words.epochs ?? usual.epochs,
    lr: words.lr ?? usual.lr,
    seed: words.seed ?? usual.seed,
    data: words.data === undefined ? null : resolve(words.data),
    limit: words.limit ?? null,
  };
}

/** What to type for the same training again, defaults written out. */
function commandLine({ dataset, ...settings }: DatasetSettings): string {
  const words = Object.entries(settings).map(([key, value]) => (value === null ? '' : ` --${key} ${value}`));
  return `train ${dataset}${words.join('')}`;
}
