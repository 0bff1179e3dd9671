// What a shape says by itself: how many values there are, how far apart they lie, which axis a number means.

/** How many values: 24 of [2, 3, 4]. */
export const product = (sizes: readonly number[]): number => sizes.reduce((a, b) => a * b, 1);

/** Of an array without gaps, its last axis (or in Fortran order, its first) in single steps. */
export const stridesOf = (shape: readonly number[], fortran = false): number[] =>
  shape.map((_, axis) => product(fortran ? shape.slice(0, axis) : shape.slice(axis + 1)));

/** An axis that may count from the end, from the start. */
export const fromStart = (axis: number, rank: number): number => (axis < 0 ? axis + rank : axis);

export const sameShape = (a: readonly number[], b: readonly number[]): boolean =>
  a.length === b.length && a.every((n, d) => n === b[d]);

/** A whole number from 0. */
export const isSize = (value: unknown): value is number =>
  Number.isSafeInteger(value) && (value as number) >= 0;

export const isSizes = (value: unknown): value is number[] => Array.isArray(value) && value.every(isSize);
