// What a compiled training step takes and gives.

import { flag } from '../arguments/field.ts';
import { type Fields, needOptions } from '../arguments/options.ts';
import { ShapeError } from '../errors.ts';
import type { Settings } from '../optim/method.ts';
import type { Tensor } from '../tensor/tensor.ts';

/** How a step is taken. */
export interface StepOptions {
  /** Move the parameters now, though fewer batches have come than are accumulated: the last batch of an epoch. Default false. */
  last?: boolean | undefined;
  /** The samples count for nothing: this rank of a world has none of its own in this batch. Default false. */
  spare?: boolean | undefined;
}

const stepFields: Fields<StepOptions> = { last: flag, spare: flag };

/** @throws ShapeError also for samples that count for nothing where no other rank has any */
export function checkStep(options: StepOptions, isTeam: boolean): void {
  needOptions('Trainer.step', options, stepFields);
  if (!options.spare || isTeam) return;
  throw new ShapeError(
    'Trainer.step: spare is true, and no other rank has samples; leave the step out, or compile with a world',
  );
}

/** What came of a step. */
export interface TrainingStep {
  /** Of this batch, before the parameters moved; with a world the mean over the samples of all ranks. */
  readonly loss: number;
  /** What the network gave for this rank's samples, before the parameters moved. */
  readonly output: Tensor;
  /** Whether the optimiser took a step; with `accumulate` not every batch is one. */
  readonly moved: boolean;
}

/** What a step takes, as it was when the step was asked for. */
export interface Batch {
  readonly x: Tensor;
  readonly y: Tensor;
  /** Of each group of the optimiser. */
  readonly settings: readonly Settings[];
  readonly last: boolean;
  /** How many of the samples count. */
  readonly samples: number;
}
