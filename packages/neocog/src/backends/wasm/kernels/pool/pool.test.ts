// Pools over pixels against the reference backend: odd sizes, tails of channels, dilation, uneven padding, ceil mode. Values
// are whole numbers and scales powers of two, so that sums are exact.

import { expect, test } from 'vitest';
import { fromPixels, KernelRunner, toPixels } from '../../../../../../../test/kernelRunner.ts';
import { byReference } from '../../../../../../../test/reference.ts';
import { parsePool } from '../../../../geometry/text.ts';
import type { PoolGeometry } from '../../../../geometry/types.ts';
import { product } from '../../../../geometry/window.ts';
import { Generator } from '../../../../tensor/random.ts';
import { referenceBackend } from '../../../reference/backend.ts';
import { engine } from '../../engine.ts';
import { type IndexOperand, type PoolOperand, poolPlan, scatterAddPlan, takePlan } from './pool.ts';

const texts = [
  'n1 c4 4x4 k2x2 s2 d1 p0',
  'n2 c3 7x9 k2x2 s2 d1 p0',
  'n1 c64 14x14 k3x3 s2 d1 p1',
  'n2 c21 9x8 k3x3 s1 d1 p1',
  'n1 c5 9x10 k3x3 s2 d1 p0 o4x5',
  'n1 c5 9x10 k3x3 s2 d1 p1 o5x6',
  'n1 c18 11x12 k3x2 s2x3 d2x1 p1:0x0:1',
  'n1 c7 6x6 k5x5 s1 d1 p2',
  'n1 c9 13x13 k13x13 s1 d1 p6',
  'n2 c20 17 k4 s3 d1 p2',
  'n1 c6 5x6x7 k2x3x2 s2x1x2 d1 p1',
  'n1 c33 4x5x6 k3x3x3 s1x2x1 d1x1x2 p1',
  'n1 c1 8x8 k8x8 s8 d1 p0',
  'n1 c100 7x7 k7x7 s1 d1 p0',
];
const geometries = texts.map((text) => parsePool(text));
const engines = [engine(), { ...engine(), fma: false, wide: false }];

const cells = (g: PoolGeometry, side: 'input' | 'output'): number => product(g.axes.map((a) => a[side]));
/** Pitches that are exact, rounded up to a vector, and larger. */
const pitches = (channels: number): number[] => [channels, Math.ceil(channels / 4) * 4, channels + 5];

function values(random: Generator, length: number, special: boolean): Float32Array {
  const odd = [Number.NaN, -Infinity, Infinity];
  return Float32Array.from({ length }, () =>
    special && random.integer(40) === 0 ? (odd[random.integer(3)] as number) : random.integer(9) - 4,
  );
}

interface Setup {
  readonly g: PoolGeometry;
  readonly xPitch: number;
  readonly yPitch: number;
  readonly x: Float32Array;
  readonly y: Float32Array;
  readonly scale: Float32Array;
  readonly engine: ReturnType<typeof engine>;
}

function eachSetup(special: boolean, body: (s: Setup) => void): void {
  const random = new Generator(21);
  for (const g of geometries)
    for (const xPitch of pitches(g.channels))
      for (const e of engines) {
        const yPitch = pitches(g.channels)[random.integer(3)] as number;
        const planes = g.batch * g.channels;
        const [x, y] = (['input', 'output'] as const).map((side) =>
          values(random, planes * cells(g, side), special),
        ) as [Float32Array, Float32Array];
        const scale = Float32Array.from({ length: cells(g, 'output') }, () => 2 ** (random.integer(5) - 2));
        body({ g, xPitch, yPitch, x, y, scale, engine: e });
      }
}

/** x and y in pixels, NaN where nothing has been written. */
function runnerFor({ g, xPitch, yPitch, x, y, scale }: Setup, given: 'x' | 'y'): KernelRunner<PoolOperand> {
  const [inside, outside] = [cells(g, 'input'), cells(g, 'output')];
  const runner = new KernelRunner<PoolOperand>(x.length);
  const pixels = {
    x: toPixels(x, g.channels, inside, xPitch),
    y: toPixels(y, g.channels, outside, yPitch),
  };
  for (const name of ['x', 'y'] as const)
    runner.place(name, pixels[name].length, name === given ? pixels[name] : []);
  return runner.place('indices', pixels.y.length).place('scale', scale.length, scale);
}

/** Reads a result, and checks that lanes beyond the channels were left alone. */
function result(runner: KernelRunner<PoolOperand>, name: PoolOperand, s: Setup): Float32Array {
  const [pitch, plane] = name === 'x' ? [s.xPitch, cells(s.g, 'input')] : [s.yPitch, cells(s.g, 'output')];
  const pixels = runner.read(name, s.g.batch * plane * pitch);
  expect(pixels.every((v, i) => i % pitch < s.g.channels || Number.isNaN(v))).toBe(true);
  return fromPixels(pixels, s.g.channels, plane, pitch);
}

test('the largest of each window, and where it is', () => {
  eachSetup(true, (s) => {
    const [output, places] = referenceBackend.run({ op: 'maxPool', geometry: s.g }, [s.x]);
    for (const op of ['max', 'maxWithIndices'] as const) {
      const runner = runnerFor(s, 'x');
      const plan = poolPlan({ ...s, geometry: s.g, op });
      runner.run(plan.steps);
      expect(result(runner, 'y', s), plan.steps[0]?.kernel.key).toEqual(output);
      if (op === 'max') continue;
      const indices = new Int32Array(result(runner, 'indices', s).buffer);
      expect(indices, plan.steps[0]?.kernel.key).toEqual(places);
    }
  });
});

test('sums of windows, and their adjoint', () => {
  eachSetup(false, (s) => {
    const forward = runnerFor(s, 'x');
    forward.run(poolPlan({ ...s, geometry: s.g, op: 'sum' }).steps);
    expect(result(forward, 'y', s)).toEqual(byReference({ op: 'sumPool', geometry: s.g }, s.x, s.scale));
    const backward = runnerFor(s, 'y');
    const plan = poolPlan({ ...s, geometry: s.g, op: 'sumGrad' });
    backward.run(plan.steps);
    const expected = byReference({ op: 'sumPoolGrad', geometry: s.g }, s.y, s.scale);
    expect(result(backward, 'x', s), plan.steps[0]?.kernel.key).toEqual(expected);
  });
});

test('taking at positions, and adding there', () => {
  const random = new Generator(8);
  for (const [images, channels, outCells, inCells] of [
    [1, 1, 5, 9],
    [2, 3, 7, 4],
    [1, 16, 33, 50],
    [3, 21, 70, 12],
    [2, 40, 3, 100],
  ] as const) {
    for (const xPitch of pitches(channels)) {
      const yPitch = pitches(channels)[random.integer(3)] as number;
      const planes = images * channels;
      const [x, y] = [values(random, planes * inCells, false), values(random, planes * outCells, false)];
      const indices = Int32Array.from(y, () => random.integer(inCells));
      const task = { images, channels, outCells, inCells, xPitch, yPitch };
      const place = (given: 'x' | 'y'): KernelRunner<IndexOperand> => {
        const [atX, atY] = [toPixels(x, channels, inCells, xPitch), toPixels(y, channels, outCells, yPitch)];
        const bits = toPixels(new Float32Array(indices.buffer), channels, outCells, yPitch);
        return new KernelRunner<IndexOperand>(planes)
          .place('x', atX.length, given === 'x' ? atX : [])
          .place('y', atY.length, given === 'y' ? atY : [])
          .place('indices', bits.length, bits);
      };
      const taken = place('x');
      taken.run(takePlan(task).steps);
      const read = fromPixels(taken.read('y', images * outCells * yPitch), channels, outCells, yPitch);
      expect(read).toEqual(byReference({ op: 'take', planes }, x, indices));
      const added = place('y');
      added.run(scatterAddPlan(task).steps);
      const sums = fromPixels(added.read('x', images * inCells * xPitch), channels, inCells, xPitch);
      expect(sums).toEqual(byReference({ op: 'scatterAdd', planes, size: inCells }, y, indices));
    }
  }
});
