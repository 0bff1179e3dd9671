// Rows of a table by number: the first layer of a network that reads words.

import { effects } from '../backends/current.ts';
import { ShapeError } from '../errors.ts';
import { formatShape } from '../tensor/shape.ts';
import type { Tensor } from '../tensor/tensor.ts';
import { floats, ints } from './check.ts';
import { selectCells } from './indexSelect.ts';

/**
 * The rows of `weight` that `indices` name: int32 `[…]` and `[count, features]` → `[…, features]`.
 *
 * @throws ShapeError if indices are not int32, or one names no row.
 * @example embedding(tensor([2, 0], [2], { dtype: 'int32' }), weight) // rows 2 and 0 of weight
 */
export function embedding(indices: Tensor, weight: Tensor): Tensor {
  ints('embedding', 'indices', indices);
  floats('embedding', 'weight', weight);
  if (weight.rank !== 2) {
    throw new ShapeError(`embedding: weight has shape ${formatShape(weight.shape)}; give [count, features]`);
  }
  const [count] = weight.shape;
  effects().look(indices.data, (rows) => {
    const stray = rows.find((row: number) => row < 0 || row >= count);
    if (stray === undefined) return;
    throw new ShapeError(`embedding: index ${stray} is outside weight; give rows from 0 to ${count - 1}`);
  });
  return selectCells('embedding', { x: weight, indices, axis: 0 });
}
