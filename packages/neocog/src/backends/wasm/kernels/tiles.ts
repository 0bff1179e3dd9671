// How channels and pixels are cut up for registers, and these.

import type { Func, Local } from '../assembler/index.ts';

/** A number of channels in whole vectors of 4. */
export const padToVectors = (channels: number): number => Math.ceil(channels / 4) * 4;

/**
 * Splits `count` pixels into tiles of at most `most`, as even as possible: 14 by 6 is 5 + 5 + 4, not 6 + 6 + 2, since a
 * narrow tile cannot hide the latency of its multiply-adds.
 */
export function evenTiles(count: number, most: number): { size: number; times: number }[] {
  const parts = Math.ceil(count / most);
  const small = Math.floor(count / parts);
  const larger = count % parts;
  const tiles = [
    { size: small + 1, times: larger },
    { size: small, times: parts - larger },
  ];
  return tiles.filter((t) => t.times > 0);
}

/** Vectors of a register tile: `[row][column]`. */
export const grid = (
  f: Func,
  name: string,
  [rows, columns]: readonly [rows: number, columns: number],
): Local<'v128'>[][] =>
  Array.from({ length: rows }, (_, i) =>
    Array.from({ length: columns }, (_, j) => f.local('v128', `${name}${i}_${j}`)),
  );
