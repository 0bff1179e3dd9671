// A tensor as pixels that a canvas takes: colours, grey, or classes and values by a palette.

import { ShapeError, type Tensor } from 'neocog';
import { type Fields, needOptions } from 'neocog/arguments';
import { withChannels } from '../picture/channels.ts';
import { toBytes, toPicture, type ValueOptions, valueFields } from '../tensors/toPicture.ts';
import { aPaletteChoice, colourAt, type Palette, type PaletteChoice, paletteOf } from './palettes.ts';

/** How a tensor becomes pixels. */
export interface ToPixelsOptions extends ValueOptions {
  /**
   * Colours for a tensor of one channel, by name or as a list of [red, green, blue]: those of int32 values are the colour of
   * that class, float32 values from 0 to 1 lie along the list. Default: grey.
   */
  palette?: PaletteChoice | undefined;
}

/** RGBA bytes row by row, as the constructor of ImageData takes them. */
export interface Pixels {
  /** 4 · height · width values. */
  readonly data: InstanceType<typeof Uint8ClampedArray>;
  /** In pixels. */
  readonly width: number;
  /** In pixels. */
  readonly height: number;
}

export const toPixelsFields: Fields<ToPixelsOptions> = { ...valueFields, palette: aPaletteChoice };

/**
 * RGBA pixels of one picture, a tensor [h, w], [c, h, w] or [1, c, h, w] with 1 (grey), 3 or 4 (opacity last) channels; values
 * are pixel · scale, less `mean`, by `std`, and are brought back and cut to 0 … 255.
 *
 * @throws ShapeError for a tensor that is no picture, a palette for colours, or a class that the palette lacks.
 * @example const { data, width, height } = toPixels(mask, { palette: 'classes' });
 */
export function toPixels(image: Tensor, options: ToPixelsOptions = {}): Pixels {
  needOptions('toPixels', options, toPixelsFields);
  return pixelsOf('toPixels', image, options);
}

/** As `toPixels`, of options that passed the check. */
export function pixelsOf(fn: string, image: Tensor, options: ToPixelsOptions): Pixels {
  const picture = toPicture(fn, image, options);
  const { width, height, channels } = picture;
  if (options.palette === undefined) {
    const { data } = withChannels(toBytes(picture), 4, [0, 0, 0]);
    return { data: new Uint8ClampedArray(data), width, height };
  }
  if (channels !== 1)
    throw new ShapeError(
      `${fn}: a palette colours one channel, there are ${channels}; leave it out, or give [h, w]`,
    );
  const palette = paletteOf(options.palette);
  const data = image.dtype === 'int32' ? byClass(fn, image.data, palette) : alongRamp(picture.data, palette);
  return { data, width, height };
}

function byClass(fn: string, ids: Tensor['data'], palette: Palette): Pixels['data'] {
  const data = new Uint8ClampedArray(4 * ids.length);
  for (let p = 0; p < ids.length; p++) {
    const colour = palette[ids[p]];
    if (!colour) {
      const last = palette.length - 1;
      throw new ShapeError(
        `${fn}: the palette has colours for classes 0 to ${last}, there is ${ids[p]}; give more colours`,
      );
    }
    data.set(colour, 4 * p);
    data[4 * p + 3] = 255;
  }
  return data;
}

function alongRamp(values: ArrayLike<number>, palette: Palette): Pixels['data'] {
  const data = new Uint8ClampedArray(4 * values.length);
  for (let p = 0; p < values.length; p++) {
    data.set(colourAt(palette, values[p] / 255), 4 * p);
    data[4 * p + 3] = 255;
  }
  return data;
}
