// What drawing functions share: a copy of a picture in colours, and spots of colour on it.

import { ShapeError, type Tensor } from 'neocog';
import { between, type Field, show } from 'neocog/arguments';
import type { Colour } from '../picture/channels.ts';
import { type Palette, type PaletteChoice, paletteOf } from '../pixels/palettes.ts';
import type { PlaneValues } from '../resize/planes.ts';
import { planesOf, tensorOf } from '../tensors/image.ts';

export const anOpacity: Field<number> = between(0, 1);

/** Red, green and blue planes of a picture that may be changed, and opacity if it has one. */
export interface Sheet {
  readonly width: number;
  readonly height: number;
  readonly count: 3 | 4;
  readonly values: PlaneValues;
  /** What is white: 1 of float32, 255 of int32. */
  readonly white: number;
}

/** A copy of a picture [c, h, w] in colours; grey is repeated. @throws ShapeError unless it has 1, 3 or 4 channels. */
export function sheetOf(fn: string, image: Tensor): Sheet {
  const { count, width, height, values } = planesOf(fn, 'the image', image);
  const white = image.dtype === 'int32' ? 255 : 1;
  if (count === 3 || count === 4) return { width, height, count, values: values.slice(), white };
  if (count !== 1)
    throw new ShapeError(
      `${fn}: the image has shape ${show(image.shape)}; give 1, 3 or 4 channels to draw on`,
    );
  const repeated =
    values instanceof Float32Array ? new Float32Array(3 * values.length) : new Int32Array(3 * values.length);
  for (let c = 0; c < 3; c++) repeated.set(values, c * values.length);
  return { width, height, count: 3, values: repeated, white };
}

/** The sheet as a tensor. */
export const finished = (sheet: Sheet): Tensor => tensorOf(sheet);

/** Mixes a colour into a pixel, which may lie outside; `share` is from 0 to 1. */
export function mix(sheet: Sheet, { x, y }: Place, { colour, share }: Ink): void {
  const { width, height, values, white } = sheet;
  if (x < 0 || y < 0 || x >= width || y >= height) return;
  const area = width * height;
  for (let c = 0, at = y * width + x; c < 3; c++, at += area) {
    const mixed = values[at] * (1 - share) + ((colour[c] * white) / 255) * share;
    values[at] = white === 1 ? mixed : Math.round(mixed);
  }
  if (sheet.count === 4)
    values[3 * area + y * width + x] = Math.max(values[3 * area + y * width + x], share * white);
}

interface Place {
  readonly x: number;
  readonly y: number;
}

export interface Ink {
  readonly colour: Colour;
  /** How much of it, from 0 to 1. */
  readonly share: number;
}

/** Colours that things take in turn. The first colour of 'classes' is that of what is nothing, which is left out. */
export function turns(choice: PaletteChoice | undefined): (i: number) => Colour {
  const palette: Palette = paletteOf(choice ?? 'classes');
  const first = choice === undefined || choice === 'classes' ? 1 : 0;
  const { length } = palette;
  return (i) => palette[first + (((i % (length - first)) + (length - first)) % (length - first))];
}
