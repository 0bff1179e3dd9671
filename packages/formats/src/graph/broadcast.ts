// Broadcasting by NumPy's rule: shapes are lined up at their last axes, and axes of size 1 are repeated.

import { expand, matmul, reshape, ShapeError, type Tensor } from 'neocog';
import { fromStart, sameShape } from '../shape.ts';

/** The common shape. */
export function broadcastShape(shapes: readonly (readonly number[])[]): number[] {
  const rank = Math.max(0, ...shapes.map((shape) => shape.length));
  return Array.from({ length: rank }, (_, d) => {
    const sizes = shapes.map((shape) => shape[shape.length - rank + d] ?? 1).filter((n) => n !== 1);
    if (sizes.every((n) => n === sizes[0])) return sizes[0] ?? 1;
    throw new ShapeError(`shapes ${shapes.map((s) => `[${s}]`).join(', ')} do not broadcast to one shape`);
  });
}

/** A tensor repeated to a shape that it broadcasts to. */
export const expandTo = (t: Tensor, shape: readonly number[]): Tensor =>
  sameShape(t.shape, shape) ? t : expand(t, shape);

/** A product of matrices `[…, m, k]` and `[…, k, n]` with equal leading axes. */
type MatrixProduct = (a: Tensor, b: Tensor) => Tensor;

/** The product of matrices whose leading axes broadcast. */
function broadcastProduct(multiply: MatrixProduct, a: Tensor, b: Tensor): Tensor {
  const lead = broadcastShape([a.shape.slice(0, -2), b.shape.slice(0, -2)]);
  const spread = (t: Tensor): Tensor => expandTo(t, [...lead, ...t.shape.slice(-2)]);
  return multiply(spread(a), spread(b));
}

/** matmul whose leading axes broadcast. */
export const broadcastMatmul = (a: Tensor, b: Tensor): Tensor => broadcastProduct(matmul, a, b);

/** NumPy's matmul by such a product: leading axes broadcast, an operand of one axis is a row or a column. */
export function productBy(multiply: MatrixProduct, a: Tensor, b: Tensor): Tensor {
  if (a.rank === 1) return dropAxis(productBy(multiply, reshape(a, [1, a.size]), b), b.rank === 1 ? 0 : -2);
  if (b.rank === 1) return dropAxis(productBy(multiply, a, reshape(b, [b.size, 1])), -1);
  return broadcastProduct(multiply, a, b);
}

function dropAxis(t: Tensor, axis: number): Tensor {
  const d = fromStart(axis, t.rank);
  return reshape(
    t,
    t.shape.filter((_, i) => i !== d),
  );
}
