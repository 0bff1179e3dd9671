// Values that repeat: along axes of size 1, or as a whole.

import { isListOf, isSize } from '../arguments/field.ts';
import { counted, show } from '../arguments/show.ts';
import { ShapeError } from '../errors.ts';
import * as e from '../expression/expression.ts';
import { broadcastStrides, checkShape, formatShape, type Shape } from '../tensor/shape.ts';
import type { Tensor } from '../tensor/tensor.ts';
import { needTensor } from './check.ts';
import { fuse } from './fuse.ts';
import { reshape } from './reshape.ts';
import { readBy } from './view.ts';

/**
 * Stretches axes of size 1, and adds axes in front, until the shape is `shape`. float32 or int32.
 *
 * @throws ShapeError unless every axis, counted from the end, is 1 or as large as in `shape`.
 * @example expand(tensor([[1], [2]]), [3, 2, 2]).shape // [3, 2, 2]
 */
export function expand(x: Tensor, shape: Shape): Tensor {
  needTensor('expand', 'input', x);
  checkShape('expand', shape);
  const front = shape.length - x.rank;
  if (front < 0 || x.shape.some((n, d) => n !== 1 && n !== shape[front + d])) {
    throw new ShapeError(
      `expand: input ${formatShape(x.shape)} does not stretch to ${formatShape(shape)}; counted from the last axis, its sizes must be equal or 1`,
    );
  }
  return stretch('expand', x, shape);
}

function stretch(fn: string, x: Tensor, shape: Shape): Tensor {
  const into = [...new Array<number>(shape.length - x.rank).fill(1), ...x.shape];
  const back = (dy: Tensor): Tensor => reshape(fuse(`${fn} gradient`, e.input(0), [dy], { into }), x.shape);
  const view = { shape, strides: broadcastStrides(x.shape, shape), offset: 0 };
  return readBy(fn, x, { view, back });
}

/**
 * Repeats the whole tensor, `repeats[d]` times along axis d: `[a, b]` → `[a·r₀, b·r₁]`. float32 or int32.
 *
 * @throws ShapeError unless there is one whole number, 0 or more, for every axis.
 * @example tile(tensor([1, 2]), [2]) // 1, 2, 1, 2
 */
export function tile(x: Tensor, repeats: readonly number[]): Tensor {
  needTensor('tile', 'input', x);
  if (!isListOf(repeats, (n) => isSize(n, 0)) || repeats.length !== x.rank) {
    throw new ShapeError(
      `tile: repeats are ${show(repeats)} for input ${formatShape(x.shape)}; give ${counted(x.rank, 'whole number')} of at least 0`,
    );
  }
  const apart = x.shape.flatMap((n) => [1, n]);
  const wide = x.shape.flatMap((n, d) => [repeats[d], n]);
  const shape = x.shape.map((n, d) => n * repeats[d]);
  checkShape('tile', shape);
  return reshape(stretch('tile', reshape(x, apart), wide), shape);
}
