// Tells of a rank that all others wait for: it takes much longer than they do for its own part of the steps, such as on a machine
// where something else computes, or with a slow disk.

import { hostname } from 'node:os';
import type { BatchReport, FitCallback } from 'neocog';
import { aFunction, type Field, type Fields, field, isRecord, need, needOptions } from 'neocog/arguments';
import type { ProcessWorld } from '../mpi/world.ts';
import { gatherNumbers, gatherTexts } from './gather.ts';

/** When `watchRanks` tells of a rank, and to whom. */
export interface WatchOptions {
  /** Takes the sentence, on rank 0. Default: `console.warn`. */
  tell?: ((sentence: string) => void) | undefined;
  /** How many times as long as the others (their median) a rank takes that is told of, above 1. Default 1.5. */
  factor?: number | undefined;
  /** Seconds of training over which ranks are compared. Default 10. */
  seconds?: number | undefined;
}

const above = (least: number) => (v: unknown) =>
  typeof v === 'number' && v > least && v < Number.POSITIVE_INFINITY;
const fields: Fields<WatchOptions> = {
  tell: aFunction,
  factor: field('a number above 1', above(1)),
  seconds: field('a number above 0', above(0)),
};

const aWorld: Field<ProcessWorld> = field(
  'a world, as mpi() makes it',
  (v) => isRecord(v) && 'times' in v && 'beginSum' in v,
);

/** Batches between two exchanges of times, which are short. */
const every = 10;

/**
 * A callback of `fit`, for all ranks: says in a sentence which rank is slow, where and how slow, once until it has kept up again. What counts
 * is the time of training and of loading data without that of waiting for other ranks.
 *
 * @throws ShapeError for another world or other options
 * @example callbacks: [watchRanks(world)] // rank 2 on node7 takes 3.1 times as long as the others …
 */
export function watchRanks(world: ProcessWorld, options: WatchOptions = {}): FitCallback {
  need('watchRanks', 'world', world, aWorld);
  needOptions('watchRanks', options, fields);
  const { tell = console.warn, factor = 1.5, seconds = 10 } = options;
  if (world.size === 1) return { name: 'watchRanks' };
  const watch = new Watch(world, { tell, factor, seconds });
  return {
    name: 'watchRanks',
    onStart: () => watch.begin(),
    onBatch: (report) => watch.look(report),
  };
}

interface Settled {
  readonly tell: (sentence: string) => void;
  readonly factor: number;
  readonly seconds: number;
}

class Watch {
  readonly #world: ProcessWorld;
  readonly #options: Settled;
  #hosts: string[] = [];
  /** Milliseconds of this rank since the last exchange, and batches that took them. */
  #own = { busy: 0, batches: 0 };
  /** The same of each rank, since ranks were last compared; on all ranks. */
  #rows: { busy: number; batches: number }[] = [];
  /** When this rank last looked, and how long it had waited by then. */
  #last = { at: 0, waiting: 0 };
  #compared = performance.now();
  #slow: number | null = null;

  constructor(world: ProcessWorld, options: Settled) {
    this.#world = world;
    this.#options = options;
  }

  async begin(): Promise<void> {
    this.#hosts = await gatherTexts(this.#world, hostname());
    this.#forget();
  }

  async look({ batch, step }: BatchReport): Promise<void> {
    const now = { at: performance.now(), waiting: this.#world.times.waiting };
    // Before the first batch of an epoch there is what ends the one before.
    if (batch > 1) {
      this.#own.busy += now.at - this.#last.at - (now.waiting - this.#last.waiting);
      this.#own.batches++;
    }
    if (step % every === 0) await this.#exchange();
    this.#last = { at: performance.now(), waiting: this.#world.times.waiting };
  }

  async #exchange(): Promise<void> {
    const rows = await gatherNumbers(this.#world, [this.#own.busy, this.#own.batches]);
    this.#own = { busy: 0, batches: 0 };
    rows.forEach(([busy, batches], rank) => {
      this.#rows[rank].busy += busy;
      this.#rows[rank].batches += batches;
    });
    if (this.#world.rank === 0 && performance.now() - this.#compared >= 1000 * this.#options.seconds)
      this.#compare();
  }

  #compare(): void {
    const each = this.#rows.map(({ busy, batches }) => busy / Math.max(1, batches));
    this.#forget();
    const slowest = each.indexOf(Math.max(...each));
    const others = medianOf(each.filter((_, rank) => rank !== slowest));
    const times = each[slowest] / others;
    const isSlow = times >= this.#options.factor;
    if (isSlow && this.#slow !== slowest) {
      this.#options.tell(
        `rank ${slowest} on ${this.#hosts[slowest]} takes ${times.toFixed(1)} times as long as the others for its part of a step (${each[slowest].toFixed(1)} ms, they ${others.toFixed(1)} ms), and they wait for it; look for other work on its cores, or a slow disk`,
      );
    }
    this.#slow = isSlow ? slowest : null;
  }

  #forget(): void {
    this.#rows = Array.from({ length: this.#world.size }, () => ({ busy: 0, batches: 0 }));
    this.#compared = performance.now();
  }
}

const medianOf = (values: readonly number[]): number =>
  [...values].sort((a, b) => a - b)[Math.floor(values.length / 2)];
