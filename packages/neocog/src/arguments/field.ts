// What an argument or an option takes: a check, and its words. All refusals of single values come from here, in one
// sentence: `conv2d: stride is NaN; give a whole number of at least 1`. Whether values fit together is decided elsewhere.

import { ShapeError } from '../errors.ts';
import { show } from './show.ts';

/** What one argument or option takes: a check, and the words that an error gives for it. */
export interface Field<T = unknown> {
  /** What is needed, in words that follow "give". */
  readonly takes: string;
  /** Whether a value passes. */
  readonly ok: (value: unknown) => boolean;
  /** An option without a default. */
  readonly required?: boolean;
  /** Exists in types only: what passes the check. */
  readonly type?: T;
}

/* @__NO_SIDE_EFFECTS__ */
export function field<T>(takes: string, ok: (value: unknown) => boolean): Field<T> {
  return { takes, ok };
}

/** @throws ShapeError for a value that the field does not take. */
export function need<T>(fn: string, name: string, value: unknown, taken: Field<T>): void {
  if (!taken.ok(value)) refuseValue(fn, name, value, taken.takes);
}

export function refuseValue(fn: string, name: string, value: unknown, takes: string): never {
  throw new ShapeError(`${fn}: ${name} is ${show(value)}; give ${takes}`);
}

/** Sizes are kept where an index fits a signed 32-bit integer, as the kernels address them. */
export const largestSize = 2 ** 31 - 1;

const isNumber = (value: unknown): value is number => typeof value === 'number';

/**
 * A whole number from `least` to the largest size. False for NaN, infinities and anything that is not a
 * number.
 */
export const isSize = (value: unknown, least: number): value is number =>
  Number.isInteger(value) && (value as number) >= least && (value as number) <= largestSize;

/** `every` that does not pass over holes. */
export const isListOf = (value: unknown, ok: (item: unknown) => boolean): value is readonly unknown[] => {
  if (!Array.isArray(value)) return false;
  for (let i = 0; i < value.length; i++) if (!ok(value[i])) return false;
  return true;
};

export const isRecord = (value: unknown): value is Readonly<Record<string, unknown>> =>
  Object.prototype.toString.call(value) === '[object Object]';

/** Any number, NaN and infinities too: values that are computed with as they are. */
export const anyNumber: Field<number> = field('a number', isNumber);
export const finite: Field<number> = field('a finite number', Number.isFinite);
export const flag: Field<boolean> = field('true or false', (value) => typeof value === 'boolean');
export const text: Field<string> = field('a string', (value) => typeof value === 'string');
// biome-ignore lint/suspicious/noExplicitAny: a function of anything.
export const aFunction: Field<(...values: any[]) => any> = field(
  'a function',
  (v) => typeof v === 'function',
);

/* @__NO_SIDE_EFFECTS__ */
export function atLeast(low: number): Field<number> {
  return field(`a finite number of at least ${low}`, (v) => Number.isFinite(v) && (v as number) >= low);
}

/* @__NO_SIDE_EFFECTS__ */
export function above(low: number): Field<number> {
  return field(`a finite number above ${low}`, (v) => Number.isFinite(v) && (v as number) > low);
}

/** With both ends. */
/* @__NO_SIDE_EFFECTS__ */
export function between(low: number, high: number): Field<number> {
  return field(`a number from ${low} to ${high}`, (v) => isNumber(v) && v >= low && v <= high);
}

/** Without the upper end. */
/* @__NO_SIDE_EFFECTS__ */
export function upTo(low: number, high: number): Field<number> {
  return field(`a number of at least ${low} and below ${high}`, (v) => isNumber(v) && v >= low && v < high);
}

/* @__NO_SIDE_EFFECTS__ */
export function whole(least: number, most = largestSize): Field<number> {
  const range = most === largestSize ? `of at least ${least}` : `from ${least} to ${most}`;
  return field(`a whole number ${range}`, (v) => isSize(v, least) && v <= most);
}

export const count: Field<number> = whole(1);

/** Of Generator and of what makes one. */
export const seed: Field<number> = field('a whole number below 2^53', Number.isSafeInteger);

/* @__NO_SIDE_EFFECTS__ */
export function oneOf<const T>(...words: readonly T[]): Field<T> {
  const names = words.map((word) => (typeof word === 'string' ? `'${word}'` : word));
  const takes = names.length === 1 ? String(names[0]) : `one of ${names.join(', ')}`;
  return field(takes, (v) => (words as readonly unknown[]).includes(v));
}

/** One of the keys of a table. */
/* @__NO_SIDE_EFFECTS__ */
export function keyOf<T extends object>(table: T): Field<keyof T & string> {
  return oneOf(...(Object.keys(table) as (keyof T & string)[]));
}

/* @__NO_SIDE_EFFECTS__ */
export function either<A, B>(a: Field<A>, b: Field<B>): Field<A | B> {
  return field(`${a.takes}, or ${b.takes}`, (v) => a.ok(v) || b.ok(v));
}

/** Null says something: there is none. */
/* @__NO_SIDE_EFFECTS__ */
export function orNull<T>(taken: Field<T>): Field<T | null> {
  return field(`${taken.takes}, or null`, (v) => v === null || taken.ok(v));
}

/** `items` are in the plural: `sizes`. */
/* @__NO_SIDE_EFFECTS__ */
export function listOf<T>(items: string, item: Field<T>, least = 0): Field<readonly T[]> {
  const some = least === 0 ? '' : least === 1 ? 'one or more ' : `at least ${least} `;
  return field(
    `a list of ${some}${items}, each ${item.takes}`,
    (v) => isListOf(v, item.ok) && v.length >= least,
  );
}

/** An object of a class, such as `a Generator`. */
/* @__NO_SIDE_EFFECTS__ */
export function instance<T>(
  takes: string,
  // biome-ignore lint/suspicious/noExplicitAny: constructors of any arguments.
  made: abstract new (...values: any[]) => T,
): Field<T> {
  return field(takes, (v) => v instanceof made);
}

/** An option without a default. */
/* @__NO_SIDE_EFFECTS__ */
export function required<T>(taken: Field<T>): Required<Pick<Field<T>, 'required'>> & Field<T> {
  return { ...taken, required: true };
}
