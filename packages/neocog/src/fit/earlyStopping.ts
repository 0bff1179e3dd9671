// earlyStopping: ends a run that gets no better (Prechelt, "Early stopping – but when?", 1998).

import { count, flag } from '../arguments/field.ts';
import { type Fields, needOptions } from '../arguments/options.ts';
import type { StateDict } from '../nn/index.ts';
import type { CallbackState, FitCallback, FitRun } from './callback.ts';
import { Best, type MonitorOptions, monitorFields } from './monitor.ts';
import type { EpochReport } from './reports.ts';
import { copyWeights, setWeights } from './weights.ts';

/** When `earlyStopping` ends a run. */
export interface EarlyStoppingOptions extends MonitorOptions {
  /** Epochs in a row that may be no better than the best one. Default 5. */
  patience?: number | undefined;
  /** Give the network the weights of the best epoch in the end, as validation had them. Default false. */
  restoreBest?: boolean | undefined;
}

const fields: Fields<EarlyStoppingOptions> = { ...monitorFields, patience: count, restoreBest: flag };

/**
 * Ends a run of `fit` after `patience` epochs that were no better than the best one.
 *
 * @throws ShapeError for options that are wrong, and in the run for a number that is not measured.
 * @example await fit(net, loader, { epochs: 200, optimizer, validation, callbacks: [earlyStopping({ patience: 8 })] });
 */
export function earlyStopping(options: EarlyStoppingOptions = {}): FitCallback {
  needOptions('earlyStopping', options, fields);
  return new StoppingCallback(options);
}

class StoppingCallback implements FitCallback {
  readonly name = 'earlyStopping';
  readonly rank = 1;
  readonly #patience: number;
  readonly #restoreBest: boolean;
  readonly #best: Best;
  #waited = 0;
  #weights: StateDict | undefined;

  constructor({ patience = 5, restoreBest = false, ...monitor }: EarlyStoppingOptions) {
    this.#patience = patience;
    this.#restoreBest = restoreBest;
    this.#best = new Best('earlyStopping', monitor);
  }

  onStart(run: FitRun): void {
    this.#stopIfDue(run);
  }

  onEpoch(report: EpochReport, run: FitRun): void {
    if (this.#best.takes(report)) {
      this.#waited = 0;
      if (this.#restoreBest) this.#weights = copyWeights(run.averaged ?? run.module.stateDict());
    } else this.#waited++;
    this.#stopIfDue(run);
  }

  onEnd(_: unknown, { module }: FitRun): void {
    if (this.#weights) setWeights(module, this.#weights);
  }

  state(): CallbackState {
    const { value, epoch } = this.#best;
    return { values: { waited: this.#waited, best: value, epoch }, tensors: this.#weights };
  }

  restore({ values: { waited, best, epoch }, tensors = {} }: CallbackState): void {
    this.#waited = Number(waited);
    this.#best.value = Number(best);
    this.#best.epoch = Number(epoch);
    if (this.#restoreBest && Object.keys(tensors).length > 0) this.#weights = tensors;
  }

  #stopIfDue(run: FitRun): void {
    if (this.#waited < this.#patience) return;
    run.stop(
      `${this.#waited} epochs were no better than epoch ${this.#best.epoch}, with ${this.#best.value}`,
    );
  }
}
