// Weighted sums of cells along one axis, by a table of taps: a view that reads every tap, and a sum over the taps.

import * as e from '../expression/expression.ts';
import type { AxisTaps } from '../geometry/taps.ts';
import { Tensor } from '../tensor/tensor.ts';
import { fuse } from './fuse.ts';
import { reshape } from './reshape.ts';
import type { AxisCells } from './view.ts';
import { readView, viewOfAxes } from './view.ts';

const weighted = e.mul(e.input(0), e.input(1));

/** Taps of one of a tensor's axes. */
export interface Mixing extends AxisTaps {
  readonly axis: number;
}

/** Mixes the cells of one axis: its size becomes `output`, the other axes stay. */
export function mixAxis(fn: string, x: Tensor, mixing: Mixing): Tensor {
  const { axis, output, taps, cells, weights } = mixing;
  const ways = new Array<AxisCells | undefined>(x.rank);
  ways[axis] = cells;
  const read = readView(fn, x, viewOfAxes(x.shape, ways));
  if (taps === 1) return read;
  // The taps of all cells lie one tap after another, so that the sum runs over long stretches.
  const [before, after] = [x.shape.slice(0, axis), x.shape.slice(axis + 1)];
  const apart = reshape(read, [...before, taps, output, ...after]);
  const scale = new Tensor(weights, [taps, output, ...after.map(() => 1)]);
  const mixed = fuse(fn, weighted, [apart, scale], { into: [...before, 1, output, ...after] });
  return reshape(mixed, [...before, output, ...after]);
}
