// Tensors of planes, [c, h, w], at another size: floats as resample.ts has them, classes always by the nearest.

import { nearestPixels, type PictureSize } from 'neocog/pixels';
import { resample, type Target } from './resample.ts';

export type PlaneValues = Float32Array | Int32Array;

/** Planes one after the other, each of the picture's size. */
export interface Planes extends PictureSize {
  readonly count: number;
  readonly values: PlaneValues;
}

/** A fresh array, of the same kind. */
export const planesLike = ({ values }: { readonly values: PlaneValues }, length: number): PlaneValues =>
  values instanceof Float32Array ? new Float32Array(length) : new Int32Array(length);

/** Each plane by itself. Whole numbers take the nearest, whatever is wanted. */
export function resamplePlanes(planes: Planes, target: Target): Planes {
  const { width, height } = target;
  const area = planes.width * planes.height;
  const values = planesLike(planes, planes.count * width * height);
  for (let c = 0; c < planes.count; c++) {
    const plane = planes.values.subarray(c * area, (c + 1) * area);
    values.set(resamplePlane(plane, planes, target), c * width * height);
  }
  return { count: planes.count, width, height, values };
}

function resamplePlane(
  plane: PlaneValues,
  { width, height }: PictureSize,
  target: Target,
): ArrayLike<number> {
  if (plane instanceof Float32Array)
    return resample({ width, height, channels: 1, data: plane }, target).data;
  const { left, top, right, bottom } = target.box ?? { left: 0, top: 0, right: width, bottom: height };
  const columns = nearestPixels({ size: width, from: left, to: right, outputs: target.width });
  const rows = nearestPixels({ size: height, from: top, to: bottom, outputs: target.height });
  const picked = new Int32Array(target.width * target.height);
  let to = 0;
  for (const row of rows) for (const column of columns) picked[to++] = plane[row * width + column];
  return picked;
}

/** A part of the planes in whole cells. What lies outside of them is `fill`, one number for each plane. */
export function cutPlanes(
  planes: Planes,
  part: PictureSize & { readonly left: number; readonly top: number },
  fill: readonly number[],
): Planes {
  const { left, top, width, height } = part;
  const values = planesLike(planes, planes.count * width * height);
  const from = Math.max(0, left);
  const end = Math.min(planes.width, left + width);
  for (let c = 0; c < planes.count; c++) {
    const isCovered = left >= 0 && top >= 0 && left + width <= planes.width && top + height <= planes.height;
    if (!isCovered) values.fill(fill[c], c * width * height, (c + 1) * width * height);
    for (let y = Math.max(0, -top); y < height && top + y < planes.height; y++) {
      const row = (c * planes.height + top + y) * planes.width;
      const to = (c * height + y) * width + from - left;
      if (end > from) values.set(planes.values.subarray(row + from, row + end), to);
    }
  }
  return { count: planes.count, width, height, values };
}
