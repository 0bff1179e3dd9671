// The learning rate over a run, as a factor of the one that was asked for, at the fraction of the run that is done.

import type { schedules } from './settings.ts';

/** Up over the first part of the run, so that the first steps of a fresh network do not go astray. */
const rise = 0.05;
const halfCosine = (share: number): number => (1 + Math.cos(Math.PI * share)) / 2;

const shapes: Record<(typeof schedules)[number], (done: number) => number> = {
  // Loshchilov and Hutter, "SGDR" (2017), without restarts.
  cosine: halfCosine,
  // Smith and Topin, "Super-convergence" (2018): up for a third, then down to nothing.
  'one-cycle': (done) => (done < 1 / 3 ? 0.1 + 2.7 * done : halfCosine((done - 1 / 3) * 1.5)),
  step: (done) => 0.1 ** Math.floor(done * 3),
  constant: () => 1,
};

/** For `fit`: the rate at a fraction of the run. */
export const rateOver =
  (schedule: (typeof schedules)[number], lr: number) =>
  (done: number): number =>
    lr * Math.min(1, (done + rise / 10) / rise) * shapes[schedule](done);
