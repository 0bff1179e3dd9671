// Training on a folder with everything around it: loaders, compiled steps, checkpoints, logs, progress, Ctrl-C.

import { join } from 'node:path';
import { saveOnnx } from '@neocog/formats';
import {
  type BatchLoader,
  checkpoint,
  compile,
  compileTraining,
  csvLog,
  type EpochReport,
  earlyStopping,
  type FitCallback,
  type FitHistory,
  type FitOptions,
  fit,
  jsonLog,
  optim,
  tensorBoard,
  type World,
} from 'neocog';
import { Interrupted, listenForInterrupt } from '../interrupt.ts';
import { Progress, StageBar } from '../progress.ts';
import { isFirst, shareOf, watching } from '../ranks/job.ts';
import { askingSignal } from '../ranks/launch.ts';
import { encodeRecipe } from '../recipe.ts';
import type { RunFolder } from '../runFolder.ts';
import { formatValue } from '../table.ts';
import { Features, keptFeatures } from './features.ts';
import { findRate, movingIn, type Trainee } from './findRate.ts';
import type { Lesson } from './lesson.ts';
import type { Machine } from './machine.ts';
import type { Placed } from './placeHead.ts';
import { rateOver } from './rates.ts';
import type { Loader } from './samples.ts';
import type { FolderSettings } from './settings.ts';

/** What is learned, how, and on what. */
export interface Learning {
  readonly lesson: Lesson;
  readonly settings: FolderSettings;
  readonly machine: Machine;
}

/** What came of it. The module has the weights of the best epoch. */
export interface Learned {
  readonly history: FitHistory;
  /** The epoch whose weights were kept. */
  readonly best: number;
  /** What samples to train on could not be read. */
  readonly broken: Loader['broken'];
}

/** As AdamW's authors have it; a head alone is regularised by its few weights. */
const weightDecay = 0.01;

/**
 * Trains, with checkpoints in the run's folder, whose earlier ones are replaced unless the run goes on from them.
 *
 * @param run null for a rank that leaves all writing to the first.
 * @param resume go on from the last checkpoint in the folder.
 * @throws Interrupted after Ctrl-C; a checkpoint of that moment is in the folder.
 */
export async function learn(learning: Learning, run: RunFolder | null, resume: boolean): Promise<Learned> {
  const { settings, machine } = learning;
  const loaders = loadersOf(learning);
  const keep = run && checkpoint(run.folder, { monitor: 'validation.loss', overwrite: true });
  const progress = run && new Progress(settings.epochs);
  const interrupt = listenForInterrupt(machine.world ? [askingSignal] : []);
  const needTime = (): void => {
    if (!interrupt.signal.aborted) return;
    throw new Interrupted(interrupt.exitCode, `stopped; go on with neocog train --resume ${run?.folder}`);
  };
  let stage: Stage | null = null;
  try {
    stage = await stageOf(learning, loaders);
    needTime();
    const rate = settings.lr === 'auto' ? await rateByTrial(stage, interrupt.signal) : settings.lr;
    needTime();
    const optimizer = new optim.AdamW(movingIn(stage.module), { lr: rate, weightDecay });
    const trainer = await stage.compile?.(optimizer);
    const history = await fit(stage.module, stage.training, {
      ...{ epochs: settings.epochs, resume, signal: interrupt.signal },
      ...{ optimizer, trainer, loss: stage.loss, ...stage.validation },
      learningRate: rateOver(settings.schedule, rate),
      onBatch: (report) => progress?.update(report),
      onEpoch: (report) => progress?.printEpoch(report),
      callbacks: [
        ...writersOf(settings, run, keep),
        ...stoppingOf(settings),
        ...(await watching(machine.world)),
      ],
    }).finally(() => trainer?.dispose());
    needTime();
    const best = await keep?.loadBest();
    if (best) stage.module.loadStateDict(best.weights);
    return { history, best: bestEpoch(history), broken: loaders.train.broken };
  } finally {
    progress?.stop();
    interrupt.release();
    stage?.dispose();
    for (const loader of Object.values(loaders)) loader.close();
  }
}

async function rateByTrial(stage: Stage, signal: AbortSignal): Promise<number> {
  const rate = await findRate(stage, signal);
  if (isFirst(stage.world)) process.stdout.write(`learning rate ${formatValue(rate)}, found by a trial\n`);
  return rate;
}

interface Loaders {
  readonly train: Loader;
  readonly heldOut: Loader;
}

/** What `fit` trains, on what. */
interface Stage extends Trainee {
  readonly validation: Pick<FitOptions, 'validation' | 'compileValidation'>;
  /** Null for one process. */
  readonly world: World | null;
  /** Frees the threads. */
  dispose(): void;
}

/** A last layer alone learns from what the body makes of samples; of those that do not change, once. */
const stageOf = async (learning: Learning, loaders: Loaders): Promise<Stage> =>
  learning.lesson.placed
    ? stageOfHead(learning, learning.lesson.placed, loaders)
    : stageOfAll(learning, loaders);

async function stageOfHead(
  { lesson, settings, machine }: Learning,
  { body, head }: Placed,
  { train, heldOut }: Loaders,
): Promise<Stage> {
  const { input, isStill, noun, loss } = lesson;
  const program = await compile(body, { input: [1, ...input], threads: machine.threads });
  const bar = new StageBar();
  const all = (isStill ? lesson.train.length : 0) + lesson.heldOut.length;
  const kept = (loader: Loader, before: number, shuffle: boolean): Promise<BatchLoader> =>
    keptFeatures(new Features(program, loader), {
      ...{ batchSize: settings.batch, shuffle, seed: settings.seed },
      onProgress: (done) => bar.update(`looking at ${noun}s`, Math.min(1, (before + done) / all)),
    });
  try {
    const validation = await kept(heldOut, 0, false);
    const training = isStill ? await kept(train, lesson.heldOut.length, true) : new Features(program, train);
    return {
      ...{ module: head, training, loss, compile: null, validation: { validation }, world: null },
      dispose: () => program.dispose(),
    };
  } catch (error) {
    program.dispose();
    throw error;
  } finally {
    bar.stop();
  }
}

/** What takes one sample at a time takes steps of several all the same: their gradients are gathered. */
function stageOfAll(
  { lesson, settings, machine: { threads, world } }: Learning,
  { train, heldOut }: Loaders,
): Stage {
  const { module, loss, batch } = lesson;
  const accumulate = batch === 1 ? shareOf(settings.batch, world) : 1;
  const ranks = world ? { world, sync: true } : {};
  const shapeOf = ({ batchSize }: Loader): number[] => [batchSize, ...lesson.input];
  const input = shapeOf(train);
  const target = { shape: [train.batchSize, ...lesson.target], dtype: 'int32' } as const;
  return {
    ...{ module, training: train, loss, world },
    compile: (optimizer) =>
      compileTraining(module, { input, target, loss, optimizer, threads, accumulate, ...ranks }),
    validation: {
      validation: heldOut,
      compileValidation: () => compile(module, { input: shapeOf(heldOut), threads }),
    },
    dispose: () => {},
  };
}

/** Which epoch `checkpoint` took for the best: the first of the least loss on what is held out. */
function bestEpoch({ epochs }: FitHistory): number {
  const lossOf = (report: EpochReport): number => report.validation?.loss ?? Number.POSITIVE_INFINITY;
  return epochs.reduce((best, report) => (lossOf(report) < lossOf(best) ? report : best)).epoch;
}

/** What writes to the folder of a run. */
const writersOf = (
  settings: FolderSettings,
  run: RunFolder | null,
  keep: FitCallback | null,
): FitCallback[] => (run && keep ? [keep, ...logsOf(settings, run)] : []);

const logsOf = ({ log }: FolderSettings, { folder, log: csv }: RunFolder): FitCallback[] => [
  csvLog(csv, { overwrite: true }),
  ...(log.includes('json') ? [jsonLog(join(folder, 'log.jsonl'), { overwrite: true })] : []),
  ...(log.includes('tensorboard') ? [tensorBoard(join(folder, 'tensorboard'), { overwrite: true })] : []),
];

const stoppingOf = ({ patience }: FolderSettings): FitCallback[] =>
  patience === null ? [] : [earlyStopping({ patience })];

function loadersOf({ lesson, settings, machine }: Learning): Loaders {
  const world = machine.world ?? undefined;
  const share = shareOf(settings.batch, machine.world);
  const batchSize = lesson.placed ? share : (lesson.batch ?? share);
  // Features that are kept come in the order of the folder, and are shuffled afterwards.
  const shuffle = !(lesson.placed && lesson.isStill);
  return {
    train: lesson.train.loader({ batchSize, shuffle, world }),
    heldOut: lesson.heldOut.loader({ batchSize, world }),
  };
}

/** The network with its recipe as a file: one sample at a time. */
export const encodeNetwork = ({ module, input, recipe }: Lesson): Uint8Array =>
  saveOnnx(module.eval(), { input: [1, ...input], metadata: encodeRecipe(recipe) });
