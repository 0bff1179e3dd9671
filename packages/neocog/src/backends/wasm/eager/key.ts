// What an eager computation is remembered by.

import { type Values, type Work, workKey } from '../../work.ts';

/** States everything that the code of a computation depends on, if input i is `arrays[order[i]]`; each of its own unless stated. */
export function keyOf(work: Work, arrays: readonly Values[], order?: readonly number[]): string {
  // Of all others the geometry says how long arrays are.
  const ofLoop = 'loop' in work ? ` ${arrays.map(arrayKey)}` : '';
  return `${workKey(work)}${ofLoop}${order ? ` ${order}` : ''}`;
}

const arrayKey = (values: Values): string =>
  `${values instanceof Int32Array ? 'int32 ' : ''}${values.length}`;
