// Mirrored samples.

import { Tensor } from 'neocog';
import { need } from 'neocog/arguments';
import { chance } from './fields.ts';
import { moveMarks, sizeOf, type TransformSample } from './sample.ts';
import { drawn, type Transform } from './transform.ts';

/** Rows reversed within themselves. */
function mirrored(t: Tensor): Tensor {
  const width = t.shape[t.shape.length - 1];
  const values = t.data.slice();
  for (let row = 0; row < values.length; row += width) values.subarray(row, row + width).reverse();
  return new Tensor(values, t.shape);
}

/** Rows of each plane in the other order. */
function upended(t: Tensor): Tensor {
  const [height, width] = t.shape.slice(-2);
  const values = t.data.slice();
  for (let row = 0; row * width < values.length; row++) {
    const other = Math.floor(row / height) * height + height - 1 - (row % height);
    values.set(t.data.subarray(other * width, (other + 1) * width), row * width);
  }
  return new Tensor(values, t.shape);
}

/** Left and right exchanged. */
export function flipAcross(sample: TransformSample): Partial<TransformSample> {
  const { width } = sizeOf(sample);
  return {
    image: mirrored(sample.image),
    ...(sample.mask && { mask: mirrored(sample.mask) }),
    ...moveMarks(sample, (x, y) => [width - x, y], sizeOf(sample)),
  };
}

/** Above and below exchanged. */
export function flipDown(sample: TransformSample): Partial<TransformSample> {
  const { height } = sizeOf(sample);
  return {
    image: upended(sample.image),
    ...(sample.mask && { mask: upended(sample.mask) }),
    ...moveMarks(sample, (x, y) => [x, height - y], sizeOf(sample)),
  };
}

/** Exchanges left and right of samples, of each with probability `p`. @throws ShapeError for a probability that is none. */
export function horizontalFlip(p = 0.5): Transform {
  need('horizontalFlip', 'p', p, chance);
  return drawn(['horizontalFlip', p], (sample, random) => (random.uniform() < p ? flipAcross(sample) : {}));
}

/** Exchanges above and below of samples, of each with probability `p`. @throws ShapeError for a probability that is none. */
export function verticalFlip(p = 0.5): Transform {
  need('verticalFlip', 'p', p, chance);
  return drawn(['verticalFlip', p], (sample, random) => (random.uniform() < p ? flipDown(sample) : {}));
}
