// Broadcasting by NumPy's rule: shapes are lined up at their last axes, and axes of size 1 are repeated.

import { expand, matmul, ShapeError, type Tensor } from 'neocog';
import { sameShape } from '../shape.ts';

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

/** `[…, m, k]` and `[…, k, n]` → `[…, m, n]`; leading axes broadcast. */
export function broadcastMatmul(a: Tensor, b: Tensor): Tensor {
  const lead = broadcastShape([a.shape.slice(0, -2), b.shape.slice(0, -2)]);
  const spread = (t: Tensor): Tensor => expandTo(t, [...lead, ...t.shape.slice(-2)]);
  return matmul(spread(a), spread(b));
}
