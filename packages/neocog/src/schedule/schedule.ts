// What a schedule is: a pure function from steps to rates. It holds no optimiser and no count; its caller does.

import { atLeast, need, required } from '../arguments/field.ts';
import type { Fields } from '../arguments/options.ts';

/**
 * The rate of a step (or of an epoch: whatever the options count in), which counts from 0.
 *
 * @throws ShapeError for a step that is negative or not finite.
 */
export type Schedule = (step: number) => number;

/** What every scaled rate takes. */
export interface BaseOptions {
  /** The rate that is scaled. */
  baseLr: number;
}

/** What every scaled rate takes. */
export const baseFields: Fields<BaseOptions> = { baseLr: required(atLeast(0)) };

const aStep = atLeast(0);

/** A schedule that refuses impossible steps. */
export function scheduleOf(fn: string, rateOf: Schedule): Schedule {
  return (step) => {
    need(fn, 'step', step, aStep);
    return rateOf(step);
  };
}
