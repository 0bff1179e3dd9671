// Which samples train, which validate and which test. Each class is divided alike (stratified). Who goes where follows from the
// seed and a sample's name alone, so that it does not depend on the order in which samples are listed.

import {
  seed as aSeed,
  type Field,
  field,
  isListOf,
  isRecord,
  need,
  refuseValue,
} from '../arguments/field.ts';
import { type Fields, needOptions } from '../arguments/options.ts';
import { ShapeError } from '../errors.ts';
import { scramble } from './order.ts';

/** The parts of a data set, in the order in which lists of fractions name them. */
export const partNames = ['train', 'validation', 'test'] as const;
export type PartName = (typeof partNames)[number];

/**
 * Fractions of a data set that sum to 1: by name, as a list [train, validation, test], or that of validation alone. Train is the
 * rest where it is not given.
 */
export type Split = number | readonly number[] | Readonly<Partial<Record<PartName, number>>>;

/** How samples are divided. */
export interface SplitOptions {
  /** Fractions that train, validate and test. Default 0.8, 0.1 and 0.1. */
  split?: Split | undefined;
  /** Decides who goes where. Default 0. */
  seed?: number | undefined;
}

/** Places of samples, in the order in which they were given. */
export type Parts = Readonly<Record<PartName, number[]>>;

type Fractions = readonly [train: number, validation: number, test: number];

const isFraction = (v: unknown): v is number => typeof v === 'number' && v >= 0 && v <= 1;
const isSplit = (v: unknown): v is Split => {
  if (isListOf(v, isFraction)) return v.length > 0 && v.length <= 3;
  if (!isRecord(v)) return isFraction(v);
  return Object.entries(v).every(
    ([name, part]) =>
      (partNames as readonly string[]).includes(name) && (part === undefined || isFraction(part)),
  );
};
export const aSplit: Field<Split> = field(
  'fractions { train, validation, test } that sum to 1, or a list of them, or that of validation alone',
  (v) => isSplit(v) && fractionsOf(v) !== null,
);
export const splitFields: Fields<SplitOptions> = { split: aSplit, seed: aSeed };

/** Null where fractions do not sum to 1. */
export function fractionsOf(split: Split): Fractions | null {
  if (typeof split === 'number') return [1 - split, split, 0];
  const [train, validation = 0, test = 0] = isRecord(split)
    ? partNames.map((name) => split[name])
    : (split as readonly number[]); // the other kinds are taken
  const rest = 1 - validation - test;
  // Decimal fractions are not exact: 0.7 + 0.2 + 0.1 is below 1.
  if (rest < -1e-9 || (train !== undefined && Math.abs(train - rest) > 1e-9)) return null;
  return [train ?? Math.max(rest, 0), validation, test];
}

/**
 * Divides samples into those that train, validate and test, every class alike as far as whole samples can: counts are those of
 * the largest remainders. A class of two or more keeps one sample to train on.
 *
 * @param names One a sample, such as its file: with the seed they decide who goes where, whatever the order.
 * @param classes One a sample, compared as they are; null for samples without classes.
 * @throws ShapeError if names and classes differ in number, or fractions do not sum to 1.
 * @example
 * const { train, test } = stratifiedSplit(files, labels, { split: { train: 0.7, test: 0.3 }, seed: 1 });
 */
export function stratifiedSplit(
  names: readonly string[],
  classes: readonly (string | number)[] | null = null,
  options: SplitOptions = {},
): Parts {
  need('stratifiedSplit', 'names', names, someTexts);
  if (classes !== null) need('stratifiedSplit', 'classes', classes, someClasses);
  needOptions('stratifiedSplit', options, splitFields);
  if (classes !== null && classes.length !== names.length) {
    throw new ShapeError(
      `stratifiedSplit: there are ${names.length} names and ${classes.length} classes; give one of each for a sample`,
    );
  }
  const { split = [0.8, 0.1, 0.1], seed = 0 } = options;
  const fractions = fractionsOf(split);
  if (!fractions) return refuseValue('stratifiedSplit', 'split', split, aSplit.takes);
  return divide(strataOf(names, classes, seed), fractions);
}

const someTexts: Field<readonly string[]> = field('a list of texts', (v) =>
  isListOf(v, (name) => typeof name === 'string'),
);
const someClasses: Field<readonly (string | number)[]> = field('a list of classes, numbers or texts', (v) =>
  isListOf(v, (name) => typeof name === 'string' || typeof name === 'number'),
);

/** The places of each class, in an order that follows from seed and name; classes by their first name in that order. */
function strataOf(
  names: readonly string[],
  classes: readonly (string | number)[] | null,
  seed: number,
): number[][] {
  const keys = names.map((name) => drawOf(name, seed));
  const order = names.map((_, i) => i).sort((a, b) => keys[a] - keys[b] || compare(names[a], names[b]));
  const strata = new Map<string | number | undefined, number[]>();
  for (const i of order) {
    const known = strata.get(classes?.[i]);
    if (known) known.push(i);
    else strata.set(classes?.[i], [i]);
  }
  return [...strata.values()];
}

const compare = (a: string, b: string): number => (a < b ? -1 : a > b ? 1 : 0);

/** 53 bits of a name and a seed: two hashes by FNV-1a over code units, each scrambled. Composed letters are as decomposed ones. */
function drawOf(name: string, seed: number): number {
  const folded = seed ^ Math.trunc(seed / 2 ** 32);
  let [high, low] = [scramble(folded ^ 0x811c9dc5), scramble(~folded)];
  for (const unit of name.normalize('NFC')) {
    const code = unit.codePointAt(0) as number; // of a text that is not empty
    high = Math.imul(high ^ code, 0x01000193);
    low = Math.imul(low ^ (code + 0x9e37), 0x01000193);
  }
  return (scramble(high) >>> 11) * 2 ** 32 + scramble(low);
}

function divide(strata: readonly number[][], [train, , test]: Fractions): Parts {
  const none = strata.map(() => 0);
  const tests = upTo(strata, none, { fraction: test, keepOne: train > 0 });
  const ends = upTo(strata, tests, { fraction: 1 - train, keepOne: train > 0 });
  const parts: Parts = { train: [], validation: [], test: [] };
  strata.forEach((places, i) => {
    parts.test.push(...places.slice(0, tests[i]));
    parts.validation.push(...places.slice(tests[i], ends[i]));
    parts.train.push(...places.slice(ends[i]));
  });
  for (const name of partNames) parts[name].sort((a, b) => a - b);
  return parts;
}

/**
 * How many of each stratum lie within a fraction: the whole numbers below its share, then one more for the largest remainders. Never
 * fewer than `least`.
 */
function upTo(
  strata: readonly number[][],
  least: readonly number[],
  { fraction, keepOne }: { readonly fraction: number; readonly keepOne: boolean },
): number[] {
  const most = strata.map(({ length }) => length - (keepOne ? 1 : 0));
  // A share of 6 that comes to 5.999… is 6.
  const shares = strata.map(({ length }) => length * fraction + 1e-9);
  const counts = shares.map((share, i) => Math.max(Math.min(Math.floor(share), most[i]), least[i]));
  const all = strata.reduce((sum, { length }) => sum + length, 0);
  let missing = Math.round(all * fraction) - counts.reduce((sum, count) => sum + count, 0);
  const byRemainder = shares.map((share, i) => [share - counts[i], i] as const).sort(([a], [b]) => b - a);
  for (const [, i] of byRemainder) {
    if (missing <= 0) break;
    if (counts[i] >= most[i]) continue;
    counts[i]++;
    missing--;
  }
  return counts;
}
