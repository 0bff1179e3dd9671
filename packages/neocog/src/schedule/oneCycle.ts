// One cycle (Smith and Topin, 2018): the rate rises and falls once while the momentum falls and rises.

import { above, atLeast, count, flag, between as from, oneOf, required } from '../arguments/field.ts';
import { type Fields, needOptions } from '../arguments/options.ts';
import { ShapeError } from '../errors.ts';
import { halfCosine } from './cosine.ts';
import { type Schedule, scheduleOf } from './schedule.ts';

/** Options of `schedule.oneCycle`. */
export interface OneCycleOptions {
  /** The highest rate. */
  maxLr: number;
  /** Steps of the whole cycle; there is no rate after them. */
  totalSteps: number;
  /** Share of the steps in which the rate rises. Default 0.3. */
  pctStart?: number | undefined;
  /** Along half a cosine (default) or a line. */
  annealStrategy?: 'cos' | 'linear' | undefined;
  /** The rate starts from maxLr / divFactor. Default 25. */
  divFactor?: number | undefined;
  /** And ends at maxLr / divFactor / finalDivFactor. Default 1e4. */
  finalDivFactor?: number | undefined;
  /** Fall to where the rate started first, as fast as it rose, and to the end from there. Default false. */
  threePhase?: boolean | undefined;
  /** With false the momentum stays at maxMomentum. Default true. */
  cycleMomentum?: boolean | undefined;
  /** The momentum at the highest rate. Default 0.85. */
  baseMomentum?: number | undefined;
  /** The momentum at the ends. Default 0.95. */
  maxMomentum?: number | undefined;
}

const fields: Fields<OneCycleOptions> = {
  maxLr: required(atLeast(0)),
  totalSteps: required(count),
  pctStart: from(0, 1),
  annealStrategy: oneOf('cos', 'linear'),
  divFactor: above(0),
  finalDivFactor: above(0),
  threePhase: flag,
  cycleMomentum: flag,
  baseMomentum: from(0, 1),
  maxMomentum: from(0, 1),
};

type Settings = { [K in keyof OneCycleOptions]-?: NonNullable<OneCycleOptions[K]> };

const defaults = {
  pctStart: 0.3,
  annealStrategy: 'cos',
  divFactor: 25,
  finalDivFactor: 1e4,
  threePhase: false,
  cycleMomentum: true,
  baseMomentum: 0.85,
  maxMomentum: 0.95,
};

function settingsOf(fn: string, options: OneCycleOptions): Settings {
  needOptions(fn, options, fields);
  const given = Object.entries(options).filter(([, value]) => value !== undefined);
  return { ...defaults, ...Object.fromEntries(given) } as Settings;
}

/** A value that is reached at a step. */
type Knot = readonly [step: number, value: number];

/** From knot to knot along half a cosine or a line. */
function between(fn: string, knots: readonly Knot[], { annealStrategy, totalSteps }: Settings): Schedule {
  return scheduleOf(fn, (t) => {
    if (t > totalSteps - 1) {
      throw new ShapeError(
        `${fn}: step ${t} lies beyond the cycle, whose last step is ${totalSteps - 1}; make totalSteps larger`,
      );
    }
    const next = knots.findIndex(([step], i) => i > 0 && t <= step);
    const [[start, from], [end, to]] = [knots[next - 1], knots[next]];
    const done = end > start ? (t - start) / (end - start) : 1;
    return annealStrategy === 'cos' ? to + (from - to) * halfCosine(done) : from + (to - from) * done;
  });
}

/** Start, top, with three phases the start's value again, and end. */
function knotsOf({ totalSteps, pctStart, threePhase }: Settings, values: readonly number[]): Knot[] {
  const [start, top, end] = values;
  const peak = pctStart * totalSteps - 1;
  const last = totalSteps - 1;
  const rise: Knot[] = [
    [0, start],
    [peak, top],
  ];
  if (!threePhase) return [...rise, [last, end]];
  return [...rise, [2 * pctStart * totalSteps - 2, start], [last, end]];
}

/**
 * The rate of a cycle: from maxLr / divFactor up to maxLr, then down to maxLr / divFactor / finalDivFactor.
 *
 * @throws ShapeError for an option out of range, and for a step beyond totalSteps.
 * @example
 * const options = { maxLr: 0.5, totalSteps: 1000 };
 * const [rate, momentum] = [schedule.oneCycle(options), schedule.oneCycleMomentum(options)];
 * for (let step = 0; step < 1000; step++) {
 *   optimizer.lr = rate(step);
 *   optimizer.settings.momentum = momentum(step);
 *   // forward, backward, optimizer.step()
 * }
 */
export function oneCycle(options: OneCycleOptions): Schedule {
  const settings = settingsOf('oneCycle', options);
  const start = settings.maxLr / settings.divFactor;
  const values = [start, settings.maxLr, start / settings.finalDivFactor];
  return between('oneCycle', knotsOf(settings, values), settings);
}

/**
 * The momentum that belongs to the rate of `oneCycle`: from maxMomentum down to baseMomentum and up again.
 *
 * @throws ShapeError for an option out of range, and for a step beyond totalSteps.
 */
export function oneCycleMomentum(options: OneCycleOptions): Schedule {
  const settings = settingsOf('oneCycleMomentum', options);
  const { maxMomentum, baseMomentum, cycleMomentum } = settings;
  const low = cycleMomentum ? baseMomentum : maxMomentum;
  return between('oneCycleMomentum', knotsOf(settings, [maxMomentum, low, maxMomentum]), settings);
}
