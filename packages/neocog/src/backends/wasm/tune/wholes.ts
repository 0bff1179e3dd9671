// Whole numbers for trials, as a function of their place: every order of an array then has the same values, and the definition
// needs no array at all.

/** The arrays of a convolution. Extras have the numbers from `extra` on. */
export const arrays = { x: 1, y: 2, w: 3, bias: 4, extra: 5 };

/** Values are −2 … 2: sums of some thousand products are exact, and Winograd's transforms round them by far less than 1. */
const values = 5;
/** Of such values. */
const variance = 2;

/** The value at a row-major place of an array: a hash of both, after the finalizer of MurmurHash3. */
export function wholeAt(array: number, place: number): number {
  let h = Math.imul(place + 1, 0x9e3779b1) ^ Math.imul(array, 0x85ebca6b);
  h = Math.imul(h ^ (h >>> 16), 0x85ebca6b);
  h = Math.imul(h ^ (h >>> 13), 0xc2b2ae35);
  return (((h ^ (h >>> 16)) >>> 0) % values) - (values >> 1);
}

/** Before an activation, sums are to be near this: there it bends. */
const bend = 2;

/**
 * What values are multiplied by so that their sums of `terms` products lie where an activation bends: a power of two, which keeps sums
 * as exact as those of whole numbers.
 */
export function unitFor(terms: number): number {
  const usual = variance * Math.sqrt(terms);
  return 2 ** -Math.max(0, Math.round(Math.log2(usual / bend)));
}
