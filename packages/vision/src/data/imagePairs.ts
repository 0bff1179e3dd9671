// Pictures with pictures of their classes: segmentation. A pair has one path below two folders, but for the ending.

import { FormatError, ShapeError } from 'neocog';
import { type Fields, field, isListOf, listOf, needOptions, text } from 'neocog/arguments';
import { type PartName, partOf } from 'neocog/folders';
import type { Colour } from '../picture/channels.ts';
import { aColour } from '../tensors/options.ts';
import { type FoundPictures, findPictures, type PictureFolder } from './find.ts';
import { type PictureSetOptions, readOptionsOf, setFields } from './imageFolder.ts';
import type { MaskPlan } from './masks.ts';
import { divide } from './parts.ts';
import type { Item, PictureSets } from './sample.ts';

/** How pictures and masks are paired and read. */
export interface ImagePairsOptions extends PictureSetOptions {
  /** What the name of a mask has after that of its picture, such as '_mask'. Default: nothing. */
  suffix?: string | undefined;
  /** Names of the classes, by number. Default: none. */
  classes?: readonly string[] | undefined;
  /**
   * The colour of each class in masks, by number: grey, or [red, green, blue], from 0 to 255. Default: a pixel's grey is its class, in an
   * indexed PNG its place in the palette.
   */
  colours?: readonly (number | readonly [number, number, number])[] | undefined;
  /**
   * The class of pixels of no colour of `colours`, such as −100, which `crossEntropy` passes over as its `ignoreIndex`, and of what lies around a picture that
   * is contained. Default: none, such a mask is refused; around a picture 0.
   */
  other?: number | undefined;
}

const fields: Fields<ImagePairsOptions> = {
  ...setFields,
  suffix: text,
  classes: listOf('names', text),
  colours: field<readonly (number | Colour)[]>(
    'a list of colours, each a grey or [red, green, blue], from 0 to 255',
    (v) => isListOf(v, aColour.ok) && v.length > 0,
  ),
  other: field<number>('a class, a whole number', Number.isInteger),
};

/**
 * Pictures in one folder and masks in another, paired by their paths without the ending: `images/7.jpg` and `masks/7.png`. Samples
 * are `{ image, mask }`, batches y int32 [n, h, w]. Folders `train`, `validation` (`val`, `valid`) and `test` within both, one of them
 * for every picture, are the parts; otherwise `split` and `seed` divide, by the names of files and not by their order.
 *
 * @throws FormatError if there is no picture, or one has no mask, or several.
 * @throws NeocogError if a folder cannot be read.
 * @example
 * const { train } = await imagePairs('images', 'masks', { colours: [0, 255], classes: ['ground', 'cell'], size: 128 });
 */
export async function imagePairs(
  images: PictureFolder,
  masks: PictureFolder,
  options: ImagePairsOptions = {},
): Promise<PictureSets> {
  const fn = 'imagePairs';
  needOptions(fn, options, fields);
  const { split, seed, suffix = '', classes = [] } = options;
  const [read, plan] = [readOptionsOf(fn, options), planOf(fn, options)];
  const [pictures, drawn] = [await findPictures(fn, images), await findPictures(fn, masks)];
  if (pictures.paths.length === 0) throw new FormatError(`${fn}: there is no picture in ${pictures.from}`);
  const items = partsByFolder(pair(fn, pictures, drawn, suffix));
  return divide({ fn, items, classes, split, seed, read, masks: plan });
}

function planOf(fn: string, { colours, other, classes }: ImagePairsOptions): MaskPlan {
  if (colours && classes && colours.length !== classes.length) {
    throw new ShapeError(
      `${fn}: there are ${colours.length} colours for ${classes.length} classes; give one colour for each`,
    );
  }
  return { colours: colours?.map(packed) ?? null, other: other ?? null };
}

function packed(colour: number | Colour): number {
  const [red, green, blue] = typeof colour === 'number' ? [colour, colour, colour] : colour;
  return (red << 16) | (green << 8) | blue;
}

export const withoutEnding = (path: string): string => path.replace(/\.[^./]*$/, '');

function pair(fn: string, pictures: FoundPictures, masks: FoundPictures, suffix: string): Item[] {
  const byStem = new Map<string, string[]>();
  for (const path of masks.paths) {
    const stem = withoutEnding(path);
    byStem.set(stem, [...(byStem.get(stem) ?? []), path]);
  }
  const isMask = (path: string): boolean =>
    suffix !== '' && pictures.from === masks.from && withoutEnding(path).endsWith(suffix);
  return pictures.paths
    .filter((path) => !isMask(path))
    .map((path) => {
      const found = byStem.get(withoutEnding(path) + suffix) ?? [];
      if (found.length !== 1) refusePair(fn, path, masks.from, found);
      return { path, place: pictures.placeOf(path), mask: masks.placeOf(found[0]) };
    });
}

function refusePair(fn: string, path: string, from: string, found: readonly string[]): never {
  const what = found.length === 0 ? `no mask in ${from}` : `the masks ${found.join(', ')} in ${from}`;
  throw new FormatError(`${fn}: ${path} has ${what}; give each picture one mask of its name`);
}

/** Parts by the first folder, where every picture lies in one that is called like a part. */
export function partsByFolder(items: readonly Item[]): Item[] {
  const parts = items.map(({ path }) =>
    path.includes('/') ? partOf(path.slice(0, path.indexOf('/'))) : undefined,
  );
  if (!parts.includes('train') || parts.includes(undefined)) return [...items];
  return items.map((item, i) => ({ ...item, part: parts[i] as PartName })); // none is undefined
}
