// First values that are drawn: uniform, normal, and normal between limits. Random numbers come from a seeded generator.

import { above, atLeast, between, finite, need } from '../../arguments/field.ts';
import { type Fields, needOptions } from '../../arguments/options.ts';
import { ShapeError } from '../../errors.ts';
import { exp } from '../../expression/elementary.ts';
import { floatTensor, generator } from '../../tensor/fields.ts';
import { defaultGenerator, type Generator } from '../../tensor/random.ts';
import type { Tensor } from '../../tensor/tensor.ts';
import { fill } from './skip.ts';

/** Where random first values come from. */
export interface RandomOptions {
  /** Draws the values; the default generator unless given, see `manualSeed`. */
  generator?: Generator | undefined;
}

export const randomFields: Fields<RandomOptions> = { generator };

/** Uniform from `low` to `high`. */
export function uniform(t: Tensor, low = 0, high = 1, options: RandomOptions = {}): Tensor {
  need('uniform', 'weight', t, floatTensor);
  need('uniform', 'low', low, finite);
  need('uniform', 'high', high, finite);
  needOptions('uniform', options, randomFields);
  if (low > high)
    throw new ShapeError(`uniform: low is ${low} and high is ${high}; give a low of at most high`);
  const source = options.generator ?? defaultGenerator();
  return fill(t, (data) => source.fillUniform(data, low, high));
}

/** Normal with a mean and standard deviation. */
export function normal(t: Tensor, mean = 0, std = 1, options: RandomOptions = {}): Tensor {
  need('normal', 'weight', t, floatTensor);
  need('normal', 'mean', mean, finite);
  need('normal', 'std', std, atLeast(0));
  needOptions('normal', options, randomFields);
  const source = options.generator ?? defaultGenerator();
  return fill(t, (data) => source.fillNormal(data, mean, std));
}

/** The bell of `truncNormal`, and where it is cut. */
export interface TruncNormalOptions extends RandomOptions {
  /** Of the distribution before it is cut. Default 0. */
  mean?: number | undefined;
  /** Of the distribution before it is cut. Default 1. */
  std?: number | undefined;
  /** Lowest value. Default -2. */
  a?: number | undefined;
  /** Highest value. Default 2. */
  b?: number | undefined;
}

/** An infinite limit cuts nothing off. */
const limit = between(-Infinity, Infinity);
const truncFields: Fields<TruncNormalOptions> = {
  ...randomFields,
  mean: finite,
  std: above(0),
  a: limit,
  b: limit,
};

/** Deviations from the mean beyond which no values are drawn: they would all round to the nearer limit. */
const farthest = 1e6;

/**
 * Normal, drawn again until it lies from `a` to `b`.
 *
 * @throws ShapeError for a std that is not above 0, or an a that is not below b.
 */
export function truncNormal(t: Tensor, options: TruncNormalOptions = {}): Tensor {
  need('truncNormal', 'weight', t, floatTensor);
  needOptions('truncNormal', options, truncFields);
  const { mean = 0, std = 1, a = -2, b = 2, generator: source = defaultGenerator() } = options;
  if (!(a < b)) throw new ShapeError(`truncNormal: a is ${a} and b is ${b}; give an a below b`);
  const [low, high] = [(a - mean) / std, (b - mean) / std];
  if (low > farthest || high < -farthest) {
    throw new ShapeError(
      `truncNormal: a is ${a} and b is ${b}, more than ${farthest} standard deviations (${std}) from the mean ${mean}; give limits nearer to it`,
    );
  }
  const draw = cutNormal(low, high, source);
  return fill(t, (data) => {
    for (let i = 0; i < data.length; i++) data[i] = Math.min(Math.max(mean + std * draw(), a), b);
  });
}

/** Standard normal within [low, high], by rejection of normal numbers, or of uniform ones where those would rarely fit. */
function cutNormal(low: number, high: number, generator: Generator): () => number {
  const drawUntil = (draw: () => number, accept: (z: number) => boolean) => (): number => {
    let z = draw();
    while (!accept(z)) z = draw();
    return z;
  };
  if (low < -1 && high > 1) {
    return drawUntil(
      () => generator.normal(),
      (z) => z >= low && z <= high,
    );
  }
  // Where the density is highest; `reach` further it is e^-40 of that: (peak + reach)² = peak² + 80.
  const peak = Math.min(Math.max(0, low), high);
  const reach = 80 / (Math.abs(peak) + Math.sqrt(peak * peak + 80));
  const [from, to] = [Math.max(low, peak - reach), Math.min(high, peak + reach)];
  return drawUntil(
    () => from + (to - from) * generator.uniform(),
    (z) => generator.uniform() < exp(((peak - z) * (peak + z)) / 2),
  );
}
