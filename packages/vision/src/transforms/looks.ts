// Transforms of how a picture looks; masks, boxes and points stay. Values are from 0 to 1, so these stand before `normalize`.

import { Tensor } from 'neocog';
import {
  atLeast,
  between,
  either,
  type Field,
  type Fields,
  field,
  finite,
  isSize,
  need,
  needOptions,
  whole,
} from 'neocog/arguments';
import { eachChannel, perChannel } from '../tensors/options.ts';
import { blurImage } from './blurs.ts';
import { adjustBrightness, adjustContrast, adjustHue, adjustSaturation, toGrey } from './colours.ts';
import { chance, range } from './fields.ts';
import {
  adjustSharpness,
  equalizeTones,
  invertTones,
  posterizeTones,
  solarizeTones,
  stretchTones,
} from './tones.ts';
import { drawn, fixed, type Transform, type TransformCall, uniform } from './transform.ts';

/** How much each is changed: a number d means a factor from 1 − d to 1 + d, a pair the factors themselves. */
export interface ColorJitterOptions {
  /** Default 0. */
  brightness?: number | readonly [least: number, most: number] | undefined;
  /** Default 0. */
  contrast?: number | readonly [least: number, most: number] | undefined;
  /** Default 0. */
  saturation?: number | readonly [least: number, most: number] | undefined;
  /** Share of the circle of hues, up to 0.5: a number h means from −h to h. Default 0. */
  hue?: number | readonly [least: number, most: number] | undefined;
}

const factor = either(atLeast(0), range(0, Number.POSITIVE_INFINITY));

const colorJitterFields: Fields<ColorJitterOptions> = {
  brightness: factor,
  contrast: factor,
  saturation: factor,
  hue: either(between(0, 0.5), range(-0.5, 0.5)),
};

const factors = (given: number | readonly [number, number] = 0): readonly [number, number] =>
  typeof given === 'number' ? [Math.max(0, 1 - given), 1 + given] : given;

const hues = (given: number | readonly [number, number] = 0): readonly [number, number] =>
  typeof given === 'number' ? [-given, given] : given;

/**
 * Changes brightness, contrast, saturation and hue by what is drawn for each, in an order that is drawn too.
 *
 * @throws ShapeError for options out of range.
 * @example transforms.colorJitter({ brightness: 0.4, contrast: 0.4, saturation: 0.4, hue: 0.1 })
 */
export function colorJitter(options: ColorJitterOptions = {}): Transform {
  needOptions('colorJitter', options, colorJitterFields);
  const steps = [
    [adjustBrightness, factors(options.brightness)],
    [adjustContrast, factors(options.contrast)],
    [adjustSaturation, factors(options.saturation)],
    [adjustHue, hues(options.hue)],
  ] as const;
  return drawn(['colorJitter', options], ({ image }, random) => {
    let shown = image;
    for (const i of random.permutation(steps.length)) {
      const [adjust, pair] = steps[i];
      const by = uniform(random, ...pair);
      // What changes nothing is not computed.
      if (by !== (adjust === adjustHue ? 0 : 1)) shown = adjust(shown, by);
    }
    return { image: shown };
  });
}

/** A transform of the picture alone that happens with a probability, the last argument of its call. */
/* @__NO_SIDE_EFFECTS__ */
function sometimes([name, ...args]: TransformCall, change: (image: Tensor) => Tensor): Transform {
  const p = args.at(-1) as number; // checked here
  need(name, 'p', p, chance);
  return drawn([name, ...args], ({ image }, random) =>
    random.uniform() < p ? { image: change(image) } : {},
  );
}

/** Takes the colours out, of each picture with probability `p`; channels stay as many. @throws ShapeError for no probability. */
export const gray = (p = 0.1): Transform => sometimes(['gray', p], toGrey);

/** Inverts pictures, each with probability `p`. @throws ShapeError for no probability. */
export const invert = (p = 0.5): Transform => sometimes(['invert', p], invertTones);

/** Makes all levels of each channel equally frequent, of each picture with probability `p`. @throws ShapeError for no probability. */
export const equalize = (p = 0.5): Transform => sometimes(['equalize', p], equalizeTones);

/** Stretches each channel from 0 to 1, of each picture with probability `p`. @throws ShapeError for no probability. */
export const autocontrast = (p = 0.5): Transform => sometimes(['autocontrast', p], stretchTones);

/** Keeps this many bits of 8, of each picture with probability `p`. @throws ShapeError for bits that are none of 1 to 8. */
export function posterize(bits: number, p = 0.5): Transform {
  need('posterize', 'bits', bits, whole(1, 8));
  return sometimes(['posterize', bits, p], (image) => posterizeTones(image, bits));
}

/** Inverts values from `threshold` on, of each picture with probability `p`. @throws ShapeError for a threshold outside of 0 to 1. */
export function solarize(threshold: number, p = 0.5): Transform {
  need('solarize', 'threshold', threshold, between(0, 1));
  return sometimes(['solarize', threshold, p], (image) => solarizeTones(image, threshold));
}

/** Sharpens with a factor above 1, softens below, each picture with probability `p`. @throws ShapeError for a negative factor. */
export function sharpness(factor: number, p = 0.5): Transform {
  need('sharpness', 'factor', factor, atLeast(0));
  return sometimes(['sharpness', factor, p], (image) => adjustSharpness(image, factor));
}

/** How `blur` draws. */
export interface BlurOptions {
  /** Standard deviation in pixels, from least to most. Default [0.1, 2]. */
  sigma?: readonly [least: number, most: number] | undefined;
}

const odd: Field<number> = field(
  'an odd whole number from 1 to 999',
  (v) => isSize(v, 1) && v % 2 === 1 && v < 1000,
);

const blurFields: Fields<BlurOptions> = { sigma: range(1e-3, 1e3) };

/**
 * Gaussian blur over `kernel` by `kernel` pixels, its width drawn from `sigma`.
 *
 * @throws ShapeError for an even kernel, or a sigma of 0.
 */
export function blur(kernel: number, options: BlurOptions = {}): Transform {
  need('blur', 'kernel', kernel, odd);
  needOptions('blur', options, blurFields);
  const { sigma = [0.1, 2] } = options;
  return drawn(['blur', kernel, options], ({ image }, random) => ({
    image: blurImage(image, kernel, uniform(random, ...sigma)),
  }));
}

const nonZero = field<number>('a finite number other than 0', (v) => Number.isFinite(v) && v !== 0);

/**
 * (value − mean) / std, one number for all channels or one for each: the last transform, after those of colour.
 *
 * @throws ShapeError for numbers that do not fit the channels, and a std of 0.
 * @example transforms.normalize([0.485, 0.456, 0.406], [0.229, 0.224, 0.225])
 */
export function normalize(mean: number | readonly number[], std: number | readonly number[]): Transform {
  need('normalize', 'mean', mean, perChannel(finite));
  need('normalize', 'std', std, perChannel(nonZero));
  return fixed(['normalize', mean, std], ({ image }) => {
    const [channels, height, width] = image.shape;
    const [means, stds] = [
      eachChannel('normalize', 'mean', mean, channels),
      eachChannel('normalize', 'std', std, channels),
    ];
    const values = new Float32Array(image.data.length);
    for (let i = 0; i < values.length; i++) {
      const c = Math.floor(i / (height * width));
      values[i] = (image.data[i] - means[c]) / stds[c];
    }
    return { image: new Tensor(values, image.shape) };
  });
}
