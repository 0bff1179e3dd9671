// A folder of pictures as something to learn: a folder for each class, read for a network's input and divided into what is
// trained on and what is held out.

import { basename, resolve } from 'node:path';
import { imageFolder, type PictureSample, type PictureSet, type ReadImageOptions } from '@neocog/vision';
import { channelStatistics } from 'neocog';
import { CommandError } from '../../files.ts';
import { type PictureRecipe, type PixelRecipe, readingOf } from '../../recipe.ts';
import { formatCount } from '../../table.ts';
import { remembered } from '../remembered.ts';
import type { Reading } from '../samples.ts';

/** What is known of the input before the pictures have been seen. */
export type Input = Omit<PixelRecipe, 'mean' | 'std'> & Partial<Pick<PixelRecipe, 'mean' | 'std'>>;

/** How a folder is divided and read. */
export interface PictureWords extends Reading {
  /** The share of the pictures that is held out where the folder does not divide them itself. */
  readonly holdOut: number;
  /** How much larger than the network's input pictures to train on are read: what changes them at random cuts them. */
  readonly room: number;
}

/** Pictures to learn from. */
export interface PictureData {
  /** The folder's own name. */
  readonly name: string;
  readonly recipe: PictureRecipe;
  /** Values from 0 to 1, before they are scaled for the network; larger than it takes them, where they are cut at random. */
  readonly train: PictureSet;
  /** The same in the size that the network takes. */
  readonly still: PictureSet;
  /** Never trained on: the part `test` if there is one, else `validation`. */
  readonly heldOut: PictureSet;
}

/**
 * Opens the folder. Where nobody says how the network's input is scaled, the pictures themselves do: mean and deviation of each
 * channel, over what is trained on.
 *
 * @throws CommandError if there is nothing to tell apart. @throws FormatError if a class has no picture
 */
export async function openPictures(path: string, input: Input, words: PictureWords): Promise<PictureData> {
  const { holdOut, seed, room } = words;
  const open = (options: ReadImageOptions) =>
    imageFolder(path, { split: [1 - holdOut, holdOut], seed, ...options });
  const { channels, fit, size } = input;
  const larger = size.map((side) => Math.round(side * room)) as [number, number];
  const sets = await open({ channels, fit, size: larger });
  const { classes } = sets;
  if (classes.length < 2) {
    throw new CommandError(
      `${path} holds pictures of ${classes.length === 1 ? `one class, ${classes[0]}` : 'no class'}; make a folder for each of two classes or more`,
    );
  }
  const remember = (set: PictureSet) => remembered<PictureSample, PictureSet>(set, words, 'picture');
  const train = await remember(sets.train);
  const still = room === 1 ? train : (await open({ channels, fit, size })).train;
  const recipe = { ...input, classes, ...(await scalingOf(train, input, words)) };
  const { test, validation } = await open(readingOf(recipe));
  const heldOut = test.length > 0 ? test : validation;
  if (heldOut.length === 0) throw new CommandError(`${path} leaves no picture to hold out; add pictures`);
  return { name: basename(resolve(path)), recipe, train, still, heldOut: await remember(heldOut) };
}

export async function scalingOf(
  train: PictureSet,
  { mean, std }: Input,
  { workers, strict }: Pick<Reading, 'workers' | 'strict'>,
): Promise<Pick<PixelRecipe, 'mean' | 'std'>> {
  if (mean && std) return { mean, std };
  const found = await channelStatistics(train, { workers, strict });
  // A channel that is the same in all pictures is left as it is.
  return { mean: found.mean, std: found.std.map((deviation) => (deviation > 1e-6 ? deviation : 1)) };
}

/** In words for a line. */
export const describeCounts = (
  classes: readonly string[],
  { train, heldOut }: { readonly train: { length: number }; readonly heldOut: { length: number } },
  noun: string,
): string =>
  `${formatCount(classes.length)} classes, ${formatCount(train.length)} ${noun}s to train on and ${formatCount(heldOut.length)} held out`;
