// Depthwise convolution, its input gradient and its weight gradient: every channel meets kernels of its own, so lanes are
// channels and nothing is summed over them.

import { counted } from '../../../../arguments/show.ts';
import { productsOf } from '../../../../geometry/sumAxis.ts';
import { formatConv } from '../../../../geometry/text.ts';
import type { ConvGeometry } from '../../../../geometry/types.ts';
import { product } from '../../../../geometry/window.ts';
import { engineKey, engineName } from '../../engine.ts';
import {
  type ConvOperand,
  type ConvPlan,
  type ConvPlanner,
  type ConvTask,
  needsOrder,
  sumsOverTaps,
} from '../convPlan.ts';
import { epilogueKey, laneOperands } from '../epilogue.ts';
import { depthwiseConvKernel } from './conv.ts';
import { depthwiseGradKernel, gradientParts } from './grad.ts';
import { type DepthwiseShape, depthwiseShape, tapsOf, vectorsOf, weightBytesOf } from './shape.ts';
import { depthwiseCollectKernel, depthwisePrepareKernel } from './weights.ts';

export const depthwisePlanner: ConvPlanner = {
  name: 'depthwise',
  computes: [...sumsOverTaps, 'weightGrad'],
  writesPairs: true,
  refuse: (task) => refuseGroups(task.geometry) ?? refuseCollecting(task) ?? needsOrder('pixels', task),
  cost: (task) => costOf(task, depthwiseShape(task)),
  plan: (task) => (task.kernel === 'weightGrad' ? gradPlan : convPlan)(task, depthwiseShape(task)),
};

export const refuseGroups = (g: ConvGeometry): string | null =>
  g.groups === g.inChannels && g.groups > 1
    ? null
    : `needs several groups of one channel; there ${g.groups === 1 ? 'is one group' : `are ${g.groups} groups`} of ${counted(g.inChannels / g.groups, 'channel')}`;

/** Channels are collected before the taps of a row, elsewhere after them. */
const refuseCollecting = ({ geometry: g, kernel, engine }: ConvTask): string | null =>
  engine.uniform && kernel === 'inputGrad' && g.outChannels !== g.inChannels
    ? 'adds several channels in another order than exact sums do'
    : null;

function convPlan(task: ConvTask, s: DepthwiseShape): ConvPlan {
  const { kernel, epilogue: e } = task;
  const ends: ConvOperand[] = kernel === 'conv' ? ['x', 'w', 'y'] : ['y', 'w', 'x'];
  return {
    ...summary(s),
    weightBytes: weightBytesOf(s),
    prepare: [{ kernel: depthwisePrepareKernel(s), operands: ['weights', 'w'] }],
    workspaces: [],
    steps: [
      {
        kernel: depthwiseConvKernel(s, e, keyOf(task)),
        operands: [...ends, ...(laneOperands(e) as ConvOperand[])],
      },
    ],
  };
}

function gradPlan(task: ConvTask, s: DepthwiseShape): ConvPlan {
  const parts = gradientParts(s);
  return {
    ...summary(s),
    weightBytes: 0,
    prepare: [],
    workspaces: [parts * weightBytesOf(s)],
    steps: [
      { kernel: depthwiseGradKernel(s, keyOf(task)), operands: ['x', 'y', 'workspace0'] },
      { kernel: depthwiseCollectKernel(s, parts), operands: ['workspace0', 'w'] },
    ],
  };
}

const keyOf = ({ geometry, kernel, xPitch, yPitch, epilogue, engine }: ConvTask): string =>
  `depthwise ${kernel} ${formatConv(geometry)} pitch ${xPitch} ${yPitch} ${epilogueKey(epilogue)} ${engineKey(engine)}`;

function summary(s: DepthwiseShape): Pick<ConvPlan, 'description' | 'exact' | 'multiplications'> {
  const tile = Math.max(...s.runs.map((r) => r.size));
  return {
    description: `depthwise ${tile}x${s.vectors}, ${engineName(s.engine)}, ${tapsOf(s)} taps`,
    exact: true,
    multiplications: multiplicationsOf(s),
  };
}

/** Taps that fall outside are left out. */
function multiplicationsOf(s: DepthwiseShape): number {
  const perAxis = [...s.outer, s.inner].map(productsOf);
  return s.batch * s.channels * (s.lanes === 'collect' ? s.multiplier : 1) * product(perAxis);
}

/** Time of a multiply-add, gathered lanes included, over that of the engine's best direct kernel: measured on 3×3 layers. */
const relativeTime: Record<string, { same: number; gathered: number }> = {
  fma: { same: 1.15, gathered: 2.3 },
  'mul+add': { same: 1.5, gathered: 2.3 },
  'wide fma': { same: 1.35, gathered: 4.5 },
  'wide mul+add': { same: 1.35, gathered: 4.5 },
};
/** Time to move a float to or from the caches behind the first, in the same unit. */
const floatTime = 2;

function costOf({ geometry: g, xPitch, yPitch, engine }: ConvTask, s: DepthwiseShape): number {
  const time = relativeTime[engineName(engine)][s.lanes === 'same' ? 'same' : 'gathered'];
  const lanes = (4 * vectorsOf(s)) / s.channels;
  const pixels = (size: 'input' | 'output'): number => product(g.axes.map((a) => a[size]));
  const floats = g.batch * (pixels('input') * xPitch + pixels('output') * yPitch);
  return multiplicationsOf(s) * lanes * time + floats * floatTime;
}
