// What a run tells the page as it goes: losses of batches at times, and each pass when it is over. A callback of `fit`.

import type { BatchReport, EpochReport, Evaluation, FitCallback, FitRun } from 'neocog';
import type { Held, Pass, Seen, Told } from './facts.ts';

/** Milliseconds between two reports: a page draws no faster than it is read. */
const every = 90;
/** More mistakes than anybody looks at. */
const mostMistakes = 60;

export interface Listener {
  readonly tell: (told: Told) => void;
  /** What the network sees now. */
  readonly look: () => Seen;
  /** The classes of the pictures that are held out. */
  readonly heldLabels: ArrayLike<number>;
  /** Takes the bytes of a checkpoint. */
  readonly keep: (checkpoint: Uint8Array) => void;
  /** Rate of the first batch. */
  readonly lr: number;
}

export class Live implements Pick<FitCallback, 'onStart' | 'onBatch' | 'onEpoch' | 'onStop'> {
  readonly name = 'page';
  readonly #listener: Listener;
  #losses: number[] = [];
  #accuracies: number[] = [];
  #last = 0;
  #latest: BatchReport | null = null;
  /** Share of right answers and batches of the pass so far. */
  #before = { accuracy: 0, batch: 0 };

  constructor(listener: Listener) {
    this.#listener = listener;
  }

  onStart({ optimizer }: FitRun): void {
    optimizer.lr = this.#listener.lr;
  }

  onBatch(report: BatchReport, run: FitRun): void {
    const { accuracy, batch } = report;
    this.#losses.push(report.batchLoss);
    this.#accuracies.push(this.#ofBatch(report));
    this.#before = { accuracy, batch };
    this.#latest = report;
    if (performance.now() - this.#last >= every) this.#report(run);
  }

  /** The share of the batch alone; the pass tells the mean so far. */
  #ofBatch({ accuracy, batch }: BatchReport): number {
    const { accuracy: mean, batch: batches } = this.#before;
    return batch === batches + 1 ? accuracy * batch - mean * batches : accuracy;
  }

  /** What has not been told yet. */
  #report(run: FitRun): void {
    if (!this.#latest || this.#losses.length === 0) return;
    const { epoch, batch, batches } = this.#latest;
    run.sync();
    const { tell, look } = this.#listener;
    const [losses, accuracies] = [this.#losses, this.#accuracies];
    tell({ progress: { passes: epoch - 1 + batch / batches, losses, accuracies, batches, seen: look() } });
    this.#losses = [];
    this.#accuracies = [];
    this.#last = performance.now();
  }

  onEpoch(report: EpochReport, run: FitRun): void {
    const { tell, keep, heldLabels } = this.#listener;
    this.#report(run);
    keep(run.checkpoint());
    tell({ pass: passOf(report, heldLabels) });
  }

  onStop(run: FitRun): void {
    this.#report(run);
    this.#listener.keep(run.checkpoint());
  }
}

/** A pass as the page gets it. */
export function passOf(report: EpochReport, labels: ArrayLike<number>): Pass {
  const { epoch, loss, accuracy, seconds, validation } = report;
  return { pass: epoch, loss, accuracy, seconds, held: validation && heldOf(validation, labels) };
}

/** An evaluation as the page gets it. */
export function heldOf(evaluation: Evaluation, labels: ArrayLike<number>): Held {
  const { loss, accuracy, confusion, predictions, confidences } = evaluation;
  const mistakes = [...predictions.keys()]
    .filter((i) => predictions[i] !== labels[i])
    .map((index) => ({
      index,
      is: labels[index] ?? 0,
      said: predictions[index] ?? 0,
      share: confidences[index] ?? 0,
    }))
    .sort((a, b) => b.share - a.share);
  return { loss, accuracy, confusion, mistakes: mistakes.slice(0, mostMistakes), wrong: mistakes.length };
}
