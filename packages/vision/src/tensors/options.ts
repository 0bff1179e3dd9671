// What every function that makes a tensor of pixels can be told, and the checks of it.

import { ShapeError } from 'neocog';
import {
  above,
  between,
  either,
  type Field,
  type Fields,
  field,
  finite,
  isListOf,
  needOptions,
  oneOf,
  whole,
} from 'neocog/arguments';
import type { PictureSize, PixelFit, PixelInterpolation } from 'neocog/pixels';
import type { Colour } from '../picture/channels.ts';

/** How pixels become a tensor. */
export interface PixelOptions {
  /** 1 is grey, 3 are red, green and blue, 4 these and opacity. Default 3. */
  channels?: 1 | 3 | 4 | undefined;
  /** What a pixel's values, which are from 0 to 255, are multiplied by. Default 1/255, or 1 for int32. */
  scale?: number | undefined;
  /** Subtracted after `scale`, one for all channels or one for each. Default 0. */
  mean?: number | readonly number[] | undefined;
  /** Divided by after `mean` is subtracted, one for all channels or one for each. Default 1. */
  std?: number | readonly number[] | undefined;
  /** Default 'float32'. 'int32' holds whole numbers, which `mean` and `std` are not for. */
  dtype?: 'float32' | 'int32' | undefined;
  /** Side of a square, or [height, width], in pixels. Default: the picture's own. */
  size?: number | readonly [height: number, width: number] | undefined;
  /**
   * How a picture of other proportions meets `size`: 'cover' fills it and leaves away what sticks out, 'contain' lies within it on
   * `background` (a letterbox), 'stretch' gives up the proportions. Default 'cover'.
   */
  fit?: PixelFit | undefined;
  /** Between pixels, with a mean over them where the picture becomes smaller, as Pillow does. Default 'bilinear'. */
  interpolation?: PixelInterpolation | undefined;
  /** Around a picture that is contained, and behind what is transparent: grey, or [red, green, blue], from 0 to 255. Default 0, black. */
  background?: number | readonly [number, number, number] | undefined;
}

export const perChannel = <T extends number>(each: Field<T>): Field<T | readonly T[]> =>
  either(
    each,
    field('a list of them, one for each channel', (v) => isListOf(v, each.ok)),
  );

const nonZero: Field<number> = field('a finite number other than 0', (v) => Number.isFinite(v) && v !== 0);

const level = between(0, 255);

export const aColour: Field<number | Colour> = either(
  level,
  field<Colour>('a list of 3 of them (red, green, blue)', (v) => isListOf(v, level.ok) && v.length === 3),
);

/** The most that a side of a picture may have, which is what canvases and files can hold. */
const longestSide = 32767;

const side = whole(1, longestSide);

/** A side of a square, or height and width. */
export const aSize: Field<number | readonly [height: number, width: number]> = either(
  side,
  field<readonly [number, number]>(
    'a list of 2 of them (height, width)',
    (v) => isListOf(v, side.ok) && v.length === 2,
  ),
);

export const anInterpolation: Field<PixelInterpolation> = oneOf('nearest', 'bilinear', 'bicubic');

export const pixelFields: Fields<PixelOptions> = {
  channels: oneOf(1, 3, 4),
  scale: above(0),
  mean: perChannel(finite),
  std: perChannel(nonZero),
  dtype: oneOf('float32', 'int32'),
  size: aSize,
  fit: oneOf('cover', 'contain', 'stretch'),
  interpolation: anInterpolation,
  background: aColour,
};

/** The options with their defaults, `mean` and `std` as a number for each channel. */
export interface PixelPlan {
  readonly channels: 1 | 3 | 4;
  readonly scale: number;
  readonly mean: readonly number[];
  readonly std: readonly number[];
  readonly dtype: 'float32' | 'int32';
  /** Null for the picture's own. */
  readonly size: PictureSize | null;
  readonly fit: PixelFit;
  readonly interpolation: PixelInterpolation;
  readonly background: Colour;
}

/** Checks options that may have more fields than those of pixels. @throws ShapeError */
export function planPixels<O extends PixelOptions>(fn: string, options: O, fields: Fields<O>): PixelPlan {
  needOptions(fn, options, fields);
  const { channels = 3, dtype = 'float32', background = 0 } = options;
  if (dtype === 'int32' && (options.mean !== undefined || options.std !== undefined))
    throw new ShapeError(`${fn}: int32 holds whole numbers; leave mean and std out, or use dtype 'float32'`);
  const scale = options.scale ?? (dtype === 'int32' ? 1 : 1 / 255);
  if (dtype === 'int32' && scale * 255 >= 2 ** 31)
    throw new ShapeError(`${fn}: scale ${scale} makes values beyond int32; give a smaller one`);
  return {
    channels,
    dtype,
    scale,
    mean: eachChannel(fn, 'mean', options.mean ?? 0, channels),
    std: eachChannel(fn, 'std', options.std ?? 1, channels),
    size: options.size === undefined ? null : toSize(options.size),
    fit: options.fit ?? 'cover',
    interpolation: options.interpolation ?? 'bilinear',
    background: toColour(background),
  };
}

/** Of a size that may be one side. */
export const toSize = (size: number | readonly [height: number, width: number]): PictureSize =>
  typeof size === 'number' ? { width: size, height: size } : { width: size[1], height: size[0] };

/** Red, green and blue of a colour that may be one grey. */
export const toColour = (colour: number | Colour): Colour =>
  typeof colour === 'number' ? [colour, colour, colour] : colour;

/** @throws ShapeError for a list of another length. */
export function eachChannel(
  fn: string,
  name: string,
  given: number | readonly number[],
  channels: number,
): readonly number[] {
  if (typeof given === 'number') return new Array<number>(channels).fill(given);
  if (given.length === channels) return given;
  throw new ShapeError(
    `${fn}: ${name} has ${given.length} values for ${channels} channels; give one for each, or one number for all`,
  );
}
