// Trading channels for resolution and back. Shi et al., "Real-Time Single Image and Video Super-Resolution Using an
// Efficient Sub-Pixel Convolutional Neural Network", 2016.

import { count, need, oneOf } from '../arguments/field.ts';
import { type Fields, needOptions } from '../arguments/options.ts';
import { ShapeError } from '../errors.ts';
import { formatShape, sizeOf } from '../tensor/shape.ts';
import type { Tensor } from '../tensor/tensor.ts';
import { needTensor } from './check.ts';
import { permute } from './move.ts';
import { reshape } from './reshape.ts';

/** An operation that goes by blocks of factor × factor cells, and the images that it takes. */
interface Shuffle {
  readonly fn: string;
  readonly takes: string;
  readonly divides: (factor: number, shape: readonly number[]) => boolean;
}

const shuffle: Shuffle = {
  fn: 'pixelShuffle',
  takes: '[…, c·factor², h, w]',
  divides: (f, [c]) => c % (f * f) === 0,
};
const unshuffle: Shuffle = {
  fn: 'pixelUnshuffle',
  takes: '[…, c, h·factor, w·factor]',
  divides: (f, [, h, w]) => h % f === 0 && w % f === 0,
};

/** Refuses a factor that is no count, and images that it does not divide. */
function check({ fn, takes, divides }: Shuffle, x: Tensor, factor: number): void {
  needTensor(fn, 'input', x);
  need(fn, 'factor', factor, count);
  if (x.rank >= 3 && divides(factor, x.shape.slice(-3))) return;
  throw new ShapeError(`${fn}: input has shape ${formatShape(x.shape)}; factor ${factor} needs ${takes}`);
}

/**
 * How channel numbers are made of a place in the block and a channel of the image, in ONNX's words: 'column-row-depth' (PyTorch)
 * keeps the places of one channel together, 'depth-column-row' (TensorFlow) the channels of one place.
 */
export type ShuffleOrder = 'column-row-depth' | 'depth-column-row';

/** How `pixelShuffle` and `pixelUnshuffle` number channels. */
export interface ShuffleOptions {
  /** Default 'column-row-depth'. */
  order?: ShuffleOrder | undefined;
}

const fields: Fields<ShuffleOptions> = { order: oneOf('column-row-depth', 'depth-column-row') };

function keepsPlaces(fn: string, options: ShuffleOptions): boolean {
  needOptions(fn, options, fields);
  return options.order !== 'depth-column-row';
}

/**
 * Spreads channels over space: `[…, c·f², h, w]` → `[…, c, h·f, w·f]` with f = `factor`.
 *
 * @throws ShapeError unless f² divides the channels.
 * @example pixelShuffle(zeros([1, 12, 4, 4]), 2).shape // [1, 3, 8, 8]
 */
export function pixelShuffle(x: Tensor, factor: number, options: ShuffleOptions = {}): Tensor {
  const f = factor;
  check(shuffle, x, f);
  const [channels, h, w] = x.shape.slice(-3);
  const [lead, c] = [x.shape.slice(0, -3), channels / (f * f)];
  const places = keepsPlaces('pixelShuffle', options);
  const parts = reshape(x, places ? [sizeOf(lead), c, f, f, h, w] : [sizeOf(lead), f, f, c, h, w]);
  const spread = permute(parts, places ? [0, 1, 4, 2, 5, 3] : [0, 3, 4, 1, 5, 2]);
  return reshape(spread, [...lead, c, h * f, w * f]);
}

/**
 * The inverse of `pixelShuffle`: `[…, c, h·f, w·f]` → `[…, c·f², h, w]` with f = `factor`.
 *
 * @throws ShapeError unless f divides height and width.
 * @example pixelUnshuffle(zeros([1, 3, 8, 8]), 2).shape // [1, 12, 4, 4]
 */
export function pixelUnshuffle(x: Tensor, factor: number, options: ShuffleOptions = {}): Tensor {
  const f = factor;
  check(unshuffle, x, f);
  const [c, h, w] = x.shape.slice(-3);
  const lead = x.shape.slice(0, -3);
  const places = keepsPlaces('pixelUnshuffle', options);
  const blocks = reshape(x, [sizeOf(lead), c, h / f, f, w / f, f]);
  const gathered = permute(blocks, places ? [0, 1, 3, 5, 2, 4] : [0, 3, 5, 1, 2, 4]);
  return reshape(gathered, [...lead, c * f * f, h / f, w / f]);
}
