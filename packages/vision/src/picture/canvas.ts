// Pixels of what a page can draw: everything that has them is drawn at its own size on a canvas, and read back.

import { DeviceError } from 'neocog';
import type { Web } from 'neocog/folders';
import { reasonOf } from 'neocog/folders';
import type { BytePicture } from './picture.ts';

/** What a page can draw. */
export type Drawable =
  | Web<'HTMLImageElement'>
  | Web<'HTMLCanvasElement'>
  | Web<'OffscreenCanvas'>
  | Web<'ImageBitmap'>
  | Web<'HTMLVideoElement'>
  | Web<'VideoFrame'>;

/** A canvas that may be used again for a picture of any size. */
export type Scratch = Web<'OffscreenCanvas'> | Web<'HTMLCanvasElement'>;

/** @throws DeviceError outside of a page. */
export function makeScratch(fn: string): Scratch {
  if (typeof OffscreenCanvas === 'function') return new OffscreenCanvas(1, 1);
  if (typeof document === 'object') return document.createElement('canvas');
  throw new DeviceError(
    `${fn}: there is no canvas here; in Node give { data, width, height }, or readImage a file`,
  );
}

/**
 * The pixels of an image, in sRGB and of 8 bits.
 *
 * @throws DeviceError for one of another origin, whose pixels a page may not read.
 */
export function drawnPixels(
  fn: string,
  image: Drawable,
  { width, height, scratch }: { readonly width: number; readonly height: number; readonly scratch: Scratch },
): BytePicture {
  if (scratch.width !== width || scratch.height !== height) Object.assign(scratch, { width, height });
  // Both kinds of canvas have the same context in 2d.
  const context = scratch.getContext('2d', {
    willReadFrequently: true,
  }) as OffscreenCanvasRenderingContext2D | null;
  if (!context)
    throw new DeviceError(
      `${fn}: this browser has no 2d canvas of ${width}×${height}; give a smaller picture`,
    );
  try {
    context.clearRect(0, 0, width, height);
    context.drawImage(image, 0, 0, width, height);
    const { data } = context.getImageData(0, 0, width, height);
    return { width, height, channels: 4, data };
  } catch (error) {
    const isForeign = error instanceof DOMException && error.name === 'SecurityError';
    const why = isForeign
      ? 'the picture is of another origin, whose pixels a page may not read; serve it from yours, or with CORS headers and crossorigin="anonymous"'
      : `its pixels cannot be read (${reasonOf(error)}); give a picture that is loaded and not closed`;
    throw new DeviceError(`${fn}: ${why}`, { cause: error });
  }
}
