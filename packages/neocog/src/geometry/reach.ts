// Which cells a window reads, and which windows read a cell: one multiplication after the other, for people. Kernels never
// list them.

import { paddedCells } from './padding.ts';
import type { ConvGeometry, PaddingMode, PoolGeometry, WindowAxis } from './types.ts';

/** A tap of the kernel on a cell: one multiplication. Places have a number per spatial axis. */
export interface Tap {
  /** The output cell whose window it is. */
  readonly output: readonly number[];
  /** The place in the kernel. */
  readonly tap: readonly number[];
  /** Where it lies, in cells from the input's first: below 0 or past the last in the padding. */
  readonly position: readonly number[];
  /** The input cell that is read there, in the padding as its mode fills it; null where nothing stands but zero. */
  readonly cell: readonly number[] | null;
}

/** A `Tap` along one axis; −1 for no cell. */
interface AxisTap {
  readonly output: number;
  readonly tap: number;
  readonly position: number;
  readonly cell: number;
}

const modeOf = (g: ConvGeometry | PoolGeometry): PaddingMode =>
  'paddingMode' in g ? g.paddingMode : 'zeros';

/** The taps of window `output`: `position = output·stride − padBefore + tap·dilation`. */
function axisTaps(axis: WindowAxis, mode: PaddingMode, output: number): AxisTap[] {
  const cells = paddedCells(axis, mode);
  return Array.from({ length: axis.kernel }, (_, tap) => {
    const padded = output * axis.stride + tap * axis.dilation;
    return { output, tap, position: padded - axis.padBefore, cell: cells[padded] ?? -1 };
  });
}

/** One of each list, the last list fastest. */
const combine = <T>(lists: readonly (readonly T[])[]): T[][] =>
  lists.reduce<T[][]>((all, list) => all.flatMap((row) => list.map((item) => [...row, item])), [[]]);

const join = (taps: readonly AxisTap[]): Tap => ({
  output: taps.map(({ output }) => output),
  tap: taps.map(({ tap }) => tap),
  position: taps.map(({ position }) => position),
  cell: taps.every(({ cell }) => cell >= 0) ? taps.map(({ cell }) => cell) : null,
});

/** What an output cell is made of: its window's taps, the last axis fastest. */
export function windowTaps(g: ConvGeometry | PoolGeometry, output: readonly number[]): Tap[] {
  return combine(g.axes.map((axis, d) => axisTaps(axis, modeOf(g), output[d]))).map(join);
}

/** Where an input cell goes: every tap that reads it, by output cells. */
export function cellTaps(g: ConvGeometry | PoolGeometry, cell: readonly number[]): Tap[] {
  const along = g.axes.map((axis, d) =>
    Array.from({ length: axis.output }, (_, output) => axisTaps(axis, modeOf(g), output))
      .flat()
      .filter((tap) => tap.cell === cell[d]),
  );
  return combine(along).map(join);
}
