// Losses that compare a result with its target element by element: each is a formula, reduced. Losses over classes are
// in classLoss.ts.

import { above, atLeast, flag, oneOf } from '../arguments/field.ts';
import { type Fields, needOptions } from '../arguments/options.ts';
import { effects } from '../backends/current.ts';
import { ShapeError } from '../errors.ts';
import type { Expr } from '../expression/expression.ts';
import * as e from '../expression/expression.ts';
import { floatsOrNull } from '../tensor/fields.ts';
import { broadcastShapes, formatShape, sameShape } from '../tensor/shape.ts';
import type { Tensor } from '../tensor/tensor.ts';
import { softplusOf } from './activation.ts';
import { floats, needShape } from './check.ts';
import {
  type BatchReduction,
  type Compared,
  type LossOptions,
  lossFields,
  reduceTerms,
  reductions,
  type Terms,
} from './reduction.ts';

const [x, t] = [e.input(0), e.input(1)];
const difference = e.sub(x, t);
const distance = e.abs(difference);
const square = e.mul(difference, difference);

/** A loss of two tensors whose shapes broadcast. */
function reducePair(terms: Terms, { reduction = 'mean' }: LossOptions): Tensor {
  const [input, target] = terms.inputs;
  floats(terms.fn, 'input', input);
  floats(terms.fn, 'target', target);
  return reduceTerms(terms, reduction);
}

/* @__NO_SIDE_EFFECTS__ */
function pairLoss(
  fn: string,
  formula: Expr,
): (input: Tensor, target: Tensor, options?: LossOptions) => Tensor {
  return (input, target, options = {}) => {
    needOptions(fn, options, lossFields);
    return reducePair({ fn, formula, inputs: [input, target] }, options);
  };
}

/**
 * (input − target)². Shapes broadcast.
 *
 * @throws ShapeError if they do not, or for an unknown reduction.
 */
export const mse = pairLoss('mse', square);

/**
 * |input − target|, with slope 0 where they are equal. Shapes broadcast.
 *
 * @throws ShapeError if they do not, or for an unknown reduction.
 */
export const l1 = pairLoss('l1', distance);

/** Options of `smoothL1`. */
export interface SmoothL1Options extends LossOptions {
  /** Up to this distance the loss is a parabola, beyond it a line of slope 1. Default 1. */
  beta?: number | undefined;
}

const smoothL1Fields: Fields<SmoothL1Options> = { ...lossFields, beta: atLeast(0) };

/**
 * With d = |input − target|: d² / (2 · beta) where d < beta, else d − beta / 2. Shapes broadcast. Girshick, 2015.
 *
 * @throws ShapeError if they do not, for a negative beta, or an unknown reduction.
 */
export function smoothL1(input: Tensor, target: Tensor, options: SmoothL1Options = {}): Tensor {
  needOptions('smoothL1', options, smoothL1Fields);
  const { beta = 1 } = options;
  const near = e.div(square, 2 * beta);
  const formula = e.select(e.gt(beta, distance), near, e.sub(distance, beta / 2));
  return reducePair({ fn: 'smoothL1', formula, inputs: [input, target] }, options);
}

/** Options of `huber`. */
export interface HuberOptions extends LossOptions {
  /** Up to this distance the loss is a parabola, beyond it a line of this slope. Default 1. */
  delta?: number | undefined;
}

const huberFields: Fields<HuberOptions> = { ...lossFields, delta: above(0) };

/**
 * With d = |input − target|: d² / 2 where d < delta, else delta · (d − delta / 2). Shapes broadcast. Huber, 1964.
 *
 * @throws ShapeError if they do not, for a delta that is not above 0, or an unknown reduction.
 */
export function huber(input: Tensor, target: Tensor, options: HuberOptions = {}): Tensor {
  needOptions('huber', options, huberFields);
  const { delta = 1 } = options;
  const far = e.mul(delta, e.sub(distance, delta / 2));
  const formula = e.select(e.gt(delta, distance), e.mul(0.5, square), far);
  return reducePair({ fn: 'huber', formula, inputs: [input, target] }, options);
}

/** Options of `klDiv`. */
export interface KlDivOptions {
  /** `batchmean` is what the divergence is defined as. Default `mean`, over all elements. */
  reduction?: BatchReduction | undefined;
  /** Is the target, too, given as logarithms? Default false. */
  logTarget?: boolean | undefined;
}

const klDivFields: Fields<KlDivOptions> = { reduction: oneOf(...reductions, 'batchmean'), logTarget: flag };

/**
 * target · (log target − input), for an input of log-probabilities; a target of 0 adds nothing. Shapes broadcast.
 * Kullback and Leibler, 1951.
 *
 * @throws ShapeError if they do not, or for an unknown reduction.
 */
export function klDiv(input: Tensor, target: Tensor, options: KlDivOptions = {}): Tensor {
  needOptions('klDiv', options, klDivFields);
  const { reduction = 'mean', logTarget = false } = options;
  floats('klDiv', 'input', input);
  floats('klDiv', 'target', target);
  const formula = logTarget
    ? e.mul(e.exp(t), e.sub(t, x))
    : e.select(e.eq(t, 0), 0, e.mul(t, e.sub(e.log(t), x)));
  return reduceTerms({ fn: 'klDiv', formula, inputs: [input, target] }, reduction);
}

/** Options of `bce`. */
export interface BceOptions extends LossOptions {
  /** Multiplies each element's loss; its shape broadcasts to the input's. Default null, which is 1. */
  weight?: Tensor | null | undefined;
}

const bceFields: Fields<BceOptions> = { ...lossFields, weight: floatsOrNull };

/** Refuses a target of another shape than the input, and factors that do not broadcast to it. */
function checkBinary(
  fn: string,
  { input, target }: Compared,
  factors: Record<string, Tensor | null | undefined>,
): void {
  floats(fn, 'input', input);
  floats(fn, 'target', target);
  needShape(fn, { target }, { shape: input.shape, to: `input ${formatShape(input.shape)}` });
  for (const [name, factor] of Object.entries(factors)) {
    if (!factor) continue;
    floats(fn, name, factor);
    if (sameShape(broadcastShapes(fn, [input.shape, factor.shape]), input.shape)) continue;
    throw new ShapeError(
      `${fn}: ${name} has shape ${formatShape(factor.shape)}; give a shape that broadcasts to input ${formatShape(input.shape)}`,
    );
  }
}

/** Below this p·(1 − p) PyTorch takes the slope of bce as (p − t) / 1e-12, and the logarithms as −100 at least. */
const bceFloor = 1e-12;

/** Input 2 is the probability without its slope: where it saturates, the value comes from there. */
function bceFormula(): Expr {
  const fixed = e.input(2);
  const costs = (logP: Expr, logQ: Expr): Expr => e.neg(e.add(e.mul(t, logP), e.mul(e.sub(1, t), logQ)));
  const held = costs(e.max(e.log(fixed), -100), e.max(e.log(e.sub(1, fixed)), -100));
  const slope = e.mul(e.sub(fixed, t), 1 / bceFloor);
  const saturated = e.add(held, e.mul(slope, e.sub(x, fixed)));
  const usual = costs(e.log(x), e.log(e.sub(1, x)));
  return e.select(e.gt(e.mul(x, e.sub(1, x)), bceFloor), usual, saturated);
}

/**
 * −(target · log p + (1 − target) · log(1 − p)) for probabilities p; logarithms are −100 at least.
 *
 * @throws ShapeError for an input outside [0, 1], shapes that differ, or an unknown reduction.
 */
export function bce(input: Tensor, target: Tensor, options: BceOptions = {}): Tensor {
  needOptions('bce', options, bceFields);
  const { reduction = 'mean', weight } = options;
  checkBinary('bce', { input, target }, { weight });
  effects().look(input.data, (data) => {
    const wrong = data.findIndex((p: number) => !(p >= 0 && p <= 1));
    if (wrong < 0) return;
    throw new ShapeError(
      `bce: input holds ${data[wrong]} at index ${wrong}; give probabilities from 0 to 1, or use bceWithLogits for raw scores`,
    );
  });
  const inputs = [input, target, input.detach()];
  const factor = weight ? e.input(inputs.push(weight) - 1) : 1;
  return reduceTerms({ fn: 'bce', formula: e.mul(factor, bceFormula()), inputs }, reduction);
}

/** Options of `bceWithLogits`. */
export interface BceWithLogitsOptions extends BceOptions {
  /** Multiplies the loss of targets of 1, to make up for few of them; its shape broadcasts to the input's. Default null, which is 1. */
  posWeight?: Tensor | null | undefined;
}

const logitsFields: Fields<BceWithLogitsOptions> = { ...bceFields, posWeight: floatsOrNull };

/**
 * bce of sigmoid(input), computed without overflow or loss.
 *
 * @throws ShapeError for shapes that differ, or an unknown reduction.
 */
export function bceWithLogits(input: Tensor, target: Tensor, options: BceWithLogitsOptions = {}): Tensor {
  needOptions('bceWithLogits', options, logitsFields);
  const { reduction = 'mean', weight, posWeight } = options;
  checkBinary('bceWithLogits', { input, target }, { weight, posWeight });
  const inputs = [input, target];
  const factor = weight ? e.input(inputs.push(weight) - 1) : 1;
  const positive = posWeight ? e.input(inputs.push(posWeight) - 1) : e.constant(1);
  const share = e.add(1, e.mul(e.sub(positive, 1), t));
  const costs = e.add(e.mul(e.sub(1, t), x), e.mul(share, softplusOf(e.neg(x))));
  return reduceTerms({ fn: 'bceWithLogits', formula: e.mul(factor, costs), inputs }, reduction);
}
