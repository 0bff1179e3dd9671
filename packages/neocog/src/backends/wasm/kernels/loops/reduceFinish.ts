// From totals in memory to results: at the end of a unit that owns its results, or as a kernel that adds up the parts.

import { address, f32, i32, type Local } from '../../assembler/index.ts';
import type { Vector } from '../../fused/math.ts';
import { type Kernel, kernelParams } from '../kernel.ts';
import { storeLanes } from '../lanes.ts';
import { lanes } from '../sizes.ts';
import { cellsOf, type LoopAxis } from './loopNest.ts';
import {
  advance,
  cellsAlong,
  copyPlace,
  type NestSite,
  originOf,
  overItems,
  type Place,
  placeAt,
  type Spot,
  spotLanes,
} from './loopNestCode.ts';
import { itemBytes, type ReducePlan, totalsBytes, totalVectors } from './reducePlan.ts';
import { loadTotal, totalBytes } from './reduceTotals.ts';

/** Where the code of a reduction is made. */
export type ReduceSite = ReducePlan & NestSite;

/** Stores the results whose totals begin at `at`. */
export function finishTotals(site: ReduceSite, at: Local<'i32'>, first: Place): void {
  const { f, grid, totals: t } = site;
  const [from, place] = [f.keep(at, 'from'), copyPlace(f, first)];
  const load = (e: number): Vector[] => loadTotal(t, from, e * totalsBytes(site));
  const full = grid.lane.reduced ? 0 : Math.floor(grid.lane.size / lanes);
  if (full > 0)
    f.repeat(full, () => {
      storeResults(site, { place, lanes }, load);
      advance(f, place, cellsAlong(grid.lane, lanes));
      f.increase(from, totalBytes(t));
    });
  const rest = grid.lane.reduced ? 1 : grid.lane.size % lanes;
  if (rest > 0) storeResults(site, { place, lanes: rest }, load);
}

/** Stores one vector of results of each formula, or one number where the lanes are parts of it. */
function storeResults(
  { f, nest, grid, totals: t }: ReduceSite,
  { place, lanes }: Omit<Spot, 'vector'>,
  words: (e: number) => Vector[],
): void {
  nest.movers.forEach(({ kind, index }, i) => {
    if (kind !== 'output') return;
    if (grid.lane.reduced) f.run(f32.store(place[i], t.across(f, words(index))));
    else
      storeLanes(f, t.toLanes(words(index)), spotLanes(place[i], grid.lane.steps[i], { vector: 0, lanes }));
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
    emit: (scope) =>
      scope.func(kernelParams(operands), (f, p) => {
        const site = { ...plan, f, p };
        const origin = originOf(site);
        overItems(site, { items, group: vectorsPerUnit }, (item) =>
          addParts(site, item, placeAt({ ...site, origin }, vectorAxes(plan), item)),
        );
      }),
  };
}

/** The kept axes, with the lanes in whole vectors. */
function vectorAxes({ kept, grid: { lane } }: ReducePlan): LoopAxis[] {
  if (lane.reduced) return [...kept];
  const steps = lane.steps.map((step) => step * lanes);
  return [...kept, { ...lane, size: Math.ceil(lane.size / lanes), steps }];
}

function addParts(site: ReduceSite, item: Local<'i32'>, place: Place): void {
  const { f, p, totals: t, parts, grid, nest } = site;
  const vectors = totalVectors(site);
  const kept = i32.divU(item, vectors);
  const vector = i32.remU(item, vectors);
  const from = f.keep(
    address(p.workspace0, [kept, parts * itemBytes(site)], [vector, totalBytes(t)]),
    'from',
  );
  const sums = nest.exprs.map(() => Array.from({ length: t.words }, () => f.keep(t.neutral(), 'total')));
  f.repeat(parts, () => {
    sums.forEach((sum, e) => {
      const words = loadTotal(t, from, e * totalsBytes(site));
      sum.forEach((local, i) => f.set(local, t.pair(local, words[i])));
    });
    f.increase(from, itemBytes(site));
  });
  const store = (count: number) => storeResults(site, { place, lanes: count }, (e) => sums[e]);
  const rest = grid.lane.reduced ? 0 : grid.lane.size % lanes;
  if (rest === 0) store(lanes);
  else
    f.if(
      i32.eq(vector, vectors - 1),
      () => store(rest),
      () => store(lanes),
    );
}
