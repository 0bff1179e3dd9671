// The convolution algorithms of the WebAssembly backend and the eager operations that run them, on geometries drawn at random
// from a seed: equal to plain loops bit for bit on whole numbers, and near the float64 sums on fractions. The list of
// algorithms is the backend's own, so that a new one is tested by being there.

import { afterEach, describe, expect, it } from 'vitest';
import {
  inOrders,
  type PlanCase,
  pick,
  plain,
  randomPitch,
  runCase,
} from '../../../../../../test/convPlans.ts';
import { draws, some } from '../../../../../../test/draws.ts';
import { compileKernel, KernelRunner } from '../../../../../../test/kernelRunner.ts';
import { byReference, type ConvArrays, convByReference, inputsOf } from '../../../../../../test/reference.ts';
import { convGeometry, inputShape, outputShape, weightShape } from '../../../geometry/conv.ts';
import { formatConv, parseConv } from '../../../geometry/text.ts';
import type { ConvGeometry, PaddingMode } from '../../../geometry/types.ts';
import { Generator } from '../../../index.ts';
import { type ConvKernel, convWork } from '../../work.ts';
import { explain } from '../eager/explain.ts';
import { carryOut } from '../eager/routine.ts';
import { blocksFor, type Engine, engine, engineName, overrideEngine } from '../engine.ts';
import type { ConvPlanner, ConvTask, PrepareStep } from './convPlan.ts';
import { plainEpilogue } from './epilogue.ts';
import { convPlanners } from './planners.ts';

const kernels: readonly ConvKernel[] = ['conv', 'inputGrad', 'weightGrad'];
const modes: readonly PaddingMode[] = ['zeros', 'zeros', 'reflect', 'symmetric', 'replicate', 'circular'];

/** What the engine really has, and with what it has switched off. */
const engines: readonly Partial<Engine>[] = [{ fma: true }, { fma: false }];

const sizeOf = (shape: readonly number[]): number => shape.reduce((a, b) => a * b, 1);

/** One cell, 3×3 with stride 1, 3 taps with wide dilation, or anything: what some algorithms are for would seldom come up by itself. */
type Style = 'pointwise' | 'square' | 'dilated' | 'any';
const styles: readonly Style[] = ['pointwise', 'square', 'square', 'dilated', 'any', 'any', 'any', 'any'];

/** A geometry of odd sizes, groups, strides, dilations and uneven padding, or null where they do not fit together. */
function randomGeometry(random: Generator, paddingMode: PaddingMode): ConvGeometry | null {
  const style = pick(random, styles);
  const rank = style === 'square' ? 2 : pick(random, [1, 2, 2, 3] as const);
  const perAxis = (from: readonly number[]): number[] =>
    Array.from({ length: rank }, () => pick(random, from));
  const groups = pick(random, [1, 1, 2, 3, 5]);
  const wide = pick(random, [1, 1, 8]);
  const [perIn, perOut] = [wide * pick(random, [1, 1, 2, 3, 5]), wide * pick(random, [1, 2, 3, 4, 7, 9])];
  const kernel = { pointwise: [1], square: [3], dilated: [3], any: [1, 2, 3, 4] }[style];
  const dilation = perAxis(style === 'dilated' ? [3, 5, 8] : [1, 1, 2, 3]);
  const pads = { pointwise: perAxis([0]), square: null, dilated: dilation, any: null }[style];
  const options = {
    groups,
    stride: style === 'any' ? perAxis([1, 1, 2, 3]) : 1,
    dilation,
    padding: (pads ?? perAxis([0, 1, 2])).map(
      (p) => [p, pads ? p : pick(random, [0, 1, 2])] as [number, number],
    ),
    paddingMode,
  };
  const input = [pick(random, [1, 2]), groups * perIn, ...perAxis([3, 5, 8, 13])];
  const weight = [groups * perOut, perIn, ...perAxis(kernel)];
  try {
    return convGeometry({ fn: 'random', rank }, { input, weight }, options);
  } catch {
    return null;
  }
}

/** What transforms may deviate by, as a share of the largest sum of magnitudes: a tile's rounding reaches all of its outputs. */
const transformTolerance = (planner: ConvPlanner): number =>
  planner.name.includes('largest') ? 1.8e-6 : 1.1e-6;

/** Runs an algorithm's plan on whole numbers, in an order of arrays that it takes, and checks it. False if there is none. */
function checkPlanner(
  planner: ConvPlanner,
  geometry: ConvGeometry,
  kernel: ConvKernel,
  random: Generator,
): boolean {
  const [xPitch, yPitch] = [geometry.inChannels, geometry.outChannels].map((c) => randomPitch(random, c));
  const cases = inOrders<Omit<PlanCase, 'ending'>>({ geometry, kernel, xPitch, yPitch });
  const taskOf = (c: (typeof cases)[number]) => ({ ...c, epilogue: plainEpilogue, engine: engine() });
  if (!planner.computes.includes(kernel)) return false;
  const taken = cases.filter((c) => planner.refuse(taskOf(c)) === null);
  if (taken.length === 0) return false;
  const c = pick(random, taken);
  const task = taskOf(c);
  const { got, want, scale } = runCase(planner, { ...c, ending: plain }, random);
  const wrong = want.findIndex((v, i) => v !== got[i]);
  const text = `${formatConv(geometry)}, ${c.xOrder} ${xPitch}, ${c.yOrder} ${yPitch}`;
  if (planner.plan(task).exact) expect(wrong, `${text} differs at ${wrong}`).toBe(-1);
  else {
    const worst = want.reduce((most, v, i) => Math.max(most, Math.abs(v - got[i])), 0);
    expect(worst, text).toBeLessThanOrEqual(transformTolerance(planner) * scale());
  }
  return true;
}

interface Operands {
  readonly x: Float32Array;
  readonly w: Float32Array;
  readonly y: Float32Array;
  readonly bias: Record<ConvKernel, Float32Array | null>;
}

function operandsOf(g: ConvGeometry, draw: () => number): Operands {
  const fill = (length: number): Float32Array => Float32Array.from({ length }, draw);
  return {
    x: fill(sizeOf(inputShape(g))),
    w: fill(sizeOf(weightShape(g))),
    y: fill(sizeOf(outputShape(g))),
    bias: { conv: fill(g.outChannels), inputGrad: fill(g.inChannels), weightGrad: null },
  };
}

const computed = (g: ConvGeometry, kernel: ConvKernel, o: Operands): Float32Array =>
  carryOut(
    convWork(kernel, g, o.bias[kernel] !== null),
    inputsOf(kernel, o, o.bias[kernel]),
  )[0] as Float32Array;

const expected = (g: ConvGeometry, kernel: ConvKernel, o: Operands): Float32Array =>
  convByReference(kernel, g, o, o.bias[kernel]);

/** Largest deviation as a share of 1e-5·√n, for n terms of magnitude 1 in a sum. */
function deviation(got: Float32Array, want: Float32Array, terms: number): number {
  let worst = 0;
  got.forEach((v, i) => {
    worst = Math.max(worst, Math.abs(v - (want[i] as number)));
  });
  return worst / (1e-5 * Math.sqrt(terms));
}

afterEach(() => void overrideEngine({ fma: true }));

describe.each(engines)('with %o', (abilities) => {
  describe.each(convPlanners.map((p) => [p.name, p] as const))('%s', (name, planner) => {
    it('takes some kernel, and equals plain loops for it', () => {
      overrideEngine(abilities);
      const random = new Generator(name.length * 31);
      const tried = { conv: 0, inputGrad: 0, weightGrad: 0 };
      const most = (): number => Math.max(...Object.values(tried));
      // An algorithm for few geometries refuses nearly all, which costs nothing.
      for (let drawn = 0; drawn < 400 || (drawn < 40_000 && most() < draws(21)); drawn++) {
        const g = randomGeometry(random, 'zeros');
        if (!g) continue;
        for (const kernel of kernels) {
          if (tried[kernel] < draws(60) && checkPlanner(planner, g, kernel, random)) tried[kernel]++;
        }
      }
      expect(most()).toBeGreaterThanOrEqual(draws(21));
    });
  });

  it.each(kernels)(
    'eager %s equals plain loops bit for bit on whole numbers, in every padding mode',
    (kernel) => {
      overrideEngine(abilities);
      const random = new Generator(kernel.length);
      for (let tried = 0; tried < draws(150); ) {
        const g = randomGeometry(random, pick(random, modes));
        if (!g) continue;
        tried++;
        const o = operandsOf(g, () => random.integer(7) - 3);
        const got = computed(g, kernel, o);
        const wrong = expected(g, kernel, o).findIndex((v, i) => v !== got[i]);
        expect(wrong, `${formatConv(g)} differs at ${wrong}`).toBe(-1);
      }
    },
  );
});

const dot = (a: Float32Array, b: Float32Array): number =>
  a.reduce((sum, v, i) => sum + v * (b[i] as number), 0);

it('convolution is one trilinear form, and its gradients are differences of its results', () => {
  const random = new Generator(6);
  for (let tried = 0; tried < draws(150); ) {
    const g = randomGeometry(random, pick(random, modes));
    if (!g) continue;
    tried++;
    const { x, w, y } = operandsOf(g, () => random.integer(7) - 3);
    const run = (kernel: ConvKernel, arrays: ConvArrays): Float32Array =>
      carryOut(convWork(kernel, g), inputsOf(kernel, arrays))[0] as Float32Array;
    const conv = (from: Float32Array, weight: Float32Array): number =>
      dot(run('conv', { x: from, w: weight, y }), y);
    const [dx, dw] = [run('inputGrad', { x, w, y }), run('weightGrad', { x, w, y })];
    const form = conv(x, w);
    expect([dot(x, dx), dot(w, dw)], formatConv(g)).toEqual([form, form]);
    const [i, j] = [random.integer(x.length), random.integer(w.length)];
    const raised = (values: Float32Array, at: number): Float32Array =>
      values.map((v, k) => (k === at ? v + 1 : v));
    expect(conv(raised(x, i), w) - form, formatConv(g)).toBe(dx[i]);
    expect(conv(x, raised(w, j)) - form, formatConv(g)).toBe(dw[j]);
  }
});

/** Layers large enough for every loop of the kernels, with tails in pixels, channels and bands of rows. */
const largeLayers = [
  'n2 g1 c19>37 61x45 k3x3 s1 d1 p1',
  'n1 g1 c3>64 97x101 k7x7 s2 d1 p3',
  'n1 g4 c32>48 40x40 k3x3 s1 d2 p2',
  'n3 g70 c70>140 23x29 k5x5 s2 d1 p2',
  'n2 g1 c130>66 31x17 k1x1 s1 d1 p0',
  'n1 g1 c5>11 9x30x41 k3x3x3 s1 d1 p1 circular',
  'n4 g1 c24>24 1025 k9 s1 d4 p16',
];

describe.each(some(largeLayers))('%s', (text) => {
  it.each(kernels)('%s is near the float64 sums', (kernel) => {
    const g = parseConv(text);
    const random = new Generator(1);
    const o = operandsOf(g, () => 2 * random.uniform() - 1);
    const got = computed(g, kernel, o);
    const cells = g.axes.reduce((n, axis) => n * axis.output, g.batch);
    const taps = sizeOf(weightShape(g)) / g.outChannels;
    expect(deviation(got, expected(g, kernel, o), kernel === 'weightGrad' ? cells : taps)).toBeLessThan(1);
  });
});

describe('matmul', () => {
  it('equals plain loops bit for bit on whole numbers, transposed or not, with tails everywhere', () => {
    const random = new Generator(5);
    for (const [batch, m, k, n] of [
      [1, 1, 1, 1],
      [1, 64, 400, 120],
      [3, 7, 5, 9],
      [2, 13, 1, 4],
      [1, 1, 33, 70],
      [2, 31, 18, 3],
      [1, 5, 0, 6],
    ] as const) {
      for (const [transposeA, transposeB] of [
        [false, false],
        [true, false],
        [false, true],
        [true, true],
      ] as const) {
        const shape = { batch, m, k, n, transposeA, transposeB };
        const draw = (length: number): Float32Array =>
          Float32Array.from({ length }, () => random.integer(7) - 3);
        const [a, b] = [draw(batch * m * k), draw(batch * k * n)];
        const [got] = carryOut({ op: 'matmul', shape }, [a, b]);
        expect(got).toEqual(byReference({ op: 'matmul', shape }, a, b));
      }
    }
  });
});

describe('the choice', () => {
  it('says of each algorithm what it would cost or why it refused, and which runs', () => {
    const { candidates, chosen, listing } = explain(
      convWork('conv', parseConv('n1 g1 c64>64 56x56 k3x3 s1 d1 p1')),
    );
    expect(candidates.map((c) => c.name)).toEqual(
      convPlanners.filter((p) => p.computes.includes('conv') && !p.sumsWhole).map((p) => p.name),
    );
    for (const { name, cost, refusal } of candidates) {
      if (name === 'direct') expect([refusal, (cost ?? 0) > 0]).toEqual([null, true]);
      else expect((refusal ?? '').length, name).toBeGreaterThan(10);
    }
    const [tile] = blocksFor(engine(), 16);
    const name = `direct ${tile?.pixels}x${tile?.vectors}, ${engineName(engine())}, 3×3 taps × 64 channels`;
    expect(chosen).toContain(name);
    expect(listing).toContain('(func $kernel2 (export "kernel2")');
  });

  it('is made for the geometry that is left when padding has been copied', () => {
    const explained = explain(convWork('weightGrad', parseConv('n1 g1 c64>64 8x8 k3x3 s1 d1 p1 circular')));
    expect(explained.geometry).toContain('circular');
    expect(explained.chosen).toContain('direct weight gradient');
  });
});

describe.each([
  'n1 g1 c20>44 9x7 k3x3 s1 d1 p1',
  'n1 g2 c16>42 8x8 k3x3 s1 d1 p1',
  'n1 g8 c32>32 8x8 k3x3 s1 d1 p1',
])('weights of %s handed over in parts', (text) => {
  const geometry = parseConv(text);
  const task: ConvTask = {
    ...{ geometry, kernel: 'conv', epilogue: plainEpilogue, engine: engine() },
    ...{ xPitch: geometry.inChannels, yPitch: geometry.outChannels },
  };
  const weights = new Float32Array(sizeOf(weightShape(geometry))).map((_, i) => ((i * 37) % 101) - 50);
  const taken = convPlanners.filter((p) => p.computes.includes('conv') && p.refuse(task) === null);
  const plans = taken.map((p) => ({ name: p.name, ...p.plan(task) })).filter((p) => p.prepare[0]?.readsFrom);

  it('are known to some algorithm', () => expect(plans.length).toBeGreaterThan(0));

  it.each(plans.map((plan) => [plan.name, plan] as const))(
    '%s needs no more for a unit than it says',
    (_, plan) => {
      const [step] = plan.prepare;
      const { kernel, readsFrom = () => 0 } = step as PrepareStep;
      const floats = plan.weightBytes / 4;
      const runner = new KernelRunner<'weights' | 'w'>();
      runner.place('weights', weights.length, weights).place('w', floats).run(plan.prepare);
      const whole = runner.read('w', floats);
      const inParts = new KernelRunner<'weights' | 'w' | 'scratch'>();
      inParts
        .place('weights', weights.length)
        .place('w', floats)
        .place('scratch', kernel.scratchBytes / 4);
      const call = compileKernel(kernel, inParts.memory);
      for (let unit = 0; unit < kernel.units; unit++) {
        const [start, end] = [readsFrom(unit), readsFrom(unit + 1)];
        const given = inParts.floats(inParts.address('weights'), weights.length).fill(Number.NaN);
        given.set(weights.subarray(start, end), start);
        call(inParts.address('weights'), inParts.address('w'), unit, unit + 1, inParts.address('scratch'));
      }
      expect(inParts.read('w', floats)).toEqual(whole);
    },
  );
});
