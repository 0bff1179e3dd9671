// A contact sheet: one picture through every filter, each cell under the words that make it.

import type { PaddingMode } from 'neocog';
import sharp from 'sharp';
import { filterPicture } from './bands.ts';
import { chooseTreatment, commandName, type FilterWords } from './choice.ts';
import { drawText, textWidth } from './lettering.ts';
import { type Picture, shrinkPicture, toSharp } from './picture.ts';

/** One cell: a filter's name and words, or the picture itself. */
interface Cell {
  readonly name: string | null;
  readonly words: FilterWords;
}

const cell = (name: string, words: FilterWords = {}): Cell => ({ name, words });

/** Settings that show at the size of a cell what a filter does. Five in a row. */
const cells: readonly Cell[] = [
  { name: null, words: {} },
  cell('gaussianBlur', { sigma: 2 }),
  cell('gaussianBlur', { sigma: 5 }),
  cell('boxBlur', { size: 9 }),
  cell('motionBlur', { length: 21, angle: 30 }),
  cell('sharpen', { amount: 1 }),
  cell('unsharp', { sigma: 3, amount: 1.5 }),
  cell('emboss'),
  cell('emboss', { angle: 0, amount: 2 }),
  cell('laplacianOfGaussian', { sigma: 2 }),
  cell('sobel'),
  cell('sobel', { direction: 'x', signed: true }),
  cell('sobel', { direction: 'y', signed: true }),
  cell('scharr'),
  cell('prewitt'),
  cell('laplacian', { gain: 8 }),
  cell('laplacian', { neighbours: 8, gain: 8 }),
  cell('gabor', { angle: 0, gain: 8 }),
  cell('gabor', { angle: 45, gain: 8 }),
  cell('gabor', { angle: 90, gain: 8 }),
];

/** The filters that have a cell, for a test that none is forgotten. */
export const shownFilters = new Set(cells.map(({ name }) => name));

/** Side of the square that a cell's picture fits into, in pixels. */
const cellSide = 400;

const columns = 5;
const gutter = 28;
const margin = 44;
const labelHeight = 46;
const letter = 1.6;
const colours = { ground: '#f7f6f3', ink: '#1b1e23', quiet: '#7a808a' };

/** The words that make a cell, as they are typed after the picture's name. */
const typed = (words: FilterWords): string =>
  Object.entries(words)
    .map(([word, value]) => (value === true ? ` --${word}` : ` --${word} ${value}`))
    .join('');

/** Draws the sheet. A large picture is shrunk first: what the cells show are the filters' own pixels. */
export async function drawSheet(original: Picture, paddingMode?: PaddingMode): Promise<Picture> {
  const picture = await shrinkPicture(original, cellSide);
  const zoom = Math.max(1, Math.floor(cellSide / Math.max(picture.width, picture.height)));
  const size = { width: zoom * picture.width, height: zoom * picture.height };
  const pictures = await Promise.all(
    cells.map(async (each, index) => ({
      input: await drawCell(picture, paddingMode ? withMode(each, paddingMode) : each, size),
      ...placeOf(index, size.height),
    })),
  );
  const sheet = {
    width: 2 * margin + columns * cellSide + (columns - 1) * gutter,
    height: 2 * margin + Math.ceil(cells.length / columns) * (size.height + labelHeight) - labelHeight / 2,
  };
  const labels = cells.map((each, index) =>
    drawLabel(each, below(placeOf(index, size.height), size.height), original),
  );
  const svg = `<svg xmlns="http://www.w3.org/2000/svg" width="${sheet.width}" height="${sheet.height}">${labels.join('')}</svg>`;
  const ground = sharp({ create: { ...sheet, channels: 3, background: colours.ground } });
  const whole = ground.composite([...pictures, { input: Buffer.from(svg), left: 0, top: 0 }]);
  const pixels = await whole.removeAlpha().raw().toBuffer();
  return { ...sheet, colours: 3, alpha: false, pixels };
}

const withMode = ({ name, words }: Cell, paddingMode: PaddingMode): Cell => ({
  name,
  words: { ...words, paddingMode },
});

interface Place {
  readonly left: number;
  readonly top: number;
}

const below = ({ left, top }: Place, height: number): Place => ({ left, top: top + height });

const placeOf = (index: number, height: number): Place => ({
  left: margin + (index % columns) * (cellSide + gutter),
  top: margin + Math.floor(index / columns) * (height + labelHeight),
});

/** A small picture is enlarged in whole steps, so that its pixels stay squares. */
async function drawCell(
  picture: Picture,
  { name, words }: Cell,
  size: { width: number; height: number },
): Promise<Buffer> {
  const treated = name === null ? picture : filterPicture(picture, chooseTreatment(name, words));
  const flat = await toSharp(treated).toColourspace('srgb').png({ compressionLevel: 1 }).toBuffer();
  return sharp(flat).resize(size.width, size.height, { kernel: 'nearest', fit: 'fill' }).png().toBuffer();
}

function drawLabel(
  { name, words }: Cell,
  { left, top }: Place,
  original: { readonly width: number; readonly height: number },
): string {
  const title = name === null ? 'original' : commandName(name);
  const rest = name === null ? ` ${original.width}×${original.height}` : typed(words);
  const y = top + 10;
  const indent = left + letter * textWidth(title);
  return (
    drawText(title, { x: left, y, scale: letter, colour: colours.ink }) +
    drawText(rest, { x: indent, y, scale: letter, colour: colours.quiet })
  );
}
