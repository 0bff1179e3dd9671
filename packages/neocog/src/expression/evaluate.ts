// A formula of numbers, one value per input: for deciding things about formulas, not for arrays.

import { type BinaryOp, type Expr, nodesOf, type UnaryOp } from './expression.ts';

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

/** The formula's value; NaN where it reads a position or erf. */
export function evaluateNumber(root: Expr, inputs: readonly number[]): number {
  const values = new Map<Expr, number>();
  for (const node of nodesOf(root)) values.set(node, evaluateStep(node, values, inputs));
  return values.get(root) as number;
}

function evaluateStep(node: Expr, values: ReadonlyMap<Expr, number>, inputs: readonly number[]): number {
  const value = (e: Expr): number => values.get(e) as number;
  if (node.op === 'input') return inputs[node.index];
  if (node.op === 'const') return node.value;
  if (node.op === 'position' || node.op === 'erf') return Number.NaN;
  if (node.op === 'select') return value(value(node.test) !== 0 ? node.a : node.b);
  return 'b' in node ? binary[node.op](value(node.a), value(node.b)) : unary[node.op](value(node.a));
}
