// The weight gradient of any convolution as sums over pixels, straight from packed pixels to the row-major tensor.

import { formatConv } from '../../../geometry/text.ts';
import { product } from '../../../geometry/window.ts';
import { engineName } from '../engine.ts';
import type { ConvPlan, ConvPlanner, ConvTask } from './convPlan.ts';
import { productsOf } from './depthwiseRow.ts';
import { partFloats, weightGradKernel } from './weightGradKernel.ts';
import { divisionOf, tapsOf, type WeightGradShape, weightGradShape, weightsOf } from './weightGradShape.ts';
import { addPartsKernel } from './weightGradStore.ts';

export const weightGradPlanner: ConvPlanner = {
  name: 'direct',
  refuse: ({ kernel }) => (kernel === 'weightGrad' ? null : `${kernel}: this is for weight gradients only`),
  cost: (task) => multiplicationsOf(weightGradShape(task)),
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
  `direct weightGrad ${formatConv(geometry)} pitch ${xPitch} ${yPitch} ${engineName(engine)}`;

function describe(s: WeightGradShape, parts: number): string {
  const slots = s.rows ? 'kernel rows of padded x' : 'taps';
  const tile = `${s.tile.pixels}x${s.tile.vectors}`;
  return `direct weight gradient ${tile}, ${engineName(s.engine)}, by ${slots}, ${tapsOf(s)} taps, pixels in ${parts} parts`;
}

/** Taps outside are left out, but for zeros beside copied rows. */
function multiplicationsOf(s: WeightGradShape): number {
  const inner = s.rows ? s.inner.results * s.inner.taps : productsOf(s.inner);
  return s.batch * s.groups * s.ins * s.outs * product(s.outer.map(productsOf)) * inner;
}
