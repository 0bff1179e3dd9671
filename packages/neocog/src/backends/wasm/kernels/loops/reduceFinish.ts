// From totals in memory to results: at the end of a unit that owns its results, or as a kernel that adds up the parts.

import { type Func, f32, i32, type Local } from '../../assembler/index.ts';
import type { Vector } from '../../fused/math.ts';
import { type Kernel, kernelParams } from '../kernel.ts';
import { lanes } from '../sizes.ts';
import { cellsOf, type LoopAxis } from './loopNest.ts';
import { advance, copyPlace, originOf, overItems, type Place, placeAt, storeSpot } from './loopNestCode.ts';
import { itemBytes, type ReducePlan, totalsBytes, totalVectors } from './reducePlan.ts';
import { loadTotal, totalBytes } from './reduceTotals.ts';

/** Stores the results whose totals begin at `at`. */
export function finishTotals(f: Func, plan: ReducePlan, at: Local<'i32'>, place: Place): void {
  const { grid, totals: t } = plan;
  const [from, to] = [f.keep(at, 'from'), copyPlace(f, place)];
  const load = (e: number): Vector[] => loadTotal(t, from, e * totalsBytes(plan));
  const full = grid.lane.reduced ? 0 : Math.floor(grid.lane.size / lanes);
  if (full > 0)
    f.repeat(full, () => {
      storeResults(f, plan, to, lanes, load);
      advance(f, grid.lane, to, lanes);
      f.increase(from, totalBytes(t));
    });
  const rest = grid.lane.reduced ? 1 : grid.lane.size % lanes;
  if (rest > 0) storeResults(f, plan, to, rest, load);
}

/** Stores one vector of results of each formula, or one number where the lanes are parts of it. */
function storeResults(
  f: Func,
  { nest, grid, totals: t }: ReducePlan,
  place: Place,
  count: number,
  words: (e: number) => Vector[],
): void {
  nest.movers.forEach(({ kind, index }, i) => {
    if (kind !== 'output') return;
    if (grid.lane.reduced) f.run(f32.store(place[i], t.across(f, words(index))));
    else {
      const value = t.toLanes(words(index));
      storeSpot(f, place[i], grid.lane.steps[i], value, { place, vector: 0, lanes: count });
    }
  });
}

/** Vectors of results that one unit adds up. */
const vectorsPerUnit = 16;

/** Adds the parts of each result, in their order. An item is a vector of results. */
export function finishKernel(plan: ReducePlan, key: string): Kernel {
  const outputs = plan.nest.movers.flatMap(({ kind, name }) => (kind === 'output' ? [name] : []));
  const operands = ['workspace0', ...outputs];
  const items = cellsOf(plan.kept) * totalVectors(plan);
  return {
    key,
    operands,
    units: Math.ceil(items / vectorsPerUnit),
    scratchBytes: 0,
    emit: (m, name) =>
      m.func(name, kernelParams(operands), (f, p) => {
        const origin = originOf(f, plan.nest, p);
        overItems(f, p, { items, group: vectorsPerUnit }, (item) => {
          const place = placeAt(f, plan.nest, vectorAxes(plan), item, origin, p);
          addParts(f, plan, p.workspace0, item, place);
        });
      }),
  };
}

/** The kept axes, with the lanes in whole vectors. */
function vectorAxes({ kept, grid: { lane } }: ReducePlan): LoopAxis[] {
  if (lane.reduced) return [...kept];
  const steps = lane.steps.map((step) => step * lanes);
  return [...kept, { ...lane, size: Math.ceil(lane.size / lanes), steps }];
}

function addParts(
  f: Func,
  plan: ReducePlan,
  workspace: Local<'i32'>,
  item: Local<'i32'>,
  place: Place,
): void {
  const { totals: t, parts, grid, nest } = plan;
  const vectors = totalVectors(plan);
  const from = f.keep(i32.mul(i32.divU(item, vectors), parts * itemBytes(plan)), 'from');
  f.increase(from, workspace);
  const vector = f.keep(i32.remU(item, vectors), 'vector');
  f.increase(from, i32.mul(vector, totalBytes(t)));
  const sums = nest.exprs.map(() => Array.from({ length: t.words }, () => f.keep(t.neutral(), 'total')));
  f.repeat(parts, () => {
    sums.forEach((sum, e) => {
      const words = loadTotal(t, from, e * totalsBytes(plan));
      sum.forEach((local, i) => f.set(local, t.pair(local, words[i])));
    });
    f.increase(from, itemBytes(plan));
  });
  const store = (count: number) => storeResults(f, plan, place, count, (e) => sums[e]);
  const rest = grid.lane.reduced ? 0 : grid.lane.size % lanes;
  if (rest === 0) store(lanes);
  else
    f.if(
      i32.eq(vector, vectors - 1),
      () => store(rest),
      () => store(lanes),
    );
}
