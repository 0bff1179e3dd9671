// A warm-up before any other schedule (Goyal et al., "Accurate, large minibatch SGD", 2017).

import { aFunction, between, count, required } from '../arguments/field.ts';
import { type Fields, needOptions } from '../arguments/options.ts';
import { type Schedule, scheduleOf } from './schedule.ts';

/** Options of `schedule.warmup`. */
export interface WarmupOptions {
  /** Steps of the warm-up. */
  steps: number;
  /** What follows; its step 0 is the first after the warm-up. */
  after: Schedule;
  /** The rate of step 0, as a fraction of the first one of `after`. Default 0.01. */
  startFactor?: number | undefined;
}

const fields: Fields<WarmupOptions> = {
  steps: required(count),
  after: required(aFunction),
  startFactor: between(0, 1),
};

/**
 * Along a line to the rate that `after` begins with, then as `after` has it. As PyTorch's LinearLR and a second schedule in a SequentialLR.
 *
 * @throws ShapeError for an option out of range.
 * @example
 * const rate = schedule.warmup({ steps: 500, after: schedule.cosine({ baseLr: 0.1, TMax: 9500 }) });
 * await fit(net, loader, { epochs: 10, optimizer, schedule: rate });
 */
export function warmup(options: WarmupOptions): Schedule {
  needOptions('warmup', options, fields);
  const { steps, after, startFactor = 0.01 } = options;
  return scheduleOf('warmup', (t) =>
    t < steps ? after(0) * (startFactor + (1 - startFactor) * (t / steps)) : after(t - steps),
  );
}
