// Sounds of any number of axes as rows, and back: the last axis is time, what lies before it is a batch.

import { reshape, ShapeError, type Tensor } from 'neocog';
import { floatTensor, need } from 'neocog/arguments';

/** `[…, samples]` as `[rows, 1, samples]`. @throws ShapeError for what is no float32 tensor with an axis. */
export function rowsOf(fn: string, x: Tensor): Tensor {
  need(fn, 'input', x, floatTensor);
  if (x.rank === 0)
    throw new ShapeError(
      `${fn}: input has shape [], an axis of samples is needed; give [samples] or [channels, samples]`,
    );
  const length = x.shape[x.rank - 1];
  return reshape(x, [sizeOf(x.shape.slice(0, -1)), 1, length]);
}

/** `[…, rows, columns]` as `[images, rows, columns]`. @throws ShapeError for fewer than two axes. */
export function imagesOf(fn: string, x: Tensor): Tensor {
  need(fn, 'input', x, floatTensor);
  if (x.rank < 2)
    throw new ShapeError(`${fn}: input has shape [${x.shape}], the axes […, bins, frames] are needed`);
  return reshape(x, [sizeOf(x.shape.slice(0, -2)), ...x.shape.slice(-2)]);
}

export const sizeOf = (shape: readonly number[]): number => shape.reduce((all, n) => all * n, 1);
