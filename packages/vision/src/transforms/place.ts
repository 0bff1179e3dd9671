// Parts of a sample at another size: what all crops, resizes and paddings come to. A part in whole cells is cut out first, so that
// nothing outside of it shines in; one with fractions is weighed where it lies.

import { Tensor } from 'neocog';
import { type FramePart, fitFrame, type PictureSize, type PixelInterpolation } from 'neocog/pixels';
import { cutPlanes, type Planes, resamplePlanes } from '../resize/planes.ts';
import { tensorOf } from '../tensors/image.ts';
import { eachChannel } from '../tensors/options.ts';
import type { FillOptions } from './fields.ts';
import { imagePlanes, maskPlane, moveMarks, sizeOf, type TransformSample } from './sample.ts';

/** A part in whole cells, which may reach beyond the picture. */
export interface Part extends PictureSize {
  readonly left: number;
  readonly top: number;
}

type Parts = Partial<TransformSample>;

const maskOf = ({ values, height, width }: Planes): Tensor => new Tensor(values, [height, width]);

/** The sample with its planes changed alike, and its marks moved. */
function withPlanes(
  sample: TransformSample,
  change: (planes: Planes, isMask: boolean) => Planes,
  move: (x: number, y: number) => readonly [number, number],
): Parts {
  const image = change(imagePlanes(sample), false);
  return {
    image: tensorOf(image),
    ...(sample.mask && { mask: maskOf(change(maskPlane(sample.mask), true)) }),
    ...moveMarks(sample, move, image),
  };
}

/** A part of the sample; outside of the picture is the filling. */
export function crop(
  fn: string,
  sample: TransformSample,
  part: Part,
  { fill = 0, maskFill = 0 }: FillOptions = {},
): Parts {
  const around = eachChannel(fn, 'fill', fill, sample.image.shape[0]);
  const cut = (planes: Planes, isMask: boolean): Planes =>
    cutPlanes(planes, part, isMask ? [maskFill] : around);
  return withPlanes(sample, cut, (x, y) => [x - part.left, y - part.top]);
}

/** How a part becomes a size. */
export interface Resizing extends PictureSize {
  readonly interpolation: PixelInterpolation;
  /** Default: all. */
  readonly box?: FramePart;
}

/** The sample, or a part of it, at another size. */
export function resizeSample(sample: TransformSample, target: Resizing): Parts {
  const size = sizeOf(sample);
  const box = target.box ?? { left: 0, top: 0, right: size.width, bottom: size.height };
  const [sx, sy] = [target.width / (box.right - box.left), target.height / (box.bottom - box.top)];
  return withPlanes(
    sample,
    (planes) => resamplePlanes(planes, target),
    (x, y) => [(x - box.left) * sx, (y - box.top) * sy],
  );
}

/** Of a changed sample what changed last. */
export const afterwards = (
  sample: TransformSample,
  first: Parts,
  next: (sample: TransformSample) => Parts,
): Parts => ({
  ...first,
  ...next({ ...sample, ...first }),
});

/** A picture within a size, and the filling around it. */
export function contain(
  fn: string,
  sample: TransformSample,
  { width, height, interpolation }: Resizing,
  fill: FillOptions,
): Parts {
  const { left, top, ...inner } = fitFrame('contain', sizeOf(sample), { width, height }).target;
  const resized = resizeSample(sample, { ...inner, interpolation });
  return afterwards(sample, resized, (small) =>
    crop(fn, small, { left: -left, top: -top, width, height }, fill),
  );
}
