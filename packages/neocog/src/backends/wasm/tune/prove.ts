// Whether algorithms give what the definition says, on whole numbers: some places by the definition itself, all others by comparison with
// an algorithm that sums plainly. Where two differ, the definition says which one is wrong.

import { Definition, type Place } from './definition.ts';
import { eachPlane, planeAt } from './grid.ts';
import type { Ground } from './ground.ts';
import { type Contender, Trial } from './trial.ts';

/** Places that are computed by the definition: both ends of everything, and others. */
const samples = 24;

/** How far a transform may end from a whole number: nearest is the right one, and by far. */
const farthest = 1 / 8;
/** Activations are approximated: a share of their values. */
const roundingError = 1e-5;
/** Where results differ, the definition is asked so often: steep activations make much of little. */
const mostDoubts = 50;

export interface Proof {
  /** Of the contenders, in their order. */
  readonly trials: readonly Trial[];
  /** Why the results of some are wrong, judges too. */
  readonly refusals: ReadonlyMap<Contender, string>;
}

/**
 * Runs all contenders, which compute the same, and says which are wrong.
 *
 * @param judges algorithms that sum plainly; contenders may be among them
 */
export async function prove(
  contenders: readonly Contender[],
  judges: readonly Contender[],
  ground: Ground,
): Promise<Proof> {
  const setting = { ground, definition: new Definition(contenders[0].task) };
  const trials: Trial[] = [];
  const refusals = new Map<Contender, string>();
  const start = async (contender: Contender): Promise<Trial> => {
    const trial = await Trial.start(contender, setting);
    trial.compute();
    refuse(trial, sampleDifference(trial));
    return trial;
  };
  const refuse = ({ contender }: Trial, why: string | null): void => {
    if (why !== null) refusals.set(contender, why);
  };
  for (const contender of contenders) trials.push(await start(contender));
  for (const contender of judges) {
    const judge = trials.find((trial) => trial.contender === contender) ?? (await start(contender));
    for (const trial of trials) {
      if (trial === judge || refusals.has(trial.contender) || refusals.has(contender)) continue;
      const doubts = differences(trial, judge).flatMap((place) =>
        [trial, judge].map((each) => ({ each, why: differenceAt(each, place) })),
      );
      for (const { each, why } of doubts) refuse(each, why);
    }
    if (!refusals.has(contender)) break;
  }
  return { trials, refusals };
}

/** By how much sums may be off: those of whole numbers are exact, transforms round. */
const sumError = ({ exact, definition }: Trial): number => (exact ? 0 : farthest * definition.unit);

const activationError = ({ contender }: Trial, value: number): number =>
  contender.task.epilogue.formula ? roundingError * Math.max(1, Math.abs(value)) : 0;

/** Why a result is not that of the definition, or null. */
function differenceAt(trial: Trial, place: Place): string | null {
  const { value, least, most } = trial.definition.at(place, sumError(trial));
  const got = trial.results()[positionOf(trial, place)];
  const slack = activationError(trial, value);
  if ((got >= least - slack && got <= most + slack) || Object.is(got, value)) return null;
  const at = [place.first, place.second, ...place.cells];
  return `gave ${got} where the definition gives ${value}, at [${at}] of a result on whole numbers`;
}

function positionOf({ grid, definition }: Trial, place: Place): number {
  return planeAt(grid, place.first, place.second) + definition.cellOf(place) * grid.steps.cell;
}

function sampleDifference(trial: Trial): string | null {
  for (const place of samplePlaces(trial.definition.shape)) {
    const why = differenceAt(trial, place);
    if (why !== null) return why;
  }
  return null;
}

/** Corners, borders and what lies between, the same in every process. */
function samplePlaces(shape: readonly number[]): Place[] {
  if (shape.includes(0)) return [];
  let state = 1;
  const draw = (below: number): number => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return Math.floor((state / 2 ** 32) * below);
  };
  return Array.from({ length: samples }, (_, i) => {
    const [first, second, ...cells] = shape.map((size) => {
      if (i < 2) return i * (size - 1);
      return [0, size - 1, draw(size), draw(size)][draw(4)];
    });
    return { first, second, cells };
  });
}

/** The first places at which two differ by more than both may. */
function differences(trial: Trial, judge: Trial): Place[] {
  const { grid, definition } = trial;
  const [got, want] = [trial.results(), judge.results()];
  const [step, judgeStep] = [grid.steps.cell, judge.grid.steps.cell];
  const error = sumError(trial) + sumError(judge);
  const found: Place[] = [];
  eachPlane(grid, (n, c) => {
    const [from, judgeFrom] = [planeAt(grid, n, c), planeAt(judge.grid, n, c)];
    for (let s = 0; s < grid.cells && found.length < mostDoubts; s++) {
      const [a, b] = [got[from + s * step], want[judgeFrom + s * judgeStep]];
      const allowed = error + 2 * activationError(trial, b);
      if (!(Math.abs(a - b) <= allowed || Object.is(a, b))) found.push(definition.placeOf(n, c, s));
    }
  });
  return found;
}
