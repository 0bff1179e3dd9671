// Pictures into those that train, validate and test: as their data say, or by seed, every kind of picture alike.

import { type SplitOptions, stratifiedSplit } from 'neocog';
import { type PartName, partNames } from 'neocog/folders';
import { type Album, openPictures } from './pictures.ts';
import type { Item, PictureSets } from './sample.ts';

/** Everything about a data set but what belongs to which part. */
export interface Whole extends Album, SplitOptions {
  readonly classes: readonly string[];
}

/** Pictures of one kind are divided alike: those of a class, of the same labels, with boxes of the same classes. */
const kindOf = ({ label, boxes }: Item): string =>
  String(label ?? [...new Set(boxes?.classes)].sort((a, b) => a - b));

/** The pictures divided: where data name a part for any picture as they say, else by `split` and `seed`. */
export function divide(whole: Whole): PictureSets {
  const { items } = whole;
  const parts = items.some(({ part }) => part) ? namedParts(items) : drawnParts(whole);
  const open = (part: PartName) => openSet(whole, parts[part]);
  return { classes: whole.classes, train: open('train'), validation: open('validation'), test: open('test') };
}

const openSet = ({ fn, read, masks }: Whole, items: readonly Item[]) =>
  openPictures({ fn, read, items, ...(masks && { masks }) });

type ItemParts = Readonly<Record<PartName, Item[]>>;

function namedParts(items: readonly Item[]): ItemParts {
  const parts: ItemParts = { train: [], validation: [], test: [] };
  for (const item of items) parts[item.part ?? 'train'].push(item);
  return parts;
}

function drawnParts({ items, split, seed }: Whole): ItemParts {
  const hasKinds = items.every(({ label }) => label === undefined || isWhole(label));
  const parts = stratifiedSplit(
    items.map(({ path }) => path),
    hasKinds ? items.map(kindOf) : null,
    { split, seed },
  );
  const pick = (part: PartName) => parts[part].map((place) => items[place]);
  return Object.fromEntries(partNames.map((part) => [part, pick(part)])) as unknown as ItemParts; // all three
}

/** Of classes: measured values are hardly ever equal, and no kinds. */
const isWhole = (label: number | readonly number[]): boolean =>
  typeof label === 'number' || label.every((value) => value === 0 || value === 1);
