// One run of `fit`: epochs of batches, from wherever it begins, and everyone who takes part in it.

import type { World } from '../backends/world.ts';
import { makeBreather } from '../data/breather.ts';
import { type Evaluation, evaluate } from '../data/evaluation.ts';
import { type BatchSource, batchesOf, type LabelledBatch, type SourceState } from '../data/source.ts';
import { judge, Tally } from '../data/tally.ts';
import { NeocogError, ShapeError } from '../errors.ts';
import type { Module, StateDict } from '../nn/index.ts';
import { type FitCallback, type FitRun, inOrder } from './callback.ts';
import type { Checkpoint } from './checkpointData.ts';
import type { FitOptions } from './options.ts';
import type { FitOptimizer, FitTrainer } from './parties.ts';
import { anyRank, callbacksOf, countsOfAll, needSameRun, noCounts, worldOf } from './ranks.ts';
import { type Ratios, ratiosOf, setRate } from './rates.ts';
import type { BatchReport, EpochReport, FitHistory } from './reports.ts';
import { restoreSnapshot, takeSnapshot } from './snapshot.ts';
import { eagerSteps } from './steps.ts';

/** What is trained on what. */
interface Task {
  readonly module: Module;
  readonly loader: BatchSource;
  readonly options: FitOptions;
}

export class Run implements FitRun {
  readonly module: Module;
  readonly resumed: boolean;
  averaged: StateDict | null = null;
  readonly #loader: BatchSource;
  readonly #options: FitOptions;
  readonly #callbacks: readonly FitCallback[];
  /** Null for one rank. */
  readonly #world: World | null;
  readonly #steps: Pick<FitTrainer, 'step'>;
  readonly #breathe = makeBreather();
  readonly #epochs: EpochReport[] = [];
  readonly #batchLosses: number[] = [];
  #ratios: Ratios;
  #tally = new Tally();
  /** The epoch that is trained, from 1, and how many of its batches are done. */
  #epoch = 1;
  #batch = 0;
  /** Where the loader stood after the last batch, not after one that waits. */
  #source: SourceState | null = null;
  #reason: string | null = null;
  #startOfEpoch = 0;
  /** Milliseconds of this epoch. */
  #waited = 0;
  /** Whether a trainer has weights that the module lacks. */
  #isAhead = false;

  constructor({ module, loader, options }: Task, resumed: boolean) {
    this.module = module;
    this.resumed = resumed;
    this.#loader = loader;
    this.#options = options;
    this.#world = worldOf(options);
    this.#callbacks = inOrder(callbacksOf(options, this.#world));
    this.#steps = options.trainer ?? eagerSteps(module, options);
    this.#ratios = ratiosOf(options.optimizer);
  }

  get optimizer(): FitOptimizer {
    return this.#options.optimizer;
  }

  get epochs(): number {
    return this.#options.epochs;
  }

  stop(reason: string): void {
    this.#reason ??= reason;
  }

  sync(): void {
    if (this.#isAhead) this.#options.trainer?.sync();
    this.#isAhead = false;
  }

  checkpoint(): Uint8Array {
    this.sync();
    return takeSnapshot(this.#parties, {
      epoch: this.#epoch,
      batch: this.#batch,
      step: this.#batchLosses.length,
      epochs: this.#epochs,
      batchLosses: Float32Array.from(this.#batchLosses),
      rest: { source: this.#source, tally: this.#tally.state(), ratios: this.#ratios },
    });
  }

  /** Goes where a run stood when it made a checkpoint. */
  async restore(checkpoint: Checkpoint): Promise<void> {
    await restoreSnapshot(this.#parties, checkpoint, this.#options.trainer);
    const { epoch, batch, epochs, batchLosses, rest } = checkpoint;
    this.#epoch = epoch;
    this.#batch = batch;
    this.#epochs.push(...epochs);
    for (const loss of batchLosses) this.#batchLosses.push(loss);
    this.#tally = new Tally(rest.tally);
    this.#ratios = rest.ratios;
    this.#source = rest.source;
    if (rest.source) await this.#loader.restore?.(rest.source);
  }

  /** To the end. */
  async carryOut(): Promise<FitHistory> {
    if (this.#world) await needSameRun(this.#world, this.#loader, this.#options);
    await this.#tell((callback) => callback.onStart?.(this));
    let isWhole = true;
    while (isWhole && this.#epoch <= this.epochs && !(await this.#isOver())) {
      isWhole = await this.#trainEpoch();
      this.sync();
      if (isWhole) await this.#endEpoch();
    }
    if (!isWhole) await this.#tell((callback) => callback.onStop?.(this));
    const history = {
      epochs: this.#epochs,
      batchLosses: this.#batchLosses,
      stopped: this.#epoch <= this.epochs,
      reason: this.#reason,
    };
    await this.#tell((callback) => callback.onEnd?.(history, this));
    return history;
  }

  get #parties() {
    return { module: this.module, optimizer: this.optimizer, callbacks: this.#callbacks };
  }

  /** Whether a callback or a signal has ended the run, on any rank. */
  #isOver(): Promise<boolean> {
    return anyRank(this.#world, this.#reason !== null || this.#options.signal?.aborted === true);
  }

  async #tell(call: (callback: FitCallback) => void | Promise<void> | undefined): Promise<void> {
    for (const callback of this.#callbacks) await call(callback);
  }

  /** The batches of the epoch that are left; false if it was ended early. */
  async #trainEpoch(): Promise<boolean> {
    this.#startOfEpoch = performance.now();
    this.#waited = 0;
    const skipped = this.#source !== null && this.#loader.restore ? 0 : this.#batch;
    let given = 0;
    for await (const batch of this.#timed(batchesOf('fit', this.#loader))) {
      if (given++ < skipped) continue;
      await this.#breathe();
      if (await this.#isOver()) return false;
      await this.#trainBatch(batch);
    }
    if (this.#batch === 0) throw new ShapeError(emptyEpoch(this.#epoch));
    if (given < skipped) throw new ShapeError(shortEpoch(this.#epoch, given, skipped));
    return true;
  }

  /** The same batches; counts the time until each of them is there. */
  async *#timed(batches: AsyncIterable<LabelledBatch>): AsyncGenerator<LabelledBatch> {
    let asked = performance.now();
    for await (const batch of batches) {
      this.#waited += performance.now() - asked;
      yield batch;
      asked = performance.now();
    }
    this.#waited += performance.now() - asked;
  }

  async #trainBatch({ x, y, spare = false }: LabelledBatch): Promise<void> {
    const { optimizer } = this;
    const { length: batches = Number.NaN } = this.#loader;
    const [done, steps] = [this.#batchLosses.length, this.epochs * batches];
    this.#setRate(done, steps);
    const step = await this.#steps.step(x, y, { last: this.#batch + 1 === batches, spare });
    const { loss: batchLoss, output, moved = true } = step;
    this.#isAhead = this.#options.trainer !== undefined;
    const [epoch, batch] = [this.#epoch, ++this.#batch];
    checkLoss(batchLoss, { epoch, batch, lr: optimizer.lr });
    this.#batchLosses.push(batchLoss);
    const counts = await countsOfAll(this.#world, spare ? noCounts : judge(output, y));
    this.#tally.add(batchLoss, counts);
    this.#source = this.#loader.state?.() ?? null;
    const { loss, accuracy } = this.#tally;
    const position = { epoch, batch, batches, step: done + 1, steps };
    const report: BatchReport = { ...position, batchLoss, loss, accuracy, lr: optimizer.lr, moved };
    await this.#options.onBatch?.(report);
    await this.#tell((callback) => callback.onBatch?.(report, this));
  }

  #setRate(done: number, steps: number): void {
    const { learningRate, schedule, optimizer } = this.#options;
    if (learningRate) setRate(optimizer, this.#ratios, learningRate(done / steps));
    if (schedule) setRate(optimizer, this.#ratios, schedule(done));
  }

  async #endEpoch(): Promise<void> {
    const { loss, accuracy } = this.#tally;
    const validation = await this.#validate();
    const seconds = (performance.now() - this.#startOfEpoch) / 1000;
    const waited = this.#waited / 1000;
    const [epoch, step, lr] = [this.#epoch, this.#batchLosses.length, this.optimizer.lr];
    const report = { epoch, step, loss, accuracy, lr, validation, seconds, waited };
    this.#epochs.push(report);
    this.#epoch++;
    this.#batch = 0;
    this.#tally = new Tally();
    this.#source = this.#loader.state?.() ?? null;
    await this.#options.onEpoch?.(report);
    await this.#tell((callback) => callback.onEpoch?.(report, this));
  }

  async #validate(): Promise<Evaluation | null> {
    const { validation, compileValidation, loss } = this.#options;
    if (!validation) return null;
    await this.#tell((callback) => callback.beforeValidation?.(this));
    try {
      const program = await compileValidation?.();
      try {
        return await evaluate(this.module, validation, { loss, program });
      } finally {
        program?.dispose();
      }
    } finally {
      await this.#tell((callback) => callback.afterValidation?.(this));
    }
  }
}

const emptyEpoch = (epoch: number): string =>
  `fit: the loader gave no batch in epoch ${epoch}; add data, and pass an iterable that begins anew in every epoch, not a generator`;

const shortEpoch = (epoch: number, given: number, done: number): string =>
  `fit: the loader gave ${given} batches in epoch ${epoch}, of which ${done} were done before; resume with the same data`;

function checkLoss(loss: number, { epoch, batch, lr }: Pick<BatchReport, 'epoch' | 'batch' | 'lr'>): void {
  if (Number.isFinite(loss)) return;
  throw new NeocogError(
    `fit: the loss became ${loss} at epoch ${epoch}, batch ${batch}, with learning rate ${lr}; lower the learning rate, ` +
      'or look for NaN in the data',
  );
}
