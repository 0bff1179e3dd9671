// Normalisation by means that are exact for equal values: eager, compiled and in training steps, against float64 loops.

import {
  batchNorm,
  compile,
  compileTraining,
  full,
  groupNorm,
  instanceNorm,
  layerNorm,
  manualSeed,
  mean,
  mse,
  nn,
  ones,
  optim,
  randn,
  Tensor,
  zeros,
} from 'neocog';
import { describe, expect, it } from 'vitest';

const values = [12345.678, 255.1, 3.3, -1 / 3, 1e-30, -7.7e30].map(Math.fround);
const shapes = [
  [2, 1, 5, 5],
  [3, 6, 7, 1],
  [1, 2, 1, 1027],
  [8, 2, 112, 112],
] as const;

const norms: Record<string, (x: Tensor) => Tensor> = {
  batchNorm: (x) => batchNorm(x, null, null, { training: true }),
  instanceNorm: (x) => instanceNorm(x),
  groupNorm: (x) => groupNorm(x, { groups: 1 }),
  layerNorm: (x) => layerNorm(x, { normalizedShape: x.shape.slice(1) }),
};

const layers: Record<string, (shape: readonly number[]) => nn.Module> = {
  batchNorm: ([, c]) => new nn.BatchNorm2d(c),
  instanceNorm: ([, c]) => new nn.InstanceNorm2d(c, { affine: true }),
  groupNorm: ([, c]) => new nn.GroupNorm(1, c),
  layerNorm: (shape) => new nn.LayerNorm(shape.slice(1)),
};

/** Cells over which a norm of `[n, c, h, w]` averages, as a group number per element. */
const groups: Record<string, (n: number, c: number) => string> = {
  batchNorm: (_, c) => `${c}`,
  instanceNorm: (n, c) => `${n} ${c}`,
  groupNorm: (n) => `${n}`,
  layerNorm: (n) => `${n}`,
};

/** (x − mean) / √(variance + 1e-5) in float64. */
function truth(name: string, x: Tensor): Float64Array {
  const [, c, h, w] = x.shape;
  const members = new Map<string, number[]>();
  x.data.forEach((_, i) => {
    const plane = Math.floor(i / (h * w));
    const key = groups[name](Math.floor(plane / c), plane % c);
    const list = members.get(key) ?? [];
    list.push(i);
    members.set(key, list);
  });
  const y = new Float64Array(x.size);
  for (const list of members.values()) {
    const average = (f: (i: number) => number) => list.reduce((sum, i) => sum + f(i), 0) / list.length;
    const centre = average((i) => x.data[i]);
    const variance = average((i) => (x.data[i] - centre) ** 2);
    for (const i of list) y[i] = (x.data[i] - centre) / Math.sqrt(variance + 1e-5);
  }
  return y;
}

/** Inputs that lose digits to a careless sum. */
const hard: Record<string, (shape: readonly number[]) => Tensor> = {
  'mean 1000, spread 0.01': (shape) => shifted(shape, 1000, 0.01),
  'mean -70000, spread 1': (shape) => shifted(shape, -70000, 1),
  'mean 0, spread 1': (shape) => shifted(shape, 0, 1),
  'one outlier of 1e8': (shape) => {
    const x = shifted(shape, 1, 1);
    x.data[0] = 1e8;
    return x;
  },
  'two neighbouring floats': (shape) => {
    const x = full(shape, 4097);
    for (let i = 0; i < x.size; i += 7) x.data[i] += 2 ** -11;
    return x;
  },
};

function shifted(shape: readonly number[], centre: number, spread: number): Tensor {
  const x = randn(shape);
  x.data.forEach((v, i) => {
    x.data[i] = centre + spread * v;
  });
  return x;
}

/** The largest distance of a result from the truth, beside the largest value of that. */
function errorOf(y: Tensor, expected: Float64Array): number {
  const largest = expected.reduce((most, v) => Math.max(most, Math.abs(v)), 0);
  return expected.reduce((most, v, i) => Math.max(most, Math.abs(y.data[i] - v)), 0) / largest;
}

/** Steps of a training that moves nothing, on several numbers of threads. */
async function trained(layer: nn.Module, x: Tensor, threads: number): Promise<Tensor> {
  const optimizer = new optim.SGD(layer.parameters(), { lr: 0 });
  const trainer = await compileTraining(layer, { input: x.shape, loss: mse, optimizer, threads });
  const { output } = await trainer.step(x, zeros(x.shape));
  trainer.sync();
  trainer.dispose();
  return output;
}

const isZero = (t: Tensor): boolean => !t.data.some((v: number) => v !== 0);

describe('equal values', () => {
  it('have themselves as their mean', () => {
    for (const value of values)
      for (const shape of shapes) {
        const x = full(shape, value);
        expect(mean(x).item()).toBe(value);
        expect([...new Set(mean(x, { axis: [0, 2] }).data)]).toEqual([value]);
        expect([...new Set(mean(x, { axis: 3 }).data)]).toEqual([value]);
      }
  });

  for (const [name, norm] of Object.entries(norms))
    it(`become 0: ${name}`, async () => {
      for (const value of values)
        for (const shape of shapes) expect(isZero(norm(full(shape, value))), `${value} ${shape}`).toBe(true);
      for (const threads of [1, 2]) {
        const [value, shape] = [values[threads], shapes[threads]];
        expect(isZero(await trained(layers[name](shape), full(shape, value), threads))).toBe(true);
      }
    });

  it('have a variance of 0 in running statistics', async () => {
    const [value, shape] = [values[0], [4, 3, 9, 5]];
    const [eager, compiled] = [new nn.BatchNorm2d(3), new nn.BatchNorm2d(3)];
    eager.train().forward(full(shape, value));
    await trained(compiled, full(shape, value), 1);
    for (const layer of [eager, compiled]) {
      const { runningMean, runningVar } = layer;
      expect([...(runningVar as Tensor).data]).toEqual(Array(3).fill(Math.fround(0.9)));
      for (const v of (runningMean as Tensor).data)
        expect(Math.abs(v / (0.1 * value) - 1)).toBeLessThan(1e-7);
    }
  });
});

describe('normalised values are a millionth of the largest off, or less', () => {
  const shape = [4, 6, 11, 13];
  for (const name of Object.keys(norms))
    for (const [kind, make] of Object.entries(hard))
      it(`${name}: ${kind}`, async () => {
        manualSeed(3);
        const x = make(shape);
        const expected = truth(name, x);
        expect(errorOf(norms[name](x), expected)).toBeLessThan(1e-6);
        expect(errorOf(await trained(layers[name](shape), x, 2), expected)).toBeLessThan(1e-6);
        if (name === 'batchNorm') return;
        const program = await compile(layers[name](shape), { input: shape });
        expect(errorOf(await program.run(x), expected)).toBeLessThan(1e-6);
        program.dispose();
      });
});

describe('gradients', () => {
  /** dx = (g − mean(g) − y · mean(g · y)) / √(variance + 1e-5) over each channel, in float64. */
  function gradientTruth(x: Tensor, g: Tensor): Float64Array {
    const [n, c, h, w] = x.shape;
    const y = truth('batchNorm', x);
    const dx = new Float64Array(x.size);
    for (let channel = 0; channel < c; channel++) {
      const own = [...x.data.keys()].filter((i) => Math.floor(i / (h * w)) % c === channel);
      const average = (f: (i: number) => number) => own.reduce((sum, i) => sum + f(i), 0) / (n * h * w);
      const centre = average((i) => x.data[i]);
      const scale = 1 / Math.sqrt(average((i) => (x.data[i] - centre) ** 2) + 1e-5);
      const [plain, along] = [average((i) => g.data[i]), average((i) => g.data[i] * y[i])];
      for (const i of own) dx[i] = scale * (g.data[i] - plain - y[i] * along);
    }
    return dx;
  }

  it.each([
    ['mean 1000, spread 0.01', hard['mean 1000, spread 0.01']],
    ['mean 0, spread 1', hard['mean 0, spread 1']],
    ['constant', (shape: readonly number[]) => full(shape, 255.1)],
  ])('of batch normalisation are as exact: %s', (_, make) => {
    manualSeed(4);
    const shape = [4, 3, 11, 13];
    const x = new Tensor(make(shape).data, shape, true);
    const g = randn(shape);
    batchNorm(x, null, null, { training: true }).backward(g);
    expect(errorOf(x.grad as Tensor, gradientTruth(x, g))).toBeLessThan(1e-6);
  });

  it('of a mean share what comes', () => {
    const x = ones([3, 5], { requiresGrad: true });
    mean(x, { axis: 1 }).backward(new Tensor(Float32Array.of(5, 10, -5), [3]));
    expect([...(x.grad as Tensor).data]).toEqual([1, 2, -1].flatMap((v) => Array(5).fill(v)));
  });
});

it('names the statistics that are whole numbers', () => {
  const counts = zeros([2], { dtype: 'int32' });
  expect(() => batchNorm(ones([1, 2, 3]), counts, ones([2]))).toThrow(/^batchNorm: runningMean /);
});
