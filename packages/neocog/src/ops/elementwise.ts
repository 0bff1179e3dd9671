// Mathematical functions of every element. Each is a formula, and its derivative follows from the formula; no gradient flows
// through steps (sign, floor, ceil, round), whose slope is 0.

import { type Fields, needOptions } from '../arguments/options.ts';
import type { Expr } from '../expression/expression.ts';
import * as e from '../expression/expression.ts';
import { tensorOrNumber } from '../tensor/fields.ts';
import type { Tensor } from '../tensor/tensor.ts';
import { floats, needTensor } from './check.ts';
import { binary, lift, type TensorLike, unary } from './formula.ts';
import { fuse } from './fuse.ts';
import type { Broadcasting } from './signatures.ts';

const x = e.input(0);

/** eˣ. Any shape. */
export const exp = unary('exp', e.exp(x));
/** The natural logarithm; NaN below 0. Any shape. */
export const log = unary('log', e.log(x));
/** The square root; NaN below 0. Any shape. */
export const sqrt = unary('sqrt', e.sqrt(x));
/** |x|. Its slope is 0 at 0. Any shape. */
export const abs = unary('abs', e.abs(x));
/** −x. Any shape. */
export const neg = unary('neg', e.neg(x));
/** −1, 0 or 1. Any shape. */
export const sign = unary('sign', e.sign(x));
/** The whole number at or below x. Any shape. */
export const floor = unary('floor', e.floor(x));
/** The whole number at or above x. Any shape. */
export const ceil = unary('ceil', e.neg(e.floor(e.neg(x))));
/** 1 / x. Any shape. */
export const reciprocal = unary('reciprocal', e.div(1, x));
/** x². Any shape. */
export const square = unary('square', e.mul(x, x));
/** The error function, 2/√π · ∫₀ˣ exp(−t²) dt. Any shape. */
export const erf = unary('erf', e.erf(x));

/** The sine of an angle in radians; single precision for |x| up to 8192, of −0 0 (on `reference` −0). Any shape. */
export const sin = unary('sin', e.sin(x));
/** The cosine of an angle in radians; single precision for |x| up to 8192. Any shape. */
export const cos = unary('cos', e.cos(x));
/** The tangent of an angle in radians, sin / cos; single precision for |x| up to 8192, beside its poles, of −0 as `sin`. Any shape. */
export const tan = unary('tan', e.div(e.sin(x), e.cos(x)));

/**
 * The nearest whole number; halves go to the even one, as in IEEE 754. Any shape.
 *
 * @example round(tensor([0.5, 1.5, -0.7])) // 0, 2, -1
 */
export const round = unary('round', e.round(x));

const power = binary('pow', e.pow(x, e.input(1)));

/**
 * aᵇ, element by element. Shapes broadcast. NaN where a is below 0 and b is not whole.
 *
 * @throws ShapeError if shapes do not broadcast.
 * @example pow(tensor([2, 3]), 2) // 4, 9
 */
export const pow = ((a: TensorLike, b: TensorLike): Tensor => {
  if (typeof b !== 'number' || typeof a === 'number') return power(a, b);
  floats('pow', 'a', a);
  // A known exponent makes for a simpler formula: a few products where it is whole.
  return fuse('pow', e.pow(x, e.constant(b)), [a]);
}) as Broadcasting;

/** The larger of a and b; NaN if either is. At a tie each gets half of the gradient. Shapes broadcast. @throws ShapeError if they do not. */
export const maximum = binary('maximum', e.max(x, e.input(1)));
/** The smaller of a and b; NaN if either is. At a tie each gets half of the gradient. Shapes broadcast. @throws ShapeError if they do not. */
export const minimum = binary('minimum', e.min(x, e.input(1)));

/** The limits of `clamp`. */
export interface ClampOptions {
  /** What is below becomes this: a number, or a tensor that broadcasts. Default: nothing is. */
  min?: TensorLike | undefined;
  /** What is above becomes this, also where `min` is larger. Default: nothing is. */
  max?: TensorLike | undefined;
}

const clampFields: Fields<ClampOptions> = { min: tensorOrNumber, max: tensorOrNumber };

/**
 * x held between two limits. NaN stays. At a limit the gradient is x's.
 *
 * @throws ShapeError if shapes do not broadcast.
 * @example clamp(tensor([-2, 0.5, 3]), { min: 0, max: 1 }) // 0, 0.5, 1
 */
export function clamp(input: Tensor, options: ClampOptions): Tensor {
  needOptions('clamp', options, clampFields);
  const inputs = [input];
  floats('clamp', 'input', input);
  const limit = (name: 'min' | 'max'): Expr | null => {
    const value = options[name];
    if (value === undefined || typeof value === 'number')
      return value === undefined ? null : e.constant(value);
    floats('clamp', name, value);
    return e.input(inputs.push(value) - 1);
  };
  const [min, max] = [limit('min'), limit('max')];
  const low = min ? e.select(e.gt(min, x), min, x) : x;
  return fuse('clamp', max ? e.select(e.gt(low, max), max, low) : low, inputs);
}

/**
 * The elements of `a` where `condition` is not 0, those of `b` elsewhere. Shapes broadcast; `condition` may be int32.
 *
 * @throws ShapeError if shapes do not broadcast.
 * @example where(greater(x, 0), x, 0)
 */
export function where(condition: Tensor, a: TensorLike, b: TensorLike): Tensor {
  needTensor('where', 'condition', condition);
  const [yes, no] = [lift('where', 'a', a), lift('where', 'b', b)];
  return fuse('where', e.select(x, e.input(1), e.input(2)), [condition, yes, no]);
}
