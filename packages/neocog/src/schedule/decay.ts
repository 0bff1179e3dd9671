// Rates that fall in steps, by a factor, along a line or along a power; PyTorch's names and closed forms.

import { atLeast, count, listOf, required } from '../arguments/field.ts';
import { type Fields, needOptions } from '../arguments/options.ts';
import { power } from '../expression/elementary.ts';
import { type BaseOptions, baseFields, type Schedule, scheduleOf } from './schedule.ts';

/** Options of `schedule.step`. */
export interface StepOptions extends BaseOptions {
  /** Steps between two falls. */
  stepSize: number;
  /** Factor of each fall. Default 0.1. */
  gamma?: number | undefined;
}

const stepFields: Fields<StepOptions> = { ...baseFields, stepSize: required(count), gamma: atLeast(0) };

/**
 * baseLr · gamma^⌊step / stepSize⌋.
 *
 * @throws ShapeError for an option out of range.
 * @example
 * const rate = schedule.step({ baseLr: 0.1, stepSize: 30 });
 * for (let epoch = 0; epoch < 90; epoch++) optimizer.lr = rate(epoch); // 0.1, then 0.01, then 0.001
 */
export function step(options: StepOptions): Schedule {
  needOptions('step', options, stepFields);
  const { baseLr, stepSize, gamma = 0.1 } = options;
  return scheduleOf('step', (t) => baseLr * power(gamma, Math.floor(t / stepSize)));
}

/** Options of `schedule.multiStep`. */
export interface MultiStepOptions extends BaseOptions {
  /** The steps from which the rate is lower; one that stands twice counts twice. */
  milestones: readonly number[];
  /** Factor of each fall. Default 0.1. */
  gamma?: number | undefined;
}

const multiStepFields: Fields<MultiStepOptions> = {
  ...baseFields,
  milestones: required(listOf('steps', atLeast(0))),
  gamma: atLeast(0),
};

/** baseLr · gamma^(milestones reached). @throws ShapeError for an option out of range. */
export function multiStep(options: MultiStepOptions): Schedule {
  needOptions('multiStep', options, multiStepFields);
  const { baseLr, milestones, gamma = 0.1 } = options;
  const reached = [...milestones];
  return scheduleOf(
    'multiStep',
    (t) => baseLr * power(gamma, reached.filter((milestone) => milestone <= t).length),
  );
}

/** Options of `schedule.exponential`. */
export interface ExponentialOptions extends BaseOptions {
  /** Factor of each step. */
  gamma: number;
}

const exponentialFields: Fields<ExponentialOptions> = { ...baseFields, gamma: required(atLeast(0)) };

/** baseLr · gamma^step. @throws ShapeError for an option out of range. */
export function exponential(options: ExponentialOptions): Schedule {
  needOptions('exponential', options, exponentialFields);
  const { baseLr, gamma } = options;
  return scheduleOf('exponential', (t) => baseLr * power(gamma, t));
}

/** Options of `schedule.constant`. */
export interface ConstantOptions extends BaseOptions {
  /** Factor of the first steps. Default 1/3. */
  factor?: number | undefined;
  /** How many steps it holds for. Default 5. */
  totalIters?: number | undefined;
}

const constantFields: Fields<ConstantOptions> = {
  ...baseFields,
  factor: atLeast(0),
  totalIters: atLeast(0),
};

/** baseLr · factor before step totalIters, baseLr from then on. @throws ShapeError for an option out of range. */
export function constant(options: ConstantOptions): Schedule {
  needOptions('constant', options, constantFields);
  const { baseLr, factor = 1 / 3, totalIters = 5 } = options;
  return scheduleOf('constant', (t) => (t < totalIters ? baseLr * factor : baseLr));
}

/** Options of `schedule.linear`. */
export interface LinearOptions extends BaseOptions {
  /** Factor of step 0. Default 1/3. */
  startFactor?: number | undefined;
  /** Factor from step totalIters on. Default 1. */
  endFactor?: number | undefined;
  /** Default 5. */
  totalIters?: number | undefined;
}

const linearFields: Fields<LinearOptions> = {
  ...baseFields,
  startFactor: atLeast(0),
  endFactor: atLeast(0),
  totalIters: count,
};

/** baseLr · a factor that goes along a line and then stays: a warm-up. @throws ShapeError for an option out of range. */
export function linear(options: LinearOptions): Schedule {
  needOptions('linear', options, linearFields);
  const { baseLr, startFactor = 1 / 3, endFactor = 1, totalIters = 5 } = options;
  const factor = (done: number): number => startFactor + (endFactor - startFactor) * done;
  return scheduleOf('linear', (t) => baseLr * factor(Math.min(t / totalIters, 1)));
}

/** Options of `schedule.polynomial`. */
export interface PolynomialOptions extends BaseOptions {
  /** The step at which the rate is 0. Default 5. */
  totalIters?: number | undefined;
  /** Default 1. */
  power?: number | undefined;
}

const polynomialFields: Fields<PolynomialOptions> = { ...baseFields, totalIters: count, power: atLeast(0) };

/** baseLr · (1 − step / totalIters)^power, and 0 from totalIters on. @throws ShapeError for an option out of range. */
export function polynomial(options: PolynomialOptions): Schedule {
  needOptions('polynomial', options, polynomialFields);
  const { baseLr, totalIters = 5, power: exponent = 1 } = options;
  return scheduleOf('polynomial', (t) => (t < totalIters ? baseLr * power(1 - t / totalIters, exponent) : 0));
}
