// Running sums. Blelloch, "Prefix sums and their applications", 1990: neighbours are added in pairs, the running sums of
// the pairs are those of every second place, and each place between adds its own value. Work and memory are linear, and
// errors grow with the logarithm of the length.

import { flag } from '../arguments/field.ts';
import { type Fields, needOptions } from '../arguments/options.ts';
import { backend } from '../backends/current.ts';
import { UnsupportedError } from '../errors.ts';
import { oneAxis } from '../tensor/fields.ts';
import { noGrad } from '../tensor/graph.ts';
import { resolveAxis, sizeOf } from '../tensor/shape.ts';
import { record, type Tensor } from '../tensor/tensor.ts';
import { needTensor } from './check.ts';
import { flip, slice } from './move.ts';
import { reshape } from './reshape.ts';
import { type AxisCells, addViews, type Placed, viewOfAxes } from './view.ts';

/** Which sums `cumSum` takes. */
export interface CumSumOptions {
  /** Default 0. Negative axes count from the end. */
  axis?: number | undefined;
  /** Leave each place's own value out: the first sum is 0. Default false. */
  exclusive?: boolean | undefined;
  /** Sum from the end. Default false. */
  reverse?: boolean | undefined;
}

const fields: Fields<CumSumOptions> = { axis: oneAxis, exclusive: flag, reverse: flag };

interface Way {
  readonly axis: number;
  readonly exclusive: boolean;
  readonly reverse: boolean;
}

/**
 * The sum of all values up to each place along an axis; the shape stays. float32, or eagerly int32.
 *
 * @throws ShapeError for an axis that does not exist. @throws UnsupportedError for int32 in a compiled network.
 * @example cumSum(tensor([1, 2, 3])) // 1, 3, 6
 * @example cumSum(tensor([1, 2, 3]), { exclusive: true, reverse: true }) // 5, 3, 0
 */
export function cumSum(x: Tensor, options: CumSumOptions = {}): Tensor {
  needTensor('cumSum', 'input', x);
  needOptions('cumSum', options, fields);
  const { axis = 0, exclusive = false, reverse = false } = options;
  needSummable('cumSum', x);
  return sums(x, { axis: resolveAxis('cumSum', axis, x.rank), exclusive, reverse });
}

/** Refuses what programs do not add. */
export function needSummable(fn: string, x: Tensor): void {
  if (x.dtype === 'float32' || !backend().recording) return;
  throw new UnsupportedError(
    `${fn}: input is int32, but a compiled network adds float32 only; use cast(…, 'float32') before`,
  );
}

/** The gradient of running sums is running sums from the other end. */
function sums(x: Tensor, way: Way): Tensor {
  const { data } = noGrad(() => sumAlong(x, way));
  const rules = [(dy: Tensor) => sums(dy, { ...way, reverse: !way.reverse })];
  return record(data, x.shape, { name: 'cumSum', inputs: [x], rules });
}

function sumAlong(x: Tensor, { axis, exclusive, reverse }: Way): Tensor {
  if (x.size === 0) return x;
  const inOrder = reverse ? flip(x, [axis]) : x;
  const [before, after] = [x.shape.slice(0, axis), x.shape.slice(axis + 1)];
  const running = runningSums(reshape(inOrder, [sizeOf(before), x.shape[axis], sizeOf(after)]));
  const own = exclusive ? join([at(upTo(running, -1), 1, 1)], x.shape[axis]) : running;
  const y = reshape(own, x.shape);
  return reverse ? flip(y, [axis]) : y;
}

/** Along the middle axis of `[outer, n, inner]`. */
function runningSums(x: Tensor): Tensor {
  const n = x.shape[1];
  if (n <= 1) return x;
  const half = Math.floor(n / 2);
  const pairOf = Int32Array.from({ length: 2 * half }, (_, i) => i >> 1);
  const ofPairs = runningSums(join([{ values: upTo(x, 2 * half), cells: pairOf }], half));
  const between = Math.ceil(n / 2);
  return join(
    [at(ofPairs, 1, 2), at(slice(x, { axis: 1, step: 2 }), 0, 2), at(upTo(ofPairs, between - 1), 2, 2)],
    n,
  );
}

const upTo = (x: Tensor, end: number): Tensor => slice(x, { axis: 1, end });

interface Part {
  readonly values: Tensor;
  /** Where the values lie along the middle axis. */
  readonly cells: AxisCells;
}

const at = (values: Tensor, start: number, step: number): Part => ({
  values,
  cells: { count: values.shape[1], start, step },
});

/** Parts added among zeros, to `n` cells along the middle axis. */
function join(parts: readonly Part[], n: number): Tensor {
  const [outer, , inner] = parts[0].values.shape;
  const shape = [outer, n, inner];
  const placed = parts.map(
    ({ values, cells }): Placed => ({ values, view: viewOfAxes(shape, [undefined, cells]) }),
  );
  return addViews('cumSum', placed, shape);
}
