// A picture seen through a matrix: for each new pixel the place in the old one, and there the nearest pixel or the four around it.
// Where these lie outside, the filling counts as much as they would.

import { Tensor } from 'neocog';
import { type PictureSize, roundToEven } from 'neocog/pixels';
import { type Planes, planesLike } from '../resize/planes.ts';
import { tensorOf } from '../tensors/image.ts';
import { eachChannel } from '../tensors/options.ts';
import type { FillOptions } from './fields.ts';
import { apply, inverse, type Matrix } from './matrix.ts';
import { imagePlanes, maskPlane, moveMarks, type TransformSample } from './sample.ts';

/** How places between pixels are read. */
export type WarpInterpolation = 'nearest' | 'bilinear';

export interface Warp extends PictureSize, FillOptions {
  /** Points of the old picture to the new one. Pixels' centers lie at halves. */
  readonly matrix: Matrix;
  readonly interpolation: WarpInterpolation;
}

/** The sample through a matrix; the mask takes the nearest. */
export function warpSample(fn: string, sample: TransformSample, warp: Warp): Partial<TransformSample> {
  const { matrix, interpolation, fill = 0, maskFill = 0 } = warp;
  const back = inverse(fn, matrix);
  const around = eachChannel(fn, 'fill', fill, sample.image.shape[0]);
  const pick = interpolation === 'nearest' ? nearest : bilinear;
  const image = pick(imagePlanes(sample), { back, size: warp, fill: around });
  const mask = sample.mask && nearest(maskPlane(sample.mask), { back, size: warp, fill: [maskFill] });
  return {
    image: tensorOf(image),
    ...(mask && { mask: new Tensor(mask.values, [mask.height, mask.width]) }),
    ...moveMarks(sample, (x, y) => apply(matrix, x, y), warp),
  };
}

interface Lookup {
  /** New points to old ones. */
  readonly back: Matrix;
  readonly size: PictureSize;
  /** For each plane. */
  readonly fill: readonly number[];
}

function blank({ count, values }: Planes, { size: { width, height } }: Lookup): Planes {
  return { count, width, height, values: planesLike({ values }, count * width * height) };
}

function nearest(planes: Planes, lookup: Lookup): Planes {
  const { width, height, count, values } = planes;
  const seen = blank(planes, lookup);
  const [area, made] = [width * height, seen.width * seen.height];
  for (let p = 0; p < made; p++) {
    const [x, y] = apply(lookup.back, (p % seen.width) + 0.5, Math.floor(p / seen.width) + 0.5);
    const [column, row] = [roundToEven(x - 0.5), roundToEven(y - 0.5)];
    const isInside = column >= 0 && row >= 0 && column < width && row < height;
    const at = row * width + column;
    for (let c = 0; c < count; c++)
      seen.values[c * made + p] = isInside ? values[c * area + at] : lookup.fill[c];
  }
  return seen;
}

function bilinear(planes: Planes, lookup: Lookup): Planes {
  const { width, height, count, values } = planes;
  const seen = blank(planes, lookup);
  const [area, made] = [width * height, seen.width * seen.height];
  for (let p = 0; p < made; p++) {
    const [x, y] = apply(lookup.back, (p % seen.width) + 0.5, Math.floor(p / seen.width) + 0.5);
    const [left, top] = [Math.floor(x - 0.5), Math.floor(y - 0.5)];
    const [right, below] = [x - 0.5 - left, y - 0.5 - top];
    // What the four pixels around count for; those outside count for nothing.
    const [hasLeft, hasRight] = [left >= 0 && left < width, left >= -1 && left < width - 1];
    const [hasTop, hasBelow] = [top >= 0 && top < height, top >= -1 && top < height - 1];
    const a = hasLeft && hasTop ? (1 - right) * (1 - below) : 0;
    const b = hasRight && hasTop ? right * (1 - below) : 0;
    const c = hasLeft && hasBelow ? (1 - right) * below : 0;
    const d = hasRight && hasBelow ? right * below : 0;
    const rest = 1 - (a + b + c + d);
    for (let k = 0, at = top * width + left; k < count; k++, at += area) {
      let value = rest * lookup.fill[k];
      if (a > 0) value += a * values[at];
      if (b > 0) value += b * values[at + 1];
      if (c > 0) value += c * values[at + width];
      if (d > 0) value += d * values[at + width + 1];
      seen.values[k * made + p] = value;
    }
  }
  return seen;
}
