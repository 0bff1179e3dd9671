// What a DataLoader reads: a data set gives one sample at a time, in any order, from wherever it lies. Arrays in memory are
// one (tensorDataset.ts); pictures and sounds in folders are data sets of their packages.

import { type Field, field, isListOf, isSize } from '../arguments/field.ts';
import type { Generator } from '../tensor/random.ts';
import type { Tensor } from '../tensor/tensor.ts';

/**
 * One sample: tensors and numbers by name. A loader makes `x` of the first there is of `x`, `image` and `sound`, and `y` of the
 * first of `y`, `mask` and `label`.
 */
export type Sample = Readonly<Record<string, unknown>>;

/** How another thread makes the same object: a function of a module, called with a value. */
export interface Recipe {
  /** Address of the module, such as `import.meta.url`. */
  readonly module: string;
  /** What the module calls the function; `default` for its default export. It may return a promise. */
  readonly name: string;
  /** What the function is called with, anything that `structuredClone` copies. Without it the function itself is the object. */
  readonly value?: unknown;
}

/** Samples by number. What reads files says in `nameOf` which, and in `recipe` how threads read them. */
export interface Dataset<S extends object = Sample> {
  /** How many samples there are. */
  readonly length: number;
  /** The sample at a place from 0. A `FormatError` says that this one cannot be read, and a loader leaves it out. */
  get(index: number): S | Promise<S>;
  /** What errors call a sample, such as the path of its file. */
  nameOf?(index: number): string;
  /** Makes `y` of the samples of a batch, where they are more than numbers or tensors of one shape side by side. */
  targetsOf?(samples: readonly S[]): Tensor;
  /** How a thread makes this data set; without one, samples are read on the thread that asks. */
  readonly recipe?: Recipe | undefined;
}

/** Changes a sample, at random if it likes: draws come from `random`, so that they repeat. May return a promise. */
export type Transform<S extends object = Sample> = (sample: S, random: Generator) => S | Promise<S>;

/** A transform that may say how workers make it. */
export interface PortableTransform<S extends object = Sample> {
  (sample: S, random: Generator): S | Promise<S>;
  /** How a worker makes the same transform; without one it runs on the thread that iterates. */
  readonly recipe?: Recipe | undefined;
}

const hasMethod = (value: unknown, name: string): boolean =>
  typeof value === 'object' &&
  value !== null &&
  typeof (value as Readonly<Record<string, unknown>>)[name] === 'function';

const isDataset = (value: unknown): value is Dataset<object> =>
  hasMethod(value, 'get') && isSize((value as { length?: unknown }).length, 0);

export const aDataset: Field<Dataset<object>> = field('a data set { length, get }', isDataset);

/** What errors call a sample. */
export const nameOf = (dataset: Pick<Dataset<object>, 'nameOf'> | null, index: number): string =>
  dataset?.nameOf?.(index) ?? `sample ${index}`;

const isObject = (value: unknown): boolean => typeof value === 'object' && value !== null;
const isList = (value: unknown): value is readonly object[] => isListOf(value, isObject);

/** What a loader takes: a data set, a list of samples, or a stream of them. */
export const aSampleSource: Field<Dataset<object> | Iterable<object> | AsyncIterable<object>> = field(
  'a data set { length, get }, a list of samples, or what can be iterated for samples',
  (v) => isDataset(v) || isList(v) || (!Array.isArray(v) && isStream(v)),
);

const isStream = (value: unknown): value is Iterable<object> | AsyncIterable<object> =>
  typeof value === 'object' &&
  value !== null &&
  !ArrayBuffer.isView(value) &&
  (Symbol.asyncIterator in value || Symbol.iterator in value);

/** A list as a data set; a data set as it is; null for a stream. */
export function datasetOf<S extends object>(
  source: Dataset<S> | readonly S[] | Iterable<S> | AsyncIterable<S>,
): Dataset<S> | null {
  if (isList(source)) return { length: source.length, get: (index) => source[index] as S };
  return isDataset(source) ? (source as Dataset<S>) : null;
}
