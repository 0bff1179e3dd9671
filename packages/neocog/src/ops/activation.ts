// Activation functions: each is a formula; its derivative follows from the formula. Where a derivative jumps, the formula
// is written so that the convention is PyTorch's (relu'(0) = 0), and so that neither the value nor the derivative
// multiplies 0 by an infinity at any finite input.

import { above, atLeast, type Field, field, finite, oneOf } from '../arguments/field.ts';
import { type Fields, needOptions } from '../arguments/options.ts';
import { ShapeError } from '../errors.ts';
import type { Expr } from '../expression/expression.ts';
import * as e from '../expression/expression.ts';
import { formatShape, type Shape } from '../tensor/shape.ts';
import type { Tensor } from '../tensor/tensor.ts';
import { floats } from './check.ts';
import { unary } from './formula.ts';
import { fuse } from './fuse.ts';
import { reshape } from './reshape.ts';

const x = e.input(0);

type Numbers<Defaults> = { [K in keyof Defaults]?: number | undefined };

/** A number that a formula depends on: what it takes, and what it is if not given. */
type Tuning<Name extends string> = Readonly<Record<Name, readonly [taken: Field<number>, byDefault: number]>>;

/** An operation whose formula depends on numbers; `formula` may refuse them. */
/* @__NO_SIDE_EFFECTS__ */
function tunable<Name extends string>(
  fn: string,
  tuning: Tuning<Name>,
  formula: (numbers: Record<Name, number>) => Expr,
): <S extends Shape>(input: Tensor<S>, options?: Numbers<Record<Name, number>>) => Tensor<S> {
  const names = Object.keys(tuning) as Name[];
  const fields = Object.fromEntries(names.map((name) => [name, tuning[name][0]]));
  return (input, options = {}) => {
    needOptions<Numbers<Record<string, number>>>(fn, options, fields);
    const numbers = names.map((name) => [name, options[name] ?? tuning[name][1]]);
    return unary(fn, formula(Object.fromEntries(numbers)))(input);
  };
}

/** `a` held between two numbers. Its slope is 0 at both, as outside. */
const clamp = (a: Expr, low: number, high: number): Expr =>
  e.select(e.ge(low, a), low, e.select(e.ge(a, high), high, a));

/** `above` where x > 0, else `below`, also at 0. */
const bySign = (above: Expr, below: Expr): Expr => e.select(e.gt(x, 0), above, below);

/** alpha · (exp(x / scale) − 1): the part of the exponential units below 0. */
const decay = (alpha: number, scale = 1): Expr => e.mul(alpha, e.sub(e.exp(e.div(x, scale)), 1));

/** log(1 + exp(a)), which overflows nowhere and loses nothing. */
export const softplusOf = (a: Expr): Expr => e.add(e.max(a, 0), e.log1p(e.exp(e.neg(e.abs(a)))));

/** max(x, 0). Any shape. */
export const relu = unary('relu', e.select(e.ge(0, x), 0, x));

/** min(max(x, 0), 6). Any shape. Krizhevsky, 2010. */
export const relu6 = unary('relu6', clamp(x, 0, 6));

/** x above 0, negativeSlope · x (default 0.01) elsewhere. Any shape. Maas et al., 2013. */
export const leakyRelu = tunable('leakyRelu', { negativeSlope: [finite, 0.01] }, ({ negativeSlope }) =>
  bySign(x, e.mul(negativeSlope, x)),
);

/**
 * x above 0, weight · x elsewhere, with a learned weight `[1]`, or `[c]` for input `[n, c, …]`. He et al., 2015.
 *
 * @throws ShapeError for a weight of another shape.
 */
export function prelu<S extends Shape>(input: Tensor<S>, weight: Tensor): Tensor<S> {
  floats('prelu', 'input', input);
  floats('prelu', 'weight', weight);
  const channels = input.rank > 1 ? input.shape[1] : 1;
  if (weight.rank !== 1 || (weight.size !== 1 && weight.size !== channels)) {
    throw new ShapeError(
      `prelu: weight has shape ${formatShape(weight.shape)} for input ${formatShape(input.shape)}; give [1], or [${channels}] for a slope per channel`,
    );
  }
  const perChannel = input.shape.map((_, d) => (d === 1 ? weight.size : 1));
  const result = fuse('prelu', bySign(x, e.mul(e.input(1), x)), [input, reshape(weight, perChannel)]);
  return result as Tensor<S>;
}

/** x above 0, alpha · (exp(x) − 1) (default alpha 1) elsewhere. Any shape. Clevert et al., 2016. */
export const elu = tunable('elu', { alpha: [finite, 1] }, ({ alpha }) => bySign(x, decay(alpha)));

const notZero = field<number>('a finite number other than 0', (v) => Number.isFinite(v) && v !== 0);

/** x above 0, alpha · (exp(x / alpha) − 1) (default alpha 1) elsewhere. Any shape. Barron, 2017. @throws ShapeError if alpha is 0. */
export const celu = tunable('celu', { alpha: [notZero, 1] }, ({ alpha }) => bySign(x, decay(alpha, alpha)));

/** The fixed point of mean 0 and variance 1. */
const seluScale = 1.0507009873554805;
const seluAlpha = 1.6732632423543772;

/** elu with an alpha and a scale under which layers keep mean 0 and variance 1. Any shape. Klambauer et al., 2017. */
export const selu = unary('selu', e.mul(seluScale, bySign(x, decay(seluAlpha))));

/** tanh(x). Any shape. */
export const tanh = unary('tanh', e.tanh(x));

/** 1 / (1 + exp(−x)). Any shape. */
export const sigmoid = unary('sigmoid', e.sigmoid(x));

/** log(1 / (1 + exp(−x))), without overflow. Any shape. */
export const logSigmoid = unary('logSigmoid', e.neg(softplusOf(e.neg(x))));

/** x · sigmoid(x), also called swish. Any shape. Elfwing et al., 2017. */
export const silu = unary('silu', e.mul(x, e.sigmoid(x)));

/** x · tanh(log(1 + exp(x))). Any shape. Misra, 2019. */
export const mish = unary('mish', e.mul(x, e.tanh(softplusOf(x))));

const half = e.mul(0.5, x);
const geluExact = e.mul(half, e.add(1, e.erf(e.mul(Math.SQRT1_2, x))));
// The tanh is ±1 beyond 10, where x³ would overflow.
const inner = e.min(e.max(x, -10), 10);
const geluBend = e.add(inner, e.mul(0.044715, e.mul(inner, e.mul(inner, inner))));
const geluTanh = e.mul(half, e.add(1, e.tanh(e.mul(Math.sqrt(2 / Math.PI), geluBend))));

/** Which form of the function `gelu` computes. */
export interface GeluOptions {
  /** `none` (default) by the error function; `tanh` by the approximation that GPT-2 uses. */
  approximate?: 'none' | 'tanh' | undefined;
}

const geluFields: Fields<GeluOptions> = { approximate: oneOf('none', 'tanh') };

/** x · Φ(x), Φ the normal distribution function. Any shape. Hendrycks and Gimpel, 2016. @throws ShapeError for an unknown approximation. */
export function gelu<S extends Shape>(input: Tensor<S>, options: GeluOptions = {}): Tensor<S> {
  needOptions('gelu', options, geluFields);
  return unary('gelu', options.approximate === 'tanh' ? geluTanh : geluExact)(input);
}

/** x − tanh(x). Any shape. */
export const tanhShrink = unary('tanhShrink', e.sub(x, e.tanh(x)));

const ramp = e.div(e.add(x, 3), 6);

/** min(max(x + 3, 0), 6) / 6. Any shape. Courbariaux et al., 2015. */
export const hardSigmoid = unary('hardSigmoid', clamp(ramp, 0, 1));

/** x · min(max(x + 3, 0), 6) / 6. Any shape. Howard et al., 2019. */
export const hardSwish = unary(
  'hardSwish',
  e.mul(x, e.select(e.gt(-3, x), 0, e.select(e.gt(x, 3), 1, ramp))),
);

/** min(max(x, `min`), `max`), −1 and 1 unless given. Any shape. @throws ShapeError if min is above max. */
export const hardTanh = tunable('hardTanh', { min: [finite, -1], max: [finite, 1] }, ({ min, max }) => {
  if (min > max) throw new ShapeError(`hardTanh: min is ${min} and max is ${max}; give a min of at most max`);
  return clamp(x, min, max);
});

/** A shrinkage's lambda. */
const threshold: Tuning<'lambda'> = { lambda: [atLeast(0), 0.5] };

/** x where |x| > lambda (default 0.5), else 0. Any shape. @throws ShapeError if lambda is negative. */
export const hardShrink = tunable('hardShrink', threshold, ({ lambda }) =>
  e.select(e.ge(lambda, e.abs(x)), 0, x),
);

/** x moved towards 0 by lambda (default 0.5), 0 where |x| ≤ lambda. Any shape. @throws ShapeError if lambda is negative. */
export const softShrink = tunable('softShrink', threshold, ({ lambda }) => {
  const below = e.select(e.gt(-lambda, x), e.add(x, lambda), 0);
  return e.select(e.gt(x, lambda), e.sub(x, lambda), below);
});

/**
 * log(1 + exp(beta · x)) / beta (default beta 1), and x itself where beta · x > threshold (default 20). Any shape.
 *
 * @throws ShapeError if beta is not above 0.
 */
export const softplus = tunable(
  'softplus',
  { beta: [above(0), 1], threshold: [finite, 20] },
  ({ beta, threshold }) => {
    const scaled = e.mul(beta, x);
    return e.select(e.gt(scaled, threshold), x, e.div(softplusOf(scaled), beta));
  },
);

/** x / (1 + |x|). Any shape. Bergstra et al., 2009. */
export const softsign = unary('softsign', e.div(x, e.add(1, e.abs(x))));
