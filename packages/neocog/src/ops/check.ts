// What operations check of their arguments before they compute a geometry.

import { ShapeError } from '../errors.ts';
import { describe } from '../tensor/options.ts';
import { formatShape } from '../tensor/shape.ts';
import { needWhole, Tensor } from '../tensor/tensor.ts';

export { needKnown } from '../tensor/options.ts';

/** Refuses what is no tensor, and one whose memory is gone; any dtype will do. */
export function needTensor(fn: string, name: string, t: Tensor): void {
  if (t instanceof Tensor) {
    needWhole(fn, name, t);
    return;
  }
  throw new ShapeError(`${fn}: ${name} is ${describe(t)}, a Tensor is needed; wrap numbers in tensor(…)`);
}

/** The values of a float32 tensor. @throws ShapeError if it is something else. */
export function floats(fn: string, name: string, t: Tensor): Float32Array {
  needTensor(fn, name, t);
  if (t.data instanceof Int32Array) {
    throw new ShapeError(
      `${fn}: ${name} is int32, float32 is needed; make it with tensor(…, { dtype: 'float32' })`,
    );
  }
  return t.data;
}

/** Refuses a tensor whose shape is not the one needed. */
export function needShape(fn: string, name: string, t: Tensor, shape: readonly number[], why: string): void {
  if (t.shape.length === shape.length && t.shape.every((n, i) => n === shape[i])) return;
  throw new ShapeError(
    `${fn}: ${name} has shape ${formatShape(t.shape)}, ${why} needs ${formatShape(shape)}`,
  );
}

/** Refuses a number outside a range; NaN is outside every range. */
export function needNumber(
  fn: string,
  name: string,
  value: number,
  ok: (v: number) => boolean,
  needed: string,
): void {
  if (typeof value !== 'number' || !ok(value)) {
    throw new ShapeError(`${fn}: ${name} is ${String(value)}, ${needed} is needed`);
  }
}

/** Refuses what is no count of at least one. */
export function needCount(fn: string, name: string, n: number): void {
  needNumber(fn, name, n, (v) => Number.isInteger(v) && v >= 1, 'a whole number of 1 or more');
}

/** One of a closed list of words. */
export function needOneOf<T extends string>(fn: string, name: string, value: T, known: readonly T[]): void {
  if (!known.includes(value)) {
    throw new ShapeError(
      `${fn}: ${name} '${String(value)}' is unknown, use one of ${known.map((k) => `'${k}'`).join(', ')}`,
    );
  }
}
