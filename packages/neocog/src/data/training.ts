// The training loop: fit. Eager on one thread, or through a compiled step; lets timers and signals run in between. Knows
// no files, no terminal and no data set: callers hang progress, checkpoints and schedules on the callbacks.

import { aFunction, count, field, need, required } from '../arguments/field.ts';
import { type Fields, needOptions } from '../arguments/options.ts';
import { NeocogError, ShapeError } from '../errors.ts';
import type { Module } from '../nn/index.ts';
import { aModule } from '../nn/parts.ts';
import { crossEntropy } from '../ops/index.ts';
import type { Tensor } from '../tensor/tensor.ts';
import { makeBreather } from './breather.ts';
import { aLoader, type Evaluation, evaluate, type ForwardPass, type Loss, numberOf } from './evaluation.ts';
import type { BatchLoader } from './loader.ts';
import { Tally } from './tally.ts';

/** What `fit` needs of an optimiser; every class of `optim` has it. */
export interface FitOptimizer {
  /** The learning rate, which `learningRate` sets before each step. */
  lr: number;
  /** Moves the parameters by their gradients. */
  step(): void;
  /** Forgets the gradients of the step before. */
  zeroGrad(): void;
}

/** What a step says, of the network as it was before. */
interface TakenStep {
  /** Of this batch. */
  readonly loss: number;
  /** What the network gave, `[n, …]`. */
  readonly output: Tensor;
}

/** What takes compiled steps: the `Trainer` of `compileTraining` for the same module and optimiser. */
export interface FitTrainer {
  /** One step on a batch: samples x `[n, …]` and their targets y `[n, …]`. */
  step(x: Tensor, y: Tensor): Promise<TakenStep>;
  /** Brings the weights back into the module. */
  sync(): void;
}

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
  /** Passes over the data, at least 1. */
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
   * The learning rate at a fraction of the run, 0 before its first step and below 1 at its last; sets
   * `optimizer.lr`.
   */
  learningRate?: ((progress: number) => number) | undefined;
  /** Measured after every epoch. */
  validation?: BatchLoader | undefined;
  /** Makes what runs the full batches of `validation`, afresh after every epoch for the weights of then. */
  compileValidation?: (() => Promise<PassForNow>) | undefined;
  /** Awaited after every batch. */
  onBatch?: ((report: BatchReport) => void | Promise<void>) | undefined;
  /** Awaited after every epoch. */
  onEpoch?: ((report: EpochReport) => void | Promise<void>) | undefined;
  /** Ends the run before its next batch; the history then lacks the epoch it was in. */
  signal?: Signal | undefined;
}

const has = (value: unknown, ...methods: readonly string[]): boolean =>
  typeof value === 'object' &&
  value !== null &&
  methods.every((name) => typeof (value as Readonly<Record<string, unknown>>)[name] === 'function');

const fields: Fields<FitOptions> = {
  epochs: required(count),
  optimizer: required(field('an optimiser, such as new optim.SGD(…)', (v) => has(v, 'step', 'zeroGrad'))),
  loss: aFunction,
  trainer: field('a trainer, as compileTraining(…) makes it', (v) => has(v, 'step', 'sync')),
  learningRate: aFunction,
  validation: aLoader,
  compileValidation: aFunction,
  onBatch: aFunction,
  onEpoch: aFunction,
  signal: field('an AbortSignal', (v) => typeof v === 'object' && v !== null && 'aborted' in v),
};

/**
 * One step of training. Epochs, batches and steps count from 1; loss and accuracy are means over the epoch so
 * far.
 */
export interface BatchReport {
  /** From 1. */
  readonly epoch: number;
  /** From 1, in this epoch. */
  readonly batch: number;
  /** Batches in an epoch. */
  readonly batches: number;
  /** From 1, over all epochs. */
  readonly step: number;
  /** Steps of the whole run. */
  readonly steps: number;
  /** Of this batch alone, before the step. */
  readonly batchLoss: number;
  /** The mean over the epoch's samples so far. */
  readonly loss: number;
  /** The fraction of the epoch's samples so far that were taken for what they are; NaN where labels are no classes. */
  readonly accuracy: number;
  /** The learning rate of this step. */
  readonly lr: number;
}

/**
 * One epoch. Accuracies are fractions of 1, NaN where labels are no classes; validation is null where there
 * is none.
 */
export interface EpochReport {
  /** From 1. */
  readonly epoch: number;
  /** The mean over the epoch's samples, each as the network was in its step. */
  readonly loss: number;
  /** The fraction of samples that were taken for what they are, each in its step; NaN where labels are no classes. */
  readonly accuracy: number;
  /** What the network did on `validation` after this epoch; null without one. */
  readonly validation: Evaluation | null;
  /** Of this epoch, with its validation. */
  readonly seconds: number;
}

/** What `fit` did. */
export interface FitHistory {
  /** One report for each epoch that came to its end. */
  readonly epochs: EpochReport[];
  /** The loss of every batch, in order. */
  readonly batchLosses: number[];
  /** True if `signal` ended the run early. */
  readonly stopped: boolean;
}

/**
 * Trains a network: for each batch forward, loss, backward and a step of the optimiser.
 *
 * A module in evaluation mode is put into training mode as a whole and left there; in one in training mode, parts that are in
 * evaluation mode, such as frozen batch normalisation, stay so. Calls back and lets other work of the event loop run as it goes.
 *
 * @throws NeocogError if the loss stops being a finite number; what a trainer did since the last epoch is then not synced.
 * @throws ShapeError if `epochs` is not a whole number from 1, or the loader has no batch.
 * @example
 * const optimizer = new optim.SGD(net.parameters(), { lr: 0.05, momentum: 0.9 });
 * const history = await fit(net, loader, { epochs: 3, optimizer, validation: testLoader });
 * console.log(history.epochs.at(-1)?.validation?.accuracy);
 * @example
 * const trainer = await compileTraining(net, { input: [64, 1, 28, 28], loss: crossEntropy, optimizer, threads: 2 });
 * await fit(net, loader, { epochs: 3, optimizer, trainer });
 */
export async function fit(module: Module, loader: BatchLoader, options: FitOptions): Promise<FitHistory> {
  need('fit', 'module', module, aModule);
  need('fit', 'loader', loader, aLoader);
  needOptions('fit', options, fields);
  checkRun(loader);
  const history = { epochs: [] as EpochReport[], batchLosses: [] as number[], stopped: false };
  for (let epoch = 1; epoch <= options.epochs; epoch++) {
    const start = performance.now();
    const tally = await fitEpoch({ module, loader, options, batchLosses: history.batchLosses }, epoch);
    options.trainer?.sync();
    if (tally === null) return { ...history, stopped: true };
    const validation = await validate(module, options);
    const seconds = (performance.now() - start) / 1000;
    const report = { epoch, loss: tally.loss, accuracy: tally.accuracy, validation, seconds };
    history.epochs.push(report);
    await options.onEpoch?.(report);
  }
  return history;
}

interface Run {
  readonly module: Module;
  readonly loader: BatchLoader;
  readonly options: FitOptions;
  /** Where the loss of each batch is put down. */
  readonly batchLosses: number[];
}

/** One pass over the data; null if it was ended early. */
async function fitEpoch(run: Run, epoch: number): Promise<Tally | null> {
  const { module, loader, options, batchLosses } = run;
  const { optimizer, epochs, trainer = eagerSteps(module, options) } = options;
  const tally = new Tally();
  const breathe = makeBreather();
  const steps = epochs * loader.length;
  let batch = 0;
  for (const { x, y } of loader) {
    await breathe();
    if (options.signal?.aborted) return null;
    const done = (epoch - 1) * loader.length + batch++;
    if (options.learningRate) optimizer.lr = options.learningRate(done / steps);
    const { loss: batchLoss, output } = await trainer.step(x, y);
    checkLoss(batchLoss, { epoch, batch, lr: optimizer.lr });
    batchLosses.push(batchLoss);
    tally.add(batchLoss, output, y);
    const { loss, accuracy } = tally;
    const position = { epoch, batch, batches: loader.length, step: done + 1, steps };
    await options.onBatch?.({ ...position, batchLoss, loss, accuracy, lr: optimizer.lr });
  }
  return tally;
}

/** Steps by the operations themselves. A loss that is no number moves nothing. */
function eagerSteps(
  module: Module,
  { optimizer, loss = crossEntropy }: FitOptions,
): Pick<FitTrainer, 'step'> {
  if (!module.training) module.train();
  const step = async (x: Tensor, y: Tensor) => {
    const output = module.forward(x);
    const value = loss(output, y);
    const number = numberOf('fit', value);
    if (Number.isFinite(number)) {
      optimizer.zeroGrad();
      value.backward();
      optimizer.step();
    }
    return { loss: number, output };
  };
  return { step };
}

async function validate(
  module: Module,
  { validation, compileValidation, loss }: FitOptions,
): Promise<Evaluation | null> {
  if (!validation) return null;
  const program = await compileValidation?.();
  try {
    return await evaluate(module, validation, { loss, program });
  } finally {
    program?.dispose();
  }
}

function checkRun(loader: BatchLoader): void {
  if (loader.length > 0) return;
  throw new ShapeError(
    `fit: the loader has ${loader.size} samples, not one batch of ${loader.batchSize}; add data or make batches smaller`,
  );
}

function checkLoss(loss: number, { epoch, batch, lr }: Pick<BatchReport, 'epoch' | 'batch' | 'lr'>): void {
  if (Number.isFinite(loss)) return;
  throw new NeocogError(
    `fit: the loss became ${loss} at epoch ${epoch}, batch ${batch}, with learning rate ${lr}; lower the learning rate, ` +
      'or look for NaN in the data',
  );
}
