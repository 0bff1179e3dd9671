// Sizes and parts of pictures: resize, pad and the crops, as torchvision names and draws them.

import { type Generator, ShapeError, Tensor } from 'neocog';
import {
  either,
  type Field,
  type Fields,
  field,
  isListOf,
  need,
  needOptions,
  oneOf,
  whole,
} from 'neocog/arguments';
import {
  fitFrame,
  type PictureSize,
  type PixelFit,
  type PixelInterpolation,
  roundToEven,
} from 'neocog/pixels';
import { anInterpolation, aSize, toSize } from '../tensors/options.ts';
import { type FillOptions, fillFields, range } from './fields.ts';
import { afterwards, contain, crop, type Part, resizeSample } from './place.ts';
import { sizeOf, type TransformSample } from './sample.ts';
import { drawn, fixed, type Transform, uniform } from './transform.ts';

/** A side of a square, or height and width, in pixels. */
export type SizeOption = number | readonly [height: number, width: number];

/** How pictures meet a size. */
export interface ResizeOptions extends FillOptions {
  /** 'cover' leaves away what sticks out, 'contain' puts the filling around, 'stretch' gives up the proportions. Default 'cover'. */
  fit?: PixelFit | undefined;
  /** Of the picture; masks take the nearest. Default 'bilinear'. */
  interpolation?: PixelInterpolation | undefined;
}

const resizeFields: Fields<ResizeOptions> = {
  ...fillFields,
  fit: oneOf('cover', 'contain', 'stretch'),
  interpolation: anInterpolation,
};

/**
 * Brings pictures to a size, with means over pixels where they become smaller.
 *
 * @throws ShapeError for a size that is none.
 */
export function resize(size: SizeOption, options: ResizeOptions = {}): Transform {
  need('resize', 'size', size, aSize);
  needOptions('resize', options, resizeFields);
  const { fit = 'cover', interpolation = 'bilinear' } = options;
  const target = { ...toSize(size), interpolation };
  return fixed(['resize', size, options], (sample) => {
    if (fit === 'contain') return contain('resize', sample, target, options);
    return resizeSample(sample, { ...target, box: fitFrame(fit, sizeOf(sample), target).source });
  });
}

/** How pixels are found between pixels. */
export interface InterpolationOptions {
  /** Of the picture; masks take the nearest. Default 'bilinear'. */
  interpolation?: PixelInterpolation | undefined;
}

const interpolationFields: Fields<InterpolationOptions> = { interpolation: anInterpolation };

/**
 * Brings the shorter side of pictures to `side` pixels and keeps their proportions, as torchvision's Resize of one number does.
 *
 * @throws ShapeError for a side that is no whole number.
 */
export function resizeShorter(side: number, options: InterpolationOptions = {}): Transform {
  need('resizeShorter', 'side', side, whole(1, 32767));
  needOptions('resizeShorter', options, interpolationFields);
  const { interpolation = 'bilinear' } = options;
  return fixed(['resizeShorter', side, options], (sample) => {
    const { width, height } = sizeOf(sample);
    const longer = Math.max(1, Math.trunc((side * Math.max(width, height)) / Math.min(width, height)));
    const target = width <= height ? { width: side, height: longer } : { width: longer, height: side };
    return resizeSample(sample, { ...target, interpolation });
  });
}

/** Pixels at the edges, or one number for all of them. */
export type PadOption = number | readonly [top: number, right: number, bottom: number, left: number];

const aPad: Field<PadOption> = either(
  whole(0, 32767),
  field<readonly [number, number, number, number]>(
    'a list of 4 of them (top, right, bottom, left)',
    (v) => isListOf(v, whole(0, 32767).ok) && v.length === 4,
  ),
);

/** Puts a filling around pictures. @throws ShapeError for pads that are no whole numbers. */
export function pad(pads: PadOption, options: FillOptions = {}): Transform {
  need('pad', 'pads', pads, aPad);
  needOptions('pad', options, fillFields);
  return fixed(['pad', pads, options], (sample) =>
    crop('pad', sample, padded(sizeOf(sample), pads), options),
  );
}

function padded({ width, height }: PictureSize, pads: PadOption): Part {
  const [top, right, bottom, left] = typeof pads === 'number' ? [pads, pads, pads, pads] : pads;
  return { left: -left, top: -top, width: width + left + right, height: height + top + bottom };
}

/** In the middle as torchvision places it: halves are rounded to the even number. */
function middle(size: PictureSize, { width, height }: PictureSize): Part {
  // What is smaller is padded first, the odd pixel at the end.
  const start = (own: number, wanted: number): number =>
    own < wanted ? -Math.floor((wanted - own) / 2) : roundToEven((own - wanted) / 2);
  return { left: start(size.width, width), top: start(size.height, height), width, height };
}

/** The middle of pictures; what they lack is the filling. @throws ShapeError for a size that is none. */
export function centerCrop(size: SizeOption, options: FillOptions = {}): Transform {
  need('centerCrop', 'size', size, aSize);
  needOptions('centerCrop', options, fillFields);
  const target = toSize(size);
  return fixed(['centerCrop', size, options], (sample) =>
    crop('centerCrop', sample, middle(sizeOf(sample), target), options),
  );
}

/** How a random part is taken. */
export interface RandomCropOptions extends FillOptions {
  /** Put around the picture first. Default 0. */
  padding?: PadOption | undefined;
}

const randomCropFields: Fields<RandomCropOptions> = { ...fillFields, padding: aPad };

/**
 * A part of pictures at random; of those that are smaller than the size all, with the filling around.
 *
 * @throws ShapeError for a size that is none.
 * @example transforms.randomCrop(32, { padding: 4 })
 */
export function randomCrop(size: SizeOption, options: RandomCropOptions = {}): Transform {
  need('randomCrop', 'size', size, aSize);
  needOptions('randomCrop', options, randomCropFields);
  const target = toSize(size);
  const { padding = 0 } = options;
  return drawn(['randomCrop', size, options], (sample, random) => {
    const whole = padded(sizeOf(sample), padding);
    const place = (start: number, rest: number): number =>
      start + (rest >= 0 ? random.integer(rest + 1) : Math.trunc(rest / 2));
    const top = place(whole.top, whole.height - target.height);
    const left = place(whole.left, whole.width - target.width);
    return crop('randomCrop', sample, { ...target, left, top }, options);
  });
}

/** Which parts `randomResizedCrop` takes. */
export interface RandomResizedCropOptions extends InterpolationOptions {
  /** Share of the picture's area, from least to most. Default [0.08, 1]. */
  scale?: readonly [least: number, most: number] | undefined;
  /** Width by height of the part, from least to most. Default [3/4, 4/3]. */
  ratio?: readonly [least: number, most: number] | undefined;
}

const randomResizedCropFields: Fields<RandomResizedCropOptions> = {
  ...interpolationFields,
  scale: range(1e-6, 1),
  ratio: range(1e-3, 1e3),
};

/**
 * A part of pictures of random area and proportions, at this size: what networks for photographs are trained on.
 *
 * @throws ShapeError for a size that is none.
 * @example transforms.randomResizedCrop(224, { scale: [0.3, 1] })
 */
export function randomResizedCrop(size: SizeOption, options: RandomResizedCropOptions = {}): Transform {
  need('randomResizedCrop', 'size', size, aSize);
  needOptions('randomResizedCrop', options, randomResizedCropFields);
  const { interpolation = 'bilinear', scale = [0.08, 1], ratio = [3 / 4, 4 / 3] } = options;
  const target = { ...toSize(size), interpolation };
  return drawn(['randomResizedCrop', size, options], (sample, random) => {
    const part = drawPart(sizeOf(sample), { scale, ratio }, random);
    const cut = crop('randomResizedCrop', sample, part);
    return afterwards(sample, cut, (small) => resizeSample(small, target));
  });
}

interface PartRule {
  readonly scale: readonly [number, number];
  readonly ratio: readonly [number, number];
}

/** Ten attempts, then the largest part in the middle whose proportions are allowed. */
function drawPart(size: PictureSize, { scale, ratio }: PartRule, random: Generator): Part {
  for (let attempt = 0; attempt < 10; attempt++) {
    const area = size.width * size.height * uniform(random, ...scale);
    const shape = Math.exp(uniform(random, Math.log(ratio[0]), Math.log(ratio[1])));
    const width = Math.max(1, Math.round(Math.sqrt(area * shape)));
    const height = Math.max(1, Math.round(Math.sqrt(area / shape)));
    if (width > size.width || height > size.height) continue;
    const top = random.integer(size.height - height + 1);
    return { width, height, top, left: random.integer(size.width - width + 1) };
  }
  const own = size.width / size.height;
  const width = own > ratio[1] ? Math.max(1, Math.round(size.height * ratio[1])) : size.width;
  const height = own < ratio[0] ? Math.max(1, Math.round(size.width / ratio[0])) : size.height;
  return middle(size, { width, height });
}

/**
 * The four corners and the middle of a picture, as `image` [5, c, height, width]: left above, right above, left below, right below,
 * middle. For pictures alone.
 *
 * @throws ShapeError for a picture that is smaller, or a sample with mask, boxes or points.
 */
export function fiveCrop(size: SizeOption): Transform {
  need('fiveCrop', 'size', size, aSize);
  const target = toSize(size);
  return fixed(['fiveCrop', size], (sample) => {
    const own = sizeOf(sample);
    if (sample.mask || sample.boxes || sample.points)
      throw new ShapeError('fiveCrop: five pictures have no one mask, boxes or points; leave them out');
    const [right, bottom] = [own.width - target.width, own.height - target.height];
    if (right < 0 || bottom < 0)
      throw new ShapeError(
        `fiveCrop: the picture is ${own.height}×${own.width}, smaller than ${target.height}×${target.width}; resize it before`,
      );
    const { left, top } = middle(own, target);
    return {
      image: stackParts(sample, target, [
        [0, 0],
        [right, 0],
        [0, bottom],
        [right, bottom],
        [left, top],
      ]),
    };
  });
}

function stackParts(
  sample: TransformSample,
  size: PictureSize,
  places: readonly (readonly [number, number])[],
): Tensor {
  const count = sample.image.shape[0];
  const length = count * size.width * size.height;
  const values = new Float32Array(places.length * length);
  places.forEach(([left, top], i) => {
    const { image } = crop('fiveCrop', sample, { ...size, left, top });
    if (image) values.set(image.data, i * length);
  });
  return new Tensor(values, [places.length, count, size.height, size.width]);
}
