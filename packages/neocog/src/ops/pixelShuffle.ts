// Trading channels for resolution and back. Shi et al., "Real-Time Single Image and Video Super-Resolution Using an
// Efficient Sub-Pixel Convolutional Neural Network", 2016.

import { ShapeError } from '../errors.ts';
import { formatShape } from '../tensor/shape.ts';
import type { Tensor } from '../tensor/tensor.ts';
import { needNumber, needTensor } from './check.ts';
import { permute } from './move.ts';
import { reshape } from './reshape.ts';

/** Refuses a factor that is no count, and images whose axis `axis` (from the end) it does not divide. */
function check(
  fn: string,
  x: Tensor,
  factor: number,
  layout: string,
  divides: (shape: number[]) => boolean,
): void {
  needTensor(fn, 'input', x);
  needNumber(fn, 'factor', factor, (v) => Number.isInteger(v) && v >= 1, 'a whole number of 1 or more');
  if (x.rank >= 3 && divides(x.shape.slice(-3))) return;
  throw new ShapeError(`${fn}: input has shape ${formatShape(x.shape)}, factor ${factor} needs ${layout}`);
}

/**
 * Spreads channels over space: `[…, c·f², h, w]` → `[…, c, h·f, w·f]` with f = `factor`.
 *
 * @throws ShapeError unless f² divides the channels.
 * @example pixelShuffle(zeros([1, 12, 4, 4]), 2).shape // [1, 3, 8, 8]
 */
export function pixelShuffle(x: Tensor, factor: number): Tensor {
  const f = factor;
  check('pixelShuffle', x, f, '[…, c·factor², h, w]', ([c]) => c % (f * f) === 0);
  const [c, h, w] = x.shape.slice(-3);
  const planes = reshape(x, [-1, f, f, h, w]);
  return reshape(permute(planes, [0, 3, 1, 4, 2]), [...x.shape.slice(0, -3), c / (f * f), h * f, w * f]);
}

/**
 * The inverse of `pixelShuffle`: `[…, c, h·f, w·f]` → `[…, c·f², h, w]` with f = `factor`.
 *
 * @throws ShapeError unless f divides height and width.
 * @example pixelUnshuffle(zeros([1, 3, 8, 8]), 2).shape // [1, 12, 4, 4]
 */
export function pixelUnshuffle(x: Tensor, factor: number): Tensor {
  const f = factor;
  check('pixelUnshuffle', x, f, '[…, c, h·factor, w·factor]', ([, h, w]) => h % f === 0 && w % f === 0);
  const [c, h, w] = x.shape.slice(-3);
  const planes = reshape(x, [-1, h / f, f, w / f, f]);
  return reshape(permute(planes, [0, 2, 4, 1, 3]), [...x.shape.slice(0, -3), c * f * f, h / f, w / f]);
}
