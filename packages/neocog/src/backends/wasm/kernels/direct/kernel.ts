// The kernel around the row functions: units of work to rows and blocks, and rows to addresses. Several plans, the phases
// of an input gradient, are one kernel whose units follow each other.

import { product } from '../../../../geometry/window.ts';
import {
  address,
  affine,
  type Code,
  type Func,
  type FuncRef,
  greater,
  i32,
  type Local,
  less,
  type Scope,
  select,
} from '../../assembler/index.ts';
import { type Engine, engineKey } from '../../engine.ts';
import { type Epilogue, epilogueKey, laneArguments, laneOperands } from '../epilogue.ts';
import { inCase, type Kernel, type KernelFunction, kernelParams } from '../kernel.ts';
import type { Pointers } from '../pointers.ts';
import { floatBytes, vectorBytes } from '../sizes.ts';
import { padToVectors } from '../tiles.ts';
import { type ClipPlan, tapsOf, xSteps, ySteps } from './clipPlan.ts';
import { planesRowFunction } from './planes.ts';
import { isClipped, type RowParams, type RowSpec, rowFunction } from './row.ts';
import { type BlockRun, blockCount, cutLanes, rowOfPixels, tileCount } from './rowTiles.ts';
import { rowCount, type Split, splitWork, tilesAhead, unitsOf } from './split.ts';
import { weightSteps } from './sum.ts';

/** A plan with how it is cut, and where its weights begin in the array of all, in bytes. */
export interface DirectPart {
  readonly plan: ClipPlan;
  readonly runs: readonly BlockRun[];
  readonly split: Split;
  readonly weightStart: number;
}

export const packedLanes = (plan: ClipPlan): number => padToVectors(plan.lanes);

/** Bytes of a plan's packed weights. */
export const weightBytesOf = (p: ClipPlan): number =>
  p.groups * packedLanes(p) * p.ins * tapsOf(p) * floatBytes;

/** `pairs`: of a pixel that is written, a word holds two channels. */
export function directParts(plans: readonly ClipPlan[], engine: Engine, pairs = false): DirectPart[] {
  let weightStart = 0;
  return plans.map((plan) => {
    const exact = plan.groups > 1 || plan.yPitch * (pairs ? 2 : 1) < packedLanes(plan);
    const runs = cutLanes(engine, rowOfPixels(plan), { count: plan.lanes, exact });
    const part = { plan, runs, split: splitWork(plan, runs), weightStart };
    weightStart += weightBytesOf(plan);
    return part;
  });
}

/** Of a row of results on its way to planes. */
const rowBytes = ({ plan, runs }: DirectPart): number =>
  plan.yPlanes ? plan.axes[plan.axes.length - 1].results * pixelBytes(runs) : 0;

const pixelBytes = (runs: readonly BlockRun[]): number =>
  Math.max(...runs.map((r) => r.vectors)) * vectorBytes;

/** `(x, w, y, bias?, extra…)`, whichever tensors a plan's x and y are. */
export function directKernel(parts: readonly DirectPart[], epilogue: Epilogue, engine: Engine): Kernel {
  const operands = ['x', 'w', 'y', ...laneOperands(epilogue)];
  const plans = JSON.stringify(parts);
  return {
    key: `direct ${engineKey(engine)} ${epilogueKey(epilogue)} ${plans}`,
    operands,
    units: parts.reduce((n, part) => n + unitsOf(part.split), 0),
    scratchBytes: Math.max(...parts.map(rowBytes)),
    emit(scope) {
      const jobs = parts.map((part, i) => ({
        units: unitsOf(part.split),
        run: partFunction(scope.within(`Part${i}`), part, { epilogue, engine }),
      }));
      return joinJobs(scope, operands, jobs);
    },
  };
}

/** A function with units of its own. */
export interface Job {
  readonly units: number;
  readonly run: KernelFunction;
}

/** Jobs as one function whose units follow each other. */
export const joinJobs = (scope: Scope, operands: readonly string[], jobs: readonly Job[]): KernelFunction =>
  scope.func(kernelParams(operands), (f, p) => {
    let first = 0;
    for (const { units, run } of jobs) {
      const from = f.keep(greater(affine(p.from, -first), i32.const(0)), 'jobFrom');
      const to = f.keep(less(affine(p.to, -first), i32.const(units)), 'jobTo');
      f.if(i32.ltS(from, to), () => f.run(f.call(run, { ...p, from, to })));
      first += units;
    }
  });

type Int = Code<'i32'>;

/** The functions of a part's runs of blocks, with what they are called for. */
interface Rows {
  readonly part: DirectPart;
  readonly epilogue: Epilogue;
  readonly functions: readonly FuncRef<RowParams, 'void'>[];
  /** Over how many tiles each touches the weights of the next block; where a turn of the loop is one step, it is not worth it. */
  readonly ahead: readonly number[];
}

/** One block of a unit, as the part's function does it. */
interface Site extends Rows {
  readonly f: Func;
  readonly p: Pointers;
  readonly block: Local<'i32'>;
  readonly band: Local<'i32'>;
  readonly span: Local<'i32'>;
}

function partFunction(
  scope: Scope,
  part: DirectPart,
  { epilogue, engine }: Pick<RowSpec, 'epilogue' | 'engine'>,
): KernelFunction {
  const { plan, split, runs } = part;
  const ranged = split.spans > 1;
  const ahead = runs.map((block) => (engine.keepsOrder ? tilesAhead(plan, block, split) : 0));
  const functions = runs.map((block, i) =>
    (plan.yPlanes ? planesRowFunction : rowFunction)(scope.within(`Row${i}`), {
      ...{ plan, block, engine, epilogue, ranged, ahead: ahead[i] },
    }),
  );
  const operands = ['x', 'w', 'y', ...laneOperands(epilogue)];
  return scope.func(kernelParams(operands), (f, p) => {
    f.range('unit', p.from, p.to, 1, (unit) => {
      f.note('a unit: a band of rows, for a chunk of blocks of output channels');
      const { band, span, chunk } = decodeUnit(f, split, unit);
      const firstBlock = f.keep(affine([chunk, split.blocksPerChunk]), 'firstBlock');
      const lastBlock = f.keep(
        less(affine(firstBlock, split.blocksPerChunk), i32.const(plan.groups * blockCount(runs))),
        'lastBlock',
      );
      f.range('block', firstBlock, lastBlock, 1, (block) =>
        doBlock({ f, p, part, epilogue, functions, ahead, block, band, span }),
      );
    });
  });
}

function decodeUnit(f: Func, s: Split, unit: Local<'i32'>): Record<'band' | 'span' | 'chunk', Local<'i32'>> {
  const sizes = { band: s.bands, span: s.spans, chunk: s.chunks };
  const order =
    s.order === 'rows' ? (['band', 'span', 'chunk'] as const) : (['chunk', 'band', 'span'] as const);
  const values = decode(
    f,
    unit,
    order.map((name) => sizes[name]),
  );
  return Object.fromEntries(order.map((name, i) => [name, f.keep(values[i], name)])) as ReturnType<
    typeof decodeUnit
  >;
}

/** The coordinates of element `index` of a row-major array of these sizes. */
function decode(f: Func, index: Local<'i32'>, sizes: readonly number[]): Int[] {
  const values: Int[] = new Array(sizes.length);
  let rest: Local<'i32'> = index;
  for (let a = sizes.length - 1; a >= 0; a--) {
    const outermost = sizes.slice(0, a).every((size) => size === 1);
    values[a] = sizes[a] === 1 ? i32.const(0) : outermost ? rest : f.keep(i32.remU(rest, sizes[a]), 'at');
    if (!outermost && sizes[a] > 1) rest = f.keep(i32.divU(rest, sizes[a]), 'rest');
  }
  return values;
}

/** Finds the run of a block, and calls its row function for the rows of the band. */
function doBlock(site: Site): void {
  const { f, part, ahead } = site;
  const { plan, runs } = part;
  const [group, inGroup] = decode(f, site.block, [plan.groups, blockCount(runs)]);
  const cases = runs.map((run, i) => ({
    end: run.first + run.times,
    body() {
      const lane = affine([affine(inGroup, -run.first), 4 * run.vectors], run.lane);
      const block = blockPointers(site, group, f.keep(lane, 'lane'));
      // The weights to touch while a block is multiplied: those of the run's next one, or its own again.
      const isLast = i32.geS(inGroup, run.first + run.times - 1);
      const step = select(i32.const(0), i32.const(blockBytes(plan, run)), isLast);
      const next = ahead[i] > 0 ? { next: f.keep(affine(block.w, step), 'nextBlock') } : {};
      overRows(site, i, { ...block, ...next });
    },
  }));
  inCase(f, inGroup, cases);
}

const blockBytes = (plan: ClipPlan, run: BlockRun): number => run.vectors * 16 * plan.ins * tapsOf(plan);

/** Where a block's weights, channels and lanes begin. */
function blockPointers({ f, p, part, epilogue }: Site, group: Int, lane: Local<'i32'>): Pointers {
  const { plan, weightStart } = part;
  const bytes = (count: Int, size: number): Int => affine([count, size * floatBytes]);
  const channel = f.keep(bytes(affine([group, plan.lanes], lane), 1), 'channel');
  const inPixel = epilogue.pairs ? i32.shrU(channel, 1) : channel;
  const firstResult = plan.yPlanes ? affine([channel, product(plan.axes.map((a) => a.ySize))]) : inPixel;
  const perLane = plan.ins * tapsOf(plan);
  const packedLane = affine([group, packedLanes(plan)], lane);
  const last = plan.axes[plan.axes.length - 1];
  const extras = laneArguments({ ...epilogue, bias: false }, (name, kind) =>
    f.keep(kind === 'pixel' ? address(p[name], [p.y, -1]) : address(p[name], channel), name),
  );
  return {
    ...extras,
    x: f.keep(address(p.x, bytes(group, plan.ins * (plan.joined ?? 1))), 'xGroup'),
    w: f.keep(address(p.w, bytes(packedLane, perLane), weightStart), 'wBlock'),
    y: f.keep(address(p.y, firstResult, last.yStart * plan.yPitch * floatBytes), 'yBlock'),
    ...(epilogue.bias && { bias: f.keep(address(p.bias, channel), 'bias') }),
    ...(plan.yPlanes && { scratch: p.scratch }),
  };
}

/** Calls function number `run` for the rows of the band. */
function overRows(site: Site, run: number, block: Pointers): void {
  const { f, band, part, functions } = site;
  const { plan, split, runs } = part;
  const first = f.keep(affine([band, split.rowsPerBand]), 'firstRow');
  const last = f.keep(less(affine(first, split.rowsPerBand), i32.const(rowCount(plan))), 'lastRow');
  const span = split.spans > 1 ? spanTiles(site, runs[run]) : {};
  const share = Math.floor(blockBytes(plan, runs[run]) / split.rowsPerBand);
  const placeRow = rowPlacer(f, plan, weightSteps(plan, runs[run].vectors));
  f.note('the rows of the band');
  f.range('row', first, last, 1, (row) => {
    const place = placeRow(row, block);
    const ahead = block.next ? { ahead: affine(block.next, [affine(row, [first, -1]), share]) } : {};
    f.run(f.call(functions[run], { ...block, ...place, ...span, ...ahead }));
  });
}

/** The tiles of a span: as many for each, the last ones may have fewer or none. */
function spanTiles({ f, part: { plan, split }, span }: Site, run: BlockRun): Pointers {
  const tiles = tileCount(plan.axes[plan.axes.length - 1], run.pixels);
  const each = Math.ceil(tiles / split.spans);
  const first = f.keep(affine([span, each]), 'first');
  return { first, last: f.keep(less(affine(first, each), i32.const(tiles)), 'last') };
}

/** Pointers of a row, moved on to the first tap inside of each outer axis, and how many are inside. */
function rowPlacer(f: Func, plan: ClipPlan, wSteps: readonly number[]) {
  const outer = plan.axes.slice(0, -1);
  const steps = { x: xSteps(plan), w: wSteps, y: ySteps(plan) };
  const increase = (local: Local<'i32'>, count: Int, step: number): void =>
    f.increase(local, [count, step * floatBytes]);
  return (row: Local<'i32'>, block: Pointers): Pointers => {
    const [image, ...outputs] = decode(f, row, [plan.images, ...outer.map((a) => a.results)]);
    const [x, y] = [f.keep(block.x, 'xRow'), f.keep(block.y, 'yRow')];
    const place: Record<string, Local<'i32'>> = { x, yRow: y, w: f.keep(block.w, 'wRow') };
    if (plan.images > 1) {
      increase(x, image, product(plan.axes.map((a) => a.sources)) * plan.xPitch);
      increase(y, image, product(plan.axes.map((a) => a.ySize)) * (plan.yPlanes ?? plan.yPitch));
    }
    outer.forEach((axis, a) => {
      increase(y, affine([outputs[a], axis.yStep], axis.yStart), steps.y[a]);
      const first = f.keep(affine([outputs[a], axis.step], axis.start), 'firstCell');
      increase(x, first, steps.x[a]);
      if (!isClipped(plan, a)) return;
      f.note(`taps of axis ${a} that lie outside of the input are left out`);
      const { from, count } = tapsInside(f, first, axis);
      increase(x, from, axis.tapStep * steps.x[a]);
      increase(place.w, from, steps.w[a]);
      place[`taps${a}`] = count;
    });
    return place;
  };
}

/** The same arithmetic as validTaps, at run time. */
function tapsInside(
  f: Func,
  first: Local<'i32'>,
  { tapStep, taps, sources }: ClipPlan['axes'][number],
): { from: Local<'i32'>; count: Local<'i32'> } {
  const before = (cells: Int): Int => {
    const positive = f.keep(greater(cells, i32.const(0)), 'cells');
    const needed = tapStep === 1 ? positive : i32.divU(affine(positive, tapStep - 1), tapStep);
    return less(f.keep(needed, 'taps'), i32.const(taps));
  };
  const from = f.keep(before(f.keep(affine(0, [first, -1]), 'before')), 'from');
  const to = f.keep(before(f.keep(affine(sources, [first, -1]), 'until')), 'to');
  return { from, count: f.keep(affine(to, [from, -1]), 'count') };
}
