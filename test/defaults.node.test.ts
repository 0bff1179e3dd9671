// Defaults as they are documented: each call that leaves an option out gives just what it gives with the option stated, on
// inputs where another value would show. The reference vectors state every option, and so know nothing of defaults.

import * as neocog from 'neocog';
import { describe, expect, it } from 'vitest';
import { call, construct } from './conformance/harness.ts';
import { normal, spread } from './samples.ts';

type Tensor = neocog.Tensor;

const { Generator, full, init, nn, optim, schedule, tensor, zeros } = neocog;

const wide = spread(1, [4, 60], [-30, 30]).detach();
const small = spread(2, [4, 60], [-2, 2]).detach();
const other = spread(3, [4, 60], [-4, 4]).detach();
const shares = spread(4, [4, 60], [0.01, 0.99]).detach();
const image = normal(5, [2, 3, 7, 8]);
const volume = normal(6, [1, 2, 4, 5, 6]);
const row = normal(7, [2, 3, 9]);
const labels = tensor([1, 0, 3, 2], [4], { dtype: 'int32' });
const scores = normal(8, [4, 5]);
const channel = (seed: number): Tensor => spread(seed, [3], [0.5, 2]).detach();

/** An operation's arguments, and every option at its default. */
const operations: [name: string, args: unknown[], options: object][] = [
  ['leakyRelu', [small], { negativeSlope: 0.01 }],
  ['elu', [small], { alpha: 1 }],
  ['celu', [small], { alpha: 1 }],
  ['hardTanh', [small], { min: -1, max: 1 }],
  ['gelu', [small], { approximate: 'none' }],
  ['softplus', [wide], { beta: 1, threshold: 20 }],
  ['softShrink', [small], { lambda: 0.5 }],
  ['hardShrink', [small], { lambda: 0.5 }],
  ['softmax', [scores], { axis: -1 }],
  ['logSoftmax', [scores], { axis: -1 }],
  ['mse', [small, other], { reduction: 'mean' }],
  ['l1', [small, other], { reduction: 'mean' }],
  ['smoothL1', [small, other], { reduction: 'mean', beta: 1 }],
  ['huber', [small, other], { reduction: 'mean', delta: 1 }],
  ['klDiv', [small, shares], { reduction: 'mean', logTarget: false }],
  ['bce', [shares, shares], { reduction: 'mean', weight: null }],
  ['bceWithLogits', [small, shares], { reduction: 'mean', weight: null, posWeight: null }],
  ['nll', [scores, labels], { reduction: 'mean', weight: null, ignoreIndex: null }],
  [
    'crossEntropy',
    [scores, labels],
    { reduction: 'mean', weight: null, ignoreIndex: null, labelSmoothing: 0 },
  ],
  [
    'batchNorm',
    [image, null, null, { training: true }],
    { training: true, eps: 1e-5, weight: null, bias: null },
  ],
  ['batchNorm', [image, channel(1), channel(2)], { training: false, eps: 1e-5 }],
  ['instanceNorm', [image], { eps: 1e-5, weight: null, bias: null }],
  ['groupNorm', [image, { groups: 3 }], { groups: 3, eps: 1e-5 }],
  ['layerNorm', [image, { normalizedShape: 8 }], { normalizedShape: 8, eps: 1e-5 }],
  ['localResponseNorm', [image, 3], { alpha: 1e-4, beta: 0.75, k: 1 }],
  [
    'conv2d',
    [image, normal(9, [2, 3, 3, 3])],
    {
      stride: 1,
      padding: 0,
      paddingMode: 'zeros',
      dilation: 1,
      groups: 1,
      layout: 'channels-first',
      flipKernel: false,
    },
  ],
  [
    'convTranspose2d',
    [image, normal(9, [3, 2, 3, 3])],
    {
      stride: 1,
      padding: 0,
      paddingMode: 'zeros',
      dilation: 1,
      groups: 1,
      outputPadding: 0,
      flipKernel: false,
    },
  ],
  ['unfold', [image, 3], { stride: 1, padding: 0, paddingMode: 'zeros', dilation: 1 }],
  [
    'maxPool2d',
    [image, 2],
    { stride: 2, padding: 0, dilation: 1, ceilMode: false, layout: 'channels-first' },
  ],
  [
    'avgPool2d',
    [image, [3, 2], { padding: 1 }],
    { padding: 1, stride: [3, 2], dilation: 1, ceilMode: false, countIncludePad: true },
  ],
  ['lpPool1d', [row, 2], { normType: 2, stride: 2, dilation: 1, ceilMode: false }],
  ['lpPool2d', [image, [2, 3]], { normType: 2, stride: [2, 3], dilation: 1, ceilMode: false }],
  ['lpPool3d', [volume, 2], { normType: 2, stride: 2, dilation: 1, ceilMode: false }],
  [
    'resize',
    [image, { size: [5, 11] }],
    { size: [5, 11], mode: 'nearest', coordinates: 'asymmetric', rounding: 'floor' },
  ],
  [
    'resize',
    [image, { size: [5, 11], mode: 'linear' }],
    {
      size: [5, 11],
      mode: 'linear',
      alignCorners: false,
      coordinates: undefined,
      antialias: false,
      excludeOutside: false,
    },
  ],
  [
    'resize',
    [image, { size: [5, 11], mode: 'linear' }],
    { size: [5, 11], mode: 'linear', coordinates: 'half-pixel' },
  ],
  [
    'resize',
    [image, { size: [5, 11], mode: 'cubic' }],
    { size: [5, 11], mode: 'cubic', cubicCoefficient: -0.75, excludeOutside: false },
  ],
  [
    'resize',
    [image, { size: [5, 4], mode: 'cubic', antialias: true }],
    { size: [5, 4], mode: 'cubic', antialias: true, cubicCoefficient: -0.5, excludeOutside: true },
  ],
  [
    'resize',
    [
      image,
      {
        size: 3,
        mode: 'linear',
        crop: [
          [0, 1.5],
          [0, 1],
        ],
      },
    ],
    {
      size: 3,
      mode: 'linear',
      crop: [
        [0, 1.5],
        [0, 1],
      ],
      extrapolation: 0,
    },
  ],
  ['pixelShuffle', [normal(9, [1, 8, 2, 3]), 2], { order: 'column-row-depth' }],
  ['pixelUnshuffle', [normal(9, [1, 2, 4, 6]), 2], { order: 'column-row-depth' }],
  [
    'pad',
    [
      row,
      [
        [0, 0],
        [1, 0],
        [2, 1],
      ],
    ],
    { mode: 'constant', value: 0 },
  ],
  ['sum', [image], { axis: [0, 1, 2, 3], keepDims: false }],
  ['mean', [image], { axis: [0, 1, 2, 3], keepDims: false }],
  ['max', [image], { axis: [0, 1, 2, 3], keepDims: false }],
  ['argMax', [image, { axis: 1 }], { axis: 1, keepDims: false }],
  ['concat', [[row, row]], { axis: 0 }],
  ['stack', [[row, row]], { axis: 0 }],
  ['slice', [row, { start: 1 }], { start: 1, axis: 0, step: 1 }],
  ['indexSelect', [row, [1, 0]], { axis: 0 }],
  ['flatten', [row], { startAxis: 0, endAxis: -1 }],
  ['cumSum', [row], { axis: 0, exclusive: false, reverse: false }],
  ['gather', [scores, labels.shape && tensor([0, 1, 2, 3, 1], [1, 5], { dtype: 'int32' })], { axis: 0 }],
  [
    'scatter',
    [scores, tensor([0, 1, 2, 3, 1], [1, 5], { dtype: 'int32' }), 9],
    { axis: 0, reduction: 'none' },
  ],
  ['tril', [image], { diagonal: 0 }],
  ['triu', [image], { diagonal: 0 }],
  ['globalAvgPool', [image], { layout: 'channels-first' }],
  ['globalMaxPool', [image], { layout: 'channels-first' }],
];

const isOptions = (arg: unknown): boolean =>
  typeof arg === 'object' && arg !== null && !Array.isArray(arg) && !(arg instanceof neocog.Tensor);

describe('operations', () => {
  it.each(operations.map((each) => [each[0], each] as const))('%s', (_, [name, args, options]) => {
    const given = args.filter((arg) => !isOptions(arg));
    const [plain, stated] = [call(name, ...args), call(name, ...given, options)];
    expect(plain.shape).toEqual(stated.shape);
    expect([...plain.data]).toEqual([...stated.data]);
  });

  it('transpose exchanges the last two axes', () => {
    expect(neocog.transpose(volume).data).toEqual(neocog.transpose(volume, -2, -1).data);
  });

  it('dropout drops half while training', () => {
    const dropped = (options: object): Tensor =>
      call('dropout', neocog.ones([2000]), { generator: new Generator(1), ...options });
    expect(dropped({}).data).toEqual(dropped({ p: 0.5, training: true }).data);
    expect(new Set(dropped({}).data)).toEqual(new Set([0, 2]));
    expect(new nn.Dropout().p).toBe(0.5);
  });

  it('running statistics move by a tenth', () => {
    const moved = (options: object): number[][] => {
      const [mean, variance] = [channel(1), channel(2)];
      neocog.batchNorm(image, mean, variance, { training: true, ...options });
      const [ofEach, spreadOfEach] = [channel(3), channel(4)];
      neocog.instanceNorm(image, { runningMean: ofEach, runningVar: spreadOfEach, ...options });
      return [mean, variance, ofEach, spreadOfEach].map((t) => [...t.data]);
    };
    expect(moved({})).toEqual(moved({ momentum: 0.1 }));
  });
});

const layers: [name: string, args: unknown[], stated: unknown[], x: Tensor][] = [
  ['BatchNorm2d', [3], [3, { eps: 1e-5, momentum: 0.1, affine: true, trackRunningStats: true }], image],
  ['InstanceNorm2d', [3], [3, { eps: 1e-5, momentum: 0.1, affine: false, trackRunningStats: false }], image],
  ['GroupNorm', [3, 3], [3, 3, { eps: 1e-5, affine: true }], image],
  ['LayerNorm', [8], [8, { eps: 1e-5, elementwiseAffine: true, bias: true }], image],
  ['LocalResponseNorm', [3], [3, { alpha: 1e-4, beta: 0.75, k: 1 }], image],
  ['PReLU', [], [1, { init: 0.25 }], small],
  ['LeakyReLU', [], [{ negativeSlope: 0.01 }], small],
  ['Softplus', [], [{ beta: 1, threshold: 20 }], wide],
  ['Flatten', [], [{ startAxis: 1, endAxis: -1 }], image],
  ['Unfold', [2], [2, { stride: 1, padding: 0, dilation: 1, paddingMode: 'zeros' }], image],
];

describe('layers', () => {
  it.each(layers.map((each) => [each[0], each] as const))('%s', (_, [name, args, stated, x]) => {
    type Module = neocog.nn.Module;
    const made = [args, stated].map((each) => construct<Module>(`nn.${name}`, ...each));
    const keys = made.map((layer) => Object.keys(layer.stateDict()));
    expect(keys[0]).toEqual(keys[1]);
    const outputs = made.map((layer) => [...layer.forward(x).data]);
    expect(outputs[0]).toEqual(outputs[1]);
    const states = made.map((layer) => Object.values(layer.stateDict()).map((t) => [...t.data]));
    expect(states[0]).toEqual(states[1]);
  });

  it('convolutions and linear layers have a bias', () => {
    const made = [new nn.Conv2d(2, 3, 1), new nn.ConvTranspose2d(2, 3, 1), new nn.Linear(2, 3)];
    for (const layer of made) expect(layer.bias?.shape).toEqual([3]);
  });

  it('a module trains until told otherwise', () => {
    const module = new nn.Conv2d(1, 1, 1);
    expect(module.training).toBe(true);
    module.eval();
    expect(module.train().training).toBe(true);
  });
});

describe('optimisers', () => {
  const cases: [name: string, given: object, stated: object][] = [
    [
      'SGD',
      { lr: 0.1 },
      { lr: 0.1, momentum: 0, dampening: 0, weightDecay: 0, nesterov: false, maximize: false },
    ],
    [
      'Adam',
      {},
      { lr: 1e-3, betas: [0.9, 0.999], eps: 1e-8, weightDecay: 0, amsgrad: false, maximize: false },
    ],
    [
      'AdamW',
      {},
      { lr: 1e-3, betas: [0.9, 0.999], eps: 1e-8, weightDecay: 0.01, amsgrad: false, maximize: false },
    ],
    [
      'RMSprop',
      {},
      { lr: 0.01, alpha: 0.99, eps: 1e-8, weightDecay: 0, momentum: 0, centered: false, maximize: false },
    ],
    [
      'Adagrad',
      {},
      { lr: 0.01, lrDecay: 0, weightDecay: 0, initialAccumulatorValue: 0, eps: 1e-10, maximize: false },
    ],
  ];

  it.each(cases)('%s', (name, given, stated) => {
    const [first, second] = [given, stated].map((options) => {
      const p = new nn.Parameter(tensor([1, -2, 3]));
      const optimizer = construct<neocog.optim.Optimizer>(`optim.${name}`, [p], options);
      // Gradients so small that what keeps quotients finite counts.
      for (const size of [1e-9, 1e-7, 1e-3, 1]) {
        p.grad = tensor([size, -size, 2 * size]);
        optimizer.step();
      }
      return [...p.data];
    });
    expect(first).toEqual(second);
  });

  it('clipping goes by the Euclidean norm and lets NaN pass', () => {
    const p = new nn.Parameter(tensor([0, 0]));
    p.grad = tensor([3, 4]);
    expect(optim.clipGradNorm([p], 10)).toBe(5);
    p.grad = tensor([Number.NaN, 0]);
    expect(optim.clipGradNorm([p], 1)).toBeNaN();
  });
});

describe('schedules', () => {
  const baseLr = 0.5;
  const cases: [name: keyof typeof schedule, given: object, stated: object][] = [
    ['step', { baseLr, stepSize: 2 }, { baseLr, stepSize: 2, gamma: 0.1 }],
    ['multiStep', { baseLr, milestones: [1, 3] }, { baseLr, milestones: [1, 3], gamma: 0.1 }],
    ['constant', { baseLr }, { baseLr, factor: 1 / 3, totalIters: 5 }],
    ['linear', { baseLr }, { baseLr, startFactor: 1 / 3, endFactor: 1, totalIters: 5 }],
    ['polynomial', { baseLr }, { baseLr, totalIters: 5, power: 1 }],
    ['cosine', { baseLr, TMax: 6 }, { baseLr, TMax: 6, etaMin: 0 }],
    ['cosineWarmRestarts', { baseLr, T0: 3 }, { baseLr, T0: 3, TMult: 1, etaMin: 0 }],
    ...(['oneCycle', 'oneCycleMomentum'] as const).map((name): [typeof name, object, object] => [
      name,
      { maxLr: baseLr, totalSteps: 10 },
      {
        ...{
          maxLr: baseLr,
          totalSteps: 10,
          pctStart: 0.3,
          annealStrategy: 'cos',
          divFactor: 25,
          finalDivFactor: 1e4,
        },
        ...{ threePhase: false, cycleMomentum: true, baseMomentum: 0.85, maxMomentum: 0.95 },
      },
    ]),
  ];

  it.each(cases)('%s', (name, given, stated) => {
    const rates = [given, stated].map((options) => {
      const rate = call<(step: number) => number>(`schedule.${name}`, options);
      return Array.from({ length: 10 }, (_, i) => rate(i));
    });
    expect(rates[0]).toEqual(rates[1]);
  });
});

describe('initialisers', () => {
  const drawn = (fill: (t: Tensor, generator: neocog.Generator) => void): number[] => {
    const t = zeros([6, 50]);
    fill(t, new Generator(3));
    return [...t.data];
  };
  type Fill = Parameters<typeof drawn>[0];
  const cases: [name: string, given: Fill, stated: Fill][] = [
    [
      'uniform',
      (t, generator) => init.uniform(t, undefined, undefined, { generator }),
      (t, generator) => init.uniform(t, 0, 1, { generator }),
    ],
    [
      'normal',
      (t, generator) => init.normal(t, undefined, undefined, { generator }),
      (t, generator) => init.normal(t, 0, 1, { generator }),
    ],
    [
      'truncNormal',
      (t, generator) => init.truncNormal(t, { generator }),
      (t, generator) => init.truncNormal(t, { mean: 0, std: 1, a: -2, b: 2, generator }),
    ],
    [
      'xavierUniform',
      (t, generator) => init.xavierUniform(t, { generator }),
      (t, generator) => init.xavierUniform(t, { gain: 1, generator }),
    ],
    [
      'xavierNormal',
      (t, generator) => init.xavierNormal(t, { generator }),
      (t, generator) => init.xavierNormal(t, { gain: 1, generator }),
    ],
    [
      'kaimingUniform',
      (t, generator) => init.kaimingUniform(t, { generator }),
      (t, generator) =>
        init.kaimingUniform(t, { mode: 'fanIn', nonlinearity: 'leaky_relu', slope: 0, generator }),
    ],
    [
      'orthogonal',
      (t, generator) => init.orthogonal(t, { generator }),
      (t, generator) => init.orthogonal(t, { gain: 1, generator }),
    ],
  ];

  it.each(cases)('%s', (_, given, stated) => {
    expect(drawn(given)).toEqual(drawn(stated));
  });

  it('gains, and generators without a seed', () => {
    expect(init.gain('leaky_relu')).toBe(init.gain('leaky_relu', 0.01));
    expect(new Generator().uniform()).toBe(new Generator(0).uniform());
    const [a, b] = [full([3, 1, 3], 9), full([3, 1, 3], 9)];
    init.dirac(a);
    init.dirac(b, { groups: 1 });
    expect(a.data).toEqual(b.data);
  });
});
