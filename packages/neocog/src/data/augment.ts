// Small changes to samples that keep their meaning, for the `transform` of a loader: mirroring and moving. They work in
// place on the row-major values of one sample of any rank, and draw nothing at random themselves.

import { anyNumber, type Field, field, instance, isListOf, need } from '../arguments/field.ts';
import { ShapeError } from '../errors.ts';
import { checkShape, resolveAxis, type Shape } from '../tensor/shape.ts';

const product = (sizes: readonly number[]): number => sizes.reduce((all, size) => all * size, 1);

const aSample: Field<Float32Array> = instance('the values of a sample, a Float32Array', Float32Array);
const wholeNumbers: Field<readonly number[]> = field('a list of whole numbers', (v) =>
  isListOf(v, Number.isInteger),
);

function checkFills(fn: string, sample: Float32Array, shape: Shape): void {
  need(fn, 'sample', sample, aSample);
  checkShape(fn, shape);
  if (product(shape) === sample.length) return;
  throw new ShapeError(
    `${fn}: the sample has ${sample.length} values, shape [${shape}] needs ${product(shape)}; pass the shape of one sample`,
  );
}

/**
 * Mirrors one sample in place along an axis, -1 (the width of a picture) unless given.
 *
 * @throws ShapeError if the values do not fill `shape` or there is no such axis.
 * @example
 * const transform = (sample, random) => {
 *   if (random.uniform() < 0.5) flipAxis(sample, [3, 32, 32]);
 * };
 */
export function flipAxis(sample: Float32Array, shape: Shape, axis = -1): void {
  checkFills('flipAxis', sample, shape);
  const at = resolveAxis('flipAxis', axis, shape.length);
  const length = shape[at];
  const inner = product(shape.slice(at + 1));
  for (let start = 0; start < sample.length; start += length * inner) {
    reverseCells(sample.subarray(start, start + length * inner), inner);
  }
}

/** Exchanges the first cell with the last, and so on; a cell is `inner` values. */
function reverseCells(row: Float32Array, inner: number): void {
  let [low, high] = [0, row.length - inner];
  for (; low < high; low += inner, high -= inner) {
    for (let i = 0; i < inner; i++) {
      const value = row[low + i];
      row[low + i] = row[high + i];
      row[high + i] = value;
    }
  }
}

/**
 * Moves one sample in place by whole cells along its last axes; cells that come in hold `fill`, 0 unless given.
 *
 * @param offsets one for each of the last axes, positive towards higher indices: `[down, right]` of a picture.
 * @throws ShapeError if the values do not fill `shape`, or there are more offsets than axes.
 * @example
 * const transform = (sample, random) =>
 *   shiftAxes(sample, [1, 28, 28], [random.integer(5) - 2, random.integer(5) - 2]);
 */
export function shiftAxes(sample: Float32Array, shape: Shape, offsets: readonly number[], fill = 0): void {
  checkFills('shiftAxes', sample, shape);
  need('shiftAxes', 'offsets', offsets, wholeNumbers);
  need('shiftAxes', 'fill', fill, anyNumber);
  if (offsets.length > shape.length) {
    throw new ShapeError(
      `shiftAxes: offsets [${offsets}] must be whole numbers, at most one for each axis of shape [${shape}]`,
    );
  }
  offsets.forEach((offset, i) => {
    if (offset === 0) return;
    const [cells, ...inner] = shape.slice(shape.length - offsets.length + i);
    const [length, by] = [cells * product(inner), offset * product(inner)];
    for (let start = 0; start < sample.length; start += length)
      shiftRow(sample.subarray(start, start + length), by, fill);
  });
}

/** Moves the values of a row, up for a positive `by`. */
function shiftRow(row: Float32Array, by: number, fill: number): void {
  const moved = Math.min(Math.abs(by), row.length);
  const kept = row.length - moved;
  if (by > 0) row.copyWithin(moved, 0, kept).fill(fill, 0, moved);
  else row.copyWithin(0, moved).fill(fill, kept);
}
