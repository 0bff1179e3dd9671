// The scale of data for canvases: the same colours as those of cells, as a table of bytes.

import { colorOf, type Rgb } from '../shell/theme.svelte.ts';

export type ScaleKind = 'diverging' | 'sequential';

/** Steps of a table. */
const steps = 256;

/** Fills bytes `r g b` from colour a to colour b. Mixed as light is, so that the middle is not dark. */
function blend(table: Uint8Array, [from, to]: readonly [number, number], [a, b]: readonly [Rgb, Rgb]): void {
  for (let i = from; i < to; i++) {
    const t = (i - from) / Math.max(1, to - from - 1);
    for (let c = 0; c < 3; c++)
      table[3 * i + c] = Math.round(Math.sqrt(a[c]! ** 2 * (1 - t) + b[c]! ** 2 * t));
  }
}

/**
 * 256 colours, three bytes each, as the theme has them now: from −most to most (`diverging`), or from 0 to most
 * (`sequential`).
 */
export function scaleTable(kind: ScaleKind): Uint8Array {
  const table = new Uint8Array(3 * steps);
  const zero = colorOf('--zero');
  if (kind === 'sequential') {
    blend(table, [0, steps], [zero, colorOf('--positive')]);
    return table;
  }
  blend(table, [0, steps / 2], [colorOf('--negative'), zero]);
  blend(table, [steps / 2, steps], [zero, colorOf('--positive')]);
  return table;
}

/** The largest distance from 0; 1 where all are 0. */
export function mostOf(values: ArrayLike<number>): number {
  let most = 0;
  for (let i = 0; i < values.length; i++) most = Math.max(most, Math.abs(values[i]!));
  return most > 0 && Number.isFinite(most) ? most : 1;
}

/** Values as pixels `r g b a` of the scale. */
export function paint(
  values: ArrayLike<number>,
  kind: ScaleKind,
  most: number,
): Uint8ClampedArray<ArrayBuffer> {
  const table = scaleTable(kind);
  const pixels = new Uint8ClampedArray(4 * values.length);
  const [offset, slope] =
    kind === 'diverging' ? [(steps - 1) / 2, (steps - 1) / 2 / most] : [0, (steps - 1) / most];
  for (let i = 0; i < values.length; i++) {
    const at = 3 * Math.min(steps - 1, Math.max(0, Math.round(offset + slope * values[i]!)));
    pixels.set(table.subarray(at, at + 3), 4 * i);
    pixels[4 * i + 3] = 255;
  }
  return pixels;
}

/** A number in few characters: `−1.25`, `0.3`, `1.2e5`. */
export function shortNumber(value: number, digits = 2): string {
  if (!Number.isFinite(value)) return String(value);
  const size = Math.abs(value);
  const text =
    size >= 1e5 || (size > 0 && size < 0.5 * 10 ** -digits) ? value.toExponential(1) : value.toFixed(digits);
  return (text.includes('e') ? text : text.replace(/\.?0+$/, '')).replace(/^-0$/, '0').replace('-', '−');
}
