// What a unit responds to, as a picture that is made for it: noise that is changed step by step so that the unit answers more
// (Erhan et al., 2009), kept smooth and at no fixed place (Mordvintsev, Olah and Tyka, 2015).

import { Generator, grad, type nn, randn, Tensor } from 'neocog';
import {
  above,
  aFunction,
  generator as aGenerator,
  aShape,
  count,
  type Fields,
  finite,
  need,
  needOptions,
  required,
  text,
  whole,
} from 'neocog/arguments';
import { eachChannel, perChannel } from '../tensors/options.ts';
import { needUnit } from './strongestPatches.ts';
import { aModule, needPictures, outputOf } from './watch.ts';

/** For which unit `optimalPicture` makes a picture, and how. */
export interface OptimalPictureOptions {
  /** Path of its layer, as `net.namedModules()` has it. */
  layer: string;
  /** Its channel, or its place in a layer without maps. */
  unit: number;
  /** Of the picture, [c, h, w]. */
  shape: readonly number[];
  /** How often the picture is changed. Default 64. */
  steps?: number | undefined;
  /** By how much of the usual size of its values in each step. Default 0.1. */
  rate?: number | undefined;
  /** By how many pixels it is shifted to and fro, against patterns at fixed places. Default a sixteenth of the shorter side. */
  jitter?: number | undefined;
  /** The least value of each channel, such as (0 − mean) / std. Default -2. */
  least?: number | readonly number[] | undefined;
  /** The largest value of each channel, such as (1 − mean) / std. Default 2. */
  most?: number | readonly number[] | undefined;
  /** Draws the first picture and the shifts. Default: seeded with 0. */
  generator?: Generator | undefined;
  /** Hears of each step: its number from 1, and the unit's largest answer before it. */
  onStep?: ((step: number, answer: number) => void) | undefined;
}

const pictureFields: Fields<OptimalPictureOptions> = {
  layer: required(text),
  unit: required(whole(0)),
  shape: required(aShape),
  steps: count,
  rate: above(0),
  jitter: whole(0),
  least: perChannel(finite),
  most: perChannel(finite),
  generator: aGenerator,
  onStep: aFunction,
};

/**
 * A picture [c, h, w] that a unit answers strongly. Runs eagerly and in evaluation mode, and no further than to the
 * unit's layer; the network stays as it is. Where nothing changes the answer, as of a dead unit, noise comes back.
 *
 * @throws ShapeError for a layer or a unit that there is not.
 * @example const x = optimalPicture(net, { layer: 'conv2', unit: 3, shape: [3, 64, 64] });
 */
export function optimalPicture(net: nn.Module, options: OptimalPictureOptions): Tensor {
  need('optimalPicture', 'net', net, aModule);
  needOptions('optimalPicture', options, pictureFields);
  const { shape, generator = new Generator(0), steps = 64, onStep } = options;
  const noise = randn(shape, { generator });
  needPictures('optimalPicture', noise);
  const search = searchOf(options);
  let picture = noise.data.map((value) => 0.3 * value) as Float32Array;
  for (let step = 1; step <= steps; step++) {
    const [dy, dx] = [0, 1].map(() => Math.round((2 * generator.uniform() - 1) * search.jitter));
    const shifted = shift(picture, search.sizes, [dy, dx]);
    const { answer, slope } = slopeOf(net, options, shifted);
    onStep?.(step, answer);
    climb(shifted, smooth(slope, search.sizes), search);
    picture = shift(shifted, search.sizes, [-dy, -dx]);
  }
  return new Tensor(picture, [...shape]);
}

type Sizes = readonly [channels: number, height: number, width: number];

interface Search {
  readonly sizes: Sizes;
  readonly rate: number;
  readonly jitter: number;
  readonly least: readonly number[];
  readonly most: readonly number[];
}

function searchOf({ shape, rate = 0.1, jitter, least = -2, most = 2 }: OptimalPictureOptions): Search {
  const [channels, height, width] = shape;
  return {
    sizes: [channels, height, width],
    rate,
    jitter: jitter ?? Math.floor(Math.min(height, width) / 16),
    least: eachChannel('optimalPicture', 'least', least, channels),
    most: eachChannel('optimalPicture', 'most', most, channels),
  };
}

/** The largest answer of the unit, and the slope by every value of the picture. */
function slopeOf(
  net: nn.Module,
  { layer, unit, shape }: OptimalPictureOptions,
  picture: Float32Array,
): { answer: number; slope: Float32Array } {
  const x = new Tensor(picture, [1, ...shape], true);
  const y = outputOf('optimalPicture', { net, layer }, x);
  needUnit('optimalPicture', y, unit);
  const area = y.size / y.shape[1];
  const answers = Float32Array.from(y.data.subarray(unit * area, (unit + 1) * area));
  const gradient = new Tensor(new Float32Array(y.size), y.shape);
  gradient.data.set(weightsOf(answers), unit * area);
  const [slope] = grad(y, [x], { gradient });
  return {
    answer: answers.reduce((most, value) => Math.max(most, value), Number.NEGATIVE_INFINITY),
    slope: slope.data as Float32Array,
  };
}

/**
 * How much each cell counts: as much as it answers above 0, so that patterns grow where they have begun; all alike where none does.
 * Counting all alike would find the mean colour of a linear unit, since what one cell adds its neighbour subtracts.
 */
function weightsOf(answers: Float32Array): Float32Array {
  const above = answers.map((value) => Math.max(0, value));
  const sum = above.reduce((all, value) => all + value, 0);
  return sum > 0 ? above.map((value) => value / sum) : answers.map(() => 1 / answers.length);
}

/** Planes moved by whole pixels; what leaves at one side enters at the other. */
function shift(values: Float32Array, [, height, width]: Sizes, [dy, dx]: readonly number[]): Float32Array {
  const moved = new Float32Array(values.length);
  for (let i = 0; i < values.length; i++) {
    const [x, y] = [i % width, Math.floor(i / width) % height];
    const plane = i - y * width - x;
    moved[plane + ((y + dy + height) % height) * width + ((x + dx + width) % width)] = values[i];
  }
  return moved;
}

/** Half of each value and an eighth of its neighbours: fine patterns grow less. */
function smooth(values: Float32Array, sizes: Sizes): Float32Array {
  const around = [
    [0, 1],
    [0, -1],
    [1, 0],
    [-1, 0],
  ].map((by) => shift(values, sizes, by));
  return values.map(
    (value, i) => value / 2 + (around[0][i] + around[1][i] + around[2][i] + around[3][i]) / 8,
  ) as Float32Array;
}

/** One step along the slope, whose mean square is made 1, within the bounds. */
function climb(picture: Float32Array, slope: Float32Array, { sizes, rate, least, most }: Search): void {
  const size = Math.sqrt(slope.reduce((sum, value) => sum + value * value, 0) / slope.length);
  if (!(size > 0)) return;
  const area = sizes[1] * sizes[2];
  for (let i = 0; i < picture.length; i++) {
    const c = Math.floor(i / area);
    picture[i] = Math.min(most[c], Math.max(least[c], 0.99 * picture[i] + (rate * slope[i]) / size));
  }
}
