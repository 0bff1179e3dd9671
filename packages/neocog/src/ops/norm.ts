// Batch normalisation (Ioffe and Szegedy, 2015): each channel to zero mean and unit variance, then scaled and shifted.
// And what all normalisations are made of; those within a sample are in groupNorm.ts.

import { atLeast, between, flag, need } from '../arguments/field.ts';
import { type Fields, needOptions } from '../arguments/options.ts';
import { counted } from '../arguments/show.ts';
import type { Across } from '../backends/backend.ts';
import { effects } from '../backends/current.ts';
import { ShapeError } from '../errors.ts';
import * as e from '../expression/expression.ts';
import { floatsOrNull } from '../tensor/fields.ts';
import { formatShape, type Shape } from '../tensor/shape.ts';
import type { Tensor } from '../tensor/tensor.ts';
import { floats, type NeededShape, needShape } from './check.ts';
import { fuse } from './fuse.ts';
import { momentsAcross, momentsOf, type Standard } from './moments.ts';
import { reshape } from './reshape.ts';

/** Options of `batchNorm`; the running statistics are arguments of their own. */
export interface BatchNormOptions {
  /** Scale per channel, `[c]`; 1 unless given. */
  weight?: Tensor | null | undefined;
  /** Shift per channel, `[c]`; 0 unless given. */
  bias?: Tensor | null | undefined;
  /** Normalise by the batch's own statistics and update the running ones. Default false. */
  training?: boolean | undefined;
  /** running = (1 − momentum)·running + momentum·batch. Default 0.1. */
  momentum?: number | undefined;
  /** Added to the variance. Default 1e-5. */
  eps?: number | undefined;
  /** In a training step that is compiled for a world: normalise by the samples of all ranks, not of this one. Default false. */
  sync?: boolean | undefined;
}

const fields: Fields<BatchNormOptions> = {
  weight: floatsOrNull,
  bias: floatsOrNull,
  training: flag,
  momentum: between(0, 1),
  eps: atLeast(0),
  sync: flag,
};

/** What is added to the variance, and scale and shift after the division. */
export interface Affine {
  readonly weight: Tensor | null;
  readonly bias: Tensor | null;
  readonly eps: number;
}

/** (x − mean) / √(variance + eps) · weight + bias, everything broadcasting against x. */
export function normalise(fn: string, { x, mean, rest, variance }: Standard, affine: Affine): Tensor {
  const inputs = [x, mean, variance];
  let distance = e.sub(e.input(0), e.input(1));
  if (rest) distance = e.sub(distance, e.input(inputs.push(rest) - 1));
  let formula = e.div(distance, e.sqrt(e.add(e.input(2), affine.eps)));
  if (affine.weight) formula = e.mul(formula, e.input(inputs.push(affine.weight) - 1));
  if (affine.bias) formula = e.add(formula, e.input(inputs.push(affine.bias) - 1));
  return fuse(fn, formula, inputs);
}

/**
 * Normalises each channel of `[n, c, …]`. In training by the batch's mean and biased variance, and `runningMean` and
 * `runningVar` (`[c]`, or null for none) are updated in place, the latter with the unbiased variance; else by the
 * running statistics, which are constants to differentiation.
 *
 * @throws ShapeError for missing statistics, for statistics, weight or bias that are not `[c]`, or one value per channel in training.
 */
export function batchNorm<S extends Shape>(
  x: Tensor<S>,
  runningMean: Tensor | null,
  runningVar: Tensor | null,
  options: BatchNormOptions = {},
): Tensor<S> {
  needOptions('batchNorm', options, fields);
  const { weight = null, bias = null, training = false, momentum = 0.1, eps = 1e-5 } = options;
  checkArguments(x, { runningMean, runningVar, weight, bias });
  const into = x.shape.map((n, d) => (d === 1 ? n : 1));
  const broadcast = (t: Tensor | null): Tensor | null => t && reshape(t, into);
  const affine = { weight: broadcast(weight), bias: broadcast(bias), eps };
  if (!training) {
    if (!runningMean || !runningVar) {
      throw new ShapeError(
        'batchNorm: runningMean or runningVar is null, but evaluation needs both; pass them, or training: true',
      );
    }
    const [mean, variance] = [runningMean, runningVar].map((t) => reshape(t.detach(), into));
    return normalise('batchNorm', { x, mean, rest: null, variance }, affine) as Tensor<S>;
  }
  const across = acrossOf(options);
  const count = x.size / x.shape[1];
  if (count === 1 && !across) {
    throw new ShapeError(
      `batchNorm: input ${formatShape(x.shape)} has ${counted(count, 'value')} per channel, but a variance needs 2; use a larger batch, or eval mode`,
    );
  }
  if (across) {
    const { stats, unbiased } = momentsAcross(x, into, across);
    updateRunning(runningMean, stats.mean, { momentum, isShared: true });
    updateRunning(runningVar, unbiased, { momentum, isShared: true });
    return normalise('batchNorm', stats, affine) as Tensor<S>;
  }
  const stats = momentsOf('batchNorm', x, into);
  if (x.size > 0) {
    updateRunning(runningMean, stats.mean, { momentum });
    updateRunning(runningVar, stats.variance, { momentum, scale: count / (count - 1) });
  }
  return normalise('batchNorm', stats, affine) as Tensor<S>;
}

/** Those whose samples are normalised together; null where it is this rank alone. */
function acrossOf({ sync = false }: BatchNormOptions): Across | null {
  const { across } = effects();
  return across && (sync || across.sync) ? across : null;
}

interface RunningStep {
  readonly momentum: number;
  /** Factor of the batch's statistic. */
  readonly scale?: number;
  /** Whether all ranks have the same statistic. */
  readonly isShared?: boolean;
}

/** running ← (1 − momentum)·running + momentum·scale·batch, in place. */
export function updateRunning(running: Tensor | null, batch: Tensor, step: RunningStep): void {
  if (!running) return;
  const { momentum, scale = 1, isShared = false } = step;
  const moved = e.add(e.mul(e.input(0), 1 - momentum), e.mul(e.input(1), momentum * scale));
  const after = fuse('running statistics', moved, [running.detach(), reshape(batch.detach(), running.shape)]);
  effects().assign(running.data, after.data, isShared);
}

function checkArguments(x: Tensor, perChannel: Record<string, Tensor | null>): void {
  floats('batchNorm', 'input', x);
  if (x.rank < 2) {
    throw new ShapeError(`batchNorm: input has shape ${formatShape(x.shape)}; give [n, c, …]`);
  }
  for (const [name, t] of Object.entries(perChannel)) need('batchNorm', name, t, floatsOrNull);
  checkPair('batchNorm', perChannel.runningMean, perChannel.runningVar);
  checkAffine('batchNorm', perChannel, { shape: [x.shape[1]], to: `input ${formatShape(x.shape)}` });
}

/** Refuses one running statistic without the other. */
export function checkPair(fn: string, runningMean: Tensor | null, runningVar: Tensor | null): void {
  if ((runningMean === null) === (runningVar === null)) return;
  throw new ShapeError(`${fn}: one of runningMean and runningVar is null; pass both or neither`);
}

/** Refuses statistics, scales and shifts of a shape that the input does not have. */
export function checkAffine(fn: string, named: Record<string, Tensor | null>, needed: NeededShape): void {
  for (const [name, t] of Object.entries(named)) {
    if (!t) continue;
    floats(fn, name, t);
    needShape(fn, { [name]: t }, needed);
  }
}
