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

type Lift = (fn: string, name: string, t: TensorLike) => Tensor;

/* @__NO_SIDE_EFFECTS__ */
function lifting(taken: Field<TensorLike>): Lift {
  return (fn, name, t) => {
    if (typeof t === 'number') return new Tensor(new Float32Array([t]), []);
    need(fn, name, t, taken);
    return needWhole(fn, name, t);
  };
}

/** An operand as a tensor. @throws ShapeError for what is neither a float32 tensor nor a number. */
export const lift = lifting(either(floatTensor, anyNumber));
const liftAny = lifting(either(aTensor, anyNumber));

/** An operation that applies one formula to every element. */
export function unary(fn: string, formula: Expr): Elementwise {
  const run = (input: Tensor): Tensor => {
    floats(fn, 'input', input);
    return fuse(fn, formula, [input]);
  };
  return run as Elementwise;
}

/** An operation on two operands, which broadcast against each other. */
export const binary = (fn: string, formula: Expr): Broadcasting => ofTwo(fn, formula, lift);

/** An operation that only compares its two operands: int32 will do, read as the nearest float32. */
export const comparison = (fn: string, formula: Expr): Broadcasting => ofTwo(fn, formula, liftAny);

function ofTwo(fn: string, formula: Expr, toTensor: Lift): Broadcasting {
  const run = (a: TensorLike, b: TensorLike): Tensor =>
    fuse(fn, formula, [toTensor(fn, 'a', a), toTensor(fn, 'b', b)]);
  return run as Broadcasting;
}
