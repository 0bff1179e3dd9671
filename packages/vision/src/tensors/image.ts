// Tensors that are pictures, masks, boxes or points: their checks, and as planes.

import { ShapeError, Tensor } from 'neocog';
import { aTensor, type Field, field, floatTensor, isListOf, need, show } from 'neocog/arguments';
import type { Planes } from '../resize/planes.ts';

/** A picture [c, h, w] as planes. @throws ShapeError for a tensor of another rank, or without cells. */
export function planesOf(fn: string, name: string, t: Tensor): Planes {
  need(fn, name, t, aTensor);
  const [count, height, width] = t.shape;
  if (t.shape.length === 3 && t.data.length > 0) return { count, height, width, values: t.data };
  throw new ShapeError(`${fn}: ${name} has shape ${show(t.shape)}; give one picture [c, h, w]`);
}

/** Planes as a tensor [c, h, w]. */
export const tensorOf = ({ count, height, width, values }: Planes): Tensor =>
  new Tensor(values, [count, height, width]);

/** Rows of numbers. @throws ShapeError unless it is a float32 tensor [n, columns], with one of these numbers of columns. */
export function needRows(fn: string, name: string, t: Tensor, columns: readonly number[]): void {
  need(fn, name, t, floatTensor);
  const forms = columns.map((n) => `[n, ${n}]`).join(' or ');
  if (t.shape.length !== 2 || !columns.includes(t.shape[1]))
    throw new ShapeError(`${fn}: ${name} has shape ${show(t.shape)}; give ${forms}`);
}

/** Boxes as left, top, right, bottom. @throws ShapeError unless it is a float32 tensor [n, 4]. */
export const needBoxes = (fn: string, name: string, t: Tensor): void => needRows(fn, name, t, [4]);

/** What `numbersOf` reads. */
export const aRow: Field<Tensor | readonly number[]> = field(
  'a number for each, as a list or a tensor [n]',
  (v) => Array.isArray(v) || v instanceof Tensor,
);

/** Numbers of a list or a tensor of one axis. @throws ShapeError unless there are `length` of them. */
export function numbersOf(
  fn: string,
  name: string,
  given: Tensor | readonly number[],
  length: number,
): ArrayLike<number> {
  const list = given instanceof Tensor && given.shape.length === 1 ? given.data : given;
  const isRow = !(list instanceof Tensor) && (ArrayBuffer.isView(list) || isListOf(list, Number.isFinite));
  if (isRow && (list as ArrayLike<number>).length === length) return list as ArrayLike<number>;
  throw new ShapeError(
    `${fn}: ${name} is ${show(given)}; give ${length} of them, a list or a tensor [${length}]`,
  );
}
