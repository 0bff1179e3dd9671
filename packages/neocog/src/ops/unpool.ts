// The partial inverse of maximum pooling: each value goes back to where it was found, among zeros. Zeiler et al.,
// "Adaptive Deconvolutional Networks for Mid and High Level Feature Learning", 2011.

import { needOptions } from '../arguments/options.ts';
import { backend, effects } from '../backends/current.ts';
import { ShapeError, UnsupportedError } from '../errors.ts';
import * as e from '../expression/expression.ts';
import { type PerAxis, type Rank, unpoolFields } from '../geometry/options.ts';
import { type UnpoolOptions, unpoolShape } from '../geometry/unpool.ts';
import { formatShape, type Shape, sizeOf } from '../tensor/shape.ts';
import { Tensor } from '../tensor/tensor.ts';
import { ints, needShape } from './check.ts';
import { fuse } from './fuse.ts';
import { scatterAdd } from './gather.ts';
import { frame } from './layout.ts';

export type { UnpoolOptions };

/* @__NO_SIDE_EFFECTS__ */
function maxUnpool(
  rank: Rank,
): (x: Tensor, indices: Tensor, kernel: PerAxis, options?: UnpoolOptions) => Tensor {
  const fn = `maxUnpool${rank}d`;
  return (x, indices, kernel, options = {}) => {
    needOptions(fn, options, unpoolFields[rank]);
    const { enter, leave } = frame(fn, rank, x, options.layout);
    const input = enter(x);
    ints(fn, 'indices', indices);
    needShape(fn, 'indices', indices, x.shape, 'a position for each value');
    const shape = unpoolShape(fn, rank, input.shape, kernel, options);
    const places = enter(indices);
    const values = backend().recording
      ? withoutRepeats(fn, input, places, shape, windowsOverlap(kernel, options.stride))
      : keepLast(fn, input, places, shape);
    return leave(scatterAdd(values, places, shape));
  };
}

const windowsOverlap = (kernel: PerAxis, stride: PerAxis = kernel): boolean => {
  const [kernels, strides] = [kernel, stride].map((sizes) => [sizes].flat());
  const rank = Math.max(kernels.length, strides.length);
  const at = (sizes: readonly number[], d: number): number => sizes[Math.min(d, sizes.length - 1)];
  return Array.from({ length: rank }, (_, d) => at(kernels, d) > at(strides, d)).includes(true);
};

/** Where values are not there to be looked at: windows that do not overlap name no cell twice. */
function withoutRepeats(fn: string, x: Tensor, indices: Tensor, shape: Shape, overlap: boolean): Tensor {
  if (overlap) {
    throw new UnsupportedError(
      `${fn}: windows that overlap may name a cell twice, which a compiled network cannot sort out; use a stride of at least the kernel, or run it without compiling`,
    );
  }
  effects().look(indices.data, (data) => {
    findLost(fn, new Tensor(data, indices.shape), shape);
  });
  return x;
}

/** Windows that overlap name a cell twice: the last value stays, the others become 0 before all are added. */
function keepLast(fn: string, x: Tensor, indices: Tensor, shape: Shape): Tensor {
  const lost = findLost(fn, indices, shape);
  const isLost = e.gt(e.input(1), 0);
  return lost ? fuse(fn, e.select(isLost, 0, e.input(0)), [x, new Tensor(lost, x.shape)]) : x;
}

/** 1 for each index that a later one repeats; null if none does. @throws ShapeError for positions outside. */
function findLost(fn: string, indices: Tensor, shape: Shape): Float32Array | null {
  const { data } = indices;
  const [planes, cells] = [shape[0] * shape[1], sizeOf(shape.slice(2))];
  const count = data.length / planes;
  const owner = new Int32Array(planes * cells).fill(-1);
  let lost: Float32Array | null = null;
  for (let i = 0; i < data.length; i++) {
    if (!(data instanceof Int32Array && data[i] >= 0 && data[i] < cells)) {
      throw new ShapeError(
        `${fn}: indices hold ${data[i]} (${indices.dtype}), int32 positions 0 to ${cells - 1} in planes ${formatShape(shape.slice(2))} are needed`,
      );
    }
    const cell = Math.floor(i / count) * cells + data[i];
    if (owner[cell] >= 0) {
      lost ??= new Float32Array(data.length);
      lost[owner[cell]] = 1;
    }
    owner[cell] = i;
  }
  return lost;
}

/**
 * Puts each value at its position in a plane of zeros, as `maxPool1dWithIndices` gave them: `[n, c, w]` and int32
 * `[n, c, w]` → `[n, c, outputSize]`. Where positions repeat, the last value stays.
 *
 * @throws ShapeError for indices of another shape or outside the plane, or an output size that pooling cannot have had.
 */
export const maxUnpool1d = maxUnpool(1);
/** Puts values back into images: `[n, c, h, w]` and their positions → `[n, c, …outputSize]`; see `maxUnpool1d`. */
export const maxUnpool2d = maxUnpool(2);
/** Puts values back into volumes: `[n, c, d, h, w]` and their positions → `[n, c, …outputSize]`; see `maxUnpool1d`. */
export const maxUnpool3d = maxUnpool(3);
