// What each node of a formula does to numbers, in float64, and what a whole formula makes of a few; arrays are the backends'.

import { assert } from '../errors.ts';
import { roundToEven } from '../geometry/round.ts';
import { erf } from './erf.ts';
import { type BinaryOp, type Expr, nodesOf, type UnaryOp } from './expression.ts';

export const unary: Record<UnaryOp, (a: number) => number> = {
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
  erf,
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

/** A formula's value for one value of each input. */
export function evaluate(formula: Expr, inputs: readonly number[]): number {
  const values = new Map<Expr, number>();
  const of = (e: Expr): number => values.get(e) as number;
  for (const e of nodesOf(formula)) values.set(e, compute(e, of, inputs));
  return of(formula);
}

function compute(e: Expr, of: (operand: Expr) => number, inputs: readonly number[]): number {
  if (e.op === 'const') return e.value;
  if (e.op === 'input') return inputs[e.index];
  assert(e.op !== 'position', 'a formula of numbers alone has no coordinates');
  if (e.op === 'select') return of(e.test) !== 0 ? of(e.a) : of(e.b);
  return 'b' in e ? binary[e.op](of(e.a), of(e.b)) : unary[e.op](of(e.a));
}
