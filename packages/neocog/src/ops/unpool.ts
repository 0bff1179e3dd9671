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
  const caller = { fn, rank };
  return (x, indices, kernel, options = {}) => {
    needOptions(fn, options, unpoolFields[rank]);
    const { enter, leave } = frame(caller, x, options.layout);
    const input = enter(x);
    ints(fn, 'indices', indices);
    needShape(fn, { indices }, { shape: x.shape, to: `input ${formatShape(x.shape)}` });
    const shape = unpoolShape(caller, { input: input.shape, kernel }, options);
    const places = { fn, indices: enter(indices), shape };
    const values = backend().recording
      ? withoutRepeats(places, input, windowsOverlap(kernel, options.stride))
      : keepLast(places, input);
    return leave(scatterAdd(values, places.indices, shape));
  };
}

const windowsOverlap = (kernel: PerAxis, stride: PerAxis = kernel): boolean => {
  const [kernels, strides] = [kernel, stride].map((sizes) => [sizes].flat());
  const rank = Math.max(kernels.length, strides.length);
  const at = (sizes: readonly number[], d: number): number => sizes[Math.min(d, sizes.length - 1)];
  return Array.from({ length: rank }, (_, d) => at(kernels, d) > at(strides, d)).includes(true);
};

/** Where in planes of `shape` values belong. */
interface Places {
  readonly fn: string;
  readonly indices: Tensor;
  readonly shape: Shape;
}

/** Where values are not there to be looked at: windows that do not overlap name no cell twice. */
function withoutRepeats({ fn, indices, shape }: Places, x: Tensor, overlap: boolean): Tensor {
  if (overlap) {
    throw new UnsupportedError(
      `${fn}: overlapping windows may name a cell twice, and a compiled network cannot resolve that; use a stride of at least the kernel, or run it without compiling`,
    );
  }
  effects().look(indices.data, (data) => {
    findLost({ fn, indices: new Tensor(data, indices.shape), shape });
  });
  return x;
}

/** Windows that overlap name a cell twice: the last value stays, the others become 0 before all are added. */
function keepLast(places: Places, x: Tensor): Tensor {
  const lost = findLost(places);
  const isLost = e.gt(e.input(1), 0);
  return lost ? fuse(places.fn, e.select(isLost, 0, e.input(0)), [x, new Tensor(lost, x.shape)]) : x;
}

/** 1 for each index that a later one repeats; null if none does. @throws ShapeError for positions outside. */
function findLost({ fn, indices, shape }: Places): Float32Array | null {
  const { data } = indices;
  const [planes, cells] = [shape[0] * shape[1], sizeOf(shape.slice(2))];
  const count = data.length / planes;
  const owner = new Int32Array(planes * cells).fill(-1);
  let lost: Float32Array | null = null;
  for (let i = 0; i < data.length; i++) {
    if (!(data instanceof Int32Array && data[i] >= 0 && data[i] < cells)) {
      throw new ShapeError(
        `${fn}: indices hold ${data[i]} (${indices.dtype}); give int32 positions from 0 to ${cells - 1} in planes ${formatShape(shape.slice(2))}`,
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
