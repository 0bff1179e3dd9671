// The classes of masks, where nobody says what their colours mean: a class for each colour. Colours that hardly cover anything beside
// many others are the soft edges of a drawing, and of no class.

import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { type MaskColour, maskColours } from '@neocog/vision';
import { CommandError, exists } from '../../files.ts';
import type { MaskRecipe } from '../../recipe.ts';
import type { Pair } from './pairs.ts';

/** What losses and figures pass over. */
export const noClass = -100;

/** More colours than this are no classes. */
const mostClasses = 256;
/** Of so many colours, those that cover less than this part of all pixels are edges. */
const [manyColours, least] = [24, 0.005];

export interface MaskClasses extends Pick<MaskRecipe, 'classes' | 'colours'> {
  /** How much of all pixels each class covers. */
  readonly shares: readonly number[];
}

/** Names of classes, a line each. */
const namesFile = 'classes.txt';

/** @throws CommandError if masks are of one colour, or of too many */
export async function classesOf(path: string, pairs: readonly Pair[]): Promise<MaskClasses> {
  const [first] = pairs as [Pair];
  const { masks, suffix } = pairs.find(({ part }) => part === 'train') ?? first;
  const kept = keptColours(path, await maskColours(masks, { suffix }));
  const colours = kept.map(({ colour }) => colour);
  const all = kept.reduce((sum, { share }) => sum + share, 0);
  const names = await namesIn(path, colours.length);
  return { colours, classes: names ?? colours.map(nameOf), shares: kept.map(({ share }) => share / all) };
}

/** The colours that are classes. */
export function keptColours(path: string, found: readonly MaskColour[]): MaskColour[] {
  const marked = found.filter((colour) => !isVoid(colour, found));
  const kept = marked.length > manyColours ? marked.filter(({ share }) => share >= least) : marked;
  if (kept.length < 2) {
    throw new CommandError(
      `the masks in ${path} show ${kept.length === 1 ? 'one class' : 'no class'}; draw each class in a colour of its own`,
    );
  }
  if (kept.length <= mostClasses) return kept;
  throw new CommandError(
    `the masks in ${path} have ${found.length} colours; draw each class in one colour, without soft edges, and save as PNG`,
  );
}

/**
 * How data sets mark what is of no class: by the last place of a palette, or by the whitest grey behind classes that count up
 * from 0.
 */
function isVoid({ colour, place }: MaskColour, found: readonly MaskColour[]): boolean {
  if (found.length < 3) return false;
  if (place !== null) return place === 255;
  return colour === 255 && found.slice(0, -1).every((other, i) => other.colour === i);
}

const nameOf = (colour: MaskColour['colour'], i: number, all: readonly unknown[]): string =>
  colour === 0 ? 'background' : all.length === 2 ? 'object' : `class ${i}`;

async function namesIn(path: string, count: number): Promise<string[] | null> {
  const file = join(path, namesFile);
  if (!(await exists(file))) return null;
  const names = (await readFile(file, 'utf8'))
    .split(/\r?\n/)
    .map((line) => line.trim())
    .filter((line) => line !== '');
  if (names.length === count) return names;
  throw new CommandError(
    `${file} has ${names.length} names, and the masks have ${count} colours; give a name for each, the darkest colour first`,
  );
}
