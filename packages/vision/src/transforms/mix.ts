// Samples of a batch mixed with each other, and their classes as much: mixup (Zhang et al., 2017) and cutmix (Yun et al., 2019).

import { type Generator, ShapeError, Tensor } from 'neocog';
import {
  above,
  aTensor,
  type Fields,
  floatTensor,
  isRecord,
  need,
  needOptions,
  refuseValue,
  show,
  whole,
} from 'neocog/arguments';
import { aGenerator } from './sample.ts';

/** A batch as a `DataLoader` gives it; other parts of it stay. */
export interface MixBatch {
  /** float32 `[n, c, h, w]` */
  readonly x: Tensor;
  /** int32 `[n]` of classes, or float32 `[n, classes]` of their shares. */
  readonly y: Tensor;
}

/** Mixes a batch: `y` becomes float32 `[n, classes]`, as `crossEntropy` takes it. */
export type MixTransform = <B extends MixBatch>(batch: B, random: Generator) => B;

/** How samples are mixed. */
export interface MixOptions {
  /** How many classes there are; needed where `y` has classes and not shares. */
  classes?: number | undefined;
  /** Of the Beta distribution from which the share of the other sample is drawn: small for little mixing, 1 for any. Default 1. */
  alpha?: number | undefined;
}

const mixFields: Fields<MixOptions> = { classes: whole(1), alpha: above(0) };

/**
 * Each picture with another of the batch seen through it, with shares from a Beta distribution that `y` has too.
 *
 * @throws ShapeError for a batch that is none, or without `classes` where `y` has classes.
 * @example const { x, y } = transforms.mixup({ classes: 10, alpha: 0.2 })(batch, random); // then crossEntropy(net.forward(x), y)
 */
export function mixup(options: MixOptions = {}): MixTransform {
  needOptions('mixup', options, mixFields);
  return (batch, random) => {
    const targets = needBatch('mixup', batch, random, options);
    const share = drawBeta(random, options.alpha ?? 1);
    return { ...batch, x: blend(batch.x, share), y: blend(targets, share) };
  };
}

/**
 * In each picture a part of another of the batch, of random place; `y` has both by their areas.
 *
 * @throws ShapeError for a batch that is none, or without `classes` where `y` has classes.
 */
export function cutmix(options: MixOptions = {}): MixTransform {
  needOptions('cutmix', options, mixFields);
  return (batch, random) => {
    const targets = needBatch('cutmix', batch, random, options);
    const [, , height, width] = batch.x.shape;
    const side = Math.sqrt(1 - drawBeta(random, options.alpha ?? 1));
    const [top, bottom] = stretch(height, side, random);
    const [left, right] = stretch(width, side, random);
    const share = 1 - ((bottom - top) * (right - left)) / (height * width);
    return { ...batch, x: paste(batch.x, { left, top, right, bottom }), y: blend(targets, share) };
  };
}

/** Around a random middle, cut at the edges. */
function stretch(length: number, share: number, random: Generator): readonly [from: number, to: number] {
  const middle = random.integer(length);
  const half = (length * share) / 2;
  return [Math.max(0, Math.trunc(middle - half)), Math.min(length, Math.trunc(middle + half))];
}

/** Each sample meets the one before it, the first the last. */
const partner = (i: number, n: number): number => (i + n - 1) % n;

function blend({ data, shape }: Tensor, share: number): Tensor {
  const [n] = shape;
  const length = data.length / n;
  const values = new Float32Array(data.length);
  for (let i = 0; i < data.length; i++) {
    const other = partner(Math.floor(i / length), n) * length + (i % length);
    values[i] = data[i] * share + data[other] * (1 - share);
  }
  return new Tensor(values, shape);
}

interface Rectangle {
  readonly left: number;
  readonly top: number;
  readonly right: number;
  readonly bottom: number;
}

function paste({ data, shape }: Tensor, { left, top, right, bottom }: Rectangle): Tensor {
  const [n, channels, height, width] = shape;
  const values = data.slice();
  for (let i = 0; i < n; i++)
    for (let c = 0; c < channels; c++)
      for (let y = top; y < bottom; y++) {
        const at = (sample: number): number => ((sample * channels + c) * height + y) * width;
        const from = at(partner(i, n));
        values.set(data.subarray(from + left, from + right), at(i) + left);
      }
  return new Tensor(values, shape);
}

/** The targets as shares of classes. */
function needBatch(fn: string, batch: MixBatch, random: Generator, { classes }: MixOptions): Tensor {
  if (!isRecord(batch)) refuseValue(fn, 'the batch', batch, 'an object { x, y }');
  need(fn, 'random', random, aGenerator);
  need(fn, 'x', batch.x, floatTensor);
  need(fn, 'y', batch.y, aTensor);
  const { x, y } = batch;
  if (x.shape.length !== 4 || y.shape[0] !== x.shape[0] || x.data.length === 0)
    throw new ShapeError(
      `${fn}: x has shape ${show(x.shape)}, y ${show(y.shape)}; give pictures [n, c, h, w] and as many targets`,
    );
  if (y.dtype === 'float32' && y.shape.length === 2) return y;
  if (y.dtype === 'float32' || y.shape.length !== 1 || classes === undefined)
    throw new ShapeError(
      `${fn}: y is ${y.dtype} ${show(y.shape)}; give int32 [n] and the option classes, or float32 [n, classes]`,
    );
  return sharesOf(fn, y, classes);
}

function sharesOf(fn: string, { data }: Tensor, classes: number): Tensor {
  const values = new Float32Array(data.length * classes);
  data.forEach((id, i) => {
    if (id < 0 || id >= classes)
      throw new ShapeError(
        `${fn}: y holds class ${id} at index ${i}, there are ${classes}; give more classes`,
      );
    values[i * classes + id] = 1;
  });
  return new Tensor(values, [data.length, classes]);
}

/** Beta(a, a) as a share of two gamma variables. */
function drawBeta(random: Generator, alpha: number): number {
  const [a, b] = [drawGamma(random, alpha), drawGamma(random, alpha)];
  return a + b > 0 ? a / (a + b) : 0.5;
}

/** By Marsaglia and Tsang (2000); below 1 by one of a + 1 and a power of a uniform variable. */
function drawGamma(random: Generator, shape: number): number {
  if (shape < 1) return drawGamma(random, shape + 1) * random.uniform() ** (1 / shape);
  const d = shape - 1 / 3;
  const c = 1 / Math.sqrt(9 * d);
  for (;;) {
    const normal = random.normal();
    const v = (1 + c * normal) ** 3;
    const u = 1 - random.uniform();
    if (v > 0 && Math.log(u) < 0.5 * normal * normal + d - d * v + d * Math.log(v)) return d * v;
  }
}
