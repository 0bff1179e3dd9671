// Convolutions drawn at random, each by every algorithm that takes it, in the checked mode: `checkConvolution(random)` draws one
// and throws a KernelViolation for a kernel that reaches outside of its arrays, an Error for a wrong result.
//
// Sizes are small and everything else goes far: padding and strides beyond the input, kernels longer than it, channels in
// pieces of vectors, arrays that lie as pixels or planes, epilogues, every engine.

import { type Engine, engine } from '../../packages/neocog/src/backends/wasm/engine.ts';
import type { ConvPlanner, ConvTask } from '../../packages/neocog/src/backends/wasm/kernels/convPlan.ts';
import { convPlanners } from '../../packages/neocog/src/backends/wasm/kernels/planners.ts';
import type { ConvKernel } from '../../packages/neocog/src/backends/work.ts';
import {
  add,
  constant,
  input,
  max,
  min,
  mul,
  sigmoid,
} from '../../packages/neocog/src/expression/expression.ts';
import {
  convGeometry,
  inputShape,
  outputShape,
  weightShape,
} from '../../packages/neocog/src/geometry/conv.ts';
import { formatConv } from '../../packages/neocog/src/geometry/text.ts';
import type { ConvGeometry } from '../../packages/neocog/src/geometry/types.ts';
import { product } from '../../packages/neocog/src/geometry/window.ts';
import type { Generator } from '../../packages/neocog/src/tensor/random.ts';
import {
  inOrders,
  type NamedEpilogue,
  type PlanCase,
  pick,
  plain,
  randomPitch,
  runCase,
} from '../convPlans.ts';

const kernels: readonly ConvKernel[] = ['conv', 'inputGrad', 'weightGrad'];

/** Every engine that the generators know and that runs here. */
export function enginesHere(): Engine[] {
  const both = [true, false];
  const all = both.flatMap((fma) =>
    both.flatMap((wide) => both.map((keepsOrder) => ({ fma, wide, keepsOrder }))),
  );
  return all.filter(({ fma }) => !fma || engine().fma);
}

const bounded = (low: number, value: number, high: number): number => Math.min(Math.max(value, low), high);

const endings: readonly NamedEpilogue[] = [
  plain,
  { epilogue: { bias: true, formula: null, extras: [], pairs: true }, value: (sum) => sum },
  {
    epilogue: { bias: false, formula: min(mul(input(0), input(1)), 50), extras: ['channel'], pairs: true },
    value: (sum, [channel = 0]) => Math.min(sum * channel, 50),
  },
  { epilogue: { bias: true, formula: null, extras: [] }, value: (sum) => sum },
  {
    epilogue: { bias: true, formula: min(max(input(0), 0), 6), extras: [] },
    value: (sum) => bounded(0, sum, 6),
  },
  {
    epilogue: { bias: false, formula: add(mul(input(0), input(2)), input(1)), extras: ['pixel', 'channel'] },
    value: (sum, [pixel = 0, channel = 0]) => sum * channel + pixel,
  },
  // So long that it runs over finished rows; the sigmoid of a large number is 1.
  {
    epilogue: {
      bias: true,
      formula: mul(add(input(0), input(1)), sigmoid(add(mul(input(0), input(0)), constant(100)))),
      extras: ['pixel'],
    },
    value: (sum, [pixel = 0]) => sum + pixel,
  },
];

type Style = 'pointwise' | 'square' | 'long' | 'strided' | 'dilated' | 'any';
const styles: readonly Style[] = [
  'pointwise',
  'square',
  'square',
  'long',
  'strided',
  'dilated',
  'any',
  'any',
];

interface Draw {
  readonly random: Generator;
  readonly style: Style;
}

/** One number per axis. */
type Axes = (from: readonly number[]) => number[];

function spatial({ random, style }: Draw, axes: Axes) {
  const kernels: Record<Style, readonly number[]> = {
    pointwise: [1],
    square: [3],
    long: [1, 2, 5, 7, 9, 17, 31],
    strided: [1, 2, 3, 4, 5, 8],
    dilated: [1, 3, 3],
    any: [1, 2, 3, 4, 6],
  };
  const pads: readonly number[] = style === 'pointwise' ? [0] : [0, 0, 1, 1, 2, 3, 5, 9, 17, 24, 40];
  const strides = style === 'strided' ? [1, 2, 3, 4, 5, 6, 7, 9] : style === 'any' ? [1, 1, 2, 3] : [1];
  const dilations = style === 'pointwise' ? [1] : style === 'dilated' ? [2, 3, 5, 9, 17] : [1, 1, 1, 2, 3, 5];
  const kernel = axes(kernels[style]);
  const dilation = axes(dilations);
  const padding = axes(pads).map((p, i) => {
    const same = (((kernel[i] as number) - 1) * (dilation[i] as number)) / 2;
    if (style === 'dilated') return [same, same] as [number, number];
    return [p, random.integer(2) === 0 ? p : pick(random, pads)] as [number, number];
  });
  const size = axes([1, 2, 3, 5, 7, 8, 9, 13, 16, 21, 33]);
  return { kernel, size, stride: axes(strides), dilation, padding };
}

/** So many multiply-adds, at most: plain loops are to be done in milliseconds. */
const mostWork = 300_000;

/** Null where sizes do not fit together. */
export function drawGeometry(random: Generator): ConvGeometry | null {
  const style = pick(random, styles);
  const rank = style === 'square' ? 2 : pick(random, [1, 1, 2, 2, 2, 3] as const);
  const axes: Axes = (from) => Array.from({ length: rank }, () => pick(random, from));
  const { kernel, size, ...options } = spatial({ random, style }, axes);
  const groups = pick(random, [1, 1, 1, 2, 3, 4, 8, 13]);
  const perIn = pick(random, [1, 1, 2, 3, 4, 5, 8, 12, 16, 17, 33]);
  const perOut = pick(random, [1, 1, 2, 3, 4, 6, 7, 9, 16, 20, 33]);
  const shapes = {
    input: [pick(random, [1, 1, 2, 3]), groups * perIn, ...size],
    weight: [groups * perOut, perIn, ...kernel],
  };
  try {
    const g = convGeometry({ fn: 'random', rank }, shapes, { ...options, groups });
    const work = product(outputShape(g)) * product(weightShape(g).slice(1));
    return work <= mostWork && product(inputShape(g)) <= mostWork ? g : null;
  } catch {
    return null;
  }
}

/** What transforms may deviate by here, as a share of the largest sum of magnitudes: what they promise, other tests hold them to. */
const tolerance = 4e-6;

/** Runs one algorithm's plan. @throws KernelViolation, or Error for a wrong result */
export function checkPlan(planner: ConvPlanner, c: PlanCase, random: Generator): void {
  const { got, want, scale } = runCase(planner, c, random);
  const exact = planner.plan({ ...c, epilogue: c.ending.epilogue, engine: c.engine ?? engine() }).exact;
  const most = exact ? 0 : tolerance * scale();
  // NaN is no number near another.
  const wrong = want.findIndex(
    (v, i) => !(Math.abs(v - (got[i] as number)) <= most) && !Object.is(v, got[i]),
  );
  if (wrong >= 0)
    throw new Error(`${described(planner, c)}: [${wrong}] is ${got[wrong]}, expected ${want[wrong]}`);
}

const described = ({ name }: ConvPlanner, c: PlanCase): string =>
  `${name}, ${c.kernel} ${formatConv(c.geometry)}, x ${c.xOrder} ${c.xPitch}, y ${c.yOrder} ${c.yPitch}, ${JSON.stringify(c.engine)}`;

/** A case that a planner takes, in a random order of arrays, or null. */
function caseFor(planner: ConvPlanner, common: Omit<PlanCase, 'ending'>, random: Generator): PlanCase | null {
  if (!planner.computes.includes(common.kernel)) return null;
  const ending = common.kernel === 'weightGrad' ? plain : pick(random, endings);
  const cases = inOrders<PlanCase>({ ...common, ending });
  const taskOf = (c: PlanCase): ConvTask => ({ ...c, epilogue: ending.epilogue, engine: c.engine as Engine });
  const taken = cases.filter((c) => planner.refuse(taskOf(c)) === null);
  return taken.length === 0 ? null : pick(random, taken);
}

interface Setting {
  readonly engine: Engine;
  readonly random: Generator;
}

/** A case for each algorithm that takes one of a geometry's kernels. */
function casesOf(geometry: ConvGeometry, kernel: ConvKernel, { engine, random }: Setting) {
  const [xPitch, yPitch] = [geometry.inChannels, geometry.outChannels].map((c) => randomPitch(random, c));
  const common = { geometry, kernel, xPitch: xPitch as number, yPitch: yPitch as number, engine };
  return convPlanners.flatMap((planner) => {
    const c = caseFor(planner, common, random);
    return c ? [{ planner, c }] : [];
  });
}

/** Runs one of a geometry's kernels by each algorithm that takes it, and tells how many did. */
export function checkGeometry(geometry: ConvGeometry, kernel: ConvKernel, setting: Setting): number {
  const cases = casesOf(geometry, kernel, setting);
  for (const { planner, c } of cases) checkPlan(planner, c, setting.random);
  return cases.length;
}

/** Draws a convolution and one of its kernels. Null where sizes do not fit together. */
export function drawConvolution(random: Generator, engines: readonly Engine[] = enginesHere()) {
  const geometry = drawGeometry(random);
  const [kernel, engine] = [pick(random, kernels), pick(random, engines)];
  return geometry && { geometry, kernel, engine };
}

/** Draws a convolution and runs it by each algorithm that takes it; how many ran. */
export function checkConvolution(random: Generator, engines?: readonly Engine[]): number {
  const drawn = drawConvolution(random, engines);
  return drawn ? checkGeometry(drawn.geometry, drawn.kernel, { engine: drawn.engine, random }) : 0;
}

/** The algorithms that would run a drawn convolution. */
export function takersOf(random: Generator): string[] {
  const drawn = drawConvolution(random);
  if (!drawn) return [];
  return casesOf(drawn.geometry, drawn.kernel, { engine: drawn.engine, random }).map((c) => c.planner.name);
}
