// Sounds in a folder for each class, with or without train, validation and test above.

import type { SplitOptions } from 'neocog';
import { type Fields, needOptions } from 'neocog/arguments';
import type { Web } from 'neocog/folders';
import { findFiles, type PartName, sortClasses, splitFields } from 'neocog/folders';
import { openSounds, type ReadSoundOptions, readFields, type SoundSet } from './sounds.ts';

/** A folder's path in Node; in a page the files of a chosen or dropped folder. */
export type SoundFolder = string | readonly Web<'File'>[] | Web<'FileList'>;

/** How sounds are read and divided. */
export interface AudioFolderOptions extends ReadSoundOptions, SplitOptions {}

const fields: Fields<AudioFolderOptions> = { ...readFields, ...splitFields };

/** Sounds to train, to validate and to test on. */
export interface SoundSets extends Readonly<Record<PartName, SoundSet>> {
  /** Names of the classes, by number. */
  readonly classes: readonly string[];
}

/**
 * Sounds in a folder for each class: `words/yes/1.wav`. The classes are the folders' names in the order of their code units. With folders
 * `train`, `validation` (`val`, `valid`) and `test` above, the parts are as they are; otherwise each class is divided alike by
 * `split` and `seed`, by the names of files and not by their order. Where only some of these folders are there, `split` cuts the
 * others from `train`, if given.
 *
 * Sounds are read when a loader asks; those of batches must be of one length and rate, by `sampleRate`, `mono` and `length` here or by
 * transforms. `.wav` files count; hidden ones do not.
 *
 * @param source The folder's path in Node; in a page the files of an `<input type="file" webkitdirectory>`.
 * @throws FormatError if no sound lies in the folder of a class, or a class is not among those of `train`.
 * @throws NeocogError if a folder cannot be read.
 * @example
 * const { classes, train } = await audioFolder('words', { split: [0.8, 0.2], seed: 1, sampleRate: 16000, mono: true, length: 16000 });
 * const loader = new DataLoader(train, { batchSize: 32, shuffle: true, workers: 2 });
 */
export async function audioFolder(source: SoundFolder, options: AudioFolderOptions = {}): Promise<SoundSets> {
  const fn = 'audioFolder';
  needOptions(fn, options, fields);
  const { split, seed, ...read } = options;
  const { from, placeOf, paths } = await findFiles<Web<'File'>>(fn, source, ['.wav', '.wave']);
  const { classes, ...parts } = sortClasses(paths, { fn, from, split, seed });
  const open = (part: PartName) =>
    openSounds({
      fn,
      read,
      items: parts[part].map(({ path, label }) => ({ path, place: placeOf(path), label })),
    });
  return { classes, train: open('train'), validation: open('validation'), test: open('test') };
}
