// Algorithms chosen by measuring: of each convolution whose estimates are too near each other to be trusted, the candidates prove their
// results and take turns. Choices follow, and may bring other candidates near, which are measured then.

import type { Graph } from '../../graph.ts';
import type { Measured, TuningReport } from '../../tuning.ts';
import { type Engine, engineKey } from '../engine.ts';
import { convPlanners } from '../kernels/planners.ts';
import { taskText } from '../kernels/taskText.ts';
import { type Candidate, type Chooser, type Contest, type Limits, Offers } from '../program/choose.ts';
import type { Lowered } from '../program/lowering.ts';
import { lowerWithinBounds } from '../program/plan.ts';

/**
 * Estimates that are further apart are trusted: of two algorithms for a convolution, the ratios of estimate to time differ by up to 1.4, and by
 * 1.7 where weights are larger than the caches (docs/kernels.md, Estimates and times).
 */
const telling = 1.6;

/** In multiply-adds, some 2 µs: less is not worth timing. */
const leastCost = 50_000;

/** Of a convolution. */
const mostContenders = 3;

/** Lowerings after the first: what they bring near is measured too. */
const mostRounds = 4;

export interface Tuned {
  readonly lowered: Lowered;
  /** Null where nothing was tuned. */
  readonly tuning: TuningReport | null;
}

/** What is lowered and how. */
interface Subject {
  readonly graph: Graph;
  readonly engine: Engine;
  readonly limits: Limits;
  /** Null for estimates alone. */
  readonly measured: Measured | null;
}

type Measurable = Subject & { readonly measured: Measured };

/** Lowers by what is known, without timing anything. */
export function lowerByKnown({ graph, engine, limits, measured }: Subject, offers = new Offers()): Tuned {
  const { lowered, chooser } = lowerWithinBounds(graph, engine, limits, { measured, offers });
  const nothing = { timed: new Set<string>(), milliseconds: 0 };
  return { lowered, tuning: measured && report({ engine, measured }, chooser, nothing) };
}

/** Times what is not known, and lowers by it. */
export async function lowerTuned(
  { graph, engine, limits, measured }: Measurable,
  offers = new Offers(),
): Promise<Tuned> {
  const known = { measured, offers };
  const timed = new Set<string>();
  const start = performance.now();
  for (let round = 0; ; round++) {
    const { lowered, chooser } = lowerWithinBounds(graph, engine, limits, known);
    const open = round < mostRounds ? untried(chooser.contests(), measured) : [];
    if (open.length === 0) {
      if (timed.size > 0) measured.progress(1);
      return {
        lowered,
        tuning: report({ engine, measured }, chooser, { timed, milliseconds: performance.now() - start }),
      };
    }
    // Read when it is wanted: pages that time nothing do not load it.
    const { measure } = await import('./measure.ts');
    // Most of the work is in the first round.
    const done = 1 - 0.1 ** round;
    await measure(
      open.map(({ contenders, all }) => ({ contenders, judges: plainOf(all) })),
      {
        measured,
        onProgress: (share) => measured.progress(done + 0.9 * (1 - done) * share),
      },
    );
    for (const { contenders } of open) for (const each of contenders) timed.add(nameOf(each));
  }
}

/** Algorithms whose sums are plain, cheapest first. */
const plainOf = (all: readonly Candidate[]): Candidate[] => all.filter(({ plan }) => plan().exact);

/** Those that the estimates cannot tell from the cheapest; none where it has no rival. Whole numbers have their own order. */
function contendersOf({ allowed }: Contest): readonly Candidate[] {
  const estimated = allowed
    .map((candidate) => ({ candidate, cost: candidate.estimate + candidate.moving }))
    .sort((a, b) => a.cost - b.cost);
  const near = estimated
    .filter(({ cost }) => cost <= telling * estimated[0].cost)
    .map(({ candidate }) => candidate);
  const measurable =
    estimated[0].cost >= leastCost && near.every(({ task }) => !task.whole && !task.epilogue.pairs);
  const different = measurable ? [...new Map(near.map((each) => [kernelsOf(each), each])).values()] : [];
  return different.length > 1 ? different.slice(0, mostContenders) : [];
}

/** Some algorithms are the same for some convolutions. */
const kernelsOf = ({ plan }: Candidate): string =>
  [...plan().prepare, ...plan().steps].map(({ kernel }) => kernel.key).join('\n');

/** What is measured. */
const nameOf = ({ task, name }: Candidate): string => `${taskText(task)}: ${name}`;

/** Names a group: layers that are alike are measured once. */
const textOf = (contenders: readonly Candidate[]): string => contenders.map(nameOf).join('\n');

/** Groups of which something is not known. */
function untried(contests: readonly Contest[], measured: Measured) {
  const groups = contests
    .map((contest) => ({ contenders: contendersOf(contest), all: contest.all }))
    .filter(({ contenders }) => contenders.some((each) => !isKnown(each, measured)));
  return [...new Map(groups.map((group) => [textOf(group.contenders), group])).values()];
}

const isKnown = ({ task, name }: Candidate, measured: Measured): boolean =>
  measured.of(taskText(task), name) !== null;

/** @param work.timed names of what was measured for this program */
function report(
  { engine, measured }: Pick<Measurable, 'engine' | 'measured'>,
  chooser: Chooser,
  work: { readonly timed: ReadonlySet<string>; readonly milliseconds: number },
): TuningReport {
  const all = chooser.contests().map(contendersOf);
  const groups = [...new Map(all.map((contenders) => [textOf(contenders), contenders])).values()];
  const counts = { timed: 0, known: 0, left: 0 };
  for (const contenders of groups.filter(({ length }) => length > 0)) {
    if (contenders.some((each) => work.timed.has(nameOf(each)))) counts.timed++;
    else if (contenders.every((each) => isKnown(each, measured))) counts.known++;
    else counts.left++;
  }
  const algorithms = new Set(convPlanners.map(({ name }) => name));
  return {
    ...counts,
    milliseconds: work.milliseconds,
    note: measured.note(algorithms) ?? strangers(engine, counts),
  };
}

/** Where nothing of what was given is of use. */
const strangers = (
  engine: Engine,
  { timed, known, left }: Pick<TuningReport, 'timed' | 'known' | 'left'>,
): string | null =>
  known + timed === 0 && left > 0
    ? `the choices hold none of these convolutions with ${engineKey(engine)}: measure them too`
    : null;
