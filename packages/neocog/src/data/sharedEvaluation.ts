// Of an evaluation that ranks of a world share out, what all of them found together.

import { gatherNumbers, sumNumbers } from '../backends/ranks.ts';
import type { World } from '../backends/world.ts';
import type { TallyState } from './tally.ts';

/** The counts of all ranks. */
export async function tallyOfAll(world: World, tally: TallyState): Promise<TallyState> {
  const { lossSum, samples, labels, right } = tally;
  const [loss, ...counts] = await sumNumbers(world, [lossSum, samples, labels, right]);
  return { lossSum: loss, samples: counts[0], labels: counts[1], right: counts[2] };
}

/** Per sample of the data set what a network took it for and how sure it was; a rank knows −1 and 0 of what others had. */
export interface Found {
  readonly confusion: number[][];
  readonly predictions: Int32Array;
  readonly confidences: Float32Array;
}

/** What all ranks found. */
export async function foundByAll(world: World, found: Found): Promise<Found> {
  const sizes = await gatherNumbers(world, [found.confusion.length, found.predictions.length]);
  const [classes, samples] = [0, 1].map((i) => Math.max(...sizes.map((row) => row[i])));
  const confusion = Array.from({ length: classes ** 2 }, (_, i) => {
    return found.confusion[Math.floor(i / classes)]?.[i % classes] ?? 0;
  });
  const predictions = Array.from({ length: samples }, (_, i) => (found.predictions[i] ?? -1) + 1);
  const confidences = Array.from({ length: samples }, (_, i) => found.confidences[i] ?? 0);
  const all = await sumNumbers(world, [...confusion, ...predictions, ...confidences]);
  const from = classes ** 2;
  return {
    confusion: Array.from({ length: classes }, (_, t) => [...all.subarray(t * classes, (t + 1) * classes)]),
    predictions: Int32Array.from(all.subarray(from, from + samples), (place) => place - 1),
    confidences: all.slice(from + samples),
  };
}
