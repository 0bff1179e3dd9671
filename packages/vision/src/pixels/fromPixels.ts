// Pixels of any source as a tensor.

import type { Tensor } from 'neocog';
import type { Web } from 'neocog/folders';
import { readBytes } from '../files/bytes.ts';
import { decodePicture } from '../files/read.ts';
import { type PixelOptions, pixelFields, planPixels } from '../tensors/options.ts';
import { toTensor } from '../tensors/toTensor.ts';
import { type PixelSource, readPixels } from './sources.ts';

/**
 * Pixels as a tensor [channels, height, width]: of an ImageData, raw bytes `{ data, width, height }`, `<img>`, `<canvas>`,
 * `<video>` (the frame that it shows), OffscreenCanvas, ImageBitmap or VideoFrame at once, of a Blob or File in time, as
 * `readImage` does, of an animation the first frame. Values are (pixel · scale − mean) / std.
 *
 * @throws ShapeError for what has no pixels, or bytes that do not fill the size.
 * @throws DeviceError for a picture that is not loaded or was closed, or is of another origin.
 * @example const x = fromPixels(canvas, { size: 224, mean: [0.485, 0.456, 0.406], std: [0.229, 0.224, 0.225] });
 */
export function fromPixels(source: PixelSource, options?: PixelOptions): Tensor;
export function fromPixels(source: Web<'Blob'>, options?: PixelOptions): Promise<Tensor>;
export function fromPixels(
  source: PixelSource | Web<'Blob'>,
  options?: PixelOptions,
): Tensor | Promise<Tensor>;
export function fromPixels(source: PixelSource | Blob, options: PixelOptions = {}): Tensor | Promise<Tensor> {
  const plan = planPixels('fromPixels', options, pixelFields);
  if (source instanceof Blob)
    return readBytes('fromPixels', source)
      .then((file) => decodePicture('fromPixels', file, 0))
      .then((picture) => toTensor('fromPixels', picture, plan));
  return toTensor('fromPixels', readPixels('fromPixels', source), plan);
}
