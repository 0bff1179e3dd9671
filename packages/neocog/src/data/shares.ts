// How the ranks of a world share out an epoch: the samples of a whole batch of the job are divided among them, in the order of
// the epoch, so that each sample is one rank's, and together they see what one process with the whole batch sees.

import type { World } from '../backends/world.ts';

/** Which of several ranks asks. */
export type Ranked = Pick<World, 'rank' | 'size'>;

/** One process that has all samples. */
export const alone: Ranked = { rank: 0, size: 1 };

/** What one rank has of a batch of the job: the places `from` … `to` − 1 in the order of the epoch. */
export interface Share {
  readonly from: number;
  readonly to: number;
  /** Places that all ranks together have taken after this batch. */
  readonly taken: number;
  /** Whether this rank has no sample of its own in it; it gets the batch's first one, to keep the others company. */
  readonly spare: boolean;
}

/** What is shared out, and how. */
export interface Sharing {
  /** Samples in the data set. */
  readonly size: number;
  /** Samples of one rank in a whole batch. */
  readonly batchSize: number;
  /** Whether a last batch that is not whole is left out. */
  readonly dropLast: boolean;
}

/** The shares of a rank in the batches from place `taken` on. */
export function* sharesOf(
  { size, batchSize, dropLast }: Sharing,
  world: Ranked,
  taken: number,
): Generator<Share> {
  const whole = batchSize * world.size;
  for (let start = taken; start < size; start += whole) {
    const samples = Math.min(whole, size - start);
    if (dropLast && samples < whole) return;
    const bound = (rank: number): number => start + Math.floor((rank * samples) / world.size);
    const [from, to] = [bound(world.rank), bound(world.rank + 1)];
    const spare = from === to;
    yield { from: spare ? start : from, to: spare ? start + 1 : to, taken: start + samples, spare };
  }
}

/** Batches of an epoch; the same on all ranks. */
export function batchesIn({ size, batchSize, dropLast }: Sharing, world: Ranked | null): number {
  const batches = size / (batchSize * (world?.size ?? 1));
  return dropLast ? Math.floor(batches) : Math.ceil(batches);
}

/** What decides the batches of a job. */
interface Order extends Omit<Sharing, 'size'> {
  readonly size: number | undefined;
  readonly shuffle: boolean;
  readonly seed: number;
}

/** The batches of a job in words: where ranks differ in these, they would see other samples. */
export function orderInWords({ size, batchSize, dropLast, shuffle, seed }: Order): string {
  const order = shuffle ? `drawn by seed ${seed}` : 'as they are';
  return `${size ?? 'unknown'} samples ${order}, ${batchSize} a batch${dropLast ? ', whole batches only' : ''}`;
}

/** How many letters all names begin with: folders may lie elsewhere on another machine. */
export function commonStart([first = '', ...others]: readonly string[]): number {
  let length = first.length;
  for (const name of others) while (!name.startsWith(first.slice(0, length))) length--;
  return length;
}
