// Winograd convolution against float64 sums: odd maps, paddings, dilations, groups, pitches and epilogues. Every plan runs
// in random pieces, with NaN wherever nothing was written.

import { afterEach, describe, expect, it } from 'vitest';
import { type PlanArrays, runPlan } from '../../../../../../../test/convPlans.ts';
import { some } from '../../../../../../../test/draws.ts';
import { type ConvArrays, convByReference } from '../../../../../../../test/reference.ts';
import { add, input, max, mul, sigmoid } from '../../../../expression/expression.ts';
import { inputShape, outputShape, weightShape } from '../../../../geometry/conv.ts';
import { parseConv } from '../../../../geometry/text.ts';
import { product } from '../../../../geometry/window.ts';
import { Generator } from '../../../../index.ts';
import type { ConvKernel } from '../../../work.ts';
import { type Engine, engine, overrideEngine } from '../../engine.ts';
import type { ConvPlanner, ConvTask } from '../convPlan.ts';
import { type Epilogue, plainEpilogue } from '../epilogue.ts';
import { winogradPlanners } from './planners.ts';

const initial = engine();
afterEach(() => void overrideEngine(initial));

const resultShape = ({ geometry: g, kernel }: ConvTask): number[] =>
  kernel === 'conv' ? outputShape(g) : inputShape(g);

/** The channel of an element of the result. */
function channelOf(task: ConvTask, i: number): number {
  const [, channels, ...space] = resultShape(task);
  return Math.floor(i / product(space)) % channels;
}

/** Row-major arrays of a task, normally distributed. */
function drawArrays(task: ConvTask, random: Generator): PlanArrays {
  const draw = (shape: readonly number[]): Float32Array =>
    Float32Array.from({ length: product(shape) }, () => random.normal());
  const g = task.geometry;
  const result = resultShape(task);
  const extras = task.epilogue.extras.map((kind) => draw(kind === 'pixel' ? result : [result[1]]));
  const [x, y, w, bias] = [inputShape(g), outputShape(g), weightShape(g), [result[1]]].map(draw);
  return { x, y, w, bias, extras };
}

const absolute = ({ x, w, y }: PlanArrays): ConvArrays => ({
  x: x.map(Math.abs),
  w: w.map(Math.abs),
  y: y.map(Math.abs),
});

/** Arrays of a case, what they give, and the largest sum of magnitudes. */
interface Judged {
  readonly arrays: PlanArrays;
  readonly sums: Float32Array;
  readonly scale: number;
}

const judged = new Map<string, Judged>();

/** The float64 sums of a case; they depend on no algorithm, pitch or engine, and are computed once. */
function judge(text: string, task: ConvTask): Judged {
  const { geometry: g, kernel, epilogue } = task;
  const key = `${text} ${kernel} ${epilogue.bias} ${epilogue.extras}`;
  let known = judged.get(key);
  if (!known) {
    const arrays = drawArrays(task, new Generator(g.outChannels + g.inChannels));
    const magnitudes = convByReference(kernel, g, absolute(arrays));
    const scale = magnitudes.reduce((a, b) => Math.max(a, b));
    known = { arrays, sums: convByReference(kernel, g, arrays, epilogue.bias ? arrays.bias : null), scale };
    judged.set(key, known);
  }
  return known;
}

/** The largest difference, as a share of the largest sum of magnitudes: a tile's rounding reaches all of its outputs. */
const largestError = (got: Float32Array, want: Float32Array, scale: number): number =>
  got.reduce((worst, v, i) => Math.max(worst, Math.abs(v - want[i]) / scale), 0);

function taskOf(text: string, kernel: ConvKernel, change: Partial<ConvTask> = {}): ConvTask {
  const geometry = parseConv(text);
  const pitch = (channels: number): number => Math.ceil(channels / 4) * 4;
  const pitches = { xPitch: pitch(geometry.inChannels), yPitch: pitch(geometry.outChannels) };
  return { geometry, kernel, ...pitches, epilogue: plainEpilogue, engine: engine(), ...change };
}

function errorOf(planner: ConvPlanner, text: string, task: ConvTask): number {
  const { arrays, sums, scale } = judge(text, task);
  return largestError(runPlan(planner, task, arrays, new Generator(1)), sums, scale);
}

/** Wide dilation is for phases alone, long kernels for large tiles alone; the largest tiles are for kernels of three taps alone. */
const casesOf = (planner: ConvPlanner, texts: readonly string[]): readonly string[] =>
  texts.filter((text) => {
    const { axes } = parseConv(text);
    const isWide = axes.some(({ dilation }) => dilation > 3);
    if (isWide || planner.name.includes('phases')) return isWide && planner.name.includes('phases');
    if (axes.some(({ kernel, stride }) => kernel / stride > 5)) return /large\b/.test(planner.name);
    return !planner.name.includes('largest') || text.includes('k3x3 s1');
  });

/**
 * The largest errors of all cases below are 2.6e-7 with 4 or 5 points along an axis, which small tiles of up to 3 taps have, and with
 * more of them 5.3e-7 for 3 taps, 6.9e-7 for 4 and 5.4e-7 for 5; 1.2e-6 for the largest tiles.
 */
function tolerance(planner: ConvPlanner, { geometry }: ConvTask): number {
  if (planner.name.includes('largest')) return 1.8e-6;
  const taps = geometry.axes.map((a) => Math.ceil(a.kernel / a.stride));
  return planner.name.includes('small') && Math.max(...taps) <= 3 ? 4e-7 : 1.1e-6;
}

/** That of whole numbers is exact, and is tested with the direct algorithms and in ops/whole.test.ts. */
const ofFloats = winogradPlanners.filter(({ sumsWhole }) => !sumsWhole);

const shapes = [
  'n1 g1 c8>8 1x1 k3x3 s1 d1 p1',
  'n1 g1 c16>12 8x8 k3x3 s1 d1 p1',
  'n2 g1 c13>11 17x13 k3x3 s1 d1 p1',
  'n3 g1 c33>29 5x6 k3x3 s1 d1 p0',
  'n1 g1 c9>40 11x7 k3x3 s1 d1 p0:2x1:0',
  'n1 g1 c20>17 6x9 k3x3 s1 d1 p4',
  'n2 g1 c70>18 9x12 k3x3 s1 d1 p3:2x2:3',
  'n1 g2 c36>70 9x10 k3x3 s1 d1 p1:0x2:3',
  'n2 g3 c27>33 7x5 k3x3 s1 d1 p1',
  'n1 g1 c33>18 12x11 k3x3 s1 d2x3 p3',
  'n2 g1 c16>24 13x14 k3x3 s1 d6 p6',
  'n1 g1 c8>16 40x37 k3x3 s1 d1 p1',
  'n1 g1 c150>72 8x8 k3x3 s1 d1 p1',
  'n11 g1 c8>9 27x26 k3x3 s1 d1 p1',
  'n6 g2 c16>18 37x36 k3x3 s1 d1 p1',
  'n1 g1 c16>12 9x10 k2x2 s1 d1 p1:0',
  'n2 g1 c13>11 17x13 k4x4 s1 d1 p2:1',
  'n1 g2 c36>70 9x10 k5x5 s1 d1 p2',
  'n1 g1 c20>17 6x9 k5x3 s1 d1 p4x1',
  'n1 g1 c9>12 11x7 k2x4 s1 d2x1 p0x3',
  'n2 g1 c16>20 12x13 k3x1 s1 d1 p1x0',
  'n1 g1 c19>8 7x22 k1x5 s1 d1 p0x2',
  'n1 g1 c3>16 23x26 k7x7 s2 d1 p3',
  'n2 g1 c13>11 17x14 k3x3 s2 d1 p1',
  'n1 g2 c18>34 15x20 k5x5 s2 d1 p2:1x0:4',
  'n1 g1 c8>9 12x19 k4x7 s2 d1 p1x3',
  'n2 g1 c6>8 11x9 k2x3 s2 d1 p0x1',
  'n1 g1 c3>12 30x37 k11x11 s4 d1 p2',
  'n1 g1 c2>8 31x29 k7x7 s3 d1 p2',
  'n1 g1 c40>8 13x13 k3x3 s2 d1 p1',
  'n2 g1 c16>12 45 k3 s1 d1 p1',
  'n1 g2 c18>34 61 k5 s1 d2 p4:0',
  'n3 g1 c9>16 17 k2 s1 d1 p1:0',
  'n2 g1 c13>18 40 k6 s1 d1 p3:1',
  'n1 g1 c16>12 61 k9 s1 d1 p4',
  'n1 g2 c18>34 29 k11 s1 d3 p13:9',
  'n1 g1 c20>8 50 k31 s1 d1 p15',
  'n1 g1 c9>12 33 k18 s1 d1 p9',
  'n2 g1 c11>16 7x26 k1x7 s1 d1 p0x3',
  'n1 g1 c16>20 29x6 k9x1 s1 d2x1 p8x0',
  'n2 g1 c12>9 13x14 k7x7 s1 d1 p3',
  'n1 g1 c8>17 15x11 k9x4 s1 d2x1 p6x2',
  'n2 g1 c13>8 12x17 k2x6 s1 d1 p1x2',
  'n1 g1 c8>9 21 k5 s2 d1 p2',
  'n2 g1 c7>12 9x14 k3x5 s1x2 d1 p1x2',
  'n2 g1 c13>11 5x7x6 k3x3x3 s1 d1 p1',
  'n1 g2 c18>34 4x9x8 k2x5x3 s1 d1x1x2 p1:0x2x3',
  'n1 g1 c8>9 7x6x9 k3x3x3 s2x1x1 d2x1x1 p2x1x1',
  'n1 g1 c3>12 6x11x9 k3x3x3 s2 d1 p1',
  'n2 g1 c9>16 3x8x5 k1x3x3 s1 d1 p1x1x1',
  'n2 g1 c16>12 11x4x5 k3x1x1 s1 d1 p1x0x0',
  'n1 g1 c9>8 4x6x13 k3x1x7 s1 d1 p0x0x3',
  'n2 g1 c13>18 28x27 k3x3 s1 d12 p12',
  'n1 g2 c18>34 7x5 k3x3 s1 d4x3 p4x3',
  'n3 g1 c16>12 29 k3 s1 d11 p11',
  'n1 g1 c9>12 3x8x9 k3x3x3 s1 d1x4x5 p1x4x5',
  'n2 g1 c70>8 6x13 k1x3 s1 d1x6 p0x6',
  'n2 g2 c32>220 6x7 k3x3 s1 d1 p1',
  'n1 g1 c256>264 5x5 k3x3 s1 d1 p1',
  'n1 g1 c16>24 4x9 k3x3 s1 d1 p5',
];

const engines: Record<string, Partial<Engine>> = {
  'all the engine has': {},
  'mul and add': { fma: false },
  'a compiler that gathers loads': { keepsOrder: false },
};

const kernels = ['conv', 'inputGrad', 'weightGrad'] as const;

const orderPairs = [
  { xOrder: 'planes', yOrder: 'pixels' },
  { xOrder: 'pixels', yOrder: 'planes' },
  { xOrder: 'planes', yOrder: 'planes' },
] as const;

describe.each(ofFloats.map((p) => [p.name, p] as const))('%s', (_, planner) => {
  describe.each(Object.keys(engines))('with %s', (abilities) => {
    it.each(some(abilities === 'all the engine has' ? shapes : shapes.slice(2, 9)))('%s', (text) => {
      overrideEngine(engines[abilities] as Partial<Engine>);
      for (const kernel of kernels) {
        const task = taskOf(text, kernel);
        if (!planner.computes.includes(kernel) || planner.refuse(task)) continue;
        expect(errorOf(planner, text, task), kernel).toBeLessThan(tolerance(planner, task));
        const wider = taskOf(text, kernel, { xPitch: task.xPitch + 3, yPitch: task.yPitch + 8 });
        expect(errorOf(planner, text, wider), `${kernel}, wider pixels`).toBeLessThan(
          tolerance(planner, task),
        );
        const { inChannels: xPitch, outChannels: yPitch } = task.geometry;
        const tight = taskOf(text, kernel, { xPitch, yPitch });
        expect(errorOf(planner, text, tight), `${kernel}, tight pixels`).toBeLessThan(
          tolerance(planner, task),
        );
        for (const orders of orderPairs) {
          const inPlanes = taskOf(text, kernel, orders);
          if (planner.refuse(inPlanes)) continue;
          const what = `${kernel}, x as ${orders.xOrder}, y as ${orders.yOrder}`;
          expect(errorOf(planner, text, inPlanes), what).toBeLessThan(tolerance(planner, task));
        }
      }
    });
  });
});

const forward = ofFloats.filter((p) => !p.name.includes('gradient'));
/** Gradients of what has stride 1. */
const gradientsToo = (text: string) => (text.includes('s1') ? kernels.slice(0, 2) : kernels.slice(0, 1));

const finished: Epilogue = {
  bias: true,
  formula: max(add(input(0), input(1)), mul(input(2), sigmoid(input(2)))),
  extras: ['pixel', 'channel'],
};

describe.each(forward.map((p) => [p.name, p] as const))('%s', (_, planner) => {
  const texts = [
    'n2 g1 c16>22 9x7 k3x3 s1 d1 p1',
    'n1 g2 c24>18 6x6 k3x3 s1 d2 p1',
    'n1 g1 c8>16 40x37 k3x3 s1 d1 p1',
    'n2 g1 c16>28 8x12 k3x3 s1 d1 p1',
    'n2 g1 c6>18 15x18 k7x7 s2 d1 p3',
    'n2 g1 c12>18 45 k9 s1 d1 p4',
    'n1 g2 c24>18 9x11 k3x3 s1 d4x5 p4x5',
  ];
  it.each(casesOf(planner, texts))('%s with bias, residual and formula', (text) => {
    for (const kernel of gradientsToo(text)) {
      const task = taskOf(text, kernel, { epilogue: finished });
      expect(planner.refuse(task)).toBeNull();
      const { arrays, sums, scale } = judge(text, task);
      const got = runPlan(planner, task, arrays, new Generator(1));
      const [pixel, channel] = arrays.extras;
      const want = sums.map((sum, i) => {
        const a = channel[channelOf(task, i)];
        return Math.max(sum + pixel[i], a / (1 + Math.exp(-a)));
      });
      expect(largestError(got, want, scale)).toBeLessThan(tolerance(planner, task));
    }
  });
});

const perChannel: Epilogue = {
  bias: true,
  formula: max(add(input(0), input(1)), input(2)),
  extras: ['channel', 'channel'],
};

const ofPlanes = forward.filter((p) => !p.name.includes('phases'));

describe.each(ofPlanes.map((p) => [p.name, p] as const))('%s', (_, planner) => {
  const texts = [
    'n2 g1 c16>22 9x7 k3x3 s1 d1 p1',
    'n1 g2 c24>18 6x6 k3x3 s1 d1 p1',
    'n1 g1 c3>20 26x29 k7x7 s2 d1 p3',
    'n2 g1 c9>17 14x9 k2x3 s1 d1 p1',
    'n2 g1 c12>18 45 k9 s1 d1 p4',
    'n1 g1 c11>17 13x15 k8x8 s1 d1 p4',
  ];
  it.each(casesOf(planner, texts))('%s from and to planes, with bias and formula', (text) => {
    for (const kernel of gradientsToo(text)) {
      const task = taskOf(text, kernel, { epilogue: perChannel, xOrder: 'planes', yOrder: 'planes' });
      expect(planner.refuse(task)).toBeNull();
      const { arrays, sums, scale } = judge(text, task);
      const got = runPlan(planner, task, arrays, new Generator(1));
      const [first, second] = arrays.extras;
      const want = sums.map((sum, i) => {
        const channel = channelOf(task, i);
        return Math.max(sum + first[channel], second[channel]);
      });
      expect(largestError(got, want, scale)).toBeLessThan(tolerance(planner, task));
    }
  });
});

describe.each(ofFloats.map((p) => [p.name, p] as const))('%s', (_, planner) => {
  it('gives the same bits however its units are dealt out', () => {
    const gradients = planner.computes.includes('weightGrad');
    const plain = ['n2 g1 c24>40 33x29 k3x3 s1 d1 p1', 'n2 g1 c24>40 33x29 k3x3 s1 d12 p12'];
    const others = [
      'n2 g1 c13>40 33x29 k5x5 s2 d1 p2',
      'n2 g1 c24>40 1200 k19 s1 d1 p9',
      'n2 g1 c24>40 5x9x20 k3x3x3 s1 d1 p1',
    ];
    for (const [kernel, text] of [
      ...casesOf(planner, plain).flatMap((text) => kernels.map((kernel) => [kernel, text] as const)),
      ...casesOf(planner, gradients ? [] : others).map((text) => ['conv', text] as const),
    ]) {
      const task = taskOf(text, kernel);
      if (!planner.computes.includes(kernel)) continue;
      const arrays = drawArrays(task, new Generator(5));
      const runs = [1, 2, 3].map((seed) => runPlan(planner, task, arrays, new Generator(seed)));
      expect(runs[1]).toEqual(runs[0]);
      expect(runs[2]).toEqual(runs[0]);
    }
  });

  it('rounds no worse with many channels', () => {
    const texts = ['n1 g1 c64>16 20x20 k3x3 s1 d1 p1', 'n1 g1 c512>16 12x12 k3x3 s1 d1 p1'];
    const isGradient = planner.name.includes('gradient');
    const others = [
      'n1 g1 c128>16 17x17 k7x7 s2 d1 p3',
      'n1 g1 c256>16 12x12 k5x5 s1 d1 p2',
      'n1 g1 c256>16 60 k9 s1 d1 p4',
      'n1 g1 c256>16 60 k31 s1 d1 p15',
      'n1 g1 c128>16 4x12x12 k3x3x3 s1 d1 p1',
      'n1 g1 c256>16 28x28 k3x3 s1 d12 p12',
    ];
    for (const text of casesOf(planner, isGradient ? texts : [...texts, ...others])) {
      const task = taskOf(text, isGradient ? 'weightGrad' : 'conv');
      expect(errorOf(planner, text, task), text).toBeLessThan(tolerance(planner, task));
    }
  });
});

describe('refusals of phases', () => {
  const planner = winogradPlanners.find(({ name }) => name.includes('phases')) as ConvPlanner;
  const refusal = (text: string): string | null => planner.refuse(taskOf(text, 'conv'));

  it('says why', () => {
    expect(refusal('n1 g1 c8>8 28x28 k3x3 s1 d12 p12')).toBeNull();
    expect(refusal('n1 g1 c8>8 28x28 k3x3 s1 d6 p6')).toBe('needs phases of up to 3 cells; these have 5');
    expect(refusal('n1 g1 c8>8 28x28 k3x3 s1 d12 p11')).toContain('as much padding');
    expect(refusal('n1 g1 c8>8 28x28 k5x5 s1 d12 p24')).toContain('kernels of 3 taps');
    expect(refusal('n1 g1 c8>8 28x28 k1x1 s1 d1 p0')).toBe('needs a kernel of 3 taps');
    expect(refusal('n1 g1 c4>8 28x28 k3x3 s1 d12 p12')).toContain('8 channels per group');
    expect(refusal('n1 g1 c8>8 28x28 k3x3 s1 d12 p12 circular')).toContain('circular');
    const inPlanes = taskOf('n1 g1 c8>8 28x28 k3x3 s1 d12 p12', 'conv', { xOrder: 'planes' });
    expect(planner.refuse(inPlanes)).toContain('pixels');
  });
});

describe('refusals', () => {
  const refusal = (text: string): string | null => winogradPlanners[0].refuse(taskOf(text, 'conv'));

  it('says why', () => {
    for (const text of ['5x5x5 k3x3x3 s1 d1 p1', '9 k3 s2 d1 p1', '9 k3 s1 d1 p1', '9x9 k3x3 s2x1 d1 p1'])
      expect(refusal(`n1 g1 c8>8 ${text}`)).toBeNull();
    expect(refusal('n1 g1 c8>8 9x9 k3x3 s2 d2 p1')).toContain('takes stride or dilation, not both');
    expect(refusal('n1 g1 c8>8 9x9 k6x3 s1 d1 p2')).toBeNull();
    expect(refusal('n1 g1 c8>8 13x13 k11x11 s2 d1 p1')).toContain('2 to 5 taps');
    const small = winogradPlanners.find(({ name }) => name === 'winograd small') as ConvPlanner;
    expect(small.refuse(taskOf('n1 g1 c8>8 9x9 k6x3 s1 d1 p2', 'conv'))).toContain('3 to 5 taps');
    expect(refusal('n1 g1 c8>8 9x9 k1x1 s1 d1 p0')).toContain('2 to 5 taps');
    expect(refusal('n1 g1 c1>8 9x9 k3x3 s2 d1 p1')).toContain('there are 4 and 8');
    expect(refusal('n1 g1 c2>8 9x9 k3x3 s2 d1 p1')).toBeNull();
    for (const planner of ofFloats)
      expect(planner.refuse(taskOf('n1 g1 c8>8 9x9 k3x3 s2 d1 p1', 'inputGrad'))).toContain('stride 1');
    expect(refusal('n1 g8 c32>32 9x9 k3x3 s1 d1 p1')).toContain('8 channels per group');
    const gradients = ofFloats.filter((p) => p.computes.includes('weightGrad'));
    for (const text of ['5x5x5 k3x3x3 s1 d1 p1', '40 k9 s1 d1 p4', '40x40 k6x6 s1 d1 p3'])
      for (const planner of gradients)
        expect(planner.refuse(taskOf(`n1 g1 c8>8 ${text}`, 'weightGrad'))).not.toBeNull();
    expect(refusal('n1 g1 c8>8 9x9 k3x3 s1 d1 p1 circular')).toContain('circular');
    expect(refusal('n1 g1 c8>8 9x9 k3x3 s1 d1 p1')).toBeNull();
    const planes = { xOrder: 'planes', yOrder: 'planes' } as const;
    const inPlanes = (text: string, change: Partial<ConvTask> = {}): string | null =>
      winogradPlanners[0].refuse(taskOf(text, 'conv', { ...planes, ...change }));
    expect(inPlanes('n1 g1 c8>8 9x9 k3x3 s1 d2 p1')).toContain('without dilation');
    expect(inPlanes('n1 g1 c8>8 9x9 k5x5 s3 d1 p1')).toContain('strides of 1, 2, 4');
    expect(inPlanes('n1 g1 c8>8 9x9 k3x3 s2x1 d1 p1')).toContain('equal strides');
    expect(inPlanes('n1 g1 c8>8 9x9 k3x3 s1 d1 p5')).toBeNull();
    expect(inPlanes('n1 g1 c8>8 9x9 k3x3 s1 d1 p1', { epilogue: finished })).toContain('cannot add an array');
    expect(inPlanes('n1 g1 c8>8 9x9 k3x3 s1 d1 p1')).toBeNull();
  });
});
