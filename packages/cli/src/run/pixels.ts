// Pixels as a network wants them, and a network's maps as pixels: the order of the axes, and the range of the values.

import { type nn, Tensor } from 'neocog';
import { CommandError } from '../files.ts';
import type { Pixels } from '../image.ts';

export type ImageLayout = 'channels-first' | 'channels-last';

/** The network sees (pixel / scale − mean) / std, pixels 0 to 255. One number stands for every channel. */
export interface PixelRule {
  readonly scale: number;
  readonly mean: readonly number[];
  readonly std: readonly number[];
}

/** Where an image goes in, its sizes null where they are open. */
export interface ImageInput {
  readonly value: nn.NamedValue;
  readonly layout: ImageLayout;
  readonly colours: 1 | 3;
  readonly width: number | null;
  readonly height: number | null;
}

/** The first input that can be an image `[n, channels, h, w]` or `[n, h, w, channels]`. */
export function findImageInput(inputs: readonly nn.NamedValue[], layout?: ImageLayout): ImageInput {
  for (const value of inputs) {
    const found = asImage(value, layout);
    if (found) return found;
  }
  const list = inputs.map(({ name, shape }) => `${name} [${shape.join(', ')}]`).join(', ');
  throw new CommandError(
    `no input of the network has the shape of an image (${list}); pass its inputs as a .npy or .npz file`,
  );
}

function asImage(value: nn.NamedValue, wanted?: ImageLayout): ImageInput | undefined {
  const { shape } = value;
  if (shape.length !== 4) return undefined;
  const sizeOf = (axis: number): number | null => (typeof shape[axis] === 'number' ? shape[axis] : null);
  for (const layout of ['channels-first', 'channels-last'] as const) {
    const colours = shape[layout === 'channels-first' ? 1 : 3];
    if ((wanted && layout !== wanted) || (colours !== 1 && colours !== 3)) continue;
    const first = layout === 'channels-first' ? 2 : 1;
    return { value, layout, colours, height: sizeOf(first), width: sizeOf(first + 1) };
  }
  return undefined;
}

const ofChannel = (numbers: readonly number[], channel: number): number => numbers[channel % numbers.length];

/** A batch of one image. */
export function toTensor(
  { pixels, width, height, colours }: Pixels,
  input: ImageInput,
  rule: PixelRule,
): Tensor {
  checkRule(rule, colours);
  const cells = width * height;
  const values = new (input.value.dtype === 'int32' ? Int32Array : Float32Array)(cells * colours);
  const first = input.layout === 'channels-first';
  for (let cell = 0; cell < cells; cell++) {
    for (let c = 0; c < colours; c++) {
      const value =
        (pixels[cell * colours + c] / rule.scale - ofChannel(rule.mean, c)) / ofChannel(rule.std, c);
      values[first ? c * cells + cell : cell * colours + c] = value;
    }
  }
  return new Tensor(values, first ? [1, colours, height, width] : [1, height, width, colours]);
}

function checkRule({ mean, std }: PixelRule, colours: number): void {
  for (const [name, { length }] of Object.entries({ mean, std })) {
    if (length === 1 || length === colours) continue;
    throw new CommandError(
      `--${name} has ${length} numbers for ${colours === 1 ? '1 channel; give 1' : `${colours} channels; give 1 or ${colours}`}`,
    );
  }
}

/** The maps of a tensor as an image, or undefined for a tensor that is none: rank 4, batch 1, 1 or 3 channels. */
export function toPixels(t: Tensor, layout: ImageLayout, rule: PixelRule): Pixels | undefined {
  const [batch, ...rest] = t.shape;
  if (t.rank !== 4 || batch !== 1) return undefined;
  const [colours, height, width] = layout === 'channels-first' ? rest : [rest[2], rest[0], rest[1]];
  if ((colours !== 1 && colours !== 3) || height < 2 || width < 2) return undefined;
  const cells = width * height;
  const pixels = new Uint8Array(cells * colours);
  for (let cell = 0; cell < cells; cell++) {
    for (let c = 0; c < colours; c++) {
      const value = t.data[layout === 'channels-first' ? c * cells + cell : cell * colours + c];
      const pixel = (value * ofChannel(rule.std, c) + ofChannel(rule.mean, c)) * rule.scale;
      pixels[cell * colours + c] = Math.min(255, Math.max(0, Math.round(pixel)));
    }
  }
  return { width, height, colours, pixels };
}
