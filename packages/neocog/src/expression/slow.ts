// Which formulas take many instructions.

import type { Expr } from './expression.ts';

/** Functions that are computed by polynomials, in tens of instructions and many registers. */
const slowOps: ReadonlySet<Expr['op']> = new Set([
  'exp',
  'log',
  'log1p',
  'tanh',
  'sigmoid',
  'erf',
  'sin',
  'cos',
  'pow',
]);

/** Whether one node of a formula is such a function. */
export const isSlow = ({ op }: Expr): boolean => slowOps.has(op);
