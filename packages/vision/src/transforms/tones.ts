// Tones of one picture, float32 [c, h, w] from 0 to 1: what RandAugment draws from, with torchvision's formulas. Those that count in
// 256 levels take values by the nearest of them.

import { Tensor } from 'neocog';
import { eachValue } from './colours.ts';

const levelOf = (value: number): number => Math.min(255, Math.max(0, Math.round(value * 255)));

export const invertTones = (image: Tensor): Tensor => eachValue(image, (value) => 1 - value);

/** Values from the threshold on are inverted. */
export const solarizeTones = (image: Tensor, threshold: number): Tensor =>
  eachValue(image, (value) => (value >= threshold ? 1 - value : value));

/** The highest bits of 8; of 0 nothing is left. */
export function posterizeTones(image: Tensor, bits: number): Tensor {
  const mask = 256 - 2 ** (8 - bits);
  return eachValue(image, (value) => (levelOf(value) & mask) / 255);
}

/** Each plane of colour by a function that is made for it. */
function eachPlane(image: Tensor, make: (plane: Float32Array) => (value: number) => number): Tensor {
  const values = image.data.slice() as Float32Array;
  const area = image.shape[1] * image.shape[2];
  for (let c = 0; c < Math.min(3, image.shape[0]); c++) {
    const plane = values.subarray(c * area, (c + 1) * area);
    const change = make(plane);
    for (let i = 0; i < area; i++) plane[i] = change(plane[i]);
  }
  return new Tensor(values, image.shape);
}

/** Each channel from its least to its greatest value; one of a single value stays. */
export const stretchTones = (image: Tensor): Tensor =>
  eachPlane(image, (plane) => {
    let [least, most] = [Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY];
    for (const value of plane) {
      least = Math.min(least, value);
      most = Math.max(most, value);
    }
    const scale = most === least ? 1 : 1 / (most - least);
    const from = most === least ? 0 : least;
    return (value) => Math.min(Math.max((value - from) * scale, 0), 1);
  });

/** Each channel so that its levels are equally frequent, as Pillow counts them. */
export const equalizeTones = (image: Tensor): Tensor =>
  eachPlane(image, (plane) => {
    const counts = new Int32Array(256);
    for (const value of plane) counts[levelOf(value)]++;
    const last = counts.findLast((count) => count > 0) ?? 0;
    const step = Math.floor((plane.length - last) / 255);
    if (step === 0) return (value) => value;
    const levels = new Float32Array(256);
    for (let level = 0, sum = Math.floor(step / 2); level < 256; sum += counts[level++])
      levels[level] = Math.min(255, Math.floor(sum / step)) / 255;
    return (value) => levels[levelOf(value)];
  });

/** Away from the mean of its surroundings with more than 1, towards it with less; the pixels at the edges stay. */
export function adjustSharpness(image: Tensor, factor: number): Tensor {
  const [, height, width] = image.shape;
  const values = image.data.slice() as Float32Array;
  const area = height * width;
  for (let c = 0; c < Math.min(3, image.shape[0]); c++)
    for (let y = 1; y < height - 1; y++)
      for (let x = 1; x < width - 1; x++) {
        const at = c * area + y * width + x;
        const soft = surrounding(image.data, at, width);
        values[at] = Math.min(Math.max(image.data[at] * factor + soft * (1 - factor), 0), 1);
      }
  return new Tensor(values, image.shape);
}

/** A pixel counts five times, its eight neighbours once. */
function surrounding(data: ArrayLike<number>, at: number, width: number): number {
  let sum = 4 * data[at];
  for (let dy = -width; dy <= width; dy += width)
    sum += data[at + dy - 1] + data[at + dy] + data[at + dy + 1];
  return sum / 13;
}
