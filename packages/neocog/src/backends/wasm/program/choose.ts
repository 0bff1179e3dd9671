// Which algorithm runs a convolution: the cheapest by its own estimate, within what memory allows.

import { assert } from '../../../errors.ts';
import { formatConv } from '../../../geometry/text.ts';
import { engineKey } from '../engine.ts';
import type { ConvPlan, ConvTask } from '../kernels/convPlan.ts';
import { epilogueKey } from '../kernels/epilogue.ts';
import { convPlanners } from '../kernels/planners.ts';

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
  readonly cost: number;
  /** Every algorithm with its estimate, or why it was not to be had. */
  readonly candidates: readonly {
    readonly name: string;
    readonly cost: number | null;
    readonly refusal: string | null;
  }[];
}

interface Candidate {
  readonly name: string;
  readonly task: ConvTask;
  readonly cost: number;
  /** Made when it is wanted. */
  readonly plan: () => ConvPlan;
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
interface Offer extends Candidate {
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
class Offers {
  readonly #known = new Map<string, readonly Offer[]>();

  of(task: ConvTask): readonly Offer[] {
    const key = taskKey(task);
    const offers = this.#known.get(key) ?? askAll(task);
    this.#known.set(key, offers);
    return offers;
  }
}

const askAll = (task: ConvTask): Offer[] =>
  convPlanners
    .filter((planner) => planner.computes.includes(task.kernel) && (task.whole || !planner.sumsWhole))
    .map((planner) => {
      const refusal = planner.refuse(task);
      const cost = refusal === null ? planner.cost(task) : Number.NaN;
      return { name: planner.name, task, cost, plan: once(() => planner.plan(task)), refusal };
    });

function once<T>(make: () => T): () => T {
  let made: T | undefined;
  return () => {
    made ??= make();
    return made;
  };
}

/** An algorithm's offers for each order of arrays that it takes, or why it takes none. */
function consider(offers: readonly Offer[], arrangements: readonly Arrangement[], limits: Limits) {
  const taken = offers.filter((offer) => offer.refusal === null);
  const refusal = taken.length === 0 ? offers[0].refusal : refusePlan(limits, taken[0].plan);
  const candidates: Candidate[] = (refusal === null ? taken : []).map((offer) => ({
    ...offer,
    cost: offer.cost + arrangements[offers.indexOf(offer)].moving,
  }));
  return { name: offers[0].name, refusal, candidates };
}

export class Chooser {
  readonly #limits: Limits;
  readonly #offers: Offers;
  /** Of each convolution, in order of lowering: how many of the cheapest candidates are out of bounds. */
  readonly #skipped: readonly number[];
  readonly #made: { candidates: readonly Candidate[]; at: number }[] = [];

  constructor(limits: Limits, skipped: readonly number[] = [], offers = new Offers()) {
    this.#limits = limits;
    this.#skipped = skipped;
    this.#offers = offers;
  }

  choose(arrangements: readonly Arrangement[]): ConvChoice {
    const { kernel, geometry, whole } = arrangements[0].task;
    const limits = { ...this.#limits, exact: this.#limits.exact || whole !== undefined };
    const offers = arrangements.map(({ task }) => this.#offers.of(task));
    const listed = offers[0].map((_, i) =>
      consider(
        offers.map((own) => own[i]),
        arrangements,
        limits,
      ),
    );
    const candidates = listed.flatMap((c) => c.candidates).sort((a, b) => a.cost - b.cost);
    const at = Math.min(this.#skipped[this.#made.length] ?? 0, candidates.length - 1);
    const chosen = candidates[at];
    assert(chosen, `no algorithm takes ${kernel} ${formatConv(geometry)}`);
    this.#made.push({ candidates, at });
    const tooLarge = new Set(candidates.slice(0, at).map((c) => c.name));
    return {
      geometry: formatConv(geometry),
      algorithm: chosen.name,
      ...{ task: chosen.task, plan: chosen.plan(), cost: chosen.cost },
      candidates: listed.map(({ name, refusal, candidates: own }) => ({
        name,
        cost: own.length > 0 ? Math.min(...own.map((c) => c.cost)) : null,
        refusal: tooLarge.has(name) ? 'takes more memory than the program may use' : refusal,
      })),
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
    return new Chooser(this.#limits, at, this.#offers);
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
