// A folder for each class, with or without train, validation and test above.

import type { SplitOptions } from 'neocog';
import { type Fields, needOptions } from 'neocog/arguments';
import { type ClassFile, type PartName, sortClasses, splitFields } from 'neocog/folders';
import { type ReadImageOptions, readFields } from '../files/read.ts';
import { planPixels } from '../tensors/options.ts';
import { findPictures, type PictureFolder } from './find.ts';
import { openPictures } from './pictures.ts';
import type { PictureSets } from './sample.ts';

/** How pictures are read and divided. */
export interface PictureSetOptions extends ReadImageOptions, SplitOptions {}

export const setFields: Fields<PictureSetOptions> = { ...readFields, ...splitFields };

/** The part of options that reading is told. @throws ShapeError for what does not fit together. */
export function readOptionsOf(fn: string, options: PictureSetOptions): ReadImageOptions {
  const known = Object.keys(readFields) as (keyof ReadImageOptions)[];
  const read = Object.fromEntries(known.map((key) => [key, options[key]]));
  planPixels(fn, read, readFields);
  return read;
}

/**
 * Pictures in a folder for each class: `pets/cat/1.jpg`. The classes are the folders' names in the order of their code units, as
 * torchvision's. With folders `train`, `validation` (`val`, `valid`) and `test` above, the parts are as they are; otherwise each class
 * is divided alike by `split` and `seed`, by the names of files and not by their order. Where only some of these folders are there,
 * `split` cuts the others from `train`, if given.
 *
 * Pictures are read when a loader asks. PNG, JPEG, WebP, GIF, AVIF and TIFF files count; hidden ones do not.
 *
 * @param source The folder's path in Node; in a page the files of an `<input type="file" webkitdirectory>`.
 * @throws FormatError if no picture lies in the folder of a class, or a class is not among those of `train`.
 * @throws NeocogError if a folder cannot be read.
 * @example
 * const { classes, train, validation } = await imageFolder('pets', { split: [0.8, 0.2], seed: 1, size: 96 });
 * const loader = new DataLoader(train, { batchSize: 32, shuffle: true, workers: 2 });
 */
export async function imageFolder(
  source: PictureFolder,
  options: PictureSetOptions = {},
): Promise<PictureSets> {
  const fn = 'imageFolder';
  needOptions(fn, options, setFields);
  const { split, seed } = options;
  const read = readOptionsOf(fn, options);
  const { from, placeOf, paths } = await findPictures(fn, source);
  const { classes, ...parts } = sortClasses(paths, { fn, from, split, seed });
  const open = (part: PartName) =>
    openPictures({
      fn,
      read,
      items: parts[part].map(({ path, label }: ClassFile) => ({ path, place: placeOf(path), label })),
    });
  return { classes, train: open('train'), validation: open('validation'), test: open('test') };
}
