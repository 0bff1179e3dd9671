// What colours masks are drawn in: where nobody says which colour is which class, the masks themselves do.

import { FormatError, UnsupportedError } from 'neocog';
import { type Fields, needOptions, text } from 'neocog/arguments';
import { readBytes } from '../files/bytes.ts';
import { decodePicture } from '../files/read.ts';
import { type Colour, withChannels } from '../picture/channels.ts';
import { findPictures, type PictureFolder } from './find.ts';
import { withoutEnding } from './imagePairs.ts';
import { readPalette } from './palette.ts';
import type { Place } from './sample.ts';

/** A colour of masks. */
export interface MaskColour {
  /** Grey from 0 to 255, or red, green and blue; as the option `colours` of `imagePairs` takes it. */
  readonly colour: number | Colour;
  /** Its place in the palettes of indexed PNG files; null where a mask has none, or palettes differ. */
  readonly place: number | null;
  /** How much of all pixels have it, from 0 to 1. */
  readonly share: number;
}

/** With more colours than this, pictures are no masks. */
const mostColours = 65_536;

/** Which files are masks. */
export interface MaskColoursOptions {
  /** What the name of a mask has after that of its picture, where both lie in one folder; as `imagePairs` takes it. Default: nothing. */
  suffix?: string | undefined;
}

const fields: Fields<MaskColoursOptions> = { suffix: text };

/**
 * The colours of all masks in a folder and how much each covers: by their places in the palette where masks are indexed PNG files,
 * else from dark to light grey, and by red, green and blue. Files that cannot be read do not count.
 *
 * @throws FormatError if no mask can be read, or there are more than 65,536 colours.
 * @throws UnsupportedError for a mask of 16 bits a value.
 * @throws NeocogError if a folder cannot be read.
 * @example
 * const colours = (await maskColours('masks')).map(({ colour }) => colour); // [0, 255]
 * const { train } = await imagePairs('images', 'masks', { colours });
 */
export async function maskColours(
  masks: PictureFolder,
  options: MaskColoursOptions = {},
): Promise<MaskColour[]> {
  needOptions('maskColours', options, fields);
  const { suffix = '' } = options;
  const { from, paths, placeOf } = await findPictures('maskColours', masks);
  const [counts, places] = [new Map<number, number>(), new Places()];
  for (const path of paths.filter((each) => withoutEnding(each).endsWith(suffix))) {
    const mask = await readOne(placeOf(path));
    if (!mask) continue;
    places.add(mask.palette);
    count(counts, mask.data);
    if (counts.size > mostColours)
      throw new FormatError(
        `maskColours: the masks in ${from} have more than ${mostColours} colours; draw each class in one colour, and save as PNG`,
      );
  }
  if (counts.size === 0) throw new FormatError(`maskColours: there is no mask that can be read in ${from}`);
  return inOrder(counts, places);
}

/** Null for a file that cannot be read. */
async function readOne(place: Place) {
  try {
    const file = await readBytes('maskColours', place);
    const drawn = await decodePicture('maskColours', file, 0);
    if (drawn.data instanceof Float32Array)
      throw new UnsupportedError(
        `maskColours: the mask ${file.name} has 16 bits a value; save it with 8, or as an indexed PNG`,
      );
    return { palette: readPalette(file.bytes), data: withChannels(drawn, 3, [0, 0, 0]).data };
  } catch (error) {
    if (error instanceof FormatError) return null;
    throw error;
  }
}

function count(counts: Map<number, number>, data: ArrayLike<number>): void {
  for (let at = 0; at < data.length; at += 3) {
    const packed = (data[at] << 16) | (data[at + 1] << 8) | data[at + 2];
    counts.set(packed, (counts.get(packed) ?? 0) + 1);
  }
}

/** Where colours lie in palettes, if that is the same in all. */
class Places {
  #byColour: Map<number, number> | null = null;
  #isKnown = true;

  add(palette: readonly number[] | null): void {
    // Of equal colours in a palette the first counts.
    const own = new Map(palette?.map((colour, place) => [colour, place] as const).reverse());
    const known = this.#byColour ?? own;
    this.#isKnown &&= palette !== null && [...own].every(([colour, place]) => known.get(colour) === place);
    this.#byColour = known;
  }

  of(colour: number): number | null {
    return this.#isKnown ? (this.#byColour?.get(colour) ?? null) : null;
  }
}

function inOrder(counts: ReadonlyMap<number, number>, places: Places): MaskColour[] {
  const all = [...counts.values()].reduce((sum, n) => sum + n, 0);
  const rank = (colour: number): number => places.of(colour) ?? colour;
  return [...counts]
    .sort(([a], [b]) => rank(a) - rank(b))
    .map(([colour, n]) => ({ colour: unpacked(colour), place: places.of(colour), share: n / all }));
}

function unpacked(colour: number): number | Colour {
  const [red, green, blue] = [colour >> 16, (colour >> 8) & 255, colour & 255];
  return red === green && green === blue ? red : [red, green, blue];
}
