// The planners of the direct kernels: sums of products straight from the pixels, for every geometry. `pointwise` is the same
// for kernels of one cell, with the cells of all images as one row.

import { counted } from '../../../../arguments/show.ts';
import type { ConvGeometry } from '../../../../geometry/types.ts';
import { product } from '../../../../geometry/window.ts';
import { type Engine, engineName } from '../../engine.ts';
import {
  type ConvOperand,
  type ConvPlan,
  type ConvPlanner,
  type ConvTask,
  needsOrder,
  type Order,
  sumsOverTaps,
} from '../convPlan.ts';
import { laneOperands } from '../epilogue.ts';
import { perTask } from '../perTask.ts';
import { evenTiles } from '../tiles.ts';
import {
  asPairs,
  type ClipPlan,
  forwardPlan,
  inputGradPlans,
  joinPairs,
  multiplicationsOf,
  tapStatistics,
  tapsOf,
} from './clipPlan.ts';
import { type DirectPart, directKernel, directParts, weightBytesOf } from './kernel.ts';
import { rowOfPixels, stepCycles } from './rowTiles.ts';
import { readsFrom, weightsKernel } from './weights.ts';

/** Any geometry as a plan, or as several for the gradient of a strided one. */
function clipPlans({ geometry, kernel, xPitch, yPitch, yOrder, engine }: ConvTask): ClipPlan[] {
  if (kernel === 'conv' && yOrder === 'planes')
    return [{ ...forwardPlan(geometry, { xPitch, yPitch: 1 }), yPlanes: geometry.outChannels }];
  if (kernel === 'conv') {
    const plan = forwardPlan(geometry, { xPitch, yPitch });
    return [engine.wide && engine.keepsOrder ? joinPairs(plan) : plan];
  }
  return inputGradPlans(geometry, { xPitch, yPitch });
}

const partsOf = perTask((task) => directParts(clipPlans(task), task.engine, task.epilogue.pairs));

function refuse(task: ConvTask): string | null {
  const { geometry } = task;
  if (geometry.paddingMode !== 'zeros') return `needs zero padding; this is ${geometry.paddingMode}`;
  if (task.epilogue.pairs) return refusePairs(task) ?? needsOrder('pixels', task);
  return task.yOrder === 'planes' ? refusePlanes(task) : needsOrder('pixels', task);
}

/** Pairs are written in whole vectors. */
function refusePairs({ geometry: g, kernel }: ConvTask): string | null {
  const lanes = (kernel === 'conv' ? g.outChannels : g.inChannels) / g.groups;
  return g.groups > 1 && lanes % 4 > 0
    ? `writes pairs of groups of whole vectors, not of ${lanes} channels`
    : null;
}

/** A row of results lies in scratch before it goes to planes: longer ones would leave the first cache meanwhile. */
const longestRow = 512;

function refusePlanes({ geometry, kernel, xOrder, epilogue }: ConvTask): string | null {
  if (kernel !== 'conv' || xOrder === 'planes')
    return 'reads pixels with their channels side by side; writes planes for convolutions only';
  if (epilogue.extras.includes('pixel')) return 'cannot add an array to a result in planes';
  const row = geometry.axes[geometry.axes.length - 1].output;
  return row > longestRow ? `brings rows of up to ${longestRow} results to planes, not ${row}` : null;
}

function planFor(name: string, task: ConvTask, parts = partsOf(task)): ConvPlan {
  const { engine, epilogue, kernel } = task;
  const weightBytes = parts.reduce((n, { plan }) => n + weightBytesOf(plan), 0);
  const [read, written] = kernel === 'conv' ? (['x', 'y'] as const) : (['y', 'x'] as const);
  const operands = [read, 'w', written, ...laneOperands(epilogue)] as ConvOperand[];
  return {
    description: describe(name, parts, engine),
    exact: true,
    multiplications: parts.reduce((n, { plan }) => n + multiplicationsOf(plan), 0),
    weightBytes,
    prepare:
      weightBytes > 0
        ? [{ kernel: weightsKernel(parts), operands: ['weights', 'w'], readsFrom: readsFrom(parts) }]
        : [],
    workspaces: [],
    steps: [{ kernel: directKernel(parts, epilogue, engine), operands }],
  };
}

function describe(name: string, parts: readonly DirectPart[], engine: Engine): string {
  const { plan, runs, split } = parts.reduce((a, b) => (tapsOf(b.plan) > tapsOf(a.plan) ? b : a));
  const taps = plan.axes.map((a) => a.taps).join('×');
  const phases = parts.length > 1 ? `, ${parts.length} phases` : '';
  const units = `${split.bands}×${split.spans} bands × ${counted(split.chunks, 'chunk')}, ${split.order} outside`;
  const how = plan.pairs ? '16 bits' : engineName(engine);
  return `${name} ${runs[0].pixels}x${runs[0].vectors}, ${how}, ${taps} ${tapsOf(plan) === 1 ? 'tap' : 'taps'} × ${counted(plan.pairs ?? plan.ins, 'channel')}, ${units}${phases}`;
}

/**
 * The model: the steps of each tile, what a tile costs besides (its start, stores and loops), and every array read or written
 * once. Divided by the measured time, it gives 50 to 66 billion a second with FMA for layers of ResNet-50 and ResNeXt-50 (Zen 4;
 * 100 to 134 if wide). It counts up to three times too much for one pixel against weights that the last cache holds.
 */
const tileCycles = 40;
/** Multiply-adds of 4 lanes per cycle at best; bytes per cycle beyond the second cache. */
const bestRate = 2;
const bytesPerCycle = 16;
/** For a float of a row that goes to planes. */
const turnCycles = 0.5;

function cost(task: ConvTask, parts = partsOf(task)): number {
  const lanes = 4 * bestRate * (task.engine.wide ? 2 : 1);
  return parts.reduce((sum, part) => sum + partCycles(part, task.engine), 0) * lanes;
}

function partCycles({ plan, runs }: DirectPart, engine: Engine): number {
  const axis = plan.axes[plan.axes.length - 1];
  const rows = plan.images * product(plan.axes.slice(0, -1).map((a) => a.results));
  const inside = plan.axes.map((a) => (a.taps === 0 ? 0 : tapStatistics(a).sum / (a.results * a.taps)));
  const steps = plan.ins * tapsOf(plan) * product(inside);
  const row = runs.reduce((sum, run) => {
    const tiles = evenTiles(axis.results, run.pixels).map(
      (t) =>
        t.times * (steps * stepCycles(engine, { ...run, pixels: t.size }, rowOfPixels(plan)) + tileCycles),
    );
    return sum + run.times * tiles.reduce((a, b) => a + b, 0);
  }, 0);
  const pixels = (cells: readonly number[]): number => plan.images * product(cells);
  const results = pixels(plan.axes.map((a) => a.results)) * (plan.yPlanes ?? plan.yPitch);
  const bytes = 4 * pixels(plan.axes.map((a) => a.sources)) * plan.xPitch + 4 * results + weightBytesOf(plan);
  const turned = plan.yPlanes ? results * turnCycles : 0;
  return rows * plan.groups * row + bytes / bytesPerCycle + turned;
}

/** Sums of products straight from the pixels: takes every geometry. */
export const directPlanner: ConvPlanner = {
  name: 'direct',
  computes: sumsOverTaps,
  writesPairs: true,
  refuse,
  cost,
  plan: (task) => planFor('direct', task),
};

export const isPointwise = (g: ConvGeometry): boolean =>
  g.axes.every(
    (a) => a.kernel === 1 && a.stride === 1 && a.padBefore + a.padAfter === 0 && a.output === a.input,
  );

/** The cells of all images as one row of one image. */
const asOneRow = perTask((task): ConvTask => {
  const { geometry } = task;
  const cells = geometry.batch * product(geometry.axes.map((a) => a.input));
  const axis = { ...geometry.axes[0], input: cells, output: cells };
  return { ...task, geometry: { ...geometry, batch: 1, axes: [axis] } };
});

/** Kernels of one cell: no tile is cut at the end of an image's row. Linear layers are run as these. */
export const pointwisePlanner: ConvPlanner = {
  name: 'pointwise',
  computes: sumsOverTaps,
  writesPairs: true,
  refuse: (task) =>
    refuse(task) ??
    needsOrder('pixels', task) ??
    (isPointwise(task.geometry) ? null : 'needs kernel 1, stride 1 and no padding on every axis'),
  cost: (task) => cost(asOneRow(task)),
  plan: (task) => planFor('pointwise', asOneRow(task)),
};

/** The same task on pixels, by products and sums of their own. */
const onPixels = perTask((task): ConvTask => {
  const { xOrder, yOrder, engine } = task;
  const orders = { xOrder: pixelsFor(xOrder), yOrder: pixelsFor(yOrder) };
  const pixels = { ...task, ...orders, engine: { ...engine, fma: false } };
  return isPointwise(task.geometry) && orders.yOrder === 'pixels' ? asOneRow(pixels) : pixels;
});

const pixelsFor = (order: Order = 'pixels'): Order => (order === 'pairs' ? 'pixels' : order);

const wholeParts = perTask((task) => {
  const plans = clipPlans({ ...task, engine: { ...task.engine, wide: false } });
  const int32 = task.whole?.result === 'int32';
  const pairs = plans.map((plan) => ({ ...asPairs(plan), int32 }));
  return directParts(pairs, task.engine, task.epilogue.pairs);
});

const refuseFloats = ({ kernel, xOrder, yOrder }: ConvTask): string | null =>
  (kernel === 'conv' ? xOrder : yOrder) === 'pairs' ? null : 'reads pairs of whole numbers';

/** A product of pairs and its addition, beside one of floats: two instructions where there may be one. */
const pairCycles = ({ fma }: Engine): number => (fma ? 1.35 : 1);

/** Sums of products of whole numbers, two at a time: `i32x4.dot_i16x8_s`. */
export const wholePlanner: ConvPlanner = {
  name: 'whole',
  computes: sumsOverTaps,
  sumsWhole: true,
  writesPairs: true,
  refuse: (task) => refuseFloats(task) ?? refuse(onPixels(task)),
  cost(task) {
    const pixels = onPixels(task);
    return cost(pixels, wholeParts(pixels)) * pairCycles(task.engine);
  },
  plan(task) {
    const pixels = onPixels(task);
    return planFor('whole', pixels, wholeParts(pixels));
  },
};
