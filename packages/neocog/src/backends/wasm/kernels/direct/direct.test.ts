// Direct kernels against plain loops: geometries drawn from a seed, units in random pieces, arrays full of NaN wherever
// nothing was written.

import { afterEach, describe, expect, it } from 'vitest';
import { draws } from '../../../../../../../test/draws.ts';
import { compileKernel, fromPixels, KernelRunner, toPixels } from '../../../../../../../test/kernelRunner.ts';
import { byReference } from '../../../../../../../test/reference.ts';
import {
  add,
  constant,
  type Expr,
  input,
  max,
  min,
  mul,
  sigmoid,
} from '../../../../expression/expression.ts';
import { convGeometry, inputShape, outputShape, weightShape } from '../../../../geometry/conv.ts';
import { formatConv, parseConv } from '../../../../geometry/text.ts';
import type { ConvGeometry } from '../../../../geometry/types.ts';
import { product } from '../../../../geometry/window.ts';
import { Generator } from '../../../../index.ts';
import { convWork } from '../../../work.ts';
import { wasmBackend } from '../../backend.ts';
import { type Engine, engine, overrideEngine } from '../../engine.ts';
import type { ConvOperand, ConvPlanner, ConvTask } from '../convPlan.ts';
import { type Epilogue, plainEpilogue } from '../epilogue.ts';
import { directPlanner, pointwisePlanner } from './direct.ts';

type Array32 = Float32Array;
const planners = [directPlanner, pointwisePlanner];
const kernels = ['conv', 'inputGrad'] as const;
const pick = <T>(random: Generator, from: readonly T[]): T => from[random.integer(from.length)] as T;

const engines: Record<string, Partial<Engine>> = {
  'all the engine has': {},
  'mul and add': { fma: false },
  'a compiler that gathers loads': { keepsOrder: false },
};

/** Odd sizes, groups, strides, dilations; padding is uneven, and at times larger than the kernel. */
function randomGeometry(random: Generator): ConvGeometry | null {
  const rank = pick(random, [1, 2, 2, 3] as const);
  const perAxis = (from: readonly number[]): number[] =>
    Array.from({ length: rank }, () => pick(random, from));
  const groups = pick(random, [1, 1, 1, 2, 3, 5]);
  const [perIn, perOut] = [pick(random, [1, 2, 3, 4, 5, 8, 17]), pick(random, [1, 2, 3, 4, 7, 9, 20, 37])];
  const pointwise = random.integer(5) === 0;
  const options = {
    groups,
    stride: pointwise ? 1 : perAxis([1, 1, 2, 3]),
    dilation: perAxis([1, 1, 2, 3]),
    padding: perAxis([0, 1, 2, 5]).map(
      (p) => (pointwise ? [0, 0] : [p, pick(random, [0, 1, 2, 6])]) as [number, number],
    ),
  };
  const size = [pick(random, [1, 2]), groups * perIn, ...perAxis([1, 3, 5, 8, 13])];
  const weight = [groups * perOut, perIn, ...(pointwise ? perAxis([1]) : perAxis([1, 2, 3, 4]))];
  try {
    return convGeometry({ fn: 'random', rank }, { input: size, weight }, options);
  } catch {
    return null;
  }
}

/** Formulas over the sum and up to two extras, with what JavaScript makes of them. */
const formulas: readonly {
  formula: Expr | null;
  extras: number;
  value: (sum: number, a: number, b: number) => number;
}[] = [
  { formula: null, extras: 0, value: (s) => s },
  { formula: max(input(0), 0), extras: 0, value: (s) => Math.max(s, 0) },
  { formula: max(add(input(0), input(1)), 0), extras: 1, value: (s, a) => Math.max(s + a, 0) },
  {
    formula: add(mul(input(0), input(1)), min(max(input(2), 0), input(0))),
    extras: 2,
    value: (s, a, b) => s * a + Math.min(Math.max(b, 0), s),
  },
  // Exact for whole numbers: the sigmoid is 1 where its argument is large.
  {
    formula: mul(add(input(0), input(1)), sigmoid(add(mul(input(0), input(0)), constant(100)))),
    extras: 1,
    value: (s, a) => s + a,
  },
];

interface Case {
  readonly task: ConvTask;
  readonly operands: Record<'source' | 'weights' | 'bias' | 'extra0' | 'extra1', Array32>;
  readonly value: (sum: number, a: number, b: number) => number;
}

const sizes = (task: ConvTask) => {
  const { geometry: g, kernel, xPitch, yPitch } = task;
  const x = { channels: g.inChannels, plane: product(g.axes.map((a) => a.input)), pitch: xPitch };
  const y = { channels: g.outChannels, plane: product(g.axes.map((a) => a.output)), pitch: yPitch };
  return kernel === 'conv' ? { source: x, result: y } : { source: y, result: x };
};

function randomCase(
  random: Generator,
  geometry: ConvGeometry,
  kernel: ConvTask['kernel'],
  draw: () => number,
): Case {
  const { formula, extras, value } = pick(random, formulas);
  const pitchFor = (channels: number): number =>
    pick(random, [channels, Math.ceil(channels / 4) * 4, channels + 5]);
  const kinds = Array.from({ length: extras }, () => pick(random, ['pixel', 'channel'] as const));
  const epilogue: Epilogue = { bias: random.integer(2) === 0, formula, extras: kinds };
  const pitches = { xPitch: pitchFor(geometry.inChannels), yPitch: pitchFor(geometry.outChannels) };
  const task = { geometry, kernel, ...pitches, epilogue, engine: engine() };
  const { source, result } = sizes(task);
  const fill = (length: number): Array32 => Float32Array.from({ length }, draw);
  const extra = (i: number): Array32 =>
    fill(kinds[i] === 'pixel' ? geometry.batch * result.plane * result.channels : result.channels);
  return {
    task,
    operands: {
      source: fill(geometry.batch * source.plane * source.channels),
      weights: fill(product(weightShape(geometry))),
      bias: fill(result.channels),
      extra0: extra(0),
      extra1: extra(1),
    },
    value,
  };
}

const given = ({ source, weights, bias }: Case['operands'], withBias: boolean): Array32[] =>
  withBias ? [source, weights, bias] : [source, weights];

/** What plain loops make of it, row-major. */
function expected({ task, operands, value }: Case): Array32 {
  const { geometry: g, kernel, epilogue } = task;
  const sums = byReference(convWork(kernel, g, epilogue.bias), ...given(operands, epilogue.bias));
  const { channels, plane } = sizes(task).result;
  const extra = (kind: 'pixel' | 'channel' | undefined, values: Array32, i: number): number =>
    values[kind === 'pixel' ? i : Math.floor(i / plane) % channels] as number;
  return sums.map((sum, i) =>
    value(sum, extra(epilogue.extras[0], operands.extra0, i), extra(epilogue.extras[1], operands.extra1, i)),
  );
}

/** Pixels of the result, the lanes beyond its channels included. */
function runPixels(planner: ConvPlanner, { task, operands }: Case): Array32 {
  const { geometry: g, kernel, epilogue } = task;
  const { source, result } = sizes(task);
  const plan = planner.plan(task);
  const pixels = g.batch * result.plane * result.pitch;
  const runner = new KernelRunner<ConvOperand | 'weights'>(g.inChannels);
  const [read, written] = kernel === 'conv' ? (['x', 'y'] as const) : (['y', 'x'] as const);
  const packed = toPixels(operands.source, source.channels, source.plane, source.pitch);
  runner.place(read, packed.length, packed).place(written, pixels);
  runner.place('weights', operands.weights.length, operands.weights).place('w', plan.weightBytes / 4);
  runner.place('bias', result.channels, operands.bias);
  epilogue.extras.forEach((kind, i) => {
    const values = operands[`extra${i}` as 'extra0' | 'extra1'];
    const laid = kind === 'pixel' ? toPixels(values, result.channels, result.plane, result.pitch) : values;
    runner.place(`extra${i}`, laid.length, laid);
  });
  runner.run(plan.prepare as Parameters<typeof runner.run>[0]);
  runner.run(plan.steps as Parameters<typeof runner.run>[0]);
  return runner.read(written, pixels);
}

function run(planner: ConvPlanner, c: Case): Array32 {
  const { result } = sizes(c.task);
  return fromPixels(runPixels(planner, c), result.channels, result.plane, result.pitch);
}

const named = ({ task }: Case): string => {
  const { epilogue: e, xPitch, yPitch } = task;
  return `${formatConv(task.geometry)} pitches ${xPitch} ${yPitch} bias ${e.bias} formula ${e.formula?.id} ${e.extras}`;
};

const asFound = engine();
afterEach(() => void overrideEngine(asFound));

describe.each(planners.map((p) => [p.name, p] as const))('%s', (name, planner) => {
  describe.each(Object.keys(engines))('with %s', (abilities) => {
    it.each(kernels)('%s equals plain loops bit for bit on whole numbers', (kernel) => {
      overrideEngine(engines[abilities] as Partial<Engine>);
      const random = new Generator(name.length * 31 + kernel.length + abilities.length);
      let tried = 0;
      while (tried < draws(100)) {
        const g = randomGeometry(random);
        if (!g) continue;
        const c = randomCase(random, g, kernel, () => random.integer(7) - 3);
        if (planner.refuse(c.task) !== null) continue;
        tried++;
        const [got, want] = [run(planner, c), expected(c)];
        const wrong = want.findIndex((v, i) => v !== got[i]);
        expect(wrong, `${named(c)} differs at ${wrong}: ${got[wrong]} for ${want[wrong]}`).toBe(-1);
      }
    });
  });

  it.each(kernels)('%s equals the eager operation bit for bit on fractions', (kernel) => {
    const random = new Generator(7);
    let tried = 0;
    while (tried < draws(40)) {
      const g = randomGeometry(random);
      if (!g || g.groups > 1) continue;
      const c = randomCase(random, g, kernel, () => 2 * random.uniform() - 1);
      const task = { ...c.task, epilogue: { ...plainEpilogue, bias: c.task.epilogue.bias } };
      if (planner.refuse(task) !== null) continue;
      tried++;
      const got = run(planner, { ...c, task });
      const { bias } = task.epilogue;
      const want = wasmBackend.run(convWork(kernel, g, bias), given(c.operands, bias))[0] as Array32;
      const wrong = want.findIndex((v, i) => v !== got[i]);
      expect(wrong, `${named(c)} differs at ${wrong}: ${got[wrong]} for ${want[wrong]}`).toBe(-1);
    }
  });
});

/** Layers with every kind of tile, block and unit, of which drawn ones have few. */
const layers = [
  'n1 g1 c3>64 97x101 k7x7 s2 d1 p3',
  'n1 g32 c128>128 14x14 k3x3 s1 d1 p1',
  'n1 g6 c24>24 23x25 k3x3 s2 d1 p1',
  'n2 g3 c12>12 17 k4 s1 d2 p3',
  'n1 g4 c36>32 13x22 k3x3 s1 d2 p2',
  'n2 g1 c19>37 61x45 k3x3 s1 d1 p1',
  'n1 g1 c260>140 7x7 k3x3 s1 d1 p1',
  'n1 g1 c700>520 1 k1 s1 d1 p0',
  'n3 g1 c48>300 20x20 k1x1 s1 d1 p0',
  'n1 g1 c2>11 4099 k9 s2 d4 p16',
  'n1 g1 c5>11 9x30x41 k3x3x3 s2 d1 p1',
  'n1 g1 c64>64 28x28 k3x3 s1 d6 p6',
];

describe.each(layers)('%s', (text) => {
  const geometry = parseConv(text);
  const pitches = { xPitch: geometry.inChannels, yPitch: Math.ceil(geometry.outChannels / 4) * 4 };
  const planner = pointwisePlanner.refuse(taskOf('conv')) === null ? pointwisePlanner : directPlanner;

  function taskOf(kernel: ConvTask['kernel']): ConvTask {
    return { geometry, kernel, ...pitches, epilogue: plainEpilogue, engine: engine() };
  }

  it.each(kernels)('%s equals plain loops on small whole numbers', (kernel) => {
    const random = new Generator(3);
    const c = { ...randomCase(random, geometry, kernel, () => random.integer(5) - 2), task: taskOf(kernel) };
    const [got, want] = [run(planner, c), expected({ ...c, value: (s) => s })];
    expect(want.findIndex((v, i) => v !== got[i])).toBe(-1);
  });
});

describe.each([
  ['n1 g2 c6>74 5x5 k3x3 s1 d1 p1', 'conv'],
  ['n2 g3 c9>15 7x4 k2x2 s1 d1 p1', 'conv'],
  ['n1 g5 c5>10 33 k3 s1 d1 p3', 'conv'],
  ['n1 g2 c14>4 11x9 k3x3 s2 d1 p1', 'inputGrad'],
] as const)('%s %s', (text, kernel) => {
  it('writes every float of its result in one unit and no other', () => {
    const geometry = parseConv(text);
    const pitches = { xPitch: geometry.inChannels, yPitch: geometry.outChannels };
    const epilogue = { ...plainEpilogue, bias: true };
    const task: ConvTask = { geometry, kernel, ...pitches, epilogue, engine: engine() };
    const { source, result } = sizes(task);
    const plan = directPlanner.plan(task);
    const [step] = plan.steps;
    if (!step) throw new Error('no step');
    const [read, written] = kernel === 'conv' ? (['x', 'y'] as const) : (['y', 'x'] as const);
    const length = geometry.batch * result.plane * result.pitch;
    const runner = new KernelRunner<ConvOperand>();
    const ones = (count: number): Array32 => new Float32Array(count).fill(1);
    runner.place(read, source.plane * source.pitch * geometry.batch, ones(source.plane * source.pitch));
    runner.place('w', plan.weightBytes / 4, ones(plan.weightBytes / 4)).place(written, length + 16);
    runner.place('bias', result.channels, ones(result.channels));
    const call = compileKernel(step.kernel, runner.memory);
    const addresses = step.operands.map((name) => runner.address(name));
    const floats = runner.floats(runner.address(written), length + 16);
    const writers = new Array<number>(length + 16).fill(0);
    for (let unit = 0; unit < step.kernel.units; unit++) {
      floats.fill(-99);
      call(...addresses, unit, unit + 1, 0);
      floats.forEach((v, i) => {
        if (v !== -99) writers[i] = (writers[i] as number) + 1;
      });
    }
    expect(step.kernel.units).toBeGreaterThan(1);
    expect(writers).toEqual([...Array(length).fill(1), ...Array(16).fill(0)]);
  });
});

describe('refusals and costs', () => {
  const task = (text: string, kernel: ConvTask['kernel'] = 'conv'): ConvTask => {
    const geometry = parseConv(text);
    const pitches = { xPitch: geometry.inChannels, yPitch: geometry.outChannels };
    return { geometry, kernel, ...pitches, epilogue: plainEpilogue, engine: engine() };
  };

  it('says why', () => {
    expect(directPlanner.refuse(task('n1 g1 c4>4 5x5 k3x3 s1 d1 p1 reflect'))).toContain('reflect');
    expect(pointwisePlanner.refuse(task('n1 g1 c4>4 5x5 k3x3 s1 d1 p1'))).toContain('kernel 1');
    expect(pointwisePlanner.refuse(task('n1 g1 c4>4 5x5 k1x1 s1 d1 p0'))).toBeNull();
  });

  it('counts what is multiplied, without what is clipped', () => {
    expect(directPlanner.plan(task('n2 g1 c4>8 5x5 k3x3 s1 d1 p1')).multiplications).toBe(
      2 * 4 * 8 * 13 * 13,
    );
    const gradient = directPlanner.plan(task('n2 g1 c4>8 5x5 k3x3 s2 d1 p1', 'inputGrad'));
    expect(gradient.multiplications).toBe(
      directPlanner.plan(task('n2 g1 c4>8 5x5 k3x3 s2 d1 p1')).multiplications,
    );
  });

  it('counts nothing below the multiplications that are done', () => {
    for (const text of layers) {
      const t = task(text);
      expect(directPlanner.cost(t)).toBeGreaterThan(0.95 * directPlanner.plan(t).multiplications);
    }
  });

  it('has a unit for each of several threads', () => {
    const shape = outputShape(parseConv('n1 g1 c64>64 56x56 k3x3 s1 d1 p1'));
    expect(shape).toEqual(inputShape(parseConv('n1 g1 c64>64 56x56 k3x3 s1 d1 p1')));
    for (const text of [
      'n1 g1 c64>64 56x56 k3x3 s1 d1 p1',
      'n1 g1 c512>512 7x7 k3x3 s1 d1 p1',
      'n1 g1 c2>11 4099 k9 s2 d4 p16',
    ])
      expect(directPlanner.plan(task(text)).steps[0]?.kernel.units).toBeGreaterThanOrEqual(16);
  });
});
