// What `fit` is told, and what it refuses before it begins.

import { above, aFunction, count, type Field, field, need, required } from '../arguments/field.ts';
import { type Fields, needOptions } from '../arguments/options.ts';
import type { ForwardPass, Loss } from '../data/evaluation.ts';
import { aSource, type BatchSource } from '../data/source.ts';
import { ShapeError } from '../errors.ts';
import type { Module } from '../nn/index.ts';
import { aModule } from '../nn/parts.ts';
import type { Schedule } from '../schedule/index.ts';
import { type FitCallback, someCallbacks } from './callback.ts';
import { type Checkpoint, isCheckpoint } from './checkpointData.ts';
import type { FitOptimizer, FitTrainer } from './parties.ts';
import type { BatchReport, EpochReport } from './reports.ts';

/** AbortSignal, where the compiler knows it. */
type Signal = typeof globalThis extends { AbortSignal: { prototype: infer Known } }
  ? Known
  : {
      /** Whether to stop. */
      readonly aborted: boolean;
    };

/** A compiled network that is only for a while. */
interface PassForNow extends ForwardPass {
  /** Frees threads and memory; called once the pass over the data is over. */
  dispose(): void;
}

/** How `fit` trains, and whom it tells. */
export interface FitOptions {
  /** Passes over the data, at least 1; with `resume` those of before count. */
  epochs: number;
  /** With a trainer: the one that it was compiled with. */
  optimizer: FitOptimizer;
  /** Of the network's output and the labels; `crossEntropy` unless given. A trainer has its own; this one is validation's. */
  loss?: Loss | undefined;
  /**
   * Takes the steps. The module then has the weights of the steps at the end of every epoch, before validation and
   * `onEpoch`, and at the end of the run, not at `onBatch`; its parts stay in the modes they are in.
   */
  trainer?: FitTrainer | undefined;
  /**
   * The learning rate at a fraction of the run, 0 before its first batch and below 1 at its last; sets
   * `optimizer.lr`. Groups with rates of their own keep the ratio.
   */
  learningRate?: ((progress: number) => number) | undefined;
  /** The learning rate of each batch, which counts from 0 over all epochs, as `schedule` makes it; instead of `learningRate`. */
  schedule?: Schedule | undefined;
  /** Batches whose gradients are averaged for one step of the optimiser; the last step of an epoch has those that are left. Default 1. */
  accumulate?: number | undefined;
  /** Scales the gradients so that their joint norm is at most this, as `optim.clipGradNorm` does. Default: any norm. */
  clipNorm?: number | undefined;
  /** Holds each entry of the gradients within ± this, as `optim.clipGradValue` does. Default: any value. */
  clipValue?: number | undefined;
  /** Measured after every epoch. */
  validation?: BatchSource | undefined;
  /** Makes what runs the full batches of `validation`, afresh after every epoch for the weights of then. */
  compileValidation?: (() => Promise<PassForNow>) | undefined;
  /** Awaited after every batch. */
  onBatch?: ((report: BatchReport) => void | Promise<void>) | undefined;
  /** Awaited after every epoch. */
  onEpoch?: ((report: EpochReport) => void | Promise<void>) | undefined;
  /** `earlyStopping`, `checkpoint`, `ema`, logs, and those of your own. */
  callbacks?: readonly FitCallback[] | undefined;
  /**
   * Goes on from a checkpoint: what `checkpoint` kept, if it has kept anything (true), a file or its bytes, or what
   * `readCheckpoint` gave. Weights, optimiser, rates, random numbers, place in the epoch and callbacks are those of then, and
   * the rest of the run has the same bits as if it had not been interrupted.
   */
  resume?: boolean | string | Uint8Array | Checkpoint | undefined;
  /** Ends the run before its next batch; the history then lacks the epoch it was in. */
  signal?: Signal | undefined;
}

const has = (value: unknown, ...methods: readonly string[]): boolean =>
  typeof value === 'object' &&
  value !== null &&
  methods.every((name) => typeof (value as Readonly<Record<string, unknown>>)[name] === 'function');

const aPlace: Field<boolean | string | Uint8Array | Checkpoint> = field(
  'true, the path of a checkpoint, its bytes, or what readCheckpoint gave',
  (v) =>
    typeof v === 'boolean' ||
    (typeof v === 'string' && v !== '') ||
    v instanceof Uint8Array ||
    isCheckpoint(v),
);

const fields: Fields<FitOptions> = {
  epochs: required(count),
  optimizer: required(field('an optimiser, such as new optim.SGD(…)', (v) => has(v, 'step', 'zeroGrad'))),
  loss: aFunction,
  trainer: field('a trainer, as compileTraining(…) makes it', (v) => has(v, 'step', 'sync')),
  learningRate: aFunction,
  schedule: aFunction,
  accumulate: count,
  clipNorm: above(0),
  clipValue: above(0),
  validation: aSource,
  compileValidation: aFunction,
  onBatch: aFunction,
  onEpoch: aFunction,
  callbacks: someCallbacks,
  resume: aPlace,
  signal: field('an AbortSignal', (v) => typeof v === 'object' && v !== null && 'aborted' in v),
};

/** @throws ShapeError for what is wrong, and for options that do not go together */
export function checkFit(module: Module, loader: BatchSource, options: FitOptions): void {
  need('fit', 'module', module, aModule);
  need('fit', 'loader', loader, aSource);
  needOptions('fit', options, fields);
  checkLength(loader, options);
  const found = clashOf(options, loader);
  if (found !== null) throw new ShapeError(`fit: ${found}`);
}

function clashOf(options: FitOptions, { world }: BatchSource): string | null {
  const { trainer, clipNorm, clipValue, learningRate, schedule } = options;
  if (world && !trainer?.world)
    return `the loader shares samples out among ${world.size} ranks, and no trainer of that world takes the steps; give the world to compileTraining`;
  const own = (['accumulate', 'clipNorm', 'clipValue'] as const).find((name) => options[name] !== undefined);
  if (trainer && own)
    return `${own} is given, and a trainer that takes the steps; give it to compileTraining`;
  if (clipNorm !== undefined && clipValue !== undefined)
    return 'clipNorm and clipValue are both given; give one of them';
  return learningRate && schedule ? 'learningRate and schedule are both given; give one of them' : null;
}

function checkLength(loader: BatchSource, { learningRate, accumulate = 1 }: FitOptions): void {
  const { length, size, batchSize } = loader;
  const counting = learningRate
    ? 'learningRate, a function of how much is done'
    : accumulate > 1
      ? 'accumulate'
      : '';
  if (length === undefined && counting !== '') {
    throw new ShapeError(
      `fit: ${counting}, needs the number of batches, and the loader does not say how many batches it has; give it a length`,
    );
  }
  if (length === undefined || length > 0) return;
  const found = size === undefined ? 'no batch' : `${size} samples, not one batch of ${batchSize ?? 'them'}`;
  throw new ShapeError(`fit: the loader has ${found}; add data or make batches smaller`);
}
