// The options of a DataLoader, and what they are if not given.

import { aFunction, count, either, field, flag, seed, whole } from '../arguments/field.ts';
import { type Fields, needOptions } from '../arguments/options.ts';
import { aWorld, type World } from '../backends/world.ts';
import { ShapeError } from '../errors.ts';
import type { Generator } from '../tensor/random.ts';
import type { Batch } from './batch.ts';
import type { PortableTransform, Recipe, Sample, Transform } from './dataset.ts';

/** URL, where the compiler knows it. */
type Address = typeof globalThis extends { URL: { prototype: infer Known } }
  ? Known
  : {
      /** The whole address. */
      readonly href: string;
    };

/** How a `DataLoader` makes batches. */
export interface DataLoaderOptions<S extends object = Sample> {
  /** Samples in a batch, with a world in one of each rank. Default 32. The last batch of an epoch may be smaller. */
  batchSize?: number | undefined;
  /** Draw a new order for every epoch. Default false. */
  shuffle?: boolean | undefined;
  /** Decides all orders and all that transforms draw: epoch e of seed s is the same on every machine. Default 0. */
  seed?: number | undefined;
  /** Leave out a last batch that is smaller than `batchSize`. Default false. */
  dropLast?: boolean | undefined;
  /**
   * Changes each sample; what it draws from `random` follows from seed, epoch and sample. The address of a module, whose default
   * export is then the function, lets workers run it; so do functions with a `recipe`, as those of `@neocog/vision` have. Any
   * other function runs on the thread that iterates.
   */
  transform?: PortableTransform<S> | Address | undefined;
  /** Makes `x` and `y` of the samples of a batch, instead of stacking them by their names. */
  collate?: ((samples: readonly S[]) => Pick<Batch, 'x' | 'y'>) | undefined;
  /**
   * Changes each batch, such as by mixing its samples; what it draws from `random` follows from seed, epoch and the batch's first sample.
   * Runs on the thread that iterates.
   */
  batchTransform?: ((batch: Batch, random: Generator) => Pick<Batch, 'x' | 'y'>) | undefined;
  /** Threads that read and transform samples. Default 0: the thread that iterates does, while it waits. */
  workers?: number | undefined;
  /** How many batches are made ready ahead of the one in use. Default 2. */
  prefetch?: number | undefined;
  /** Refuse a sample that cannot be read, instead of passing over it. Default false. */
  strict?: boolean | undefined;
  /**
   * Shares each epoch out among ranks that train together: each sample is one rank's. Together they have the batches that one loader
   * with `batchSize` times as many ranks has. Default: all samples are this process's.
   */
  world?: World | undefined;
}

const isAddress = (value: unknown): value is { readonly href: string } =>
  typeof value === 'object' && value !== null && 'href' in value && typeof value.href === 'string';

export const loaderFields: Fields<DataLoaderOptions<object>> = {
  batchSize: count,
  shuffle: flag,
  seed,
  dropLast: flag,
  transform: either(aFunction, field<Address>('the URL of a module whose default export is one', isAddress)),
  collate: aFunction,
  batchTransform: aFunction,
  workers: whole(0, 64),
  prefetch: whole(0),
  strict: flag,
  world: aWorld,
};

/** A transform as the thread that iterates runs it, and as workers do; null where there is none. */
export interface Change<S extends object> {
  /** A module's is loaded when it is needed. */
  readonly here: Transform<S> | Recipe;
  /** Null for a function that cannot travel. */
  readonly recipe: Recipe | null;
}

/** Options with their defaults. */
export interface Settled<S extends object> {
  readonly batchSize: number;
  readonly shuffle: boolean;
  readonly seed: number;
  readonly dropLast: boolean;
  readonly change: Change<S> | null;
  readonly collate: DataLoaderOptions<S>['collate'];
  readonly batchTransform: DataLoaderOptions<S>['batchTransform'];
  readonly workers: number;
  readonly prefetch: number;
  readonly strict: boolean;
  /** Null for one rank. */
  readonly world: World | null;
}

/** @throws ShapeError */
export function readLoaderOptions<S extends object>(
  options: DataLoaderOptions<S>,
  isStream: boolean,
): Settled<S> {
  needOptions('DataLoader', options, loaderFields as Fields<DataLoaderOptions<S>>); // the fields do not look into samples
  if (isStream && options.shuffle) {
    throw new ShapeError(
      'DataLoader: shuffle is true, but the samples of an iterable come as they come; give a data set { length, get } or a list',
    );
  }
  if (isStream && options.world) {
    throw new ShapeError(
      'DataLoader: world is given, but the samples of an iterable cannot be shared out; give a data set { length, get } or a list',
    );
  }
  return {
    batchSize: options.batchSize ?? 32,
    shuffle: options.shuffle ?? false,
    seed: options.seed ?? 0,
    dropLast: options.dropLast ?? false,
    change: changeOf(options.transform),
    collate: options.collate,
    batchTransform: options.batchTransform,
    workers: options.workers ?? 0,
    prefetch: options.prefetch ?? 2,
    strict: options.strict ?? false,
    world: options.world && options.world.size > 1 ? options.world : null,
  };
}

function changeOf<S extends object>(transform: DataLoaderOptions<S>['transform']): Change<S> | null {
  if (!transform) return null;
  if (typeof transform === 'function') return { here: transform, recipe: transform.recipe ?? null };
  const recipe = { module: transform.href, name: 'default' };
  return { here: recipe, recipe };
}
