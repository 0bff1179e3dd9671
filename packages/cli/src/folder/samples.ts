// Samples of a data set as a network is to see them: changed on their way, and put into batches.

import {
  type Batch,
  type BrokenSample,
  DataLoader,
  type Dataset,
  type PortableTransform,
  type SourceState,
  type World,
} from 'neocog';

/** Batches of some samples. */
export interface Loader extends AsyncIterable<Batch> {
  readonly batchSize: number;
  readonly size: number | undefined;
  readonly length: number | undefined;
  readonly broken: readonly BrokenSample[];
  epoch: number;
  state(): SourceState;
  restore(state: SourceState): void;
  close(): void;
}

/** How samples are put into batches. */
export interface Batching {
  /** With a world, of each rank. */
  readonly batchSize: number;
  /** A new order for every epoch. */
  readonly shuffle?: boolean;
  /** The ranks that share the samples out; each has all of them unless it is given. */
  readonly world?: World | undefined;
}

/** Samples, as the network is to see them. */
export interface Samples {
  readonly length: number;
  loader(batching: Batching): Loader;
}

/** How files become samples. */
export interface Reading {
  readonly seed: number;
  readonly workers: number;
  /** Refuse files that cannot be read. */
  readonly strict: boolean;
}

/** The samples of a data set, changed on their way. */
export const samplesOf = <S extends object>(
  dataset: Dataset<S>,
  transform: PortableTransform<S> | undefined,
  reading: Reading,
): Samples => ({
  length: dataset.length,
  loader: ({ batchSize, shuffle, world }) =>
    new DataLoader<S>(dataset, {
      ...{ ...reading, transform, shuffle, world },
      batchSize: Math.max(1, Math.min(batchSize, Math.ceil(dataset.length / (world?.size ?? 1)))),
    }),
});
