// Settings as the query of an address and back. Each setting has a `QueryField`: its default, and how it reads and writes. A value
// at its default is left out; text that is none of the field's values reads as the default.

export interface QueryField<T> {
  readonly initial: T;
  /** Undefined for text that is no value. */
  readonly read: (text: string) => T | undefined;
  readonly write: (value: T) => string;
}

/** A field for each setting, by its name in the address. */
export type QueryFields<S> = { readonly [K in keyof S]: QueryField<S[K]> };

/** One of some words. */
export const wordField = <T extends string>(initial: T, words: readonly T[]): QueryField<T> => ({
  initial,
  read: (text) => words.find((word) => word === text),
  write: (value) => value,
});

/** Any text. */
export const textField = (initial: string): QueryField<string> => ({
  initial,
  read: (text) => text,
  write: (value) => value,
});

/** A whole number in a range, both ends included. */
export const wholeField = (initial: number, least: number, most: number): QueryField<number> => ({
  initial,
  read: (text) => {
    const value = /^-?\d+$/.test(text) ? Number(text) : Number.NaN;
    return value >= least && value <= most ? value : undefined;
  },
  write: String,
});

/** Any finite number. */
export const numberField = (initial: number): QueryField<number> => ({
  initial,
  read: (text) => (text.trim() !== '' && Number.isFinite(Number(text)) ? Number(text) : undefined),
  write: String,
});

/** Yes or no, written 1 or 0. */
export const flagField = (initial: boolean): QueryField<boolean> => ({
  initial,
  read: (text) => (text === '1' ? true : text === '0' ? false : undefined),
  write: (value) => (value ? '1' : '0'),
});

/** Whole numbers in a range, `3,3`; as many as `lengths` allows. */
export const wholesField = (
  initial: readonly number[],
  { least, most, lengths }: { least: number; most: number; lengths: readonly number[] },
): QueryField<readonly number[]> => ({
  initial,
  read: (text) => {
    const one = wholeField(least, least, most);
    const values = text.split(',').map((part) => one.read(part));
    return lengths.includes(values.length) && !values.includes(undefined) ? (values as number[]) : undefined;
  },
  write: (value) => value.join(','),
});

const fieldsOf = <S>(fields: QueryFields<S>): [keyof S & string, QueryField<unknown>][] =>
  Object.entries(fields) as [keyof S & string, QueryField<unknown>][];

/** The settings that an address states, the others at their defaults. */
export function readQuery<S extends object>(fields: QueryFields<S>, query: URLSearchParams): S {
  const settings = fieldsOf(fields).map(([name, { initial, read }]) => {
    const text = query.get(name);
    return [name, (text === null ? undefined : read(text)) ?? initial];
  });
  return Object.fromEntries(settings) as S;
}

/** The query that states what differs from the defaults. */
export function writeQuery<S extends object>(fields: QueryFields<S>, settings: S): URLSearchParams {
  const query = new URLSearchParams();
  for (const [name, { initial, write }] of fieldsOf(fields)) {
    const text = write(settings[name]);
    if (text !== write(initial)) query.set(name, text);
  }
  return query;
}
