// Activation layers: they do what the operations do, check options when they are made, and serve other layers by name.

import { describe, expect, it } from 'vitest';
import * as neocog from '../index.ts';

const { nn, tensor } = neocog;

const x = () => tensor([-3, -1.5, -0.25, 0, 0.25, 1.5, 7], [1, 7]);

type Layer = { name: string; layer: neocog.nn.Module; same: neocog.Tensor };

const layers: Layer[] = [
  ...(
    [
      ...[nn.ReLU, neocog.relu, nn.ReLU6, neocog.relu6, nn.SELU, neocog.selu, nn.SiLU, neocog.silu],
      ...[nn.Mish, neocog.mish, nn.Sigmoid, neocog.sigmoid, nn.LogSigmoid, neocog.logSigmoid],
      ...[nn.Tanh, neocog.tanh, nn.Tanhshrink, neocog.tanhShrink, nn.Hardsigmoid, neocog.hardSigmoid],
      ...[nn.Hardswish, neocog.hardSwish, nn.Softsign, neocog.softsign],
    ] as unknown[]
  ).flatMap((Class, i, all) => {
    if (i % 2 === 1) return [];
    const layer = new (Class as new () => neocog.nn.Module)();
    return [{ name: layer.constructor.name, layer, same: (all[i + 1] as typeof neocog.relu)(x()) }];
  }),
  ...[
    [new nn.LeakyReLU({ negativeSlope: 0.2 }), neocog.leakyRelu(x(), { negativeSlope: 0.2 })] as const,
    [new nn.ELU({ alpha: 2 }), neocog.elu(x(), { alpha: 2 })] as const,
    [new nn.CELU({ alpha: 2 }), neocog.celu(x(), { alpha: 2 })] as const,
    [new nn.GELU({ approximate: 'tanh' }), neocog.gelu(x(), { approximate: 'tanh' })] as const,
    [new nn.Hardtanh({ min: -2, max: 3 }), neocog.hardTanh(x(), { min: -2, max: 3 })] as const,
    [new nn.Hardshrink({ lambda: 1 }), neocog.hardShrink(x(), { lambda: 1 })] as const,
    [new nn.Softshrink({ lambda: 1 }), neocog.softShrink(x(), { lambda: 1 })] as const,
    [new nn.Softplus({ beta: 2, threshold: 3 }), neocog.softplus(x(), { beta: 2, threshold: 3 })] as const,
    [new nn.Softmax(0), neocog.softmax(x(), { axis: 0 })] as const,
    [new nn.LogSoftmax(), neocog.logSoftmax(x())] as const,
  ].map(([layer, same]) => ({ name: String(layer), layer, same })),
];

describe('activation layers', () => {
  it.each(layers.map((each) => [each.name, each] as const))('%s', (_, { layer, same }) => {
    expect(layer.forward(x()).data).toEqual(same.data);
    expect(layer.stateDict()).toEqual({});
  });

  it('show their options', () => {
    expect(String(new nn.LeakyReLU({ negativeSlope: 0.2 }))).toBe('LeakyReLU(negativeSlope 0.2)');
    expect(String(new nn.ReLU())).toBe('ReLU()');
  });

  it.each([
    ['a number', () => new nn.LeakyReLU(0.2 as unknown as object)],
    ['a misspelt option', () => new nn.ELU({ alfa: 1 } as object)],
    ['NaN', () => new nn.ELU({ alpha: Number.NaN })],
    ['an alpha of 0', () => new nn.CELU({ alpha: 0 })],
    ['bounds in the wrong order', () => new nn.Hardtanh({ min: 1, max: 0 })],
    ['a negative lambda', () => new nn.Softshrink({ lambda: -1 })],
    ['a beta of 0', () => new nn.Softplus({ beta: 0 })],
    ['an unknown approximation', () => new nn.GELU({ approximate: 'erf' as 'none' })],
    ['half a parameter', () => new nn.PReLU(0.5)],
  ])('refuse %s when they are made', (_, make) => {
    expect(make).toThrow(neocog.ShapeError);
  });

  it('PReLU learns one slope, or one per channel', () => {
    const layer = new nn.PReLU(3, { init: 0.5 });
    expect(Object.keys(layer.stateDict())).toEqual(['weight']);
    neocog.sum(layer.forward(tensor([-1, 2, -3], [1, 3]))).backward();
    expect([...(layer.weight.grad as neocog.Tensor).data]).toEqual([-1, 0, -3]);
    expect([...new nn.PReLU().weight.data]).toEqual([0.25]);
    expect(() => layer.forward(tensor([1, 2], [1, 2]))).toThrow('prelu: weight has shape [3]');
  });
});

const names = [
  ...['relu', 'leakyRelu', 'relu6', 'elu', 'celu', 'selu', 'gelu', 'silu', 'mish', 'sigmoid', 'logSigmoid'],
  ...['tanh', 'tanhShrink', 'hardSigmoid', 'hardSwish', 'hardTanh', 'hardShrink', 'softShrink', 'softplus'],
  'softsign',
] as const;

describe('activations by name', () => {
  it.each(names)('%s', (activation) => {
    const layer = new nn.Conv1d(1, 1, 1, { activation, bias: false });
    layer.weight.data[0] = 1;
    const apply = neocog[activation] as typeof neocog.relu;
    expect(layer.forward(tensor([-2, 0.25, 3], [1, 1, 3])).data).toEqual(apply(tensor([-2, 0.25, 3])).data);
  });

  it('are refused where there is none', () => {
    const activation = 'prelu' as 'relu';
    expect(() => new nn.Conv1d(1, 1, 1, { activation })).toThrow(
      "Conv1d: activation is 'prelu'; give one of 'relu'",
    );
  });
});

describe.each(['reference', 'wasm'] as const)('every activation on %s', (backend) => {
  const sizes = [
    0, 1e-45, 1e-38, 1e-20, 1e-8, 1e-3, 0.5, 1, 3, 6, 10, 20, 50, 88, 89, 104, 1e4, 1.9e19, 1e30, 3e38,
  ];

  it.each(names)('%s and its two derivatives are finite wherever x is', (name) => {
    neocog.withBackend(backend, () => {
      const t = tensor(
        sizes.flatMap((v) => [v, -v]),
        [2 * sizes.length],
        { requiresGrad: true },
      );
      const seed = neocog.ones(t.shape);
      const y = (neocog[name] as typeof neocog.relu)(t);
      const [first] = neocog.grad(y, [t], { gradient: seed, createGraph: true });
      const second = first.requiresGrad ? neocog.grad(first, [t], { gradient: seed }) : [];
      for (const { data } of [first, ...second])
        expect(data.findIndex((v: number) => !Number.isFinite(v))).toBe(-1);
      // selu alone, which multiplies by more than 1, leaves float32.
      if (name !== 'selu') expect(y.data.findIndex((v: number) => !Number.isFinite(v))).toBe(-1);
    });
  });
});
