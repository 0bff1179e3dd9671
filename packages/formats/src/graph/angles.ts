// Functions of angles, and hyperbolic ones, as formulas of neocog's operations.

import {
  abs,
  add,
  div,
  equal,
  exp,
  greater,
  greaterEqual,
  less,
  mul,
  neg,
  sign,
  sqrt,
  square,
  sub,
  type Tensor,
  where,
} from 'neocog';

/** Of x², for atan(x) / x where |x| ≤ 1, to 2 · 10⁻⁸: Abramowitz and Stegun, Handbook of Mathematical Functions, 4.4.49. */
const coefficients = [
  1, -0.3333314528, 0.1999355085, -0.1420889944, 0.1065626393, -0.07528964, 0.0429096138, -0.0161657367,
  0.0028662257,
];

const halfTurn = Math.PI;

/** In −π/2 … π/2. */
export function atan(x: Tensor): Tensor {
  const large = greater(abs(x), 1);
  const near = where(large, div(1, where(large, x, 1)), x);
  const power = square(near);
  const series = coefficients.reduceRight<Tensor | number>((sum, c) => add(mul(sum, power), c), 0);
  const angle = mul(near, series);
  return where(large, sub(mul(sign(x), halfTurn / 2), angle), angle);
}

/** The angle of the point (x, y), in −π … π. */
export function atan2(y: Tensor, x: Tensor): Tensor {
  const upright = equal(x, 0);
  const angle = where(upright, mul(sign(y), halfTurn / 2), atan(div(y, where(upright, 1, x))));
  const turn = where(greaterEqual(y, 0), halfTurn, -halfTurn);
  return where(less(x, 0), add(angle, turn), angle);
}

export const sinh = (x: Tensor): Tensor => div(sub(exp(x), exp(neg(x))), 2);

export const cosh = (x: Tensor): Tensor => div(add(exp(x), exp(neg(x))), 2);

export const asin = (x: Tensor): Tensor => atan2(x, sqrt(sub(1, square(x))));

export const acos = (x: Tensor): Tensor => atan2(sqrt(sub(1, square(x))), x);
