// What each node of a formula does to numbers, in float64; arrays are the backends'.

import { roundToEven } from '../geometry/round.ts';
import type { BinaryOp, UnaryOp } from './expression.ts';

/** Without erf, which JavaScript does not have. */
export const unary: Record<Exclude<UnaryOp, 'erf'>, (a: number) => number> = {
  neg: (a) => -a,
  abs: Math.abs,
  sign: Math.sign,
  sqrt: Math.sqrt,
  exp: Math.exp,
  log: Math.log,
  log1p: Math.log1p,
  tanh: Math.tanh,
  sigmoid: (a) => 1 / (1 + Math.exp(-a)),
  sin: Math.sin,
  cos: Math.cos,
  floor: Math.floor,
  round: roundToEven,
};

/** `max` and `min` hand NaN on, whichever side it stands on. */
export const binary: Record<BinaryOp, (a: number, b: number) => number> = {
  add: (a, b) => a + b,
  sub: (a, b) => a - b,
  mul: (a, b) => a * b,
  div: (a, b) => a / b,
  max: Math.max,
  min: Math.min,
  pow: Math.pow,
  gt: (a, b) => Number(a > b),
  ge: (a, b) => Number(a >= b),
  eq: (a, b) => Number(a === b),
};
