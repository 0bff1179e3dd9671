// What metrics are given, checked and taken apart once: numbers in a tensor, a typed array or a list; classes, or the scores of
// classes, beside the labels that they should have been.

import { type Field, field, isSize, refuseValue } from '../arguments/field.ts';
import { show } from '../arguments/show.ts';
import { ShapeError } from '../errors.ts';
import { formatShape, type Shape, sameShape } from '../tensor/shape.ts';
import { needWhole, Tensor } from '../tensor/tensor.ts';

/** A tensor, or a row of numbers: a typed array or a list. */
export type Numbers = Tensor | ArrayLike<number>;

/** Numbers and how they lie. */
export interface Grid {
  readonly data: ArrayLike<number>;
  readonly shape: Shape;
}

const typedArray = Object.getPrototypeOf(Uint8Array) as typeof Uint8Array;

const isRow = (value: unknown): value is ArrayLike<number> =>
  (value instanceof typedArray && !/^Big/.test(value.constructor.name)) ||
  (Array.isArray(value) && Array.from(value).every((v) => typeof v === 'number'));

/** Tensors as they are, rows as `[n]`. NaN says nothing of a score or a label, so it is refused. */
export function gridOf(fn: string, name: string, value: unknown): Grid {
  if (!(value instanceof Tensor) && !isRow(value))
    refuseValue(fn, name, value, 'a Tensor, or numbers in a typed array or a list');
  const grid = value instanceof Tensor ? needWhole(fn, name, value) : { data: value, shape: [value.length] };
  const { data } = grid;
  for (let i = 0; i < data.length; i++) {
    if (Number.isNaN(data[i]))
      throw new ShapeError(`${fn}: ${name} holds NaN at index ${i}; leave that sample out`);
  }
  return grid;
}

/** @throws ShapeError where two grids do not lie alike */
export function needAlike(fn: string, given: Readonly<Record<string, Grid>>): void {
  const [[first, a], [second, b]] = Object.entries(given);
  if (sameShape(a.shape, b.shape)) return;
  throw new ShapeError(
    `${fn}: ${first} has shape ${formatShape(a.shape)}, ${second} ${formatShape(b.shape)}; give one of each for every sample`,
  );
}

/** A row of `n` values of 0 and 1. */
export function needBits(fn: string, name: string, { data }: Grid): void {
  const stray = Array.prototype.findIndex.call(data, (v) => v !== 0 && v !== 1);
  if (stray >= 0)
    throw new ShapeError(
      `${fn}: ${name} holds ${data[stray]} at index ${stray}; give 0 for no and 1 for yes`,
    );
}

/** What metrics over classes can be told. */
export interface ClassOptions {
  /** How many classes there are. Default: as many as there are scores, or as the largest class tells. */
  classes?: number | undefined;
  /** A label whose samples are left out, such as 255 for the border of a mask. */
  ignoreIndex?: number | undefined;
}

export const classFields = {
  classes: field<number>('a whole number from 1 to 65536', (v) => isSize(v, 1) && v <= 65536),
  ignoreIndex: field<number>('a whole number', Number.isSafeInteger),
} satisfies Record<keyof ClassOptions, Field>;

/** The class of each sample as it was taken for, and as it is. */
export interface Classified {
  readonly taken: Int32Array;
  readonly labels: Int32Array;
  readonly classes: number;
}

/**
 * Classes `[n, …]` beside labels `[n, …]`, or scores `[n, classes, …]`, of which the largest says the class, the first of equals.
 *
 * @throws ShapeError for shapes that do not go together, and labels that are no classes
 */
export function classified(
  fn: string,
  [predictions, labels]: readonly [predictions: Numbers, labels: Numbers],
  { classes, ignoreIndex }: ClassOptions,
): Classified {
  const [given, truth] = [gridOf(fn, 'predictions', predictions), gridOf(fn, 'labels', labels)];
  const scored = given.shape.length === truth.shape.length + 1;
  const all = scored ? largestOf(fn, given, truth) : given;
  needAlike(fn, { predictions: all, labels: truth });
  const kept = placesBeside(truth, ignoreIndex);
  const pick = ({ data }: Grid) => Float64Array.from(kept, (i) => data[i]);
  const [taken, known] = [pick(all), pick(truth)];
  const least = scored ? given.shape[1] : 1 + Math.max(most(taken), most(known), 0);
  const count = classes ?? least;
  if (scored && count !== least)
    throw new ShapeError(`${fn}: classes is ${count}, the predictions have scores of ${least}; leave it out`);
  needClasses(fn, { predictions: taken, labels: known }, count);
  return { taken: Int32Array.from(taken), labels: Int32Array.from(known), classes: count };
}

const most = (values: Float64Array): number => values.reduce((a, b) => Math.max(a, b), -1);

function placesBeside({ data }: Grid, ignoreIndex: number | undefined): Int32Array {
  const places = Int32Array.from({ length: data.length }, (_, i) => i);
  return ignoreIndex === undefined ? places : places.filter((i) => data[i] !== ignoreIndex);
}

function largestOf(fn: string, scores: Grid, { shape }: Grid): Grid {
  const [n, classes, ...places] = scores.shape;
  if (!sameShape([n, ...places], shape) || classes === 0) {
    throw new ShapeError(
      `${fn}: predictions have shape ${formatShape(scores.shape)}, labels ${formatShape(shape)}; scores are [n, classes, …] of labels [n, …]`,
    );
  }
  const inner = places.reduce((all, size) => all * size, 1);
  const data = new Int32Array(n * inner);
  for (let i = 0; i < data.length; i++) {
    const first = Math.floor(i / inner) * classes * inner + (i % inner);
    for (let c = 1; c < classes; c++) {
      if (scores.data[first + c * inner] > scores.data[first + data[i] * inner]) data[i] = c;
    }
  }
  return { data, shape };
}

function needClasses(fn: string, rows: Readonly<Record<string, ArrayLike<number>>>, classes: number): void {
  for (const [name, values] of Object.entries(rows)) {
    const stray = Array.prototype.findIndex.call(values, (v) => !isSize(v, 0) || v >= classes);
    if (stray < 0) continue;
    throw new ShapeError(
      `${fn}: ${name} hold ${show(values[stray])}; give classes from 0 to ${classes - 1}, or scores with an axis of classes`,
    );
  }
  if (classes > 65536)
    throw new ShapeError(`${fn}: there is a class ${classes - 1}; give classes below 65536, or ignoreIndex`);
}

/** Scores `[n, classes]`. */
export function scoreRows(fn: string, name: string, value: unknown): Grid {
  const grid = gridOf(fn, name, value);
  if (grid.shape.length === 2 && grid.shape[1] > 0) return grid;
  throw new ShapeError(`${fn}: ${name} have shape ${formatShape(grid.shape)}; give scores [n, classes]`);
}
