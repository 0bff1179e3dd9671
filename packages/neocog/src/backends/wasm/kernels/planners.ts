// The algorithms for convolutions in programs. Their order means nothing: each estimates its cost.

import type { ConvPlanner, ConvTask } from './convPlan.ts';
import { depthwisePlanner } from './depthwise/depthwise.ts';
import { directPlanner, pointwisePlanner, wholePlanner } from './direct/direct.ts';
import { planesDepthwisePlanner } from './planes/depthwise.ts';
import { planesGroupedPlanner } from './planes/grouped.ts';
import { planesPointwisePlanner } from './planes/pointwise.ts';
import { weightGradPlanner } from './weightGrad/weightGrad.ts';
import { winogradPlanners } from './winograd/planners.ts';

/** Float32 counts to here without gaps. */
const mostCounted = 2 ** 24;

/** Why kernels that read floats do not take a task. */
function refuseNumbers({ kernel, xOrder, yOrder, whole }: ConvTask): string | null {
  if ((kernel === 'conv' ? xOrder : yOrder) === 'pairs') return 'reads floats';
  if (whole?.result === 'int32') return 'gives floats';
  return whole && whole.most > mostCounted ? 'would round sums of whole numbers' : null;
}

function refusePairs(
  { writesPairs }: ConvPlanner,
  { kernel, xOrder, yOrder, epilogue }: ConvTask,
): string | null {
  const written = kernel === 'conv' ? yOrder : xOrder;
  if (written === 'pairs') return 'writes pairs as the epilogue says';
  if (!epilogue.pairs) return null;
  if (!writesPairs || written === 'planes') return 'writes floats';
  return epilogue.extras.includes('pixel') ? 'cannot add an array to a result in pairs' : null;
}

/** A planner that may be asked about whole numbers. */
const minding = (planner: ConvPlanner): ConvPlanner => ({
  ...planner,
  refuse: (task) =>
    (planner.sumsWhole ? null : refuseNumbers(task)) ?? refusePairs(planner, task) ?? planner.refuse(task),
});

const all: readonly ConvPlanner[] = [
  directPlanner,
  pointwisePlanner,
  wholePlanner,
  depthwisePlanner,
  weightGradPlanner,
  planesPointwisePlanner,
  planesDepthwisePlanner,
  planesGroupedPlanner,
  ...winogradPlanners,
];

export const convPlanners: readonly ConvPlanner[] = all.map(minding);
