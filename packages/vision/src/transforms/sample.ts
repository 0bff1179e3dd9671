// What transforms change: a picture and all that belongs to it, which moves along. Checked once, where a sample comes in.

import { type Generator, ShapeError, Tensor } from 'neocog';
import {
  type Field,
  field,
  floatTensor,
  intTensor,
  isRecord,
  need,
  refuseValue,
  show,
} from 'neocog/arguments';
import type { Planes } from '../resize/planes.ts';
import { needRows, planesOf } from '../tensors/image.ts';

/** A picture and what is known of it. Other parts that a sample has stay as they are. */
export interface TransformSample {
  /** float32 `[channels, height, width]`, from 0 to 1 until it is normalised. */
  readonly image: Tensor;
  /** int32 `[height, width]`: the class of each pixel. */
  readonly mask?: Tensor | undefined;
  /** float32 `[n, 4]`: left, top, right and bottom in pixels. */
  readonly boxes?: Tensor | undefined;
  /** float32 `[n, 2]`: x and y in pixels; or `[n, 3]`, the third above 0 where the point is seen. */
  readonly points?: Tensor | undefined;
  /** The class, or what else is said of the picture; a tensor beside as many boxes is that of each. */
  readonly label?: number | Tensor | undefined;
}

/** Height and width of a picture. */
export const sizeOf = ({ image }: TransformSample): { readonly height: number; readonly width: number } => ({
  height: image.shape[1],
  width: image.shape[2],
});

/** The picture as planes. */
export const imagePlanes = ({ image }: TransformSample): Planes => ({
  count: image.shape[0],
  height: image.shape[1],
  width: image.shape[2],
  values: image.data,
});

/** The mask as one plane. */
export const maskPlane = (mask: Tensor): Planes => ({
  count: 1,
  height: mask.shape[0],
  width: mask.shape[1],
  values: mask.data,
});

/** @throws ShapeError for what is no sample, or parts that do not fit together. */
export function needSample(fn: string, sample: TransformSample): void {
  if (!isRecord(sample))
    refuseValue(fn, 'the sample', sample, 'an object { image, mask, boxes, points, label }');
  const { image, mask, boxes, points } = sample;
  need(fn, 'image', image, floatTensor);
  planesOf(fn, 'image', image);
  if (mask !== undefined) needMask(fn, mask, image);
  if (boxes !== undefined) needRows(fn, 'boxes', boxes, [4]);
  if (points !== undefined) needRows(fn, 'points', points, [2, 3]);
}

function needMask(fn: string, mask: Tensor, { shape: [, height, width] }: Tensor): void {
  need(fn, 'mask', mask, intTensor);
  if (mask.shape.length === 2 && mask.shape[0] === height && mask.shape[1] === width) return;
  throw new ShapeError(
    `${fn}: mask has shape ${show(mask.shape)} beside a picture of ${height}×${width}; give [${height}, ${width}]`,
  );
}

/** By what it does: a worker may have its generators from another copy of the library. */
export const aGenerator: Field<Generator> = field('a Generator', (v) =>
  ['uniform', 'normal', 'integer', 'permutation'].every(
    (name) => typeof (Object(v) as Readonly<Record<string, unknown>>)[name] === 'function',
  ),
);

/** @throws ShapeError without a generator, which a random transform draws from. */
export const needRandom = (fn: string, random: Generator | undefined): void =>
  need(fn, 'random', random as Generator, aGenerator);

/** Parts that changed, in a copy of the sample. */
export const changed = <S extends TransformSample>(sample: S, parts: Partial<TransformSample>): S => ({
  ...sample,
  ...parts,
});

/** A map of points of the old picture to the new one. */
export type Move = (x: number, y: number) => readonly [x: number, y: number];

/** The least of a box that is kept, in pixels along each side. */
const leastSide = 1;

/**
 * Boxes and points where a move takes them, on a picture of the new size. Boxes become what surrounds their four corners and are cut
 * at the edges; one of which less than a pixel is left is taken out with its label. Points outside are no longer seen.
 */
export function moveMarks<S extends TransformSample>(
  sample: S,
  move: Move,
  size: { readonly height: number; readonly width: number },
): Partial<TransformSample> {
  const { boxes, points } = sample;
  return {
    ...(boxes && moveBoxes(sample, boxes, { move, size })),
    ...(points && { points: movePoints(points, { move, size }) }),
  };
}

interface Way {
  readonly move: Move;
  readonly size: { readonly height: number; readonly width: number };
}

function moveBoxes({ label }: TransformSample, boxes: Tensor, way: Way): Partial<TransformSample> {
  const n = boxes.shape[0];
  const moved = Array.from({ length: n }, (_, i) => moveBox(boxes.data.subarray(4 * i, 4 * i + 4), way));
  const kept = moved.flatMap(([left, top, right, bottom], i) =>
    right - left >= leastSide && bottom - top >= leastSide ? [i] : [],
  );
  const rows = new Tensor(Float32Array.from(kept.flatMap((i) => moved[i])), [kept.length, 4]);
  const isEach = label instanceof Tensor && label.shape[0] === n;
  return { boxes: rows, ...(isEach && { label: rowsOf(label, kept) }) };
}

function moveBox([left, top, right, bottom]: Tensor['data'], { move, size }: Way): number[] {
  const corners = [move(left, top), move(right, top), move(left, bottom), move(right, bottom)];
  const along = (axis: 0 | 1, most: number): [number, number] => {
    const values = corners.map((corner) => Math.min(Math.max(corner[axis], 0), most));
    return [Math.min(...values), Math.max(...values)];
  };
  const [x, y] = [along(0, size.width), along(1, size.height)];
  return [x[0], y[0], x[1], y[1]];
}

function rowsOf(t: Tensor, kept: readonly number[]): Tensor {
  const length = t.data.length / t.shape[0];
  const values =
    t.data instanceof Int32Array
      ? new Int32Array(kept.length * length)
      : new Float32Array(kept.length * length);
  kept.forEach((i, k) => {
    values.set(t.data.subarray(i * length, (i + 1) * length), k * length);
  });
  return new Tensor(values, [kept.length, ...t.shape.slice(1)]);
}

function movePoints(points: Tensor, { move, size }: Way): Tensor {
  const [n, columns] = points.shape;
  const values = new Float32Array(points.data);
  for (let i = 0; i < n * columns; i += columns) {
    const [x, y] = move(values[i], values[i + 1]);
    values.set([x, y], i);
    const isInside = x >= 0 && y >= 0 && x <= size.width && y <= size.height;
    if (columns === 3 && !isInside) values[i + 2] = 0;
  }
  return new Tensor(values, points.shape);
}
