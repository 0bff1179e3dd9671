// Masks as pictures: scores of a network at the size of the picture that they are of, in the colours that masks had.

import sharp from 'sharp';
import type { MaskRecipe } from '../../recipe.ts';
import { argmaxOf } from './figures.ts';

/** Scores of each pixel, a plane for each class. */
export interface Scores {
  readonly data: ArrayLike<number>;
  readonly classes: number;
  readonly width: number;
  readonly height: number;
}

/** Width and height in pixels. */
export interface Size {
  readonly width: number;
  readonly height: number;
}

/** The class of each pixel of a picture: scores between those of the network, of which the largest counts. */
export function classesAt(scores: Scores, { width, height }: Size): Uint8Array {
  const columns = betweenOf(scores.width, width);
  const taken = new Uint8Array(width * height);
  const line = new Float32Array(scores.classes * width);
  betweenOf(scores.height, height).forEach((row, y) => {
    for (let c = 0; c < scores.classes; c++)
      columns.forEach((column, x) => {
        const at = (r: number): number => {
          const from = (c * scores.height + r) * scores.width;
          const [a, b] = [
            scores.data[from + column.first] as number,
            scores.data[from + column.next] as number,
          ];
          return a + column.part * (b - a);
        };
        const [above, below] = [at(row.first), at(row.next)];
        line[c * width + x] = above + row.part * (below - above);
      });
    taken.set(argmaxOf(line, scores.classes, width), y * width);
  });
  return taken;
}

/** Between which two cells of an axis the middle of a pixel lies, and how far on the way. */
interface Between {
  readonly first: number;
  readonly next: number;
  readonly part: number;
}

const betweenOf = (cells: number, pixels: number): Between[] =>
  Array.from({ length: pixels }, (_, i) => {
    const place = Math.min(cells - 1, Math.max(0, ((i + 0.5) * cells) / pixels - 0.5));
    const first = Math.floor(place);
    return { first, next: Math.min(cells - 1, first + 1), part: place - first };
  });

/** The bytes of a PNG, grey where all classes are. */
export function encodeMask(
  taken: Uint8Array,
  { width, height }: Size,
  { colours }: Pick<MaskRecipe, 'colours'>,
): Promise<Uint8Array> {
  const isGrey = colours.every((colour) => typeof colour === 'number');
  const channels = isGrey ? 1 : 3;
  const bytes = colours.map((colour) =>
    typeof colour === 'number' ? new Array(channels).fill(colour) : colour,
  );
  const pixels = new Uint8Array(taken.length * channels);
  taken.forEach((id, i) => {
    pixels.set(bytes[id] as number[], i * channels); // a colour for each class
  });
  const image = sharp(pixels, { raw: { width, height, channels } });
  return image
    .toColourspace(isGrey ? 'b-w' : 'srgb')
    .png({ compressionLevel: 9 })
    .toBuffer();
}
