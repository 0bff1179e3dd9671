// A tensor of a picture as pixels again, the other way of toTensor.ts: pixel = (value · std + mean) / scale, cut to 0 … 255.

import { ShapeError, type Tensor } from 'neocog';
import {
  aTensor,
  either,
  type Field,
  type Fields,
  field,
  finite,
  isListOf,
  need,
  show,
} from 'neocog/arguments';
import type { Channels, Picture } from '../picture/picture.ts';
import { eachChannel } from './options.ts';

/** How values of a tensor are pixels. */
export interface ValueOptions {
  /** What pixels were multiplied by. Default 1/255 for float32 (values from 0 to 1), and 1 for int32. */
  scale?: number | undefined;
  /** What was subtracted after `scale`. Default 0. */
  mean?: number | readonly number[] | undefined;
  /** What was divided by after that. Default 1. */
  std?: number | readonly number[] | undefined;
}

const numbers: Field<number | readonly number[]> = either(
  finite,
  field('a list of them, one for each channel', (v) => isListOf(v, Number.isFinite)),
);

export const valueFields: Fields<ValueOptions> = {
  scale: field('a finite number other than 0', (v) => Number.isFinite(v) && v !== 0),
  mean: numbers,
  std: numbers,
};

/** Sizes of a tensor that is one picture. */
export interface PictureShape {
  readonly channels: 1 | 3 | 4;
  readonly height: number;
  readonly width: number;
}

/** @throws ShapeError unless it is [h, w], [c, h, w] or [1, c, h, w] with 1, 3 or 4 channels. */
export function pictureShape(fn: string, name: string, t: Tensor): PictureShape {
  need(fn, name, t, aTensor);
  const shape = t.shape.length === 4 && t.shape[0] === 1 ? t.shape.slice(1) : t.shape;
  const [channels, height, width] = shape.length === 2 ? [1, ...shape] : shape;
  const fits = shape.length === 2 || shape.length === 3;
  if (fits && (channels === 1 || channels === 3 || channels === 4) && height > 0 && width > 0)
    return { channels, height, width };
  throw new ShapeError(
    `${fn}: ${name} has shape ${show(t.shape)}; give one picture of pixels, [h, w], [c, h, w] or [1, c, h, w] with 1, 3 or 4 channels`,
  );
}

/** Values in planes as a picture of floats from 0 to 255, NaN as 0; `most` of 255 rounds, more keeps fractions. */
export function toPicture(fn: string, t: Tensor, options: ValueOptions): Picture {
  const { channels, height, width } = pictureShape(fn, 'the tensor', t);
  const scale = options.scale ?? (t.dtype === 'int32' ? 1 : 1 / 255);
  const mean = eachChannel(fn, 'mean', options.mean ?? 0, channels);
  const std = eachChannel(fn, 'std', options.std ?? 1, channels);
  const size = width * height;
  const data = new Float32Array(channels * size);
  for (let c = 0; c < channels; c++) {
    const gain = std[c] / scale;
    const offset = mean[c] / scale;
    for (let p = 0, to = c; p < size; p++, to += channels) {
      const value = t.data[c * size + p] * gain + offset;
      data[to] = value > 0 ? Math.min(value, 255) : 0;
    }
  }
  return { width, height, channels: channels as Channels, data };
}

/** Rounded to whole numbers. */
export const toBytes = (picture: Picture): Picture & { data: Uint8ClampedArray } => ({
  ...picture,
  data: Uint8ClampedArray.from(picture.data, (value) => Math.floor(value + 0.5)),
});
