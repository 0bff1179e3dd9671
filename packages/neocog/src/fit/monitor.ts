// Which number of an epoch counts, and whether it became better.

import { aFunction, atLeast, either, type Field, oneOf } from '../arguments/field.ts';
import { ShapeError } from '../errors.ts';
import type { EpochReport } from './reports.ts';

/** A number of an epoch: by name, or worked out of its report. */
export type Monitor =
  | 'loss'
  | 'accuracy'
  | 'validation.loss'
  | 'validation.accuracy'
  | ((report: EpochReport) => number);

/** Which number counts. */
export interface MonitorOptions {
  /** Default: the loss of validation, or of training where nothing is validated. */
  monitor?: Monitor | undefined;
  /** Whether less or more is better. Default: 'max' for accuracies, else 'min'. */
  mode?: 'min' | 'max' | undefined;
  /** What a change has to exceed to be better. Default 0. */
  minDelta?: number | undefined;
}

const names = ['loss', 'accuracy', 'validation.loss', 'validation.accuracy'] as const;
const aMonitor: Field<Monitor> = either(oneOf(...names), aFunction);

export const monitorFields = {
  monitor: aMonitor,
  mode: oneOf('min', 'max') as Field<'min' | 'max'>,
  minDelta: atLeast(0),
} satisfies Record<keyof MonitorOptions, Field>;

/** The best number so far. */
export class Best {
  /** NaN before the first. */
  value = Number.NaN;
  /** Of the best number; 0 before the first. */
  epoch = 0;
  readonly #fn: string;
  readonly #options: MonitorOptions;

  constructor(fn: string, { monitor, mode, minDelta }: MonitorOptions) {
    this.#fn = fn;
    this.#options = { monitor, mode, minDelta };
  }

  /** Whether this epoch is better than all before. @throws ShapeError for a number that is not measured */
  takes(report: EpochReport): boolean {
    const { monitor = report.validation ? 'validation.loss' : 'loss', minDelta = 0 } = this.#options;
    const value = typeof monitor === 'function' ? monitor(report) : numberOf(this.#fn, monitor, report);
    if (typeof value !== 'number')
      throw new ShapeError(`${this.#fn}: monitor gave ${typeof value}; give a function that gives a number`);
    const { mode = String(monitor).endsWith('accuracy') ? 'max' : 'min' } = this.#options;
    const gain = mode === 'max' ? value - this.value : this.value - value;
    const isBetter = Number.isNaN(this.value) ? !Number.isNaN(value) : gain > minDelta;
    if (isBetter) [this.value, this.epoch] = [value, report.epoch];
    return isBetter;
  }
}

function numberOf(fn: string, monitor: (typeof names)[number], report: EpochReport): number {
  const [part, name] = monitor.includes('.') ? monitor.split('.') : ['', monitor];
  const from = part === '' ? report : report.validation;
  const value = from?.[name as 'loss' | 'accuracy'];
  if (value !== undefined && !Number.isNaN(value)) return value;
  const remedy =
    part === ''
      ? 'labels are no classes; monitor the loss'
      : 'give fit a validation, with classes as labels for an accuracy';
  throw new ShapeError(`${fn}: ${monitor} is not measured; ${remedy}`);
}
