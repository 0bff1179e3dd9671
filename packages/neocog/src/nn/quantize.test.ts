// Layers whose weights are whole numbers, made of layers of floats: by hand where the arithmetic is short, and near the floats elsewhere.

import { describe, expect, it } from 'vitest';
import {
  compile,
  Generator,
  nn,
  quantize,
  randn,
  relu,
  ShapeError,
  type Tensor,
  tensor,
  zeros,
} from '../index.ts';

const { BatchNorm2d, Conv1d, Conv2d, Conv3d, Linear, Module, NamedModule, Sequential } = nn;

const random = (shape: readonly number[], seed = 1): Tensor =>
  randn(shape, { generator: new Generator(seed) });

/** The root of the mean square of the difference, beside that of the values. */
function difference({ data: a }: Tensor, { data: b }: Tensor): number {
  let [error, all] = [0, 0];
  a.forEach((value, i) => {
    error += (value - b[i]) ** 2;
    all += value ** 2;
  });
  return Math.sqrt(error / all);
}

/** Quantised on a sample, the layer is near what it was, and no longer it; and compiled it gives the same bits. */
async function expectNear(layer: nn.Module, x: Tensor, kind: 'whole' | 'floats'): Promise<void> {
  const before = layer.forward(x);
  const quantised = quantize(new Sequential(layer), [x]);
  const after = quantised.forward(x);
  expect(after.shape).toEqual(before.shape);
  expect(difference(before, after)).toBeLessThan(0.02);
  expect(difference(before, after)).toBeGreaterThan(1e-5);
  const program = await compile(quantised, { input: x.shape, threads: 1 });
  const steps = program
    .explain()
    .steps.map(({ description }) => (description.includes('16 bits') ? 'whole' : ''));
  if (kind === 'whole') {
    expect((await program.run(x)).data).toEqual(after.data);
    expect(steps).toContain('whole');
  } else expect(steps).not.toContain('whole');
  program.dispose();
}

describe('a quantised layer is near what it was', () => {
  const cases: Record<string, [nn.Module, Tensor, 'whole' | 'floats']> = {
    'of one cell': [new Conv2d(16, 24, 1), random([2, 16, 5, 6]), 'whole'],
    'with a stride, padding and groups': [
      new Conv2d(32, 16, 3, { stride: 2, padding: 1, groups: 2 }),
      random([1, 32, 9, 9]),
      'whole',
    ],
    'without a bias, with an activation': [
      new Conv2d(9, 5, 1, { bias: false, activation: 'relu' }),
      random([1, 9, 4, 4]),
      'whole',
    ],
    'with channels last, turned around': [
      new Conv2d(12, 7, [3, 2], { stride: 2, layout: 'channels-last', flipKernel: true }),
      random([1, 8, 7, 12]),
      'whole',
    ],
    'of sequences': [new Conv1d(8, 6, 5, { stride: 2 }), random([2, 8, 30]), 'whole'],
    'of volumes': [new Conv3d(8, 4, 1), random([1, 8, 3, 4, 5]), 'whole'],
    'linear, of rows in rows': [new Linear(20, 11), random([3, 4, 20]), 'whole'],
    'of three taps': [new Conv2d(16, 8, 3, { padding: 1 }), random([1, 16, 8, 8]), 'whole'],
    'of kernels that floats are faster for': [new Conv2d(16, 8, 5), random([1, 16, 8, 8]), 'floats'],
    depthwise: [new Conv2d(16, 16, 3, { groups: 16 }), random([1, 16, 8, 8]), 'floats'],
  };
  for (const [name, [layer, x, kind]] of Object.entries(cases)) it(name, () => expectNear(layer, x, kind));
});

it('computes what its scales say', () => {
  const layer = new Linear(8, 2);
  layer.weight.data.set([127, -64, 0, 0, 0, 0, 0, 1, ...new Array<number>(8).fill(0.5)]);
  layer.bias?.data.set([10, -1]);
  // From −0.5 to 2.05: a step is 0.01, and 0 is byte 50.
  const x = tensor([2.05, -0.5, 0, 0.004, 1, 1, 1, 1.006], [1, 8]);
  const quantised = quantize(layer, [x]);
  expect([...quantised.forward(x).data]).toEqual([
    Math.fround(Math.fround((127 * 205 + 64 * 50 + 101) * Math.fround(0.01)) + 10),
    Math.fround(
      Math.fround(
        127 * (205 - 50 + 0 + 300 + 101) * Math.fround(Math.fround(0.5 / 127) * Math.fround(0.01)),
      ) - 1,
    ),
  ]);
  // Beyond the range of the samples, values are held at its ends.
  const far = tensor([100, -100, 0, 0, 0, 0, 0, 0], [1, 8]);
  expect(quantised.forward(far).data[0]).toBe(
    Math.fround(Math.fround((127 * 205 + 64 * 50) * Math.fround(0.01)) + 10),
  );
});

it('padding is 0, whatever the range', async () => {
  const layer = new Conv2d(8, 3, 1, { padding: 1, bias: false });
  const x = tensor(new Float32Array(8 * 4).fill(5), [1, 8, 2, 2]);
  const y = quantize(layer, [x]).forward(x);
  expect(y.data[0]).toBe(0);
  expect(difference(layer.forward(x), y)).toBeLessThan(0.01);
});

it('takes the range of all samples, and of every use of a layer', () => {
  class Twice extends Module {
    readonly layer = new Linear(8, 8, { bias: false });

    forward(x: Tensor): Tensor {
      return this.layer.forward(this.layer.forward(x));
    }
  }
  const net = new Twice();
  net.layer.weight.data.fill(0);
  for (let i = 0; i < 8; i++) net.layer.weight.data[9 * i] = 10;
  const one = tensor(new Float32Array(8).fill(1), [1, 8]);
  const three = tensor(new Float32Array(8).fill(-3), [1, 8]);
  quantize(
    net,
    (function* () {
      yield one;
      yield three;
    })(),
  );
  // The second time, values are ten times as large: from −30 to 10, in steps of 0.16.
  expect(difference(tensor(new Float32Array(8).fill(-300), [1, 8]), net.forward(three))).toBeLessThan(0.1);
  expect(difference(tensor(new Float32Array(8).fill(100), [1, 8]), net.forward(one))).toBeLessThan(0.1);
});

describe('quantize', () => {
  const net = () => {
    const all = new Sequential(
      new Conv2d(3, 16, 3),
      new BatchNorm2d(16),
      new Conv2d(16, 8, 1),
      new Conv2d(8, 4, 1),
    );
    return all.eval();
  };
  const x = random([1, 3, 6, 6]);
  const kinds = (module: nn.Module): string[] => module.children().map(([, child]) => child.constructor.name);

  it('replaces layers in place, keeps others, and says so in a summary', () => {
    const module = net();
    expect(quantize(module, [x])).toBe(module);
    expect(kinds(module)).toEqual(['QuantizedConv', 'BatchNorm2d', 'QuantizedConv', 'QuantizedConv']);
    expect(
      module
        .children()
        .map(([, child]) => (child as { describe(): string }).describe())
        .slice(0, 3),
    ).toEqual([
      '16×3×3×3, input of floats',
      expect.any(String),
      expect.stringMatching(/^8×16×1×1, input \S+ · \(byte − \d+\)$/),
    ]);
  });

  it('leaves the layers that a filter refuses, and those that no sample reaches', () => {
    const module = net();
    quantize(module, [x], { filter: (path) => path !== '3' });
    expect(kinds(module)).toEqual(['QuantizedConv', 'BatchNorm2d', 'QuantizedConv', 'Conv2d']);
    class Spare extends Module {
      readonly used = new Linear(4, 4);
      readonly spare = new Linear(4, 4);

      forward(t: Tensor): Tensor {
        return this.used.forward(t);
      }
    }
    const spare = quantize(new Spare(), [zeros([1, 4])]);
    expect(kinds(spare)).toEqual(['QuantizedLinear', 'Linear']);
  });

  it('takes inputs by name', () => {
    class Sum extends NamedModule {
      readonly inputs = ['a', 'b'].map((name) => ({ name, shape: [1, 8], dtype: 'float32' as const }));
      readonly outputs = [{ name: 'y', shape: [1, 2], dtype: 'float32' as const }];
      readonly layer = new Linear(8, 2);

      run({ a, b }: nn.NamedTensors): Record<string, Tensor> {
        return { y: this.layer.forward(relu(a)).shape ? this.layer.forward(b) : this.layer.forward(a) };
      }
    }
    const module = quantize(new Sum(), [{ a: random([1, 8]), b: random([1, 8], 2) }]);
    expect(kinds(module)).toEqual(['QuantizedLinear']);
    expect(() => quantize(new Sum(), [random([1, 8])])).toThrow(/call run\(\{ a, b \}\)/);
    expect(() => quantize(net(), [{ a: x }])).toThrow(/sample 0 is no Tensor, and the network has no names/);
  });

  it('computes with its statistics while it looks, and leaves the mode as it was', () => {
    const module = net().train();
    const norm = module.children()[1][1] as nn.BatchNorm2d;
    const before = norm.runningMean?.data.slice();
    quantize(module, [x]);
    expect(norm.runningMean?.data).toEqual(before);
    expect(module.children().map(([, child]) => child.training)).toEqual([true, true, true, true]);
  });

  it('refuses what it cannot quantise, and changes nothing then', () => {
    const module = net();
    const refused = (samples: Iterable<Tensor>, sentence: RegExp, options = {}): void => {
      expect(() => quantize(module, samples, options)).toThrow(ShapeError);
      expect(() => quantize(module, samples, options)).toThrow(sentence);
      expect(kinds(module)).toEqual(['Conv2d', 'BatchNorm2d', 'Conv2d', 'Conv2d']);
      expect(Object.hasOwn(module.children()[0][1], 'forward')).toBe(false);
    };
    refused([], /there are no samples/);
    refused([x, random([1, 2, 6, 6])], /channels/);
    refused([x], /no convolution or linear layer that the filter takes/, { filter: () => false });
    const broken = random([1, 3, 6, 6]);
    broken.data[5] = Number.NaN;
    refused([x, broken], /a value that comes into 0 is NaN; give samples/);
    broken.data[5] = Number.POSITIVE_INFINITY;
    refused([broken], /is infinite/);
    expect(() => quantize(new BatchNorm2d(3), [x])).toThrow(/has no convolution or linear layer/);
  });
});
