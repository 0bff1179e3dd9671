// A tensor shown on a canvas.

import { DeviceError, type Tensor } from 'neocog';
import { needOptions, refuseValue } from 'neocog/arguments';
import type { Web } from 'neocog/folders';
import { pixelsOf, type ToPixelsOptions, toPixelsFields } from './toPixels.ts';

/**
 * Shows one picture on a canvas, which takes its size: a tensor as `toPixels` takes it, with the same options.
 *
 * @throws ShapeError for a tensor that is no picture.
 * @throws DeviceError for a canvas that is drawn on otherwise, such as by WebGL.
 * @example drawTo(document.querySelector('canvas'), t);
 */
export function drawTo(
  canvas: Web<'HTMLCanvasElement'> | Web<'OffscreenCanvas'>,
  image: Tensor,
  options: ToPixelsOptions = {},
): void {
  if (typeof canvas?.getContext !== 'function')
    refuseValue('drawTo', 'canvas', canvas, 'a <canvas> or an OffscreenCanvas');
  needOptions('drawTo', options, toPixelsFields);
  const { data, width, height } = pixelsOf('drawTo', image, options);
  // Both kinds of canvas have the same context in 2d.
  const context = canvas.getContext('2d') as CanvasRenderingContext2D | null;
  if (!context)
    throw new DeviceError('drawTo: the canvas has no 2d context, it is drawn on otherwise; give another one');
  if (canvas.width !== width) canvas.width = width;
  if (canvas.height !== height) canvas.height = height;
  const shown = context.createImageData(width, height);
  shown.data.set(data);
  context.putImageData(shown, 0, 0);
}
