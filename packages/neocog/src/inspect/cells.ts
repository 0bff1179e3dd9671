// What stands behind the numbers of a layer, cell by cell: windows and their taps, the zeros of a transposed convolution, the
// matrices of Winograd's tiles. Exported in the namespace `explain`; for drawings and lessons.

import { count, type Field, field, isListOf, isSize, need, required } from '../arguments/field.ts';
import { type Fields, needOptions } from '../arguments/options.ts';
import { ShapeError } from '../errors.ts';
import { type Filtering, filteringsOf } from '../geometry/filtering.ts';
import { aConvGeometry, aGeometry } from '../geometry/given.ts';
import * as reach from '../geometry/reach.ts';
import type { ConvGeometry, PoolGeometry } from '../geometry/types.ts';
import * as zeros from '../geometry/zeros.ts';

/** A place of a map, one number per spatial axis. */
const placeIn = (sizes: readonly number[]): Field<readonly number[]> =>
  field(
    `a place in [${sizes.join(', ')}], a whole number per axis from 0`,
    (v) =>
      isListOf(v, (at) => isSize(at, 0)) &&
      v.length === sizes.length &&
      sizes.every((size, d) => (v as readonly number[])[d] < size),
  );

/**
 * What an output cell is made of: the taps of its window, the last axis fastest. `output` has a number per spatial axis.
 *
 * @throws ShapeError for a place outside the output.
 * @example explain.windowTaps(poolGeometry('maxPool2d', 2, [1, 1, 4, 4], 2), [0, 1])[0].cell // [0, 2]
 */
export function windowTaps(
  geometry: ConvGeometry | PoolGeometry,
  output: readonly number[],
): readonly reach.Tap[] {
  need('explain.windowTaps', 'geometry', geometry, aGeometry);
  need('explain.windowTaps', 'output', output, placeIn(geometry.axes.map((axis) => axis.output)));
  return reach.windowTaps(geometry, output);
}

/**
 * Where an input cell goes: every tap that reads it, also where the padding repeats it. `cell` has a number per spatial axis.
 * Empty for a cell that no window reads.
 *
 * @throws ShapeError for a place outside the input.
 * @example explain.cellTaps(convGeometry('conv1d', 1, [1, 1, 5], [1, 1, 3]), [1]).map(({ output }) => output[0]) // [0, 1]
 */
export function cellTaps(
  geometry: ConvGeometry | PoolGeometry,
  cell: readonly number[],
): readonly reach.Tap[] {
  need('explain.cellTaps', 'geometry', geometry, aGeometry);
  need('explain.cellTaps', 'cell', cell, placeIn(geometry.axes.map((axis) => axis.input)));
  return reach.cellTaps(geometry, cell);
}

/**
 * The convolution of stride 1 that gives what a transposed convolution gives, over its input with zeros between the cells.
 * `geometry` is the transposed convolution's, as `convTransposeGeometry` and `explain.convTranspose2d` have it.
 *
 * @throws UnsupportedError for a padding that such zeros cannot stand for.
 * @example explain.insertZeros(convTransposeGeometry('up', 1, [1, 1, 3], [1, 1, 2], { stride: 2 })).gaps // [1]
 */
export function insertZeros(geometry: ConvGeometry): zeros.ZeroInsertion {
  need('explain.insertZeros', 'geometry', geometry, aConvGeometry);
  return zeros.insertZeros('explain.insertZeros', geometry);
}

/** A minimal filtering along one axis. */
export interface ExplainWinogradOptions {
  /** Taps of the kernel, 2 to 5. */
  kernel: number;
  /** Outputs of a tile. Default: the fewest that there are for the kernel. */
  outputs?: number | undefined;
}

const winogradFields: Fields<ExplainWinogradOptions> = {
  kernel: required(field<number>('a whole number from 2 to 5', (v) => isSize(v, 2) && v <= 5)),
  outputs: count,
};

/**
 * The matrices of Winograd's tiles, as this library's kernels have them: m outputs of a kernel of r taps with m + r − 1
 * products along an axis. Of a tile d and a kernel g: `Y = Aᵀ [(G g Gᵀ) ⊙ (Bᵀ d B)] A`.
 *
 * @throws ShapeError for tiles that the kernels do not have.
 * @example explain.winograd({ kernel: 3 }).inputs // 4
 */
export function winograd(options: ExplainWinogradOptions): Filtering {
  needOptions('explain.winograd', options, winogradFields);
  const { kernel, outputs } = options;
  const all = filteringsOf(kernel);
  const found = outputs === undefined ? all[0] : all.find((tile) => tile.outputs === outputs);
  if (found) return found;
  const sizes = [...new Set(all.map((tile) => tile.outputs))].join(', ');
  throw new ShapeError(
    `explain.winograd: outputs is ${outputs}, but tiles of a kernel of ${kernel} taps have ${sizes}; give one of these`,
  );
}
