// Small gray pictures, for tests.

import { type Tensor, tensor } from 'neocog';

export const rows = (image: Tensor): number[][] => {
  const [h, w] = image.shape.slice(-2);
  return Array.from({ length: h }, (_, r) => [...image.data.slice(r * w, (r + 1) * w)]);
};

/** An image `[1, height, width]` from a function of row and column. */
export const draw = (height: number, width: number, value: (row: number, column: number) => number): Tensor =>
  tensor([Array.from({ length: height }, (_, r) => Array.from({ length: width }, (__, c) => value(r, c)))]);
