// A run that several ranks take part in: what they must have alike, what they count together, and how they come to the same
// decisions. One rank decides and counts alone.

import { type Fact, needAlike, sumNumbers } from '../backends/ranks.ts';
import type { World } from '../backends/world.ts';
import type { BatchSource } from '../data/source.ts';
import type { Counts } from '../data/tally.ts';
import { ShapeError } from '../errors.ts';
import type { FitCallback } from './callback.ts';
import { type Checkpoint, decodeCheckpoint, encodeCheckpoint } from './checkpointData.ts';
import type { FitOptions } from './options.ts';

/** The ranks of a run; null for one. */
export const worldOf = ({ trainer }: FitOptions): World | null => {
  const world = trainer?.world;
  return world && world.size > 1 ? world : null;
};

/** Those that a rank calls: what writes is called by rank 0. */
export const callbacksOf = ({ callbacks = [] }: FitOptions, world: World | null): readonly FitCallback[] =>
  callbacks.filter(({ alone = false }) => !alone || !world || world.rank === 0);

/** @throws NeocogError on all ranks for runs that differ; ShapeError for a loader that shares nothing out */
export async function needSameRun(world: World, loader: BatchSource, options: FitOptions): Promise<void> {
  if (loader.world === null) {
    throw new ShapeError(
      `fit: the trainer works with ${world.size} ranks, and the loader gives each of them all samples; give the loader the world too`,
    );
  }
  await needAlike(world, 'fit', [
    { what: 'epochs', text: String(options.epochs), remedy: 'give all ranks the same' },
    ...factsOf('data', loader),
    ...(options.validation ? factsOf('validation', options.validation) : []),
  ]);
}

function factsOf(what: string, source: BatchSource): Fact[] {
  const identity = source.identity?.();
  if (!identity) return [];
  return [
    { what, text: identity.order, remedy: 'give all ranks the same data, batch size and seed' },
    {
      what: `${what} or another order of samples`,
      text: String(identity.samples),
      remedy: 'give all ranks the same files, in the same folders and under the same names',
      isHidden: true,
    },
  ];
}

/** What rank 0 goes on from, on all ranks: they need not see its files. */
export async function shareCheckpoint(world: World, mine: Checkpoint | null): Promise<Checkpoint | null> {
  const bytes = world.rank === 0 && mine ? encodeCheckpoint(mine) : new Uint8Array(0);
  const size = Int32Array.of(bytes.length);
  await world.broadcast(size);
  if (size[0] === 0) return null;
  const words = new Int32Array(Math.ceil(size[0] / 4));
  new Uint8Array(words.buffer).set(bytes);
  await world.broadcast(words);
  if (world.rank === 0) return mine;
  return decodeCheckpoint(new Uint8Array(words.buffer, 0, size[0]), 'fit: the checkpoint of rank 0');
}

/** Whether any rank says so. */
export async function anyRank(world: World | null, says: boolean): Promise<boolean> {
  if (!world) return says;
  const [many] = await sumNumbers(world, [says ? 1 : 0]);
  return many > 0;
}

/** Counts of a batch, of all ranks. */
export async function countsOfAll(world: World | null, counts: Counts): Promise<Counts> {
  if (!world) return counts;
  const { samples, labels, right } = counts;
  const all = await sumNumbers(world, [samples, labels, right]);
  return { samples: all[0], labels: all[1], right: all[2] };
}

/** Of a batch whose samples count for nothing. */
export const noCounts: Counts = { samples: 0, labels: 0, right: 0 };
