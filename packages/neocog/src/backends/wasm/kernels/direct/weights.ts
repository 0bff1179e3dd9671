// Packs the row-major weights of a convolution for direct kernels: [group][block][…tap][in][lane], lanes beyond the
// channels zero; of whole numbers, two channels are one word. Before each step of training this runs anew, so it reads and writes every float once, in long streams.

import {
  address,
  affine,
  type Code,
  type Func,
  i32,
  i32x4,
  type Local,
  type Scope,
  v128,
} from '../../assembler/index.ts';
import { inCase, type Kernel, type KernelFunction, unitFunction } from '../kernel.ts';
import { loadLanes } from '../lanes.ts';
import { i32Params, type Pointers } from '../pointers.ts';
import { floatBytes, vectorBytes } from '../sizes.ts';
import { type ClipPlan, tapsOf } from './clipPlan.ts';
import { type DirectPart, joinJobs, packedLanes } from './kernel.ts';
import { type BlockRun, blockCount } from './rowTiles.ts';

const operands = ['weights', 'w'];

/** One unit per block of lanes. */
export function weightsKernel(parts: readonly DirectPart[]): Kernel {
  const packed = parts.filter(({ plan }) => tapsOf(plan) > 0);
  const units = (part: DirectPart): number => part.plan.groups * blockCount(part.runs);
  return {
    key: `weights ${JSON.stringify(packed.map(describe))}`,
    operands,
    units: packed.reduce((n, part) => n + units(part), 0),
    scratchBytes: 0,
    emit(scope) {
      const jobs = packed.map((part, i) => ({
        units: units(part),
        run: packPart(scope.within(`Part${i}`), part),
      }));
      return joinJobs(scope, operands, jobs);
    },
  };
}

/** What the code depends on: layers of other sizes have the same. */
function describe({ plan, runs, weightStart }: DirectPart) {
  const { groups, ins, pairs, lanes, weights, axes } = plan;
  const { groupStep, laneStep, inStep } = weights;
  const taps = axes.map((a, i) => [a.taps, weights.tapSteps[i]]).filter(([count]) => count > 1);
  const steps = { groupStep, laneStep, inStep, lowest: lowestTap(plan) };
  const blocks = runs.map(({ vectors, first, times, lane }) => [vectors, first, times, lane]);
  return { groups, ins, pairs, lanes, ...steps, taps, blocks, weightStart };
}

/** Where each unit begins to read, if all weights of a lane lie together. */
export function readsFrom(parts: readonly DirectPart[]): ((unit: number) => number) | undefined {
  const [{ plan, runs }] = parts;
  const { groupStep, laneStep } = plan.weights;
  if (parts.length > 1 || laneStep !== channelsOf(plan) * tapsOf(plan)) return undefined;
  const blocks = blockCount(runs);
  return (unit) => {
    const [group, block] = [Math.floor(unit / blocks), unit % blocks];
    const run = runs.findLast(({ first }) => first <= block) as BlockRun;
    return group * groupStep + (run.lane + (block - run.first) * 4 * run.vectors) * laneStep;
  };
}

const channelsOf = (plan: ClipPlan): number => plan.pairs ?? plan.ins;

/** Blocks that follow each other, with the channels there are in each. */
interface PackedRun extends BlockRun {
  readonly channels: number;
}

/** The last block of all may have fewer channels than lanes. */
function packedRuns({ plan, runs }: DirectPart): PackedRun[] {
  return runs.flatMap((run) => {
    const width = 4 * run.vectors;
    const whole = Math.min(run.times, Math.floor((plan.lanes - run.lane) / width));
    const full = { ...run, times: whole, channels: width };
    const rest = {
      ...run,
      times: run.times - whole,
      first: run.first + whole,
      lane: run.lane + whole * width,
      channels: plan.lanes - run.lane - whole * width,
    };
    return [full, rest].filter((r) => r.times > 0);
  });
}

const blockParams = i32Params(['from', 'to']);

function packPart(scope: Scope, part: DirectPart): KernelFunction {
  const { plan, weightStart } = part;
  const runs = packedRuns(part);
  const blocks = blockCount(part.runs);
  const pack = runs.map((run, i) =>
    scope.within(`Block${i}`).func(blockParams, (f, p) => packBlock({ f, plan, run }, p)),
  );
  const perLane = plan.ins * tapsOf(plan);
  return unitFunction(scope, operands, (f, p, unit) => {
    const group = f.keep(i32.divU(unit, blocks), 'group');
    const block = f.keep(i32.remU(unit, blocks), 'block');
    const cases = runs.map((run, i) => ({
      end: run.first + run.times,
      body() {
        const lane = f.keep(affine([affine(block, -run.first), 4 * run.vectors], run.lane), 'lane');
        const { groupStep, laneStep } = plan.weights;
        const at = (base: Local<'i32'>, start: number, [ofGroup, ofLane]: readonly number[]) =>
          address(base, [group, ofGroup * floatBytes], [lane, ofLane * floatBytes], start);
        const from = at(p.weights, lowestTap(plan) * floatBytes, [groupStep, laneStep]);
        const to = at(p.w, weightStart, [packedLanes(plan) * perLane, perLane]);
        f.run(f.call(pack[i], { from, to }));
      },
    }));
    inCase(f, block, cases);
  });
}

/** The lowest address of a tap: offsets in code count upwards only, and a pointer below its array may be below all memory. */
const lowestTap = ({ weights, axes }: ClipPlan): number =>
  weights.tapSteps.reduce((at, step, a) => at + Math.min(0, step * (axes[a].taps - 1)), weights.start);

/** Up to this many taps are written out one after the other. */
const straightTaps = 27;

/** Where the code of a block is made. */
interface Site {
  readonly f: Func;
  readonly plan: ClipPlan;
  readonly run: PackedRun;
}

type Place = Pointers<'from' | 'to'>;

interface TapOffset {
  readonly from: number;
  readonly to: number;
}

/** Taps of one axis, one after the other: where the first is, and the steps to the next, in floats. */
interface TapLoop extends TapOffset {
  readonly count: number;
  readonly first: number;
}

/** One block: for each channel of the run, or pair of them, all taps, so that what is read is read in order. */
function packBlock(site: Site, p: Place): void {
  const { f, plan, run } = site;
  const width = 4 * run.vectors;
  const { taps, outer } = tapOffsets(plan, width);
  const together = plan.pairs ? 2 : 1;
  const overOuter = (depth: number, at: Place, channels: number): void => {
    const loop = outer[depth];
    if (!loop) {
      for (const tap of taps) packTap(site, at, tap, channels);
      return;
    }
    // A flipped axis begins at its last address and goes down to its lowest, so no pointer leaves the array before its last use.
    const start = loop.first === 0 ? at.from : address(at.from, loop.first * floatBytes);
    const inner = { from: f.keep(start, 'from'), to: f.keep(at.to, 'to') };
    f.repeat(loop.count, () => {
      overOuter(depth + 1, inner, channels);
      f.increase(inner.from, loop.from * floatBytes);
      f.increase(inner.to, loop.to * floatBytes);
    });
  };
  const [turns, rest] = [Math.floor(channelsOf(plan) / together), channelsOf(plan) % together];
  if (turns > 0)
    f.repeat(turns, () => {
      overOuter(0, p, together);
      f.increase(p.from, together * plan.weights.inStep * floatBytes);
      f.increase(p.to, width * floatBytes);
    });
  if (rest > 0) overOuter(0, p, rest);
}

/** Taps whose offsets are in the code, and loops over the rest; `from` counts from the lowest tap. */
function tapOffsets(plan: ClipPlan, width: number): { taps: TapOffset[]; outer: TapLoop[] } {
  const outer: TapLoop[] = [];
  let taps: TapOffset[] = [{ from: 0, to: 0 }];
  let to = plan.ins * width;
  for (let a = plan.axes.length - 1; a >= 0; a--) {
    const count = plan.axes[a].taps;
    const from = plan.weights.tapSteps[a];
    // From the lowest tap up to this axis's first one.
    const first = Math.max(0, -from * (count - 1));
    if (outer.length > 0 || taps.length * count > straightTaps) outer.unshift({ count, first, from, to });
    else taps = everyTap({ count, first, from, to }, taps);
    to *= count;
  }
  return { taps, outer };
}

const everyTap = ({ count, first, from, to }: TapLoop, inner: readonly TapOffset[]): TapOffset[] =>
  Array.from({ length: count }, (_, t) =>
    inner.map((tap) => ({ from: tap.from + first + t * from, to: tap.to + t * to })),
  ).flat();

/** The lanes of one tap and channel, or of one tap and two channels as whole numbers of 16 bits. */
function packTap({ f, plan, run }: Site, p: Place, tap: TapOffset, channels: number): void {
  const step = plan.weights.laneStep * floatBytes;
  for (let vector = 0; vector < run.vectors; vector++) {
    const count = Math.min(4, run.channels - 4 * vector);
    const offset = tap.from * floatBytes + 4 * vector * step;
    const lanesOf = (channel: number): Code<'v128'> =>
      loadLanes({ at: p.from, count, step, offset: offset + channel * plan.weights.inStep * floatBytes });
    const lanes = plan.pairs ? pairOf(lanesOf(0), channels > 1 ? lanesOf(1) : null) : lanesOf(0);
    f.run(v128.store(address(p.to, tap.to * floatBytes + vector * vectorBytes), lanes));
  }
}

/** Words of two whole numbers; of a channel without a second, 0 in the upper half. */
function pairOf(low: Code<'v128'>, high: Code<'v128'> | null): Code<'v128'> {
  const lower = v128.const4I(0xffff, 0xffff, 0xffff, 0xffff);
  const first = i32x4.truncSatF32x4S(low);
  if (!high) return v128.and(first, lower);
  return v128.bitselect(first, i32x4.shl(i32x4.truncSatF32x4S(high), 16), lower);
}
