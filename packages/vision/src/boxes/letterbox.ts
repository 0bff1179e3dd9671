// A picture within a size of other proportions, and boxes, points and pictures that were found there back on the original. Both ways
// follow from the two sizes alone.

import { ShapeError, Tensor } from 'neocog';
import { aTensor, type Fields, finite, flag, need, needOptions, required, show } from 'neocog/arguments';
import { fitFrame, type PicturePart, type PictureSize, type PixelInterpolation } from 'neocog/pixels';
import { cutPlanes, resamplePlanes } from '../resize/planes.ts';
import { needRows, planesOf, tensorOf } from '../tensors/image.ts';
import { anInterpolation, aSize, eachChannel, perChannel, toSize } from '../tensors/options.ts';

/** How `letterbox` fills the size. */
export interface LetterboxOptions {
  /** Value around the picture, one for all channels or one for each. Default 0. */
  fill?: number | readonly number[] | undefined;
  /** Default 'bilinear'; int32 values are classes, which take the nearest. */
  interpolation?: PixelInterpolation | undefined;
}

const letterboxFields: Fields<LetterboxOptions> = {
  fill: perChannel(finite),
  interpolation: anInterpolation,
};

/**
 * A picture [c, h, w] as large as possible in the middle of `size`, a side of a square or [height, width], its proportions
 * kept: [c, height, width]. `unletterbox` brings back what is found there.
 *
 * @throws ShapeError for a tensor that is no picture.
 * @example const x = letterbox(photo, 640, { fill: 114 / 255 });
 */
export function letterbox(
  image: Tensor,
  size: number | readonly [height: number, width: number],
  options: LetterboxOptions = {},
): Tensor {
  const planes = planesOf('letterbox', 'the image', image);
  need('letterbox', 'size', size, aSize);
  needOptions('letterbox', options, letterboxFields);
  const { interpolation = 'bilinear', fill = 0 } = options;
  const target = toSize(size);
  const { left, top, ...inner } = fitFrame('contain', planes, target).target;
  const resized = resamplePlanes(planes, { ...inner, interpolation });
  const around = eachChannel('letterbox', 'fill', fill, planes.count);
  return tensorOf(cutPlanes(resized, { ...target, left: -left, top: -top }, around));
}

/** What `unletterbox` undoes. */
export interface UnletterboxOptions {
  /** What `letterbox`, or `fit: 'contain'`, was told: a side of a square, or [height, width]. */
  size: number | readonly [height: number, width: number];
  /** [height, width] of the picture before. */
  original: number | readonly [height: number, width: number];
  /** Cut boxes and points at the picture's edges. Default true. */
  clip?: boolean | undefined;
}

const unletterboxFields: Fields<UnletterboxOptions> = {
  size: required(aSize),
  original: required(aSize),
  clip: flag,
};

/**
 * Boxes [n, 4], points [n, 2] or a picture [c, h, w] in a letterbox, on the picture as it was before.
 *
 * @throws ShapeError for a tensor that is none of these, or a picture of another size than the letterbox.
 * @example unletterbox(boxes, { size: 640, original: [photo.shape[1], photo.shape[2]] })
 */
export function unletterbox(t: Tensor, options: UnletterboxOptions): Tensor {
  need('unletterbox', 'the tensor', t, aTensor);
  needOptions('unletterbox', options, unletterboxFields);
  const size = toSize(options.size);
  const original = toSize(options.original);
  const place = fitFrame('contain', original, size).target;
  if (t.shape.length === 3) return pictureBack(t, size, original, place);
  needRows('unletterbox', 'the tensor', t, [2, 4]);
  const clip = options.clip ?? true;
  const values = t.data.map((value, i) => {
    const isX = i % 2 === 0;
    const scale = isX ? original.width / place.width : original.height / place.height;
    const back = (value - (isX ? place.left : place.top)) * scale;
    return clip ? Math.min(Math.max(back, 0), isX ? original.width : original.height) : back;
  });
  return new Tensor(values, t.shape);
}

function pictureBack(t: Tensor, size: PictureSize, original: PictureSize, place: PicturePart): Tensor {
  const planes = planesOf('unletterbox', 'the picture', t);
  if (planes.width !== size.width || planes.height !== size.height)
    throw new ShapeError(
      `unletterbox: the picture has shape ${show(t.shape)}, the letterbox is ${size.height}×${size.width}; they must be equal`,
    );
  const inside = cutPlanes(planes, place, []);
  return tensorOf(resamplePlanes(inside, { ...original, interpolation: 'bilinear' }));
}
