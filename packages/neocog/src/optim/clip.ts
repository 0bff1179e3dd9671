// Gradients held within bounds before a step (Pascanu, Mikolov and Bengio, 2013).

import { field, flag, need } from '../arguments/field.ts';
import { type Fields, needOptions } from '../arguments/options.ts';
import { ShapeError } from '../errors.ts';
import * as e from '../expression/expression.ts';
import { fuse } from '../ops/fuse.ts';
import { tensors } from '../tensor/fields.ts';
import { noGrad } from '../tensor/graph.ts';
import { Tensor } from '../tensor/tensor.ts';

/** Which norm `clipGradNorm` measures, and what it does about one that is not finite. */
export interface ClipGradNormOptions {
  /** The p of the p-norm; Infinity for the largest magnitude. Default 2. */
  normType?: number | undefined;
  /** Refuse a norm that is NaN or infinite rather than pass it on. Default false. */
  errorIfNonFinite?: boolean | undefined;
}

/** Infinity sets no bound. */
const bound = field<number>('a number of at least 0', (v) => typeof v === 'number' && v >= 0);
const fields: Fields<ClipGradNormOptions> = {
  normType: field<number>('a number above 0', (v) => typeof v === 'number' && v > 0),
  errorIfNonFinite: flag,
};

/**
 * Scales the gradients of all parameters together so that their joint norm is at most `maxNorm`, and returns the norm that
 * they had.
 *
 * @throws ShapeError for a negative maxNorm, a normType that is not above 0, or a norm that `errorIfNonFinite` refuses.
 * @example loss.backward(); optim.clipGradNorm(net.parameters(), 1); optimizer.step();
 */
export function clipGradNorm(
  parameters: readonly Tensor[],
  maxNorm: number,
  options: ClipGradNormOptions = {},
): number {
  need('clipGradNorm', 'maxNorm', maxNorm, bound);
  needOptions('clipGradNorm', options, fields);
  const { normType = 2, errorIfNonFinite = false } = options;
  const norm = normOf(gradientsOf('clipGradNorm', parameters), normType);
  if (errorIfNonFinite && !Number.isFinite(norm)) {
    throw new ShapeError(
      `clipGradNorm: the norm of the gradients is ${norm}, lower the learning rate or look for NaN in the data`,
    );
  }
  // The small number, PyTorch's, keeps the quotient finite; a NaN goes on into the gradients.
  const factor = maxNorm / (norm + 1e-6);
  if (!(factor >= 1)) mapGradients(parameters, e.mul(e.input(0), e.input(1)), factor);
  return norm;
}

/**
 * Holds each entry of the gradients within ±`clipValue`.
 *
 * @throws ShapeError for a negative clipValue.
 */
export function clipGradValue(parameters: readonly Tensor[], clipValue: number): void {
  need('clipGradValue', 'clipValue', clipValue, bound);
  gradientsOf('clipGradValue', parameters);
  const most = e.input(1);
  mapGradients(parameters, e.max(e.min(e.input(0), most), e.neg(most)), clipValue);
}

function gradientsOf(fn: string, parameters: readonly Tensor[]): Tensor[] {
  need(fn, 'parameters', parameters, tensors);
  return parameters.flatMap((p) => p.grad ?? []);
}

/** (Σ |g|ᵖ)^(1/p) over all gradients, in float64. */
function normOf(gradients: readonly Tensor[], p: number): number {
  let total = 0;
  for (const { data } of gradients) {
    for (let i = 0; i < data.length; i++) {
      const size = Math.abs(data[i]);
      total = p === Infinity ? Math.max(total, size) : total + (p === 2 ? size * size : size ** p);
    }
  }
  // The root of squares is exact in every engine, a power is not.
  if (p === 2) return Math.sqrt(total);
  return p === Infinity ? total : total ** (1 / p);
}

/** Replaces every gradient by a formula of it and a number. New tensors: a gradient may share its values with others. */
function mapGradients(parameters: readonly Tensor[], formula: e.Expr, number: number): void {
  const operand = new Tensor(Float32Array.of(number), []);
  noGrad(() => {
    for (const p of parameters) if (p.grad) p.grad = fuse('clip', formula, [p.grad, operand]);
  });
}
