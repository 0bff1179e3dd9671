// Proofs and times of contenders, noted where choices find them. All heats are visited in turns, so that the engine has time to optimise the
// code of each while others run.

import type { Measured } from '../../tuning.ts';
import { taskText } from '../kernels/taskText.ts';
import { Clock } from './clock.ts';
import { Ground } from './ground.ts';
import { prove } from './prove.ts';
import type { Contender, Trial } from './trial.ts';

/** Algorithms that compute the same, and those that can judge them: that sum plainly. */
export interface Heat {
  readonly contenders: readonly Contender[];
  readonly judges: readonly Contender[];
}

/** Visits of a heat: with 5 ms each these are the 20 ms that a usual layer may take. More only while contenders become faster. */
const usualVisits = 4;
const mostVisits = 8;
/** A layer that takes long enough for this is not visited a third time. */
const mostMilliseconds = 100;
/** From visit to visit engines have at least so long for their better code, in milliseconds. */
const leastBetween = 30;

interface Options {
  readonly measured: Measured;
  readonly onProgress: (share: number) => void;
}

/** Proves and times, and notes a verdict on every contender. Heats for which there is no memory are left out. */
export async function measure(
  heats: readonly Heat[],
  { measured, onProgress }: Options,
  ground = new Ground(),
): Promise<void> {
  const rows: (readonly Trial[])[] = [];
  for (const [i, heat] of heats.entries()) {
    rows.push(await proven(heat, measured, ground));
    onProgress((0.5 * (i + 1)) / heats.length);
  }
  ground.smooth();
  const clock = new Clock(ground);
  await visitAll(rows, clock, (share) => onProgress(0.5 + 0.5 * share));
  for (const trial of rows.flat()) {
    const { task, name } = trial.contender;
    measured.record(taskText(task), name, { milliseconds: clock.best(trial) });
  }
}

/** The trials of a heat that are right; the wrong ones are noted. */
async function proven(
  { contenders, judges }: Heat,
  measured: Measured,
  ground: Ground,
): Promise<readonly Trial[]> {
  ground.clear();
  try {
    const { trials, refusals } = await prove(contenders, judges, ground);
    for (const [{ task, name }, refusal] of refusals) measured.record(taskText(task), name, { refusal });
    return trials.filter(({ contender }) => !refusals.has(contender));
  } catch (error) {
    if (error instanceof RangeError) return [];
    throw error;
  }
}

async function visitAll(
  rows: readonly (readonly Trial[])[],
  clock: Clock,
  onProgress: (share: number) => void,
): Promise<void> {
  let open = rows.filter((row) => row.length > 0);
  for (let visit = 1; visit <= mostVisits && open.length > 0; visit++) {
    const start = performance.now();
    const again: (readonly Trial[])[] = [];
    for (const [i, row] of open.entries()) {
      const faster = clock.visit(row);
      const isLong = visit > 1 && clock.spent(row) > mostMilliseconds;
      if ((faster || visit < usualVisits) && !isLong) again.push(row);
      onProgress(Math.min(1, (visit - 1 + (i + 1) / open.length) / usualVisits));
      await pause(0);
    }
    open = again;
    if (open.length > 0) await pause(leastBetween - (performance.now() - start));
  }
}

/** Lets events come through, at least. */
const pause = (milliseconds: number): Promise<void> =>
  new Promise((resolve) => setTimeout(resolve, Math.max(0, milliseconds)));
