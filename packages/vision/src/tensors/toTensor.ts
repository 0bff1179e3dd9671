// Pixels into a tensor [c, h, w]: channels, then size, then values, (pixel · scale − mean) / std.

import { Tensor } from 'neocog';
import { allocate } from 'neocog/arguments';
import { fitFrame, type PicturePart, type PictureSize } from 'neocog/pixels';
import { lumaOf, withChannels } from '../picture/channels.ts';
import type { Picture } from '../picture/picture.ts';
import { resample } from '../resize/resample.ts';
import type { PixelPlan } from './options.ts';

type Values = Float32Array | Int32Array;

/** Planes of one channel each, as layers want them. */
export function toTensor(fn: string, picture: Picture, plan: PixelPlan): Tensor {
  const size = plan.size ?? picture;
  const shape = [plan.channels, size.height, size.width];
  const values = allocate<Values>(fn, shape, (length) =>
    plan.dtype === 'int32' ? new Int32Array(length) : new Float32Array(length),
  );
  const shown = withChannels(picture, plan.channels, plan.background);
  const { source: box, target: place } = fitFrame(plan.fit, picture, size);
  const { interpolation } = plan;
  const inner = resample(shown, { ...place, interpolation, box });
  const area = size.width * size.height;
  for (let c = 0; c < plan.channels; c++)
    fillPlane(values.subarray(c * area, (c + 1) * area), { inner, c, size, place, plan });
  return new Tensor(values, shape);
}

interface Plane {
  readonly inner: Picture;
  /** Which channel. */
  readonly c: number;
  readonly size: PictureSize;
  readonly place: PicturePart;
  readonly plan: PixelPlan;
}

/** The ground, and on it one channel of the picture. */
function fillPlane(plane: Values, { inner, c, size, place, plan }: Plane): void {
  const { width, height, channels, data } = inner;
  const gain = plan.scale / plan.std[c];
  const offset = plan.mean[c] / plan.std[c];
  const isWhole = plan.dtype === 'int32';
  const isFilled = width === size.width && height === size.height;
  const ground = groundOf(plan, c) * gain - offset;
  if (!isFilled) plane.fill(isWhole ? Math.round(ground) : ground);
  for (let row = 0, at = c; row < height; row++) {
    const start = (place.top + row) * size.width + place.left;
    if (isWhole)
      for (let i = start; i < start + width; i++, at += channels) plane[i] = Math.round(data[at] * gain);
    else for (let i = start; i < start + width; i++, at += channels) plane[i] = data[at] * gain - offset;
  }
}

/** Opaque, in a channel's own value. */
function groundOf({ channels, background }: PixelPlan, c: number): number {
  if (c === 3) return 255;
  return channels === 1 ? lumaOf(...background) : background[c];
}
