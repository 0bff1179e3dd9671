// Winograd convolution for programs: kernels of up to 5 taps per axis, or per axis and phase if strided, in large tiles and
// small ones, each with weights that are transformed once or on the fly; longer kernels and rank 3 in parts, in large tiles; whole
// phases of a few cells. See `geometry/filtering.ts` and `split.ts` for the mathematics and `forward.ts` for the steps.
//
// Rounding error of a convolution against float64 sums, values and weights normally distributed, 64 / 128 / 256 / 512
// channels, as a share of the outputs' standard deviation √(taps·channels), with fused multiply-adds, in 10⁻⁶:
//
//   large   F(4×4, 2×2)   root mean square 0.4 / 0.6 / 0.8 / 1.1, largest of 23 000 outputs 4 / 5 / 7 / 10
//           F(4×4, 3×3)                    0.8 / 1.1 / 1.5 / 2.0                            7 / 10 / 14 / 17
//           F(4×4, 4×4)                    1.4 / 1.9 / 2.6 / 3.6                            14 / 16 / 25 / 42
//           F(3×3, 5×5)                    1.5 / 2.0 / 2.7 / 3.9                            10 / 15 / 21 / 30
//   largest F(5×5, 3×3)                    1.4 / 1.9 / 2.6 / 3.6                            22 / 20 / 22 / 33
//   small   F(2×2, 3×3)                    0.3 / 0.3 / 0.5 / 0.7                            2 / 2 / 3 / 3
//           F(3×3, 4×4)                    0.8 / 1.1 / 1.5 / 2.1                            5 / 7 / 9 / 12
//           F(2×2, 5×5)                    0.9 / 1.2 / 1.6 / 2.3                            6 / 7 / 9 / 16
//
//   folded  F(4×3, 3×3)                    0.6 / 0.8 / 1.1 / 1.5                            3 / 6 / 6 / 8
//           F(4×4, 3×4)                    1.1 / 1.4 / 2.0 / 2.8                            7 / 10 / 13 / 14
//           F(3×4, 5×4)                    1.5 / 2.2 / 2.8 / 3.9                            9 / 16 / 15 / 25
//   phases  of 3×3 and 2×2 cells           0.3 / 0.4 / 0.5 / 0.7                            1 / 2 / 4 / 3
//
// Phases of strides and parts count as channels: a kernel of 7×7 with stride 2 on 3 channels, which is F(4×4, 4×4) of 12, has 0.7
// and 7; one of 31 taps on 64, which is two parts of F(4×4, 4×4), 1.9 and 15.

import { counted } from '../../../../arguments/show.ts';
import type { TileSize } from '../../../../geometry/filtering.ts';
import { product } from '../../../../geometry/window.ts';
import type { Engine } from '../../engine.ts';
import {
  type ConvPlan,
  type ConvPlanner,
  type ConvTask,
  needsOrder,
  type PrepareStep,
  sumsOverTaps,
} from '../convPlan.ts';
import { perTask } from '../perTask.ts';
import { forwardCost, weightGradCost } from './cost.ts';
import { type ForwardForm, forwardSteps } from './forward.ts';
import { blocksReadFrom, laneRuns } from './laneBlocks.ts';
import { lineShapes, refuseLines } from './lines.ts';
import {
  partCount,
  points,
  refusePlanes,
  refuseWhole,
  refuseWinograd,
  type WinogradShape,
  wholeShape,
  winogradShape,
} from './shape.ts';
import { isFolded } from './split.ts';
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

const isStrided = ({ stride }: WinogradShape): boolean => product(stride) > 1;

const multiplications = (s: WinogradShape): number =>
  s.groups * s.tiles * points(s) * s.depth * s.target.channels;

/** As in F(4×4, 3×3): outputs and taps of a tile. */
const filteringName = ({ filterings }: WinogradShape): string =>
  `F(${filterings.map((f) => f.outputs).join('×')}, ${filterings.map((f) => f.taps).join('×')})`;

/** Each part has code of its own that packs its weights. */
const mostCompactParts = 8;

const onTheFly = { packed: ', weights on the fly', transformed: '' };

const prepareStep = (s: WinogradShape, weights: WeightForm): PrepareStep => ({
  kernel: prepareKernel(s, weights),
  operands: ['weights', 'w'],
  readsFrom: blocksReadFrom(laneRuns(s.target.channels, s.engine), s.weights),
});

function planForward(task: ConvTask, s: WinogradShape, weights: WeightForm): ConvPlan {
  const form = formFor(s, weights);
  const parts = partCount(s) > 1 ? ` of ${partCount(s)} ${isStrided(s) ? 'phases' : 'parts'}` : '';
  return {
    description: `winograd ${filteringName(s)}${s.scale ? ', 16 bits' : ''}${parts}${onTheFly[weights]}, ${form.steps === 1 ? 'one step' : 'two steps'}, blocks of ${counted(Math.min(s.tiles, form.blockTiles), 'tile')}`,
    exact: s.scale !== undefined,
    bulky: isStrided(s) || partCount(s) > mostCompactParts,
    multiplications: multiplications(s),
    weightBytes: s.groups * preparedWeights(s, weights).total,
    prepare: [prepareStep(s, weights)],
    ...forwardSteps(task, s, form),
  };
}

/** The largest tiles round more, and phases take much code: small gains do not count. */
const reluctanceOf = (size: TileSize, s: WinogradShape): number =>
  size === 'largest' ? 1.4 : isStrided(s) ? 1.1 : 1;

const shapes: Record<TileSize, (task: ConvTask) => WinogradShape> = {
  small: perTask((task) => winogradShape(task, 'small')),
  large: perTask((task) => winogradShape(task, 'large')),
  largest: perTask((task) => winogradShape(task, 'largest')),
};

function forwardPlanner(size: TileSize, weights: WeightForm): ConvPlanner {
  const shapeOf = shapes[size];
  return {
    name: `winograd ${size}${onTheFly[weights]}`,
    computes: sumsOverTaps,
    refuse: (task) => refuseWinograd(task, size) ?? refusePlanes(task, shapeOf(task)),
    cost(task) {
      const s = shapeOf(task);
      return forwardCost(s, formFor(s, weights)) * reluctanceOf(size, s);
    },
    reluctance: (task) => reluctanceOf(size, shapeOf(task)),
    plan: (task) => planForward(task, shapeOf(task), weights),
  };
}

const packedForm: ForwardForm = { steps: 2, weights: 'packed', blockTiles: 96 };

const linesOf = perTask(lineShapes);

/** Phases of a few cells, which dilation leaves of a small map: each is a tile, without the taps that fall outside. */
const linesPlanner: ConvPlanner = {
  name: 'winograd phases, weights on the fly',
  computes: sumsOverTaps,
  refuse: refuseLines,
  cost: (task) => linesOf(task).reduce((sum, s) => sum + forwardCost(s, packedForm), 0),
  plan(task) {
    const lines = linesOf(task);
    const all = lines.map((s) => forwardSteps(task, s, packedForm));
    const [first] = lines;
    return {
      description: `winograd of whole phases, ${lines.map(lineName).join(', ')}, weights on the fly`,
      exact: false,
      bulky: true,
      multiplications: lines.reduce((sum, s) => sum + multiplications(s), 0),
      weightBytes: first.groups * preparedWeights(first, 'packed').total,
      prepare: [prepareStep(first, 'packed')],
      workspaces: [Math.max(...all.map(({ workspaces }) => workspaces[0]))],
      steps: all.flatMap(({ steps }) => steps),
    };
  },
};

/** Cells of each phase, as in `3×2`. */
const lineName = ({ axes }: WinogradShape): string => axes.map(({ outputs }) => outputs).join('×');

/** A product of pairs beside one of floats, of which it does two. */
const pairShare = ({ fma }: Engine): number => (fma ? 0.7 : 0.5);

const wholeShapeOf = perTask(wholeShape);

/** Exact sums of whole numbers, by products of pairs. */
const wholePlanner: ConvPlanner = {
  name: 'winograd whole',
  computes: sumsOverTaps,
  sumsWhole: true,
  refuse: (task) =>
    refuseWinograd(task, 'large') ?? refuseWhole(task) ?? refusePlanes(task, wholeShapeOf(task)),
  cost(task) {
    const s = wholeShapeOf(task);
    return forwardCost(s, formFor(s, 'transformed'), pairShare(task.engine));
  },
  plan: (task) => planForward(task, wholeShapeOf(task), 'transformed'),
};

/** Sums of few tiles show all of their rounding. */
function refuseRough(s: WinogradShape): string | null {
  if (partCount(s) > 1 || isFolded(s)) return 'takes weight gradients of short kernels along one axis or two';
  return s.filterings.some((f) => f.inputs > 6)
    ? 'takes weight gradients of up to 3 taps, more round too much'
    : null;
}

function weightGradPlanner(size: TileSize): ConvPlanner {
  return {
    name: `winograd ${size} weight gradient`,
    computes: ['weightGrad'],
    refuse: (task) =>
      needsOrder('pixels', task) ?? refuseWinograd(task, size) ?? refuseRough(winogradShape(task, size)),
    cost: (task) => weightGradCost(winogradShape(task, size)),
    plan(task) {
      const s = winogradShape(task, size);
      return {
        description: `winograd ${filteringName(s)} weight gradient`,
        exact: false,
        multiplications: multiplications(s),
        weightBytes: 0,
        prepare: [],
        ...weightGradSteps(s),
      };
    },
  };
}

export const winogradPlanners: readonly ConvPlanner[] = [
  forwardPlanner('large', 'transformed'),
  forwardPlanner('large', 'packed'),
  forwardPlanner('largest', 'transformed'),
  forwardPlanner('largest', 'packed'),
  forwardPlanner('small', 'transformed'),
  forwardPlanner('small', 'packed'),
  linesPlanner,
  weightGradPlanner('large'),
  weightGradPlanner('small'),
  wholePlanner,
];
