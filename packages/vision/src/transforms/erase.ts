// Random erasing (Zhong et al., 2017): a part of the picture hidden, so that no part of a thing is enough to know it.

import { type Generator, Tensor } from 'neocog';
import { either, type Field, type Fields, finite, needOptions, oneOf } from 'neocog/arguments';
import { eachChannel, perChannel } from '../tensors/options.ts';
import { chance, range } from './fields.ts';
import type { Part } from './place.ts';
import { sizeOf } from './sample.ts';
import { drawn, type Transform, uniform } from './transform.ts';

/** What `erase` hides. */
export interface EraseOptions {
  /** How often. Default 0.5. */
  p?: number | undefined;
  /** Share of the picture's area, from least to most. Default [0.02, 0.33]. */
  scale?: readonly [least: number, most: number] | undefined;
  /** Height by width of the part, from least to most. Default [0.3, 3.3]. */
  ratio?: readonly [least: number, most: number] | undefined;
  /** What is put there: one number, one for each channel, or 'random' for normal noise. Default 0. */
  value?: number | readonly number[] | 'random' | undefined;
}

const aValue: Field<number | readonly number[] | 'random'> = either(perChannel(finite), oneOf('random'));

const eraseFields: Fields<EraseOptions> = {
  p: chance,
  scale: range(1e-6, 1),
  ratio: range(1e-3, 1e3),
  value: aValue,
};

/**
 * Hides a part of pictures of random place, area and proportions; masks, boxes and points stay. Stands after `normalize`.
 *
 * @throws ShapeError for options out of range.
 */
export function erase(options: EraseOptions = {}): Transform {
  needOptions('erase', options, eraseFields);
  const { p = 0.5, scale = [0.02, 0.33], ratio = [0.3, 3.3], value = 0 } = options;
  return drawn(['erase', options], (sample, random) => {
    const part = random.uniform() < p ? drawPart(sizeOf(sample), { scale, ratio }, random) : null;
    return part ? { image: hide(sample.image, part, value, random) } : {};
  });
}

interface PartRule {
  readonly scale: readonly [number, number];
  readonly ratio: readonly [number, number];
}

/** Ten attempts to find one that fits; else none. */
function drawPart(
  size: { width: number; height: number },
  { scale, ratio }: PartRule,
  random: Generator,
): Part | null {
  for (let attempt = 0; attempt < 10; attempt++) {
    const area = size.width * size.height * uniform(random, ...scale);
    const shape = Math.exp(uniform(random, Math.log(ratio[0]), Math.log(ratio[1])));
    const [height, width] = [Math.round(Math.sqrt(area * shape)), Math.round(Math.sqrt(area / shape))];
    if (height >= size.height || width >= size.width || height < 1 || width < 1) continue;
    const top = random.integer(size.height - height + 1);
    return { top, left: random.integer(size.width - width + 1), width, height };
  }
  return null;
}

/** The picture with a part hidden. */
export function hide(
  image: Tensor,
  { left, top, width, height }: Part,
  value: number | readonly number[] | 'random',
  random: Generator,
): Tensor {
  const [channels, rows, columns] = image.shape;
  const values = image.data.slice();
  const each = value === 'random' ? null : eachChannel('erase', 'value', value, channels);
  for (let c = 0; c < channels; c++)
    for (let y = top; y < top + height; y++) {
      const start = (c * rows + y) * columns + left;
      for (let i = start; i < start + width; i++) values[i] = each ? each[c] : random.normal();
    }
  return new Tensor(values, image.shape);
}
