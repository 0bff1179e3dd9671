// A picture's file as a tensor, in Node and in a page.

import type { Tensor } from 'neocog';
import { type Fields, whole } from 'neocog/arguments';
import type { FileBytes } from 'neocog/folders';
import type { Picture } from '../picture/picture.ts';
import { type PixelOptions, pixelFields, planPixels } from '../tensors/options.ts';
import { toTensor } from '../tensors/toTensor.ts';
import { type ImageSource, readBytes } from './bytes.ts';
import { decodeByPage, isPage } from './page.ts';
import { decodeBySharp } from './sharp.ts';

/** How a file of a picture is read. */
export interface ReadImageOptions extends PixelOptions {
  /** Which frame of an animation, or page of a TIFF, from 0. Default null: a file with several is refused. */
  frame?: number | undefined;
}

export const readFields: Fields<ReadImageOptions> = { ...pixelFields, frame: whole(0) };

/**
 * Reads a PNG, JPEG, WebP, GIF, AVIF or TIFF file as a tensor [channels, height, width], upright as its EXIF orientation
 * says, its colours in sRGB: grey is repeated, CMYK and pictures with a profile are converted, transparent parts show
 * `background` unless `channels` is 4. In Node the package `sharp` decodes, and 16 bits a value stay in float32; a browser
 * decodes by itself, to 8 bits.
 *
 * @throws FormatError for a file that is no picture, or a damaged one.
 * @throws UnsupportedError for an animation of which no `frame` is named, and for values that are not of 8 or 16 bits.
 * @throws DeviceError in Node without `sharp`.
 * @throws NeocogError if `source` cannot be read.
 * @example const x = await readImage('photo.jpg'); // values from 0 to 1
 */
export async function readImage(source: ImageSource, options: ReadImageOptions = {}): Promise<Tensor> {
  const plan = planPixels('readImage', options, readFields);
  const file = await readBytes('readImage', source);
  return toTensor('readImage', await decodePicture('readImage', file, options.frame), plan);
}

/** The pixels of a file. */
export async function decodePicture(fn: string, file: FileBytes, frame?: number): Promise<Picture> {
  return isPage() ? decodeByPage(fn, file, frame) : decodeBySharp(fn, file, frame);
}
