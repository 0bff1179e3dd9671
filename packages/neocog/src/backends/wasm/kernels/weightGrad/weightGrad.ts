// The weight gradient of any convolution as sums over pixels, straight from packed pixels to the row-major tensor.

import { productsOf } from '../../../../geometry/sumAxis.ts';
import { formatConv } from '../../../../geometry/text.ts';
import { product } from '../../../../geometry/window.ts';
import { engineKey, engineName } from '../../engine.ts';
import { type ConvPlan, type ConvPlanner, type ConvTask, needsOrder } from '../convPlan.ts';
import { partFloats, weightGradKernel } from './kernel.ts';
import {
  divisionOf,
  pixelCycles,
  tapsOf,
  type WeightGradShape,
  weightGradShape,
  weightsOf,
} from './shape.ts';
import { addPartsKernel } from './store.ts';

export const weightGradPlanner: ConvPlanner = {
  name: 'direct weight gradient',
  computes: ['weightGrad'],
  refuse: (task) => needsOrder('pixels', task),
  cost: (task) => costOf(task, weightGradShape(task)),
  plan: (task) => planOf(task, weightGradShape(task)),
};

function planOf(task: ConvTask, s: WeightGradShape): ConvPlan {
  const { parts } = divisionOf(s);
  const sum = weightGradKernel(s, keyOf(task));
  const add = addPartsKernel(parts, weightsOf(s), partFloats(s));
  const inParts: ConvPlan['steps'] = [
    { kernel: sum, operands: ['x', 'y', 'workspace0'] },
    { kernel: add, operands: ['workspace0', 'w'] },
  ];
  return {
    description: describe(s, parts),
    exact: true,
    multiplications: multiplicationsOf(s),
    weightBytes: 0,
    prepare: [],
    workspaces: parts > 1 ? [parts * partFloats(s) * 4] : [],
    steps: parts > 1 ? inParts : [{ kernel: sum, operands: ['x', 'y', 'w'] }],
  };
}

const keyOf = ({ geometry, xPitch, yPitch, engine }: ConvTask): string =>
  `direct weightGrad ${formatConv(geometry)} pitch ${xPitch} ${yPitch} ${engineKey(engine)}`;

function describe(s: WeightGradShape, parts: number): string {
  const slots = s.rows ? 'kernel rows of padded x' : 'taps';
  const tile = `${s.tile.pixels}x${s.tile.vectors}`;
  return `direct weight gradient ${tile}, ${engineName(s.engine)}, by ${slots}, ${tapsOf(s)} taps${parts > 1 ? `, pixels in ${parts} parts` : ''}`;
}

/** Pixels that slots sum over, all slots together: taps outside are left out, but for zeros beside copied rows. */
const slotPixels = (s: WeightGradShape): number =>
  s.batch * product(s.outer.map(productsOf)) * (s.rows ? s.inner.results : productsOf(s.inner));

const multiplicationsOf = (s: WeightGradShape): number =>
  slotPixels(s) * s.groups * s.ins * s.outs * (s.rows ? s.inner.taps : 1);

/** Cycles to list a pixel, or to copy a vector of it. */
const listCycles = 2;
/** Time to move a float to or from the caches behind the first, in multiply-adds. */
const floatTime = 2;

function costOf({ geometry: g }: ConvTask, s: WeightGradShape): number {
  const { runParts, outParts, unitGroups } = divisionOf(s);
  const copied = s.rows ? Math.ceil(s.ins / 4) * s.inner.step : 0;
  const lists = listCycles * (runParts * outParts) * (1 / unitGroups + copied);
  const perCycle = s.engine.wide ? 16 : 8;
  const cells = (size: 'input' | 'output'): number => product(g.axes.map((a) => a[size]));
  const floats = g.batch * (cells('input') * s.xPitch + cells('output') * s.yPitch) + weightsOf(s);
  return slotPixels(s) * s.groups * (pixelCycles(s) + lists) * perCycle + floats * floatTime;
}
