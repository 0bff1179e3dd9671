// Reading and adding at positions that lie in a tensor of their own, plane by plane. Each is the gradient of the other.

import { compute } from '../backends/current.ts';
import type { Values } from '../backends/work.ts';
import { type Shape, sizeOf } from '../tensor/shape.ts';
import { record, type Tensor } from '../tensor/tensor.ts';

/** The cells of each plane that `indices` names. x `[n, c, …]`, indices `[n, c, …out]` → the shape of indices. */
export function take(x: Tensor, indices: Tensor): Tensor {
  const planes = x.shape[0] * x.shape[1];
  const data = compute<Values>({ op: 'take', planes }, [x.data, indices.data]);
  const rules = [(dy: Tensor) => scatterAdd(dy, indices, x.shape)];
  return record(data, indices.shape, { name: 'take', inputs: [x], rules });
}

/** The adjoint of take: adds each value at its index into zeros of `shape`. */
export function scatterAdd(y: Tensor, indices: Tensor, shape: Shape): Tensor {
  const planes = shape[0] * shape[1];
  const size = sizeOf(shape.slice(2));
  const data = compute({ op: 'scatterAdd', planes, size }, [y.data, indices.data]);
  return record(data, shape, { name: 'scatterAdd', inputs: [y], rules: [(dx) => take(dx, indices)] });
}
