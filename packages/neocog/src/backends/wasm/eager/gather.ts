// Reading and adding at given positions of planes. Plain loops on the JavaScript heap, at 0.5 to 1.5 ns a value: there is
// nothing to compute, WebAssembly has no gather, and copying in and out would add as much again.

import { assert } from '../../../errors.ts';
import type { Values } from '../../work.ts';

/** See `TakeWork`. */
export function take<T extends Values>(planes: number, x: T, indices: Int32Array): T {
  const y = (
    x instanceof Int32Array ? new Int32Array(indices.length) : new Float32Array(indices.length)
  ) as T;
  const [size, count] = [x.length / planes, indices.length / planes];
  let signs = 0;
  for (let p = 0, i = 0; p < planes; p++) {
    const plane = p * size;
    for (const end = i + count; i < end; i++) {
      const index = indices[i];
      signs |= index | (size - 1 - index);
      y[i] = x[plane + index];
    }
  }
  assertInside(signs);
  return y;
}

/** See `ScatterAddWork`. */
export function scatterAdd(planes: number, size: number, y: Float32Array, indices: Int32Array): Float32Array {
  const x = new Float32Array(planes * size);
  const count = y.length / planes;
  let signs = 0;
  for (let p = 0, i = 0; p < planes; p++) {
    const plane = p * size;
    for (const end = i + count; i < end; i++) {
      const index = indices[i];
      signs |= index | (size - 1 - index);
      x[plane + index] += y[i];
    }
  }
  assertInside(signs);
  return x;
}

/** The sign bits of all `index` and all `size − 1 − index`, gathered: comparing at every step would take twice as long. */
const assertInside = (signs: number): void => assert(signs >= 0, 'an index lies outside of its plane');
