// Steps as phases: what threads may do at the same time, and in how many pieces.

import { type MachineStep, unitsOf } from './code.ts';

/** Its pieces do not depend on each other; every phase waits for the one before it. */
export interface Phase {
  /** More than one only if the phase is a single piece: one thread does them in order. */
  readonly steps: readonly MachineStep[];
  readonly pieces: number;
}

/** Pieces per thread: what the last thread has left when the others find nothing is at most one of them. */
const piecesPerThread = 4;
/** Even one thread makes several calls, since V8 swaps in optimised code only at a call. */
export const fewestPieces = 8;

/**
 * @param threads with one, every step is a phase of its own: there is nothing to wait for.
 */
export function phasesOf(steps: readonly MachineStep[], threads: number): Phase[] {
  const phases: Phase[] = [];
  for (const step of steps) {
    const pieces = step.small ? 1 : piecesOf(unitsOf(step), threads);
    const last = phases.at(-1);
    if (threads > 1 && pieces === 1 && last?.pieces === 1)
      phases[phases.length - 1] = { steps: [...last.steps, step], pieces };
    else phases.push({ steps: [step], pieces });
  }
  return phases;
}

const piecesOf = (units: number, threads: number): number =>
  Math.max(1, Math.min(units, Math.max(fewestPieces, piecesPerThread * threads)));

/**
 * Milliseconds of each step, from when each phase began and the last one ended: the steps of a phase share its time equally.
 *
 * @param phases how many steps each has
 */
export const stepTimes = (phases: readonly number[], times: readonly number[]): number[] =>
  phases.flatMap((steps, i) =>
    new Array<number>(steps).fill(((times[i + 1] ?? 0) - (times[i] ?? 0)) / steps),
  );
