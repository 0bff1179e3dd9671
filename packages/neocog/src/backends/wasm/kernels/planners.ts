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

function refuseNumbers({ xOrder, yOrder, whole }: ConvTask): string | null {
  if (xOrder === 'pairs' || yOrder === 'pairs') return 'reads floats';
  if (whole?.result === 'int32') return 'gives floats';
  return whole && whole.most > mostCounted ? 'would round sums of whole numbers' : null;
}

const ofFloats = (planner: ConvPlanner): ConvPlanner => ({
  ...planner,
  refuse: (task) => refuseNumbers(task) ?? planner.refuse(task),
});

const floatPlanners: readonly ConvPlanner[] = [
  directPlanner,
  pointwisePlanner,
  depthwisePlanner,
  weightGradPlanner,
  planesPointwisePlanner,
  planesDepthwisePlanner,
  planesGroupedPlanner,
  ...winogradPlanners,
];

export const convPlanners: readonly ConvPlanner[] = [...floatPlanners.map(ofFloats), wholePlanner];
