// Which algorithm runs a convolution: the cheapest by its own estimate, or by what was measured, within what memory allows.

import { assert } from '../../../errors.ts';
import { formatConv } from '../../../geometry/text.ts';
import type { Measured } from '../../tuning.ts';
import { engineKey } from '../engine.ts';
import type { ConvPlan, ConvPlanner, ConvTask } from '../kernels/convPlan.ts';
import { epilogueKey } from '../kernels/epilogue.ts';
import { convPlanners } from '../kernels/planners.ts';
import { taskText } from '../kernels/taskText.ts';

/** A convolution with its arrays in one order each, and the cost of bringing them there, in the unit of `ConvPlanner.cost`. */
export interface Arrangement {
  readonly task: ConvTask;
  readonly moving: number;
}

/** What was chosen for a convolution, and what was not. */
export interface ConvChoice {
  readonly geometry: string;
  readonly algorithm: string;
  /** In the order of arrays that suits the algorithm best. */
  readonly task: ConvTask;
  readonly plan: ConvPlan;
  /** By which it was chosen: an estimate, or from what was measured in the same unit. */
  readonly cost: number;
  /** Every algorithm with its estimate and what was measured, or why it was not to be had. */
  readonly candidates: readonly {
    readonly name: string;
    readonly cost: number | null;
    readonly milliseconds: number | null;
    readonly refusal: string | null;
  }[];
}

/** An algorithm for a convolution whose arrays lie in one order. */
export interface Candidate {
  readonly name: string;
  readonly task: ConvTask;
  /** Made when it is wanted. */
  readonly plan: () => ConvPlan;
  /** Of the algorithm alone. */
  readonly estimate: number;
  /** A factor of the estimate that is no time. */
  readonly reluctance: number;
  /** Of bringing its arrays there. */
  readonly moving: number;
  /** Null where it was not measured. */
  readonly milliseconds: number | null;
  /** By which it is compared. */
  readonly cost: number;
}

/** The candidates of a convolution, cheapest first. */
export interface Contest {
  /** Those that memory allows. */
  readonly allowed: readonly Candidate[];
  readonly all: readonly Candidate[];
}

/** Bytes that a plan takes beside inputs and results. */
const bytesOf = (plan: ConvPlan): number =>
  plan.weightBytes + plan.workspaces.reduce((sum, bytes) => sum + bytes, 0);

/** Which algorithms a program may have. */
export interface Limits {
  /** Plain sums of products only. */
  readonly exact: boolean;
  /** None whose code is large for what it gains. */
  readonly compact?: boolean;
}

function refusePlan({ exact, compact }: Limits, plan: () => ConvPlan): string | null {
  if (exact && !plan().exact)
    return 'is no plain sum; exact convolution, whole numbers and eager calls need one';
  if (compact && plan().bulky) return 'takes too much code for a file';
  return null;
}

/** What an algorithm makes of a convolution whose arrays lie in one order. */
interface Offer extends Pick<Candidate, 'name' | 'task' | 'plan' | 'estimate' | 'reluctance'> {
  readonly refusal: string | null;
}

/** Everything that an offer depends on. */
function taskKey(task: ConvTask): string {
  const { geometry, kernel, whole, xOrder, yOrder, xPitch, yPitch, epilogue, engine } = task;
  const sums = whole && `${whole.result} ${whole.most}`;
  const places = [xOrder, yOrder, xPitch, yPitch];
  return [kernel, formatConv(geometry), sums, ...places, epilogueKey(epilogue), engineKey(engine)].join(' ');
}

/** The offers of all algorithms: layers that are alike are considered once. */
export class Offers {
  readonly #planners: readonly ConvPlanner[];
  readonly #known = new Map<string, readonly Offer[]>();

  constructor(planners = convPlanners) {
    this.#planners = planners;
  }

  of(task: ConvTask): readonly Offer[] {
    const key = taskKey(task);
    const offers = this.#known.get(key) ?? this.#askAll(task);
    this.#known.set(key, offers);
    return offers;
  }

  #askAll(task: ConvTask): Offer[] {
    return this.#planners
      .filter((planner) => planner.computes.includes(task.kernel) && (task.whole || !planner.sumsWhole))
      .map((planner) => {
        const refusal = planner.refuse(task);
        const plan = once(() => planner.plan(task));
        const estimate = refusal === null ? planner.cost(task) : Number.NaN;
        const reluctance = (refusal === null && planner.reluctance?.(task)) || 1;
        return { name: planner.name, task, estimate, reluctance, plan, refusal };
      });
  }
}

function once<T>(make: () => T): () => T {
  let made: T | undefined;
  return () => {
    made ??= make();
    return made;
  };
}

/** What restricts a choice: limits, and what was measured. */
interface Bounds {
  readonly limits: Limits;
  readonly measured: Measured | null;
}

/** An algorithm's offers for each order of arrays that it takes, or why it takes none. */
function consider(offers: readonly Offer[], arrangements: readonly Arrangement[], bounds: Bounds) {
  const judged = offers.map((offer) => judge(offer, bounds.measured));
  const taken = judged.filter((offer) => offer.refusal === null);
  const refusal = taken.length === 0 ? judged[0].refusal : refusePlan(bounds.limits, taken[0].plan);
  const candidates = (refusal === null ? taken : []).map(({ refusal: _, ...offer }): Candidate => {
    const { moving } = arrangements[judged.findIndex(({ task }) => task === offer.task)];
    return { ...offer, moving, cost: offer.estimate + moving };
  });
  return { name: offers[0].name, refusal, candidates };
}

/** An offer with what was measured of it. */
function judge(offer: Offer, measured: Measured | null): Offer & Pick<Candidate, 'milliseconds'> {
  const verdict = offer.refusal === null ? measured?.of(taskText(offer.task), offer.name) : null;
  if (!verdict) return { ...offer, milliseconds: null };
  return 'refusal' in verdict
    ? { ...offer, milliseconds: null, refusal: verdict.refusal }
    : { ...offer, milliseconds: verdict.milliseconds };
}

/** Times that are no further apart are equal, as kernels in a program and alone differ by as much. Then the estimate decides. */
const equalTimes = 1.05;

/**
 * Costs by what was measured, cheapest first. A millisecond counts as much as estimates give it on average over the measured ones, so that
 * the estimates of the others, and those of moving arrays, stay comparable.
 */
function inOrder(candidates: readonly Candidate[]): Candidate[] {
  const timed = candidates.flatMap(({ estimate, reluctance, milliseconds }) =>
    milliseconds === null
      ? []
      : { time: milliseconds * reluctance, log: Math.log(estimate / (milliseconds * reluctance)) },
  );
  const perMillisecond = Math.exp(timed.reduce((sum, { log }) => sum + log, 0) / timed.length);
  const least = Math.min(...timed.map(({ time }) => time));
  const costOf = ({ milliseconds, reluctance, moving, cost }: Candidate): number => {
    if (milliseconds === null) return cost;
    const time = milliseconds * reluctance;
    return (time <= equalTimes * least ? least : time) * perMillisecond + moving;
  };
  return candidates
    .map((candidate) => ({ ...candidate, cost: costOf(candidate) }))
    .sort((a, b) => a.cost - b.cost || a.estimate - b.estimate);
}

export class Chooser {
  readonly #bounds: Bounds;
  readonly #offers: Offers;
  /** Of each convolution, in order of lowering: how many of the cheapest candidates are out of bounds. */
  readonly #skipped: readonly number[];
  readonly #made: { candidates: readonly Candidate[]; at: number }[] = [];

  constructor(
    limits: Limits,
    { measured = null, offers = new Offers() }: { measured?: Measured | null; offers?: Offers } = {},
    skipped: readonly number[] = [],
  ) {
    this.#bounds = { limits, measured };
    this.#offers = offers;
    this.#skipped = skipped;
  }

  /** Of all choices so far. */
  contests(): Contest[] {
    return this.#made.map(({ candidates, at }) => ({ allowed: candidates.slice(at), all: candidates }));
  }

  choose(arrangements: readonly Arrangement[]): ConvChoice {
    const { kernel, geometry, whole } = arrangements[0].task;
    const { limits, measured } = this.#bounds;
    const bounds = { measured, limits: { ...limits, exact: limits.exact || whole !== undefined } };
    const offers = arrangements.map(({ task }) => this.#offers.of(task));
    const listed = offers[0].map((_, i) =>
      consider(
        offers.map((own) => own[i]),
        arrangements,
        bounds,
      ),
    );
    const candidates = inOrder(listed.flatMap((c) => c.candidates));
    const at = Math.min(this.#skipped[this.#made.length] ?? 0, candidates.length - 1);
    const chosen = candidates[at];
    assert(chosen, `no algorithm takes ${kernel} ${formatConv(geometry)}`);
    this.#made.push({ candidates, at });
    const tooLarge = new Set(candidates.slice(0, at).map((c) => c.name));
    return {
      geometry: formatConv(geometry),
      algorithm: chosen.name,
      ...{ task: chosen.task, plan: chosen.plan(), cost: chosen.cost },
      candidates: listed.map(({ name, refusal }) => {
        const best = candidates.find((c) => c.name === name);
        return {
          name,
          cost: best ? best.estimate + best.moving : null,
          milliseconds: best?.milliseconds ?? null,
          refusal: tooLarge.has(name) ? 'takes more memory than the program may use' : refusal,
        };
      }),
    };
  }

  /**
   * A chooser that will save at least `excess` bytes, by giving up, one after the other, the choices that cost least per byte
   * saved; null if there is nothing left to save.
   */
  cheaper(excess: number): Chooser | null {
    const at = this.#made.map((choice) => choice.at);
    let saved = 0;
    while (saved < excess) {
      const step = this.#bestSaving(at);
      if (!step) return saved > 0 ? this.#skipping(at) : null;
      at[step.index] = step.to;
      saved += step.bytes;
    }
    this.#takeBack(at, saved - excess);
    return this.#skipping(at);
  }

  #skipping(at: readonly number[]): Chooser {
    const { limits, measured } = this.#bounds;
    return new Chooser(limits, { measured, offers: this.#offers }, at);
  }

  /** What was saved beyond need goes back to where it gains most. */
  #takeBack(at: number[], spare: number): void {
    let left = spare;
    for (;;) {
      const step = this.#bestReturn(at, left);
      if (!step) return;
      at[step.index] = step.to;
      left -= step.bytes;
    }
  }

  #bestReturn(at: readonly number[], left: number): { index: number; to: number; bytes: number } | null {
    let best: { index: number; to: number; bytes: number; gain: number } | null = null;
    for (const [index, { candidates, at: first }] of this.#made.entries()) {
      const now = candidates[at[index]];
      for (let to = first; to < at[index]; to++) {
        const bytes = bytesOf(candidates[to].plan()) - bytesOf(now.plan());
        const gain = now.cost - candidates[to].cost;
        if (bytes <= left && gain > 0 && (!best || gain > best.gain)) best = { index, to, bytes, gain };
      }
    }
    return best;
  }

  #bestSaving(at: readonly number[]): { index: number; to: number; bytes: number } | null {
    let best: { index: number; to: number; bytes: number; price: number } | null = null;
    for (const [index, { candidates }] of this.#made.entries()) {
      const now = candidates[at[index]];
      for (const [to, candidate] of candidates.entries()) {
        const bytes = bytesOf(now.plan()) - bytesOf(candidate.plan());
        if (to <= at[index] || bytes <= 0) continue;
        const price = (candidate.cost - now.cost) / bytes;
        if (!best || price < best.price) best = { index, to, bytes, price };
      }
    }
    return best;
  }
}
