// The settings that filters share, and what is refused of them. Lengths are in pixels, angles in degrees
// counter-clockwise from the right, as on paper, although rows of an image count downwards.

import { type Field, field, oneOf, whole } from '../arguments/field.ts';
import type { Fields } from '../arguments/options.ts';
import { paddingModes } from '../geometry/options.ts';
import type { PaddingMode } from '../geometry/types.ts';

/** What every filter takes. */
export interface FilterOptions {
  /**
   * What lies outside the image. Default 'replicate', the nearest pixel: it draws no edge along the border,
   * leaves a flat image flat, and takes an image of any size, where a mirror or a torus has no more to offer
   * than the image itself.
   */
  paddingMode?: PaddingMode | undefined;
}

/** More would be a matrix of millions of weights; shrinking the image first gives the same picture sooner. */
const longest = 2000;

/** A standard deviation. */
export const sigmaUpTo = (most: number): Field<number> =>
  field(
    `a number above 0 and at most ${most}`,
    (v) => Number.isFinite(v) && (v as number) > 0 && (v as number) <= most,
  );

/** The side of a matrix that may be even. */
export const side: Field<number> = whole(1, longest);

/** The side of a matrix with a pixel in its middle. */
export const oddSide: Field<number> = field(
  `an odd whole number below ${longest}`,
  (v) => side.ok(v) && (v as number) % 2 === 1,
);

/** What every filter takes. */
export const filterFields: Fields<FilterOptions> = { paddingMode: oneOf(...paddingModes) };
