// Samples and transforms that several tests of transforms share.

import { Generator, tensor } from 'neocog';
import { transforms } from '../src/index.ts';
import type { TransformSample } from '../src/transforms/sample.ts';
import type { Transform } from '../src/transforms/transform.ts';

export const [height, width] = [24, 32];

export type Whole = { readonly [K in keyof TransformSample]-?: Exclude<TransformSample[K], undefined> };

/** A white rectangle on black, its mask, its box, its corners as points, and the class of the box. */
export function rectangle(left: number, top: number, right: number, bottom: number): Whole {
  const image = new Float32Array(3 * height * width);
  const mask = new Int32Array(height * width);
  for (let y = top; y < bottom; y++)
    for (let x = left; x < right; x++) {
      mask[y * width + x] = 1;
      for (let c = 0; c < 3; c++) image[(c * height + y) * width + x] = 1;
    }
  return {
    image: tensor(image, [3, height, width]),
    mask: tensor(mask, [height, width]),
    boxes: tensor([[left, top, right, bottom]]),
    points: tensor([
      [left, top, 2],
      [right, bottom, 2],
    ]),
    label: tensor([5], [1], { dtype: 'int32' }),
  };
}

/** Those that keep boxes upright. */
export const geometric: readonly [string, Transform][] = [
  ['resize', transforms.resize([12, 40], { fit: 'stretch' })],
  ['resize, cover', transforms.resize([20, 20])],
  ['resize, contain', transforms.resize([48, 48], { fit: 'contain' })],
  ['resizeShorter', transforms.resizeShorter(48)],
  ['pad', transforms.pad([1, 2, 3, 4])],
  ['centerCrop', transforms.centerCrop([20, 40])],
  ['randomCrop', transforms.randomCrop([20, 26], { padding: 2 })],
  ['randomResizedCrop', transforms.randomResizedCrop(40, { scale: [0.6, 1] })],
  ['horizontalFlip', transforms.horizontalFlip(1)],
  ['verticalFlip', transforms.verticalFlip(1)],
  ['rotate', transforms.rotate([90, 90], { expand: true })],
  ['rotate by halves', transforms.rotate([180, 180])],
  ['affine', transforms.affine({ translate: [0.1, 0.1], scale: [0.8, 1.3] })],
];

/** Noise, with the marks of a rectangle. */
export const noise = (channels = 3): TransformSample => {
  const random = new Generator(4);
  const values = Float32Array.from({ length: channels * height * width }, () => 0.1 + 0.7 * random.uniform());
  return { ...rectangle(9, 8, 21, 15), image: tensor(values, [channels, height, width]) };
};
