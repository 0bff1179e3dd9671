// Colours for what has none: classes of a mask, and values along a ramp.

import { type Field, field, isListOf, keyOf } from 'neocog/arguments';
import type { Colour } from '../picture/channels.ts';
import { aColour } from '../tensors/options.ts';

/** Colours for classes 0, 1, 2, …, or along the way from 0 to 1. */
export type Palette = readonly Colour[];

/** PASCAL VOC's colours of 256 classes: the bits of the class, three at a time, are the highest bits of red, green and blue. */
const classes: Palette = Array.from({ length: 256 }, (_, id) => {
  const colour = [0, 0, 0];
  for (let bit = 0; bit < 8; bit++)
    for (let c = 0; c < 3; c++) colour[c] |= ((id >> (3 * bit + c)) & 1) << (7 - bit);
  return [colour[0], colour[1], colour[2]];
});

/** From hexadecimal numbers. */
const ramp = (colours: string): Palette =>
  colours.split(' ').map((text) => {
    const value = Number.parseInt(text, 16);
    return [value >> 16, (value >> 8) & 255, value & 255];
  });

/**
 * Palettes by name: `classes` gives every class its colour, black for 0; `grey`, `heat` (black, red, yellow, white), `viridis`
 * and `magma` (Smith and van der Walt, 2015; every sixteenth colour, linear between) lead from low to high values.
 */
export const palettes = {
  classes,
  grey: ramp('000000 ffffff'),
  heat: ramp('000000 ff0000 ffff00 ffffff'),
  viridis: ramp(
    '440154 48186a 472d7b 424086 3b528b 33638d 2c728e 26828e 21918c 1fa088 28ae80 3fbc73 5ec962 84d44b addc30 d8e219 fde725',
  ),
  magma: ramp(
    '000004 0a0822 1d1147 36106b 51127c 6a1c81 832681 9c2e7f b73779 d0416f e75263 f56b5c fc8961 fea772 fec488 fde2a3 fcfdbf',
  ),
} as const satisfies Readonly<Record<string, Palette>>;

/** A palette, or its name. */
export type PaletteChoice = keyof typeof palettes | Palette;

const aPalette = keyOf(palettes);

export const aPaletteChoice: Field<PaletteChoice> = field(
  `${aPalette.takes}, or a list of colours, each of 3 numbers from 0 to 255`,
  (v) => aPalette.ok(v) || (isListOf(v, (each) => Array.isArray(each) && aColour.ok(each)) && v.length > 0),
);

/** The palette of a choice that passed the check. */
export const paletteOf = (choice: PaletteChoice): Palette =>
  typeof choice === 'string' ? palettes[choice] : choice;

/** The colour at `x` from 0 to 1, between the two nearest; NaN is 0. */
export function colourAt(palette: Palette, x: number): Colour {
  const at = (x > 0 ? Math.min(x, 1) : 0) * (palette.length - 1);
  const low = Math.floor(at);
  const high = Math.min(low + 1, palette.length - 1);
  const between = (c: 0 | 1 | 2): number =>
    palette[low][c] + (at - low) * (palette[high][c] - palette[low][c]);
  return [between(0), between(1), between(2)];
}
