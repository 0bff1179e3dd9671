// Milliseconds of contenders, in turns: each runs once after the others, on arrays as a program has them. Engines replace code by
// better code while it runs, in threads of their own, so contenders are visited again and again, and their fastest call counts.

import type { Ground } from './ground.ts';
import type { Trial } from './trial.ts';

/** A visit ends after so many milliseconds of calls, or so many turns; then it has had as many as it needs to see an interruption. */
const visitMilliseconds = 5;
const mostTurns = 12;

/** A call that is shorter is repeated, so that the clock can tell it: that of a page may have steps of 0.1 ms. */
const steps = 20;

export class Clock {
  readonly #ground: Ground;
  /** Of the clock. */
  readonly #step: number;
  readonly #best = new Map<Trial, number>();
  readonly #spent = new Map<readonly Trial[], number>();

  constructor(ground: Ground) {
    this.#ground = ground;
    this.#step = clockStep();
  }

  /** The fastest call so far, in milliseconds. */
  best(trial: Trial): number {
    return this.#best.get(trial) ?? Number.POSITIVE_INFINITY;
  }

  /** Milliseconds of all calls of a row of trials that is visited. */
  spent(trials: readonly Trial[]): number {
    return this.#spent.get(trials) ?? 0;
  }

  /** Takes some turns. True if a contender became faster by more than a tenth: its code was replaced, or it was disturbed before. */
  visit(trials: readonly Trial[]): boolean {
    const before = trials.map((trial) => this.best(trial));
    let spent = 0;
    for (let turn = 0; turn < mostTurns && spent < visitMilliseconds; turn++)
      for (const trial of trials) spent += this.#time(trial);
    this.#spent.set(trials, this.spent(trials) + spent);
    return trials.some((trial, i) => this.best(trial) < 0.9 * before[i]);
  }

  /** Milliseconds that it took altogether. Weights have left the second cache, as other layers have run since. */
  #time(trial: Trial): number {
    const best = this.best(trial);
    const calls = best < Number.POSITIVE_INFINITY ? Math.max(1, Math.ceil((steps * this.#step) / best)) : 1;
    this.#ground.chill();
    trial.touch();
    const start = performance.now();
    for (let i = 0; i < calls; i++) trial.run();
    const time = performance.now() - start;
    // A clock that stood still says that the call is shorter than its step.
    this.#best.set(trial, Math.min(best, Math.max(time, this.#step / 2) / calls));
    return time;
  }
}

/** The smallest difference that the clock tells, in milliseconds. */
function clockStep(): number {
  let least = Number.POSITIVE_INFINITY;
  for (let i = 0; i < 5; i++) {
    const start = performance.now();
    let now = start;
    while (now === start) now = performance.now();
    least = Math.min(least, now - start);
  }
  return least;
}
