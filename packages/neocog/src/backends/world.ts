// Processes that train together, as the library sees them: each has a rank, and arrays become their sums over all ranks. What
// carries the numbers (MPI, another thread) is somebody else's: `mpi()` of @neocog/cluster makes a world of processes.

import { type Field, field } from '../arguments/field.ts';
import type { Values } from './work.ts';

/** Of each array only the entries of the largest magnitude; what is left out is added to the next sums. */
export interface TopK {
  /** The share of the entries that travel, between 0 and 1. */
  readonly topK: number;
}

/**
 * How gradients travel with fewer bytes, at the cost of digits: as numbers of 16 bits, which have 11 bits of each, or the largest
 * alone.
 */
export type Compression = 'float16' | TopK;

/** How arrays become sums. */
export interface SumOptions {
  /** Default: all digits of all numbers. */
  compress?: Compression | undefined;
}

/** A sum that has begun. */
export interface PendingSum {
  /** Resolves once the array holds the sums. @throws DeviceError if a rank is gone */
  wait(): Promise<void>;
}

/**
 * All ranks of a job, seen by one of them. Every rank makes the same calls in the same order, with arrays of the same sizes; a
 * call of one rank alone waits for the others.
 */
export interface World {
  /** This one, from 0. */
  readonly rank: number;
  /** How many there are. */
  readonly size: number;
  /** Begins to put, in place of the values, their sums over all ranks. The same bits on all ranks. */
  beginSum(values: Float32Array, options?: SumOptions): PendingSum;
  /** Moves on what has begun, without waiting; cheap. */
  advance(): void;
  /** Puts, in place of the values of the arrays, their means over all ranks. */
  average(arrays: Float32Array | readonly Float32Array[]): Promise<void>;
  /** Puts, in place of the values of the arrays, those of one rank. Default: rank 0. */
  broadcast(arrays: Values | readonly Values[], from?: number): Promise<void>;
  /** Resolves once all ranks have come here. */
  barrier(): Promise<void>;
}

const methods = ['beginSum', 'advance', 'average', 'broadcast', 'barrier'] as const;

export const aWorld: Field<World> = field('a world, as mpi() of @neocog/cluster makes it', (v) => {
  if (typeof v !== 'object' || v === null) return false;
  const { rank, size } = v as World;
  const placed = Number.isInteger(rank) && Number.isInteger(size) && rank >= 0 && rank < size;
  return placed && methods.every((name) => typeof Reflect.get(v, name) === 'function');
});
