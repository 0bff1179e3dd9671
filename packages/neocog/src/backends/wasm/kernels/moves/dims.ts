// The dimensions of a copy, made plain: tables that count evenly become strides, those that repeat evenly become two
// dimensions, as nearest-neighbour resizing by whole factors does. And which places a copy reaches more than once.

/** One dimension of a copy, in floats: element i lies at `i·to`, or at `toTable[i]`, and comes from `i·from` or likewise. */
export interface MoveDim {
  readonly count: number;
  readonly to: number;
  readonly from: number;
  readonly toTable?: Int32Array | undefined;
  readonly fromTable?: Int32Array | undefined;
}

/** A stride, or a list of places. */
type Steps = number | Int32Array;

export interface PlainDim {
  readonly count: number;
  readonly to: Steps;
  readonly from: Steps;
}

export interface PlainDims {
  /** None of one element. */
  readonly dims: readonly PlainDim[];
  readonly toStart: number;
  readonly fromStart: number;
}

export function plainDims(given: readonly MoveDim[], toStart: number, fromStart: number): PlainDims {
  const firstOf = (table: Int32Array | undefined): number => table?.[0] ?? 0;
  const sum = (values: readonly number[]): number => values.reduce((a, b) => a + b, 0);
  const dims = given.flatMap(({ count, to, from, toTable, fromTable }) =>
    split({ count, to: simplify(toTable ?? to), from: simplify(fromTable ?? from) }),
  );
  return {
    dims: dims.filter(({ count }) => count !== 1),
    toStart: toStart + sum(given.map((dim) => firstOf(dim.toTable))),
    fromStart: fromStart + sum(given.map((dim) => firstOf(dim.fromTable))),
  };
}

export const stepAt = (steps: Steps, i: number): number =>
  typeof steps === 'number' ? i * steps : (steps[i] as number);

/** A table from 0 on, as a stride where its steps are equal. */
function simplify(steps: Steps): Steps {
  if (typeof steps === 'number') return steps;
  const first = steps[0] ?? 0;
  const stride = (steps[1] ?? first) - first;
  if (steps.every((place, i) => place === first + i * stride)) return stride;
  return steps.map((place) => place - first);
}

/** Repetitions of this length are looked for: the factors by which images are enlarged. */
const mostRepeats = 8;

function split(dim: PlainDim): PlainDim[] {
  if (typeof dim.to === 'number' && typeof dim.from === 'number') return [dim];
  for (let inner = 2; inner <= mostRepeats; inner++) {
    const [to, from] = [splitSteps(dim.to, dim.count, inner), splitSteps(dim.from, dim.count, inner)];
    if (!to || !from) continue;
    return [
      { count: dim.count / inner, to: to.outer, from: from.outer },
      { count: inner, to: to.inner, from: from.inner },
    ];
  }
  return [dim];
}

/** Strides s, t with steps[a · inner + b] = a · s + b · t, if there are such. */
function splitSteps(steps: Steps, count: number, inner: number): { outer: number; inner: number } | null {
  if (count % inner !== 0) return null;
  const [outer, unit] = [stepAt(steps, inner), stepAt(steps, 1)];
  if (count === inner) return null;
  for (let i = 0; i < count; i++)
    if (stepAt(steps, i) !== Math.floor(i / inner) * outer + (i % inner) * unit) return null;
  return { outer, inner: unit };
}

/** The least distance of two of a dimension's places, and the largest. */
function reachOf({ count, to }: PlainDim): { gap: number; span: number } {
  if (typeof to === 'number') return { gap: Math.abs(to), span: Math.abs(to) * (count - 1) };
  const sorted = Int32Array.from(to).sort();
  const gaps = Array.from(sorted.subarray(1), (place, i) => place - (sorted[i] as number));
  return { gap: Math.min(...gaps), span: (sorted[count - 1] as number) - (sorted[0] as number) };
}

/**
 * Which dimensions may be walked at once if places are added to: two elements that differ along one of them never meet,
 * wherever the other dimensions lead.
 */
export function freeDims(dims: readonly PlainDim[]): boolean[] {
  const outer = outerFree(dims);
  return dims.map((dim, d) => outer[d] || innerFree(dims, dim));
}

/** The largest dimensions, as long as a step is larger than all that the smaller ones span together. */
function outerFree(dims: readonly PlainDim[]): boolean[] {
  const reaches = dims.map(reachOf);
  const order = [...dims.keys()].sort((a, b) => reaches[b].gap - reaches[a].gap);
  const free = dims.map(() => false);
  let rest = reaches.reduce((sum, { span }) => sum + span, 0);
  for (const d of order) {
    rest -= reaches[d].span;
    if (reaches[d].gap <= rest) break;
    free[d] = true;
  }
  return free;
}

/** Elements within a period of which all other steps are multiples. */
function innerFree(dims: readonly PlainDim[], dim: PlainDim): boolean {
  const { gap, span } = reachOf(dim);
  if (gap === 0) return false;
  const others = dims.filter((other) => other !== dim);
  const unit = others.reduce((all, { to, count }) => {
    const steps = typeof to === 'number' ? [to] : Array.from({ length: count }, (_, i) => stepAt(to, i));
    return steps.reduce(commonDivisor, all);
  }, 0);
  return unit === 0 || unit > span;
}

const commonDivisor = (a: number, b: number): number => (b === 0 ? Math.abs(a) : commonDivisor(b, a % b));
