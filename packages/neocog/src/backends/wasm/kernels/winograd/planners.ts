// Winograd convolution for programs: F(4×4, 3×3) and F(2×2, 3×3), each with weights that are transformed once or on the
// fly. See `matrices.ts` for the mathematics and `forward.ts` for the steps.
//
// Rounding error of a convolution against float64 sums, values and weights normally distributed, 64 / 128 / 256 / 512
// channels, as a share of the outputs' standard deviation √(9·channels), with fused multiply-adds:
//
//   4×4   root mean square 0.8 / 1.1 / 1.5 / 2.1 · 10⁻⁶, largest of 25 000 outputs 7 / 10 / 13 / 16 · 10⁻⁶
//   2×2   root mean square 0.3 / 0.4 / 0.5 / 0.7 · 10⁻⁶, largest of 25 000 outputs 2 / 2 / 2 / 3 · 10⁻⁶

import { type ConvPlan, type ConvPlanner, type ConvTask, needsOrder, sumsOverTaps } from '../convPlan.ts';
import { forwardCost, weightGradCost } from './cost.ts';
import { type ForwardForm, forwardSteps } from './forward.ts';
import { refusePlanes, refuseWinograd, type TileSize, type WinogradShape, winogradShape } from './shape.ts';
import { weightGradSteps } from './weightGrad.ts';
import { preparedWeights, prepareKernel, type WeightForm } from './weights.ts';

/**
 * Large maps in one step, blocks of 12 tiles, whose transforms fit the second-level cache, or 24 where that still leaves
 * every thread enough of them. Small maps in two, so that lanes can be dealt out too.
 */
function formFor(s: WinogradShape, weights: WeightForm): ForwardForm {
  if (weights === 'packed') return { steps: 2, weights, blockTiles: 96 };
  if (s.tiles < 96) return { steps: 2, weights, blockTiles: 48 };
  const roomy = s.tiles >= 768 && s.source.channels <= 128;
  return { steps: 1, weights, blockTiles: roomy ? 24 : 12 };
}

const multiplications = (s: WinogradShape): number =>
  s.groups * s.tiles * s.filtering.inputs ** 2 * s.source.channels * s.target.channels;

function planForward(name: string, task: ConvTask, m: TileSize, weights: WeightForm): ConvPlan {
  const s = winogradShape(task, m);
  const form = formFor(s, weights);
  return {
    description: `${name}, ${form.steps === 1 ? 'one step' : 'two steps'}, blocks of ${Math.min(s.tiles, form.blockTiles)} tiles`,
    exact: false,
    multiplications: multiplications(s),
    weightBytes: s.groups * preparedWeights(s, weights, task.engine).total,
    prepare: [{ kernel: prepareKernel(s, weights, task.engine), operands: ['weights', 'w'] }],
    ...forwardSteps(task, s, form),
  };
}

function forwardPlanner(m: TileSize, weights: WeightForm): ConvPlanner {
  const name = `winograd ${m}x${m}${weights === 'packed' ? ', weights on the fly' : ''}`;
  return {
    name,
    computes: sumsOverTaps,
    refuse: (task) => refuseWinograd(task) ?? refusePlanes(task, winogradShape(task, m)),
    cost(task) {
      const s = winogradShape(task, m);
      return forwardCost(s, formFor(s, weights), task.engine);
    },
    plan: (task) => planForward(name, task, m, weights),
  };
}

function weightGradPlanner(m: TileSize): ConvPlanner {
  const name = `winograd ${m}x${m} weight gradient`;
  return {
    name,
    computes: ['weightGrad'],
    refuse: (task) => needsOrder('pixels', task) ?? refuseWinograd(task),
    cost: (task) => weightGradCost(winogradShape(task, m), task.engine),
    plan(task) {
      const s = winogradShape(task, m);
      return {
        description: name,
        exact: false,
        multiplications: multiplications(s),
        weightBytes: 0,
        prepare: [],
        ...weightGradSteps(s, task.engine),
      };
    },
  };
}

export const winogradPlanners: readonly ConvPlanner[] = [
  forwardPlanner(4, 'transformed'),
  forwardPlanner(4, 'packed'),
  forwardPlanner(2, 'transformed'),
  forwardPlanner(2, 'packed'),
  weightGradPlanner(4),
  weightGradPlanner(2),
];
