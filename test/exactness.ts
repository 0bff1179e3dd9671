// Networks whose exact programs must give the same bits everywhere, and hashes of what they give. Plain code over the
// library that it is handed: any engine can run it, with the sources or with a built package.

import type * as Library from 'neocog';

type Neocog = typeof Library;
type Tensor = Library.Tensor;
type Module = Library.nn.Module;

export interface ExactnessOptions {
  /** Of every program. Default 1. */
  readonly threads?: number;
}

/** Two 32-bit hashes of the bits of some tensors, in hexadecimal; every NaN counts as the same. */
export class Digest {
  #a = 0x811c9dc5;
  #b = 0x2545f491;

  add(values: ArrayLike<number>): this {
    const float = new Float32Array(1);
    const bits = new Int32Array(float.buffer);
    for (let i = 0; i < values.length; i++) {
      const value = values[i] as number;
      float[0] = value;
      const word = Number.isNaN(value) ? 0x7fc00000 : (bits[0] as number);
      this.#a = Math.imul(this.#a ^ word, 0x01000193);
      this.#a ^= this.#a >>> 15;
      this.#b = Math.imul(this.#b + word, 0x2c1b3c6d);
      this.#b ^= this.#b >>> 13;
    }
    return this;
  }

  toString(): string {
    return [this.#a, this.#b].map((half) => (half >>> 0).toString(16).padStart(8, '0')).join('');
  }
}

interface Inference {
  readonly name: string;
  /** Of one sample. */
  readonly sample: readonly number[];
  readonly make: () => Module;
}

const batchSize = 3;

/** Layers of every kind over images. */
function pictures({ nn }: Neocog): Module {
  return new nn.Sequential(
    new nn.Conv2d(3, 16, 3, { padding: 1 }),
    new nn.BatchNorm2d(16),
    new nn.ReLU(),
    new nn.Residual(new nn.Sequential(new nn.Conv2d(16, 16, 3, { padding: 1 }), new nn.GELU())),
    new nn.DepthwiseConv2d(16, 3, { padding: 1 }),
    new nn.Hardswish(),
    new nn.PointwiseConv2d(16, 24),
    new nn.InstanceNorm2d(24),
    new nn.Conv2d(24, 24, 5, { groups: 6, padding: 2, paddingMode: 'reflect' }),
    new nn.GroupNorm(4, 24),
    new nn.SiLU(),
    new nn.MaxPool2d(3, { stride: 2, padding: 1 }),
    new nn.Conv2d(24, 32, 3, { padding: 2, dilation: 2 }),
    new nn.Mish(),
    new nn.AvgPool2d(2),
    new nn.ConvTranspose2d(32, 20, 3, { stride: 2 }),
    new nn.Tanh(),
    new nn.PixelShuffle(2),
    new nn.Upsample({ scale: 1.5, mode: 'linear' }),
    new nn.LpPool2d(2),
    new nn.AdaptiveAvgPool2d([3, 4]),
    new nn.Flatten(),
    new nn.LayerNorm(60),
    new nn.Linear(60, 30),
    new nn.BatchNorm1d(30),
    new nn.ELU(),
    new nn.Linear(30, 10),
    new nn.Softmax(1),
  );
}

function volumes({ nn }: Neocog): Module {
  return new nn.Sequential(
    new nn.Conv3d(2, 7, 3, { padding: 1, paddingMode: 'circular' }),
    new nn.BatchNorm3d(7),
    new nn.SELU(),
    new nn.DepthwiseConv3d(7, 3, { padding: 1 }),
    new nn.AvgPool3d(2),
    new nn.ConvTranspose3d(7, 5, 2, { stride: 2 }),
    new nn.Softplus(),
    new nn.AdaptiveMaxPool3d(2),
  );
}

function sequences({ nn }: Neocog): Module {
  return new nn.Sequential(
    new nn.Conv1d(5, 12, 7, { padding: 'causal' }),
    new nn.CELU(),
    new nn.DepthwiseConv1d(12, 5, { padding: 2 }),
    new nn.Sigmoid(),
    new nn.ConvTranspose1d(12, 9, 4, { stride: 3 }),
    new nn.InstanceNorm1d(9),
    new nn.MaxPool1d(3),
    new nn.LogSoftmax(1),
  );
}

/** One head of attention over 17 places, and sums along every axis. */
function attention(neocog: Neocog): Module {
  const { add, exp, linear, logSumExp, matmul, max, mean, nn, randn, softmax, sum, transpose } = neocog;
  class Attention extends nn.Module {
    readonly key = new nn.Parameter(randn([24, 24]));
    readonly query = new nn.Parameter(randn([24, 24]));
    readonly value = new nn.Parameter(randn([24, 24]));

    forward(x: Tensor): Tensor {
      const [k, q, v] = [this.key, this.query, this.value].map((w) => linear(x, w)) as [
        Tensor,
        Tensor,
        Tensor,
      ];
      const y = matmul(softmax(matmul(q, transpose(k, 1, 2)), { axis: 2 }), v);
      const rows = add(mean(y, { axis: 2, keepDims: true }), logSumExp(y, { axis: 2, keepDims: true }));
      const columns = add(sum(exp(y), { axis: 1, keepDims: true }), max(y, { axis: 1, keepDims: true }));
      return add(add(y, rows), columns);
    }
  }
  return new Attention();
}

/** Every function of one value and some of two. */
function functions(neocog: Neocog): Module {
  const { add, clamp, cos, div, erf, exp, log, maximum, mul, pow, sin, sqrt, square, nn } = neocog;
  class Functions extends nn.Module {
    forward(x: Tensor): Tensor {
      const positive = add(square(x), 0.125);
      const parts = [sin(x), cos(x), erf(x), exp(x), log(positive), pow(positive, x), sqrt(positive)];
      const folded = parts.reduce((a, b) => add(mul(a, 0.75), b));
      return maximum(div(folded, positive), clamp(x, { min: -1, max: 2 }));
    }
  }
  return new Functions();
}

/** A stack of convolutions of random kinds. */
function stack(neocog: Neocog, seed: number): Module {
  const { Generator, nn } = neocog;
  const random = new Generator(seed);
  const pick = <T>(list: readonly T[]): T => list[random.integer(list.length)] as T;
  let channels = 4;
  const layers: Module[] = [];
  for (let i = 0; i < 5; i++) {
    const groups = pick([1, 1, channels % 2 === 0 ? 2 : 1, channels]);
    const out = groups * pick([1, 2, 3, 8]);
    const paddingMode = pick(['zeros', 'zeros', 'replicate', 'symmetric'] as const);
    const options = { groups, dilation: pick([1, 1, 2]), padding: 'same', paddingMode } as const;
    const kernel = pick([1, 2, 3, 5]);
    const transposed = { groups, stride: pick([1, 2]) };
    layers.push(
      random.integer(4) === 0
        ? new nn.ConvTranspose2d(channels, out, kernel, transposed)
        : new nn.Conv2d(channels, out, kernel, options),
      pick([new nn.ReLU(), new nn.LeakyReLU(), new nn.Tanh(), new nn.BatchNorm2d(out)]),
    );
    channels = out;
  }
  return new nn.Sequential(...layers, new nn.GlobalAvgPool());
}

const inferences = (neocog: Neocog): Inference[] => [
  { name: 'pictures', sample: [3, 27, 22], make: () => pictures(neocog) },
  { name: 'volumes', sample: [2, 6, 7, 8], make: () => volumes(neocog) },
  { name: 'sequences', sample: [5, 61], make: () => sequences(neocog) },
  { name: 'attention', sample: [17, 24], make: () => attention(neocog) },
  { name: 'functions', sample: [1031], make: () => functions(neocog) },
  ...Array.from({ length: 8 }, (_, i) => ({
    name: `stack ${i}`,
    sample: [4, 9 + i, 12 - i],
    make: () => stack(neocog, 100 + i),
  })),
  { name: 'LeNet-5', sample: [1, 28, 28], make: () => neocog.models.lenet5() },
  { name: 'ResNet-18', sample: [3, 48, 48], make: () => neocog.models.resnet18({ classes: 10, width: 16 }) },
  {
    name: 'MobileNetV2',
    sample: [3, 40, 40],
    make: () => neocog.models.mobilenetV2({ classes: 10, width: 0.25 }),
  },
];

/** Of what a network gives for a batch; each of its samples alone must give the same. */
async function infer(neocog: Neocog, { name, sample, make }: Inference, threads: number): Promise<string> {
  const { compile, manualSeed, randn, Tensor } = neocog;
  manualSeed(name.length);
  const module = make();
  const x = randn([batchSize, ...sample]);
  const [batch, alone] = [new Digest(), new Digest()];
  const program = await compile(module, { input: x.shape, threads, exact: true });
  batch.add((await program.run(x)).data);
  program.dispose();
  const single = await compile(module, { input: [1, ...sample], threads, exact: true });
  const size = x.size / batchSize;
  for (let i = 0; i < batchSize; i++) {
    const data = (x.data as Float32Array).slice(i * size, (i + 1) * size);
    alone.add((await single.run(new Tensor(data, [1, ...sample]))).data);
  }
  single.dispose();
  return `${batch}` === `${alone}` ? `${batch}` : `batch ${batch}, samples alone ${alone}`;
}

interface Training {
  readonly name: string;
  readonly input: readonly [number, ...number[]];
  readonly steps: number;
  readonly make: () => Module;
  readonly optimizer: (parameters: Tensor[]) => Library.CompileTrainingOptions['optimizer'];
}

/** Normalisations, depthwise and grouped layers, dropout. */
function small({ nn }: Neocog): Module {
  return new nn.Sequential(
    new nn.Conv2d(3, 12, 3, { stride: 2, padding: 1 }),
    new nn.BatchNorm2d(12),
    new nn.GELU(),
    new nn.DepthwiseConv2d(12, 5, { padding: 2 }),
    new nn.GroupNorm(3, 12),
    new nn.Conv2d(12, 20, 3, { groups: 4, padding: 1 }),
    new nn.PReLU(),
    new nn.AvgPool2d(2),
    new nn.ConvTranspose2d(20, 8, 3, { stride: 2 }),
    new nn.InstanceNorm2d(8),
    new nn.Dropout(0.25),
    new nn.MaxPool2d(2),
    new nn.Flatten(),
    new nn.Linear(8 * 5 * 5, 10),
  );
}

const trainings = (neocog: Neocog): Training[] => {
  const { models, optim } = neocog;
  return [
    {
      name: 'LeNet-5, SGD',
      input: [16, 1, 28, 28],
      steps: 4,
      make: () => models.lenet5(),
      optimizer: (p) => new optim.SGD(p, { lr: 0.05, momentum: 0.9, weightDecay: 1e-3 }),
    },
    {
      name: 'LeNet-5, Adam',
      input: [16, 1, 28, 28],
      steps: 4,
      make: () => models.lenet5(),
      optimizer: (p) => new optim.Adam(p, { lr: 3e-3 }),
    },
    {
      name: 'small, RMSprop',
      input: [6, 3, 20, 20],
      steps: 3,
      make: () => small(neocog),
      optimizer: (p) => new optim.RMSprop(p, { lr: 1e-3 }),
    },
    {
      name: 'ResNet-18, SGD',
      input: [4, 3, 32, 32],
      steps: 2,
      make: () => models.resnet18({ classes: 10, width: 16 }),
      optimizer: (p) => new optim.SGD(p, { lr: 0.01, momentum: 0.9 }),
    },
  ];
};

/** Losses, outputs and parameters of some steps. */
async function train(
  neocog: Neocog,
  { name, input, steps, ...how }: Training,
  threads: number,
): Promise<string> {
  const { compileTraining, crossEntropy, manualSeed, randn, tensor } = neocog;
  manualSeed(name.length);
  const module = how.make();
  const optimizer = how.optimizer(module.parameters());
  const options = { input, loss: crossEntropy, optimizer, threads, exact: true };
  const trainer = await compileTraining(module, options);
  const digest = new Digest();
  const [n] = input;
  const classes = Array.from({ length: n }, (_, i) => (7 * i) % 10);
  for (let i = 0; i < steps; i++) {
    const { loss, output } = await trainer.step(randn(input), tensor(classes, [n], { dtype: 'int32' }));
    digest.add([loss]).add(output.data);
  }
  trainer.sync();
  trainer.dispose();
  for (const t of Object.values(module.stateDict())) digest.add(t.data);
  return `${digest}`;
}

/** Random numbers, initial weights and rates. */
function drawn({
  Generator,
  init,
  manualSeed,
  models,
  randn,
  schedule,
  zeros,
}: Neocog): Record<string, string> {
  const normal = new Generator(5);
  manualSeed(7);
  const initial = new Digest();
  for (const t of Object.values(models.lenet5().stateDict())) initial.add(t.data);
  const cut = init.truncNormal(zeros([500]), { a: 0.5, b: 0.75 });
  const rates = [
    schedule.cosine({ baseLr: 1, TMax: 100 }),
    schedule.exponential({ baseLr: 1, gamma: 0.97 }),
    schedule.polynomial({ baseLr: 1, totalIters: 100, power: 1.7 }),
    schedule.oneCycle({ maxLr: 1, totalSteps: 101 }),
  ].flatMap((rate) => Array.from({ length: 100 }, (_, t) => rate(t)));
  return {
    'normal numbers': `${new Digest().add(randn([5000], { generator: normal }).data)}`,
    'initial weights': `${initial.add(cut.data)}`,
    rates: `${new Digest().add(rates)}`,
  };
}

/** Hashes by name: the same on every engine, for any number of threads. */
export async function exactnessHashes(
  neocog: Neocog,
  { threads = 1 }: ExactnessOptions = {},
): Promise<Record<string, string>> {
  const hashes: Record<string, string> = drawn(neocog);
  for (const inference of inferences(neocog))
    hashes[inference.name] = await infer(neocog, inference, threads);
  for (const training of trainings(neocog)) hashes[training.name] = await train(neocog, training, threads);
  return hashes;
}

/** What `exactnessHashes` gives, on every engine. */
export const expectedHashes: Readonly<Record<string, string>> = {
  'normal numbers': '8fc3751c7c9d7b6f',
  'initial weights': '9db371862d3f6646',
  rates: '0a4359f3fe64a6af',
  pictures: 'b6d5ba4649785067',
  volumes: '3d3a95a26b82484c',
  sequences: '16bf2cb35660cbc0',
  attention: '7b47d70f0f69c8de',
  functions: 'd70fc0193e10f051',
  'stack 0': '4cc7e5d65d434efc',
  'stack 1': '419a2c25c73d37b5',
  'stack 2': '9a6294f89067dbe0',
  'stack 3': '8801c712c03dde75',
  'stack 4': '67212df329cb5d43',
  'stack 5': 'b5bf45977e55c010',
  'stack 6': 'e14657bb14e02383',
  'stack 7': '9ad846b111021169',
  'LeNet-5': '3664224abcca1dbb',
  'ResNet-18': '7ecddd9e9c58558f',
  MobileNetV2: '830e3de2ce37f5af',
  'LeNet-5, SGD': '66fd6023b0d9350c',
  'LeNet-5, Adam': 'ca0092ad553dc4e4',
  'small, RMSprop': 'eadbd2537a820f16',
  'ResNet-18, SGD': '6ba2f89549a4ba15',
};
