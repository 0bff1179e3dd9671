// One sample made ready: read, then transformed with random numbers of its own. The same on the thread that trains and on
// workers. A sample that cannot be read is a result; anything else that goes wrong is an error that names the sample.

import { NeocogError } from '../errors.ts';
import { type Dataset, nameOf, type Transform } from './dataset.ts';
import { randomOf } from './order.ts';

/** A sample of an epoch, or why it cannot be read. */
export type Loaded<S extends object = object> =
  | { readonly index: number; readonly sample: S }
  | { readonly index: number; readonly broken: string };

/** Which sample, and what its random numbers follow from. */
export interface Job {
  readonly index: number;
  readonly epoch: number;
  readonly seed: number;
}

export interface Line<S extends object = object> {
  readonly dataset: Dataset<S>;
  /** Null where nothing is to be changed here. */
  readonly transform: Transform<S> | null;
}

export async function load<S extends object>(line: Line<S>, job: Job): Promise<Loaded<S>> {
  const { index } = job;
  let sample: S;
  try {
    sample = await line.dataset.get(index);
  } catch (error) {
    // By name: a worker's data set may come from another copy of the library.
    if (error instanceof Error && error.name === 'FormatError') return { index, broken: error.message };
    throw named(line.dataset, index, 'cannot be read', error);
  }
  return { index, sample: await change(line, sample, job) };
}

/** The sample as the transform makes it. */
export async function change<S extends object>(line: Line<S>, sample: S, job: Job): Promise<S> {
  if (!line.transform) return sample;
  const { index, epoch, seed } = job;
  try {
    const changed = await line.transform(sample, randomOf(seed, epoch, index));
    if (typeof changed === 'object' && changed !== null) return changed;
  } catch (error) {
    throw named(line.dataset, index, 'the transform failed', error);
  }
  throw new NeocogError(
    `DataLoader: ${nameOf(line.dataset, index)}: the transform returned nothing; return the sample, changed or not`,
  );
}

function named(dataset: Dataset<object>, index: number, what: string, cause: unknown): NeocogError {
  const reason = cause instanceof Error ? cause.message : String(cause);
  return new NeocogError(`DataLoader: ${nameOf(dataset, index)}: ${what}: ${reason}`, { cause });
}
