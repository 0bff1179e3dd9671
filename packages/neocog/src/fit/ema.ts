// ema: an exponential moving average of the weights (Polyak and Juditsky, 1992), which stands for them in validation and in the
// end. As PyTorch's AveragedModel with get_ema_multi_avg_fn; running statistics are averaged too, whole numbers are copied.

import { between, count, flag } from '../arguments/field.ts';
import { type Fields, needOptions } from '../arguments/options.ts';
import type { StateDict } from '../nn/index.ts';
import type { CallbackState, FitCallback, FitRun } from './callback.ts';
import type { BatchReport } from './reports.ts';
import { copyWeights, setWeights } from './weights.ts';

/** How `ema` averages. */
export interface EmaOptions {
  /** What stays of the average in each update. Default 0.999. */
  decay?: number | undefined;
  /** Steps of the optimiser between two updates. Default 1. With a trainer each update brings the weights into the module. */
  every?: number | undefined;
  /** Begin with a smaller decay: (1 + n) / (10 + n) at update n, at most `decay`. Default false. */
  warmup?: boolean | undefined;
  /** Give the network the averages in the end. Default true. */
  apply?: boolean | undefined;
}

const fields: Fields<EmaOptions> = { decay: between(0, 1), every: count, warmup: flag, apply: flag };

/**
 * Averages the weights of a run of `fit` as it goes. The averages are validated, and the network has them in the end; checkpoints
 * have both, the averages as `averaged`.
 *
 * @throws ShapeError for options that are wrong.
 * @example await fit(net, loader, { epochs: 30, optimizer, callbacks: [ema({ decay: 0.9998 })] });
 */
export function ema(options: EmaOptions = {}): FitCallback {
  needOptions('ema', options, fields);
  return new AveragingCallback(options);
}

class AveragingCallback implements FitCallback {
  readonly name = 'ema';
  readonly #options: Required<{ [K in keyof EmaOptions]: NonNullable<EmaOptions[K]> }>;
  #average: StateDict | null = null;
  #updates = 0;
  #waiting = 0;
  /** What was trained, while the averages stand for it. */
  #trained: StateDict | null = null;

  constructor({ decay = 0.999, every = 1, warmup = false, apply = true }: EmaOptions) {
    this.#options = { decay, every, warmup, apply };
  }

  onStart(run: FitRun): void {
    run.averaged = this.#average;
  }

  onBatch({ moved }: BatchReport, run: FitRun): void {
    if (!moved || ++this.#waiting < this.#options.every) return;
    this.#waiting = 0;
    run.sync();
    const state = run.module.stateDict();
    if (this.#average) this.#blend(this.#average, state);
    else this.#average = copyWeights(state);
    this.#updates++;
    run.averaged = this.#average;
  }

  beforeValidation({ module }: FitRun): void {
    if (!this.#average) return;
    this.#trained = copyWeights(module.stateDict());
    setWeights(module, this.#average);
  }

  afterValidation({ module }: FitRun): void {
    if (this.#trained) setWeights(module, this.#trained);
    this.#trained = null;
  }

  onEnd(_: unknown, { module }: FitRun): void {
    if (this.#average && this.#options.apply) setWeights(module, this.#average);
  }

  state(): CallbackState {
    const values = { updates: this.#updates, waiting: this.#waiting };
    return this.#average ? { values, tensors: this.#average } : { values };
  }

  restore({ values: { updates, waiting }, tensors = {} }: CallbackState): void {
    this.#updates = Number(updates);
    this.#waiting = Number(waiting);
    this.#average = Object.keys(tensors).length > 0 ? tensors : null;
  }

  #blend(average: StateDict, state: StateDict): void {
    const { decay, warmup } = this.#options;
    const kept = warmup ? Math.min(decay, (1 + this.#updates) / (10 + this.#updates)) : decay;
    for (const [key, { data }] of Object.entries(state)) {
      const mean = average[key].data;
      if (mean instanceof Int32Array) mean.set(data);
      else for (let i = 0; i < mean.length; i++) mean[i] = mean[i] * kept + data[i] * (1 - kept);
    }
  }
}
