// A set of pictures: those to learn from, those that are held out, and how they are normalised.

import { channelStatistics, tensorDataset } from 'neocog';
import type { DataFacts } from './facts.ts';
import type { Labelled } from './labelled.ts';

export interface DataSet {
  readonly facts: DataFacts;
  readonly train: Labelled;
  /** Null where there are too few pictures to hold any out. */
  readonly held: Labelled | null;
  /** Of pixels from 0 to 1, for each channel. */
  readonly mean: readonly number[];
  readonly std: readonly number[];
}

/** What all pictures are the same in divides by no less. */
const leastDeviation = 0.02;

export async function statisticsOf({ images }: Labelled): Promise<Pick<DataSet, 'mean' | 'std'>> {
  const { mean, std } = await channelStatistics(tensorDataset({ image: images }, { std: 255 }));
  return { mean, std: std.map((value) => Math.max(value, leastDeviation)) };
}
