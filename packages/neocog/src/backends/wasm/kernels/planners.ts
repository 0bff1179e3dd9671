// The algorithms for convolutions in programs. Their order means nothing: each estimates its cost.

import type { ConvPlanner } from './convPlan.ts';
import { depthwisePlanner } from './depthwise/depthwise.ts';
import { directPlanner, pointwisePlanner } from './direct/direct.ts';
import { planesDepthwisePlanner } from './planes/depthwise.ts';
import { planesGroupedPlanner } from './planes/grouped.ts';
import { planesPointwisePlanner } from './planes/pointwise.ts';
import { weightGradPlanner } from './weightGrad/weightGrad.ts';
import { winogradPlanners } from './winograd/planners.ts';

export const convPlanners: readonly ConvPlanner[] = [
  directPlanner,
  pointwisePlanner,
  depthwisePlanner,
  weightGradPlanner,
  planesPointwisePlanner,
  planesDepthwisePlanner,
  planesGroupedPlanner,
  ...winogradPlanners,
];
