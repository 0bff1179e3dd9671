// Pixels as bytes, for programs that take frames.

import { makeScratch, type Scratch } from '../picture/canvas.ts';
import { type PixelSource, type RawPixels, readPixels } from './sources.ts';

/** Is used again: each frame of a camera would need a canvas otherwise. One that failed is not: it may have seen another origin. */
let spare: Scratch | undefined;

/**
 * The bytes of a picture at its own size, as a program takes them that was compiled with `pixels`: of an `<img>`, `<canvas>`, `<video>`
 * (the frame that it shows), OffscreenCanvas, ImageBitmap or VideoFrame, in a page or a worker of one; an ImageData is one itself.
 *
 * @throws ShapeError for what has no pixels, or bytes that do not fill the size.
 * @throws DeviceError for a picture that is not loaded or was closed, or is of another origin.
 * @example
 * const program = await compile(net, { input: [1, 3, 224, 224], pixels: { mean, std } });
 * const scores = await program.run(rawPixels(image));
 */
export function rawPixels(source: PixelSource): RawPixels {
  if (typeof OffscreenCanvas === 'function') spare ??= makeScratch('rawPixels');
  const scratch = spare;
  spare = undefined;
  const { data, width, height } = readPixels('rawPixels', source, scratch);
  spare = scratch;
  return { data, width, height };
}
