// A folder of pictures and masks as something to learn, read for a network's input and divided into what is trained on and what is held
// out.

import { basename, resolve } from 'node:path';
import type { ImagePairsOptions, PictureSample, PictureSet } from '@neocog/vision';
import { CommandError } from '../../files.ts';
import { type MaskRecipe, readingOf } from '../../recipe.ts';
import { type Input, type PictureWords, scalingOf } from '../pictures/data.ts';
import { remembered } from '../remembered.ts';
import { classesOf, noClass } from './classes.ts';
import { findPairs, openPairs } from './pairs.ts';

/** Pictures and masks to learn from. */
export interface MaskData {
  /** The folder's own name. */
  readonly name: string;
  readonly recipe: MaskRecipe;
  /** How much of all pixels each class covers. */
  readonly shares: readonly number[];
  /** Values from 0 to 1, before they are scaled for the network; larger than it takes them, where they are cut at random. */
  readonly train: PictureSet;
  /** Never trained on: the part `test` if there is one, else `validation`. */
  readonly heldOut: PictureSet;
}

/** How masks are read: pixels of other colours are of no class. */
export const maskReading = ({
  colours,
  classes,
}: Pick<MaskRecipe, 'classes' | 'colours'>): ImagePairsOptions => ({
  ...{ colours, classes, other: noClass },
});

/** @throws CommandError if there are no pairs, or masks of one colour. @throws FormatError if a picture has no mask */
export async function openMasks(path: string, input: Input, words: PictureWords): Promise<MaskData> {
  const { holdOut, seed, room } = words;
  const pairs = await findPairs(path);
  const { shares, ...known } = await classesOf(path, pairs);
  const open = (options: ImagePairsOptions) =>
    openPairs(pairs, { ...maskReading(known), split: [1 - holdOut, holdOut], seed, ...options });
  const { channels, fit, size } = input;
  const larger = size.map((side) => Math.round(side * room)) as [number, number];
  const remember = (set: PictureSet) => remembered<PictureSample, PictureSet>(set, words, 'picture');
  const sets = await open({ channels, fit, size: larger });
  const train = await remember(sets.train);
  const recipe = { ...input, ...known, ...(await scalingOf(train, input, words)) };
  const { test, validation } = await open(readingOf(recipe));
  const heldOut = test.length > 0 ? test : validation;
  if (heldOut.length === 0) throw new CommandError(`${path} leaves no picture to hold out; add pictures`);
  return { name: basename(resolve(path)), recipe, shares, train, heldOut: await remember(heldOut) };
}
