// Where pictures and masks lie in a folder: `images` and `masks`, with or without train, val and test above or below; or side by side,
// `7.jpg` and `7_mask.png`.

import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { type ImagePairsOptions, imagePairs, type PictureSet } from '@neocog/vision';
import { type PartName, partNames, partOf } from 'neocog/folders';
import { CommandError } from '../../files.ts';
import { pictureEndings } from '../pictures/trained.ts';
import type { Paths } from '../task.ts';

const imageNames = ['images', 'image', 'imgs', 'img', 'pictures'];
const maskNames = ['masks', 'mask', 'segmentations', 'annotations', 'labels'];
/** Of masks that lie beside their pictures. */
const suffix = '_mask';

/** A folder of pictures, and that of their masks. */
export interface Pair {
  readonly images: string;
  readonly masks: string;
  /** Behind the name of a picture in that of its mask. */
  readonly suffix: string;
  /** What its pictures are for; null where that is to be found within, or by seed. */
  readonly part: PartName | null;
}

const isOf = (names: readonly string[], folder: string): boolean => names.includes(folder.toLowerCase());

/** How many pictures there are of folders that pair pictures with masks, from all paths below a folder. */
export function countPairs(paths: Paths): number {
  const pictures = paths.filter((path) => pictureEndings.test(path));
  const within = (names: readonly string[]): number =>
    pictures.filter((path) =>
      path
        .split('/')
        .slice(0, -1)
        .slice(0, 2)
        .some((folder) => isOf(names, folder)),
    ).length;
  const beside = pictures.filter((path) => path.replace(/\.[^.]*$/, '').endsWith(suffix)).length;
  const count = within(maskNames) > 0 ? within(imageNames) : beside;
  // Such folders look like classes too.
  return count === 0 ? 0 : 2 * count + 1;
}

/** @throws CommandError if there are no pairs */
export async function findPairs(path: string): Promise<Pair[]> {
  const own = await pairIn(path, null);
  if (own) return [own];
  const folders = await foldersIn(path);
  const parts = folders.filter((name) => partOf(name) !== undefined);
  const found = await Promise.all(parts.map((name) => pairIn(join(path, name), partOf(name) ?? null)));
  const pairs = found.filter((pair) => pair !== null);
  if (pairs.length > 0) return pairs;
  if (folders.some((name) => isOf([...imageNames, ...maskNames], name))) {
    throw new CommandError(
      `${path} holds ${folders.join(', ')}; name the pictures' folder images, and that of the masks masks`,
    );
  }
  return [{ images: path, masks: path, suffix, part: null }];
}

async function pairIn(path: string, part: PartName | null): Promise<Pair | null> {
  const folders = await foldersIn(path);
  const [images, masks] = [imageNames, maskNames].map((names) => folders.find((name) => isOf(names, name)));
  if (images === undefined || masks === undefined) return null;
  return { images: join(path, images), masks: join(path, masks), suffix: '', part };
}

async function foldersIn(path: string): Promise<string[]> {
  const entries = await readdir(path, { withFileTypes: true });
  return entries.filter((entry) => !entry.isFile()).map(({ name }) => name);
}

/** Pictures with masks, by what they are for. */
export type PairSets = Readonly<Record<PartName, PictureSet>>;

/** The pairs of all folders; those of one folder are divided within, or by `split` and `seed`. */
export async function openPairs(pairs: readonly Pair[], options: ImagePairsOptions): Promise<PairSets> {
  const open = ({ images, masks, suffix: end }: Pair, more: ImagePairsOptions = {}) =>
    imagePairs(images, masks, { ...options, ...(end && { suffix: end }), ...more });
  const [first] = pairs as [Pair];
  if (first.part === null) return open(first);
  const isAlone = pairs.length === 1;
  const sets = await Promise.all(
    pairs.map(async (pair) => ({ part: pair.part, sets: await open(pair, isAlone ? {} : { split: [1] }) })),
  );
  // One part alone is divided as a whole.
  if (isAlone) return (sets[0] as (typeof sets)[number]).sets;
  const none = { ...(sets[0] as (typeof sets)[number]).sets.validation };
  const of = (part: PartName): PictureSet => sets.find((each) => each.part === part)?.sets.train ?? none;
  return Object.fromEntries(partNames.map((part) => [part, of(part)])) as unknown as PairSets; // all three
}
