// What `fit` tells of a run as it goes, and in the end.

import type { Evaluation } from '../data/evaluation.ts';

/**
 * One batch of training. Epochs, batches and steps count from 1; loss and accuracy are means over the epoch so
 * far.
 */
export interface BatchReport {
  /** From 1. */
  readonly epoch: number;
  /** From 1, in this epoch. */
  readonly batch: number;
  /** Batches in an epoch; NaN where the loader does not say. */
  readonly batches: number;
  /** From 1, over all epochs. */
  readonly step: number;
  /** Batches of the whole run; NaN where the loader does not say how many it has. */
  readonly steps: number;
  /** Of this batch alone, before the step. */
  readonly batchLoss: number;
  /** The mean over the epoch's samples so far. */
  readonly loss: number;
  /** The fraction of the epoch's samples so far that were taken for what they are; NaN where labels are no classes. */
  readonly accuracy: number;
  /** The learning rate of this batch. */
  readonly lr: number;
  /** Whether the optimiser took a step; where gradients are gathered, not every batch is one. */
  readonly moved: boolean;
}

/**
 * One epoch. Accuracies are fractions of 1, NaN where labels are no classes; validation is null where there
 * is none.
 */
export interface EpochReport {
  /** From 1. */
  readonly epoch: number;
  /** Batches so far, over all epochs. */
  readonly step: number;
  /** The mean over the epoch's samples, each as the network was in its step. */
  readonly loss: number;
  /** The fraction of samples that were taken for what they are, each in its step; NaN where labels are no classes. */
  readonly accuracy: number;
  /** The learning rate of the last batch. */
  readonly lr: number;
  /**
   * What the network did on `validation` after this epoch; null without one. Of epochs before a `resume`, predictions and confidences
   * are empty.
   */
  readonly validation: Evaluation | null;
  /** Of this epoch, with its validation; after a `resume` in its middle, of the rest. */
  readonly seconds: number;
  /** Of these seconds, those in which training waited for batches. Where they are many, more `workers` of the loader help. */
  readonly waited: number;
}

/** What `fit` did. After a `resume`, what was done before it too. */
export interface FitHistory {
  /** One report for each epoch that came to its end. */
  readonly epochs: EpochReport[];
  /** The loss of every batch, in order. */
  readonly batchLosses: number[];
  /** True if the run ended before its last epoch: by `signal`, or by a callback. */
  readonly stopped: boolean;
  /** Why a callback ended the run; null where none did. */
  readonly reason: string | null;
}
