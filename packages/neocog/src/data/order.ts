// In which order an epoch goes through the samples, and the random numbers of each: both follow from seed, epoch and sample
// alone, so that neither threads nor what was drawn before change them. A loader's place in an epoch is three numbers.

import { seed as aSeed, isRecord, isSize, refuseValue } from '../arguments/field.ts';
import { ShapeError } from '../errors.ts';
import { Generator } from '../tensor/random.ts';
import type { SourceState } from './source.ts';

/** Where a loader is; plain numbers, which JSON keeps. */
export interface LoaderState extends SourceState {
  /** The epoch, counted from 0. */
  readonly epoch: number;
  /** How many samples of this epoch's order went into batches that were handed out, unreadable ones between them included. */
  readonly taken: number;
  /** The loader's seed. */
  readonly seed: number;
  /** Samples in the data set; null for a stream. */
  readonly size: number | null;
}

/** Neighbouring seeds and epochs must not share orders: seed 1 epoch 0 is not seed 0 epoch 1. */
const epochSeed = (seed: number, epoch: number): number => (Math.imul(epoch, 0x9e3779b1) ^ seed) >>> 0;

/** The places of all samples in the order of an epoch: shuffled where there is a seed, else as they are. */
export function orderOf(size: number, seed: number | null, epoch: number): Int32Array {
  if (seed === null) return Int32Array.from({ length: size }, (_, i) => i);
  return new Generator(epochSeed(seed, epoch)).permutation(size);
}

/** The finish of MurmurHash3: each bit of x changes about half of all bits. */
export function scramble(x: number): number {
  let z = Math.imul(x ^ (x >>> 16), 0x85ebca6b);
  z = Math.imul(z ^ (z >>> 13), 0xc2b2ae35);
  return (z ^ (z >>> 16)) >>> 0;
}

/** The random numbers of one sample in one epoch. */
export function randomOf(seed: number, epoch: number, index: number): Generator {
  const low = ~seed ^ Math.trunc(seed / 2 ** 32);
  return new Generator(scramble(scramble(scramble(low) + epoch) + index));
}

const whole = (value: unknown): value is number => isSize(value, 0);

const isState = (v: unknown): v is LoaderState =>
  isRecord(v) &&
  whole(v.epoch) &&
  whole(v.taken) &&
  aSeed.ok(v.seed) &&
  (v.size === null || (whole(v.size) && v.taken <= v.size));

/** @throws ShapeError for what is no state, or that of a loader with other data or another seed. */
export function checkState(
  fn: string,
  state: SourceState,
  { seed, size }: Pick<LoaderState, 'seed' | 'size'>,
): LoaderState {
  if (!isState(state)) refuseValue(fn, 'state', state, 'what state() of such a loader gave');
  if (state.seed === seed && state.size === size) return state;
  const samples = (many: number | null): string => (many === null ? 'an iterable' : `${many} samples`);
  throw new ShapeError(
    `${fn}: the state is of a loader with seed ${state.seed} of ${samples(state.size)}, this one has seed ${seed} and ` +
      `${samples(size)}; make the loader as it was when the state was kept`,
  );
}
