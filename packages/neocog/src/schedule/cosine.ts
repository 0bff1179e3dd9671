// Rates along half a cosine, once or again and again (SGDR, Loshchilov and Hutter, 2017).

import { atLeast, count, required } from '../arguments/field.ts';
import { type Fields, needOptions } from '../arguments/options.ts';
import { cos } from '../expression/elementary.ts';
import { type BaseOptions, baseFields, type Schedule, scheduleOf } from './schedule.ts';

/** From 1 down to 0 as `done` goes from 0 to 1. */
export const halfCosine = (done: number): number => (1 + cos(Math.PI * done)) / 2;

/** Options of `schedule.cosine`. */
export interface CosineOptions extends BaseOptions {
  /** The step of the lowest rate; after it the rate rises again. */
  TMax: number;
  /** The lowest rate. Default 0. */
  etaMin?: number | undefined;
}

const cosineFields: Fields<CosineOptions> = { ...baseFields, TMax: required(count), etaMin: atLeast(0) };

/**
 * From baseLr down to etaMin along half a cosine of TMax steps.
 *
 * @throws ShapeError for an option out of range.
 * @example
 * const rate = schedule.cosine({ baseLr: 0.1, TMax: 1000 });
 * for (let step = 0; step < 1000; step++) {
 *   optimizer.lr = rate(step);
 *   // forward, backward, optimizer.step()
 * }
 */
export function cosine(options: CosineOptions): Schedule {
  needOptions('cosine', options, cosineFields);
  const { baseLr, TMax, etaMin = 0 } = options;
  return scheduleOf('cosine', (t) => etaMin + (baseLr - etaMin) * halfCosine(t / TMax));
}

/** Options of `schedule.cosineWarmRestarts`. */
export interface CosineWarmRestartsOptions extends BaseOptions {
  /** Steps of the first cycle. */
  T0: number;
  /** How many times longer each cycle is than the one before. Default 1. */
  TMult?: number | undefined;
  /** The lowest rate. Default 0. */
  etaMin?: number | undefined;
}

const restartFields: Fields<CosineWarmRestartsOptions> = {
  ...baseFields,
  T0: required(count),
  TMult: count,
  etaMin: atLeast(0),
};

/** `cosine` from baseLr again after T0 steps, after T0 · TMult more, and so on. @throws ShapeError for an option out of range. */
export function cosineWarmRestarts(options: CosineWarmRestartsOptions): Schedule {
  needOptions('cosineWarmRestarts', options, restartFields);
  const { baseLr, T0, TMult = 1, etaMin = 0 } = options;
  return scheduleOf('cosineWarmRestarts', (t) => {
    return etaMin + (baseLr - etaMin) * halfCosine(doneOfCycle(t, T0, TMult));
  });
}

/** How much of its cycle a step has behind it, from 0 to below 1. */
function doneOfCycle(step: number, first: number, growth: number): number {
  if (growth === 1) return (step % first) / first;
  let [start, length] = [0, first];
  while (step >= start + length) [start, length] = [start + length, length * growth];
  return (step - start) / length;
}
