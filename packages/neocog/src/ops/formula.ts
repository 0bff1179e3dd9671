// Operations that are one formula: of every element by itself, or of two operands that broadcast.

import type { Expr } from '../expression/expression.ts';
import { Tensor } from '../tensor/tensor.ts';
import { floats, needTensor } from './check.ts';
import { fuse } from './fuse.ts';
import type { Broadcasting, Elementwise } from './signatures.ts';

/** A tensor, or a number that broadcasts to any shape. */
export type TensorLike = Tensor | number;

export const lift = (t: TensorLike): Tensor =>
  typeof t === 'number' ? new Tensor(new Float32Array([t]), []) : t;

/** An operation that applies one formula to every element. */
export function unary(fn: string, formula: Expr): Elementwise {
  const run = (input: Tensor): Tensor => {
    floats(fn, 'input', input);
    return fuse(fn, formula, [input]);
  };
  return run as Elementwise;
}

/** An operation on two operands, which broadcast against each other. */
export const binary = (fn: string, formula: Expr): Broadcasting => ofTwo(fn, formula, floats);

/** An operation that only compares its two operands: int32 will do, read as the nearest float32. */
export const comparison = (fn: string, formula: Expr): Broadcasting => ofTwo(fn, formula, needTensor);

function ofTwo(
  fn: string,
  formula: Expr,
  check: (fn: string, name: string, t: Tensor) => void,
): Broadcasting {
  const run = (a: TensorLike, b: TensorLike): Tensor => {
    const operands = [lift(a), lift(b)];
    operands.forEach((t, i) => check(fn, i === 0 ? 'the first operand' : 'the second operand', t));
    return fuse(fn, formula, operands);
  };
  return run as Broadcasting;
}
