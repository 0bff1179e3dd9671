// Turned, sheared and tilted samples: rotate, affine, perspective, with torchvision's conventions.

import { type Generator, ShapeError } from 'neocog';
import {
  between,
  either,
  type Field,
  type Fields,
  field,
  flag,
  need,
  needOptions,
  oneOf,
} from 'neocog/arguments';
import type { PictureSize } from 'neocog/pixels';
import { chance, type FillOptions, fillFields, pairOf, range, spread } from './fields.ts';
import {
  type AffineParts,
  affineMatrix,
  apply,
  type Matrix,
  perspectiveMatrix,
  shift,
  times,
} from './matrix.ts';
import { sizeOf, type TransformSample } from './sample.ts';
import { drawn, type Transform, uniform } from './transform.ts';
import { type WarpInterpolation, warpSample } from './warp.ts';

/** Degrees: a number that means from −number to number, or [least, most]. */
export type SpreadOption = number | readonly [least: number, most: number];

/** How warped pictures are read and filled. */
export interface WarpOptions extends FillOptions {
  /** Of the picture; masks take the nearest. Default 'bilinear'. */
  interpolation?: WarpInterpolation | undefined;
}

export const warpFields: Fields<WarpOptions> = { ...fillFields, interpolation: oneOf('nearest', 'bilinear') };

/** How pictures are turned. */
export interface RotateOptions extends WarpOptions {
  /** Make the picture so large that all of it is kept. Default false. */
  expand?: boolean | undefined;
}

const rotateFields: Fields<RotateOptions> = { ...warpFields, expand: flag };

/**
 * Turns samples around their middle, counter-clockwise by an angle in degrees that is drawn from `degrees`.
 *
 * @throws ShapeError for degrees that are no range.
 * @example transforms.rotate(15), transforms.rotate([90, 90], { expand: true })
 */
export function rotate(degrees: SpreadOption, options: RotateOptions = {}): Transform {
  need('rotate', 'degrees', degrees, spread);
  needOptions('rotate', options, rotateFields);
  const pair = pairOf(degrees);
  return drawn(['rotate', degrees, options], (sample, random) =>
    turn(sample, uniform(random, ...pair), options),
  );
}

/** Counter-clockwise, in degrees. */
export function turn(
  sample: TransformSample,
  angle: number,
  options: RotateOptions,
): Partial<TransformSample> {
  const { interpolation = 'bilinear', expand = false, ...fill } = options;
  const { width, height } = sizeOf(sample);
  const matrix = affineMatrix({ angle: -angle }, [width / 2, height / 2]);
  const around = expand ? surrounding(matrix, { width, height }) : { matrix, width, height };
  return warpSample('rotate', sample, { ...around, interpolation, ...fill });
}

/** The size that holds all corners, and the matrix to its middle. */
function surrounding(matrix: Matrix, { width, height }: PictureSize): PictureSize & { matrix: Matrix } {
  const corners = [
    [0, 0],
    [width, 0],
    [0, height],
    [width, height],
  ].map(([x, y]) => apply(matrix, x, y));
  // What rounding adds is no pixel.
  const settled = (value: number): number => Math.round(value * 1e4) / 1e4;
  const reach = (axis: 0 | 1): number => {
    const values = corners.map((corner) => settled(corner[axis]));
    return Math.ceil(Math.max(...values)) - Math.floor(Math.min(...values));
  };
  const size = { width: reach(0), height: reach(1) };
  return { ...size, matrix: times(shift((size.width - width) / 2, (size.height - height) / 2), matrix) };
}

/** What `affine` draws. */
export interface AffineOptions extends WarpOptions {
  /** Clockwise turn in degrees. Default 0. */
  degrees?: SpreadOption | undefined;
  /** Moves by up to these shares of width and height, each from 0 to 1. Default [0, 0]. */
  translate?: readonly [horizontal: number, vertical: number] | undefined;
  /** Factor, from least to most. Default [1, 1]. */
  scale?: readonly [least: number, most: number] | undefined;
  /** Degrees by which columns lean, or [least, most] of it. Default 0. */
  shear?: SpreadOption | undefined;
}

const shares: Field<readonly [number, number]> = field(
  'a pair of numbers from 0 to 1 (horizontal, vertical)',
  (v) => Array.isArray(v) && v.length === 2 && v.every(chance.ok),
);

/** Degrees at which columns do not yet lie flat. */
const lean: Field<SpreadOption> = either(between(0, 89), range(-89, 89));

const affineFields: Fields<AffineOptions> = {
  ...warpFields,
  degrees: spread,
  translate: shares,
  scale: range(1e-3, 1e3),
  shear: lean,
};

/**
 * Turns, moves, scales and shears samples around their middle, by what is drawn for each.
 *
 * @throws ShapeError for ranges that are none.
 * @example transforms.affine({ degrees: 10, translate: [0.1, 0.1], scale: [0.9, 1.1], shear: 5 })
 */
export function affine(options: AffineOptions = {}): Transform {
  needOptions('affine', options, affineFields);
  return drawn(['affine', options], (sample, random) => {
    const parts = drawAffine(sizeOf(sample), options, random);
    return warpAffine('affine', sample, parts, options);
  });
}

function drawAffine(size: PictureSize, options: AffineOptions, random: Generator): AffineParts {
  const { degrees = 0, translate = [0, 0], scale = [1, 1], shear = 0 } = options;
  const move = (share: number, length: number): number =>
    Math.round(uniform(random, -share * length, share * length));
  return {
    angle: uniform(random, ...pairOf(degrees)),
    translate: [move(translate[0], size.width), move(translate[1], size.height)],
    scale: uniform(random, ...scale),
    shear: [uniform(random, ...pairOf(shear)), 0],
  };
}

/** By known parts, around the middle or another center. */
export function warpAffine(
  fn: string,
  sample: TransformSample,
  parts: AffineParts & { readonly center?: readonly [number, number] },
  options: WarpOptions,
): Partial<TransformSample> {
  const { interpolation = 'bilinear', fill, maskFill } = options;
  const { width, height } = sizeOf(sample);
  const matrix = affineMatrix(parts, parts.center ?? [width / 2, height / 2]);
  return warpSample(fn, sample, { matrix, width, height, interpolation, fill, maskFill });
}

/** What `perspective` draws. */
export interface PerspectiveOptions extends WarpOptions {
  /** How far corners move inwards, as a share of half a side. Default 0.5. */
  distortion?: number | undefined;
  /** How often. Default 0.5. */
  p?: number | undefined;
}

const perspectiveFields: Fields<PerspectiveOptions> = {
  ...warpFields,
  distortion: between(0, 0.95),
  p: chance,
};

/**
 * Tilts samples: each corner moves inwards by what is drawn for it.
 *
 * @throws ShapeError for options out of range.
 */
export function perspective(options: PerspectiveOptions = {}): Transform {
  needOptions('perspective', options, perspectiveFields);
  const { distortion = 0.5, p = 0.5 } = options;
  return drawn(['perspective', options], (sample, random) => {
    if (random.uniform() >= p) return {};
    const size = sizeOf(sample);
    const inwards = (length: number): number => uniform(random, 0, (distortion * length) / 2);
    const corners = cornersOf(size).map(([x, y]): [number, number] => [
      x + (x === 0 ? 1 : -1) * inwards(size.width),
      y + (y === 0 ? 1 : -1) * inwards(size.height),
    ]);
    return tilt(sample, corners, options);
  });
}

type Point = readonly [x: number, y: number];

/** Left above, right above, right below, left below. */
const cornersOf = ({ width, height }: PictureSize): readonly Point[] => [
  [0, 0],
  [width, 0],
  [width, height],
  [0, height],
];

/** The corners of the picture to these. @throws ShapeError where three lie on a line. */
export function tilt(
  sample: TransformSample,
  corners: readonly Point[],
  { interpolation = 'bilinear', fill, maskFill }: WarpOptions,
): Partial<TransformSample> {
  const size = sizeOf(sample);
  if (corners.length !== 4) throw new ShapeError(`perspective: there are ${corners.length} corners; give 4`);
  const matrix = perspectiveMatrix('perspective', cornersOf(size), corners);
  return warpSample('perspective', sample, { matrix, ...size, interpolation, fill, maskFill });
}
