// Operations that are one formula: of every element by itself, or of two operands that broadcast.

import { anyNumber, either, type Field, need } from '../arguments/field.ts';
import type { Expr } from '../expression/expression.ts';
import { aTensor, floatTensor } from '../tensor/fields.ts';
import { needWhole, Tensor } from '../tensor/tensor.ts';
import { floats } from './check.ts';
import { fuse } from './fuse.ts';
import type { Broadcasting, Elementwise } from './signatures.ts';

/** A tensor, or a number that broadcasts to any shape. */
export type TensorLike = Tensor | number;

/** An operand as a tensor. @throws ShapeError for what is neither a float32 tensor nor a number. */
export function lift(fn: string, name: string, t: TensorLike, taken = floatsOrNumber): Tensor {
  if (typeof t === 'number') return new Tensor(new Float32Array([t]), []);
  need(fn, name, t, taken);
  return needWhole(fn, name, t);
}

const floatsOrNumber: Field<TensorLike> = either(floatTensor, anyNumber);
const anyOrNumber: Field<TensorLike> = either(aTensor, anyNumber);

/** An operation that applies one formula to every element. */
export function unary(fn: string, formula: Expr): Elementwise {
  const run = (input: Tensor): Tensor => {
    floats(fn, 'input', input);
    return fuse(fn, formula, [input]);
  };
  return run as Elementwise;
}

/** An operation on two operands, which broadcast against each other. */
export const binary = (fn: string, formula: Expr): Broadcasting => ofTwo(fn, formula, floatsOrNumber);

/** An operation that only compares its two operands: int32 will do, read as the nearest float32. */
export const comparison = (fn: string, formula: Expr): Broadcasting => ofTwo(fn, formula, anyOrNumber);

function ofTwo(fn: string, formula: Expr, taken: Field<TensorLike>): Broadcasting {
  const run = (a: TensorLike, b: TensorLike): Tensor => {
    return fuse(fn, formula, [lift(fn, 'a', a, taken), lift(fn, 'b', b, taken)]);
  };
  return run as Broadcasting;
}
