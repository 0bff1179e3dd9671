// How the taps of a kernel become tiles of Winograd's algorithm. A short kernel has one filtering per axis. Others become
// sums of short ones, their parts, which differ in the cells that they read and count as channels:
//
//   stride s    parts are the source's phases: tap s·t + p is tap t of part p
//   long        tap r·p + t is tap t of part p
//   rank 3      each tap of the first axis is a part that reads a slice of its own
//
// A long kernel along a single axis is folded before: tap R·i + j is tap (i, j) of r × R, and output R·i + j is output (i, j) of
// m × R. So two filterings, F(m, r) and F(R, R), run along the same axis (Agarwal and Cooley, New algorithms for digital
// convolution, 1977): 9 taps as F(4×3, 3×3) take 30 products for 12 outputs instead of 108.

import {
  type Filtering,
  filtering,
  mostTaps,
  squareFiltering,
  type TileSize,
} from '../../../../geometry/filtering.ts';
import type { ConvGeometry, WindowAxis } from '../../../../geometry/types.ts';
import { oneCell, product } from '../../../../geometry/window.ts';

/** One value per axis, height and width, or per side of the transform. */
export type Pair<T = number> = readonly [T, T];

/** One value per axis. */
export const each = <T, U>([a, b]: Pair<T>, read: (value: T) => U): Pair<U> => [read(a), read(b)];

/** The parts of an axis's taps: those of a part, and the cells they read, begin `apart` behind those of the part before. */
export interface Parts {
  readonly count: number;
  readonly apart: number;
}

/** A side of the transform: the axis that it runs along, and how far apart two of its taps are, and two of its cells. */
export interface Side {
  readonly axis: 0 | 1;
  readonly step: number;
}

export const onePart: Parts = { count: 1, apart: 1 };
export const plainSides: Pair<Side> = [
  { axis: 0, step: 1 },
  { axis: 1, step: 1 },
];

export interface Split {
  readonly filterings: Pair<Filtering>;
  readonly sides: Pair<Side>;
  readonly parts: Pair<Parts>;
}

/** Do both sides run along the same axis? */
export const isFolded = ({ sides }: Pick<Split, 'sides'>): boolean => sides[0].axis === sides[1].axis;

interface Candidate<T> {
  readonly value: T;
  readonly products: number;
}

const cheapest = <T>(candidates: readonly Candidate<T>[]): T =>
  candidates.reduce((a, b) => (b.products < a.products ? b : a)).value;

/** An axis and the outputs of one of its lines. */
type Line = Pick<WindowAxis, 'kernel' | 'stride'> & { readonly cells: number };

/** Products of a line by `count` parts of tiles that take all of the filterings. */
function productsOf({ cells }: Line, count: number, filterings: readonly Filtering[]): number {
  const outputs = product(filterings.map((f) => f.outputs));
  return count * Math.ceil(cells / outputs) * product(filterings.map((f) => f.inputs));
}

/** The parts of an axis, and the taps of each. */
function partsOf(line: Line): Parts & { taps: number } {
  const { kernel, stride } = line;
  if (stride > 1) return { count: stride, apart: 1, taps: Math.ceil(kernel / stride) };
  if (kernel <= mostTaps) return { count: 1, apart: kernel, taps: kernel };
  return cheapest(
    [5, 4, 3].map((taps) => {
      const count = Math.ceil(kernel / taps);
      const products = productsOf(line, count, [filtering('large', taps)]);
      return { value: { count, apart: taps, taps }, products };
    }),
  );
}

/** A long kernel along an axis, folded. */
function foldedSplit(axis: 0 | 1, line: Line): Split {
  const candidates = ([3, 4] as const).flatMap((width) =>
    [2, 3, 4, 5].map((height) => {
      const filterings = [filtering('large', height), squareFiltering(width)] as const;
      const parts = { count: Math.ceil(line.kernel / (height * width)), apart: height * width };
      const value: Split = {
        filterings,
        sides: [
          { axis, step: width },
          { axis, step: 1 },
        ],
        parts: axis === 0 ? [parts, onePart] : [onePart, parts],
      };
      return { value, products: productsOf(line, parts.count, filterings) };
    }),
  );
  return cheapest(candidates);
}

const isLong = ({ kernel, stride }: Line): boolean => kernel > mostTaps && stride === 1;
const isAlone = ({ kernel, stride }: Line): boolean => kernel === 1 && stride === 1;

/** The split of a kernel. `target`: the size of the result. */
export function splitOf(windows: Pair<WindowAxis>, size: TileSize, target: Pair): Split {
  const lineOf = (i: 0 | 1): Line => ({
    ...windows[i],
    cells: Math.ceil(target[i] / windows[i].dilation),
  });
  const [a, b] = [lineOf(0), lineOf(1)];
  if (isLong(a) && isAlone(b)) return foldedSplit(0, a);
  if (isLong(b) && isAlone(a)) return foldedSplit(1, b);
  const [down, across] = [partsOf(a), partsOf(b)];
  return {
    filterings: [filtering(size, down.taps), filtering(size, across.taps)],
    sides: [
      { axis: 0, step: a.stride },
      { axis: 1, step: b.stride },
    ],
    parts: [down, across],
  };
}

/** Do its windows lie cell by cell? */
const isPointwise = (a: WindowAxis): boolean =>
  a.kernel === 1 && a.stride === 1 && a.input === a.output && a.padBefore === 0;

/** Slices, height and width. Axes that a kernel does not extend along become one: it then has an axis more to be transformed. */
export function axesOf({ axes }: ConvGeometry): readonly [WindowAxis, WindowAxis, WindowAxis] {
  if (axes.length === 1) return [oneCell, oneCell, axes[0]];
  if (axes.length === 2) return [oneCell, axes[0], axes[1]];
  const [a, b, c] = axes;
  if (!isPointwise(b) || !isPointwise(c)) return [a, b, c];
  const cells = b.input * c.input;
  return [oneCell, a, { ...c, input: cells, output: cells }];
}
