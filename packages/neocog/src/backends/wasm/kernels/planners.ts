// The algorithms for convolutions in programs. Their order means nothing: each estimates its cost.

import type { ConvPlanner } from './convPlan.ts';
import { depthwisePlanner } from './depthwise.ts';
import { directPlanner, pointwisePlanner } from './direct.ts';

export const convPlanners: readonly ConvPlanner[] = [directPlanner, pointwisePlanner, depthwisePlanner];
