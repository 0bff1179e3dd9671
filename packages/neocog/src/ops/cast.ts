// From one type of values to the other.

import { need } from '../arguments/field.ts';
import { compute } from '../backends/current.ts';
import * as e from '../expression/expression.ts';
import { aDType } from '../tensor/fields.ts';
import { type DType, Tensor } from '../tensor/tensor.ts';
import { floats, needTensor } from './check.ts';
import { fuse } from './fuse.ts';

/**
 * The same values as float32 or int32. Floats are cut off towards zero, and at the ends of int32's range; NaN becomes 0. No
 * gradient flows from whole numbers.
 *
 * @throws ShapeError for an unknown type.
 * @example cast(tensor([1.7, -1.7]), 'int32') // 1, -1
 */
export function cast(x: Tensor, dtype: DType): Tensor {
  needTensor('cast', 'input', x);
  need('cast', 'dtype', dtype, aDType);
  if (x.dtype === dtype) return x;
  if (dtype === 'float32') return fuse('cast', e.input(0), [x]);
  return new Tensor(compute<Int32Array>({ op: 'truncate' }, [floats('cast', 'input', x)]), x.shape);
}
