// What `npm run engines` computes in every engine: eager operations, compiled programs and steps on one thread and on two,
// a network that runs by itself, and the exact networks of test/exactness.ts. Inputs and weights are whole numbers by a
// linear congruence; what comes out is told as hashes of its bits.

import * as neocog from 'neocog';
import {
  compile,
  compileTraining,
  conv2d,
  crossEntropy,
  features,
  init,
  models,
  type nn,
  optim,
  type Shape,
  Tensor,
  tensor,
} from 'neocog';
import { exactnessHashes, expectedHashes } from '../exactness.ts';

/** What runs by itself: the exports of what `neocog build` writes. */
export interface BuiltNetwork {
  readonly inputs: readonly { readonly size: number }[];
  load(): Promise<{ readonly simd: string }>;
  run(x: Float32Array): Promise<Float32Array>;
}

export interface Report {
  /** How kernels multiply and add. */
  readonly simd: string;
  /** Those of a program that asked for two. */
  readonly threads: number;
  readonly note: string | null;
  /** By what was computed: a hash; of exact networks `right`, or the names of those that are not. */
  readonly results: Readonly<Record<string, string>>;
}

/** Numbers in ±1, the same in every engine: the congruence of Numerical Recipes. */
function numbersFrom(seed: number): () => number {
  let state = seed;
  return () => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return state / 2 ** 31 - 1;
  };
}

function values(shape: Shape, seed: number): Tensor {
  const next = numbersFrom(seed);
  const size = shape.reduce((a, b) => a * b, 1);
  return new Tensor(
    Float32Array.from({ length: size }, () => next()),
    shape,
  );
}

/** Weights that keep values within bounds from layer to layer. */
export function filled<M extends nn.Module>(build: () => M): M {
  const net = init.skip(build);
  const next = numbersFrom(5);
  for (const { data, shape } of net.parameters()) {
    if (shape.length < 2) continue;
    const reach = Math.sqrt((3 * shape[0]) / data.length);
    data.forEach((_, i) => {
      data[i] = next() * reach;
    });
  }
  return net;
}

/** FNV-1a of the bytes, twice with different starts: 64 bits are enough to tell results apart. */
export function hashOf(arrays: Iterable<Float32Array | Int32Array>): string {
  let [a, b] = [0x811c9dc5, 0x01000193];
  for (const { buffer, byteOffset, byteLength } of arrays) {
    for (const byte of new Uint8Array(buffer, byteOffset, byteLength)) {
      a = Math.imul(a ^ byte, 0x01000193);
      b = Math.imul(b ^ byte, 0x01000193) + 1;
    }
  }
  return [a, b].map((half) => (half >>> 0).toString(16).padStart(8, '0')).join('');
}

function eager(): string {
  const [x, w] = [values([2, 5, 13, 11], 1), values([6, 5, 3, 3], 2)];
  x.requiresGrad = true;
  w.requiresGrad = true;
  const y = conv2d(x, w, {
    stride: 2,
    padding: [
      [1, 0],
      [2, 1],
    ],
  });
  y.backward(values(y.shape, 3));
  return hashOf([y.data, (x.grad as Tensor).data, (w.grad as Tensor).data]);
}

async function training(threads: number): Promise<string> {
  const net = filled(() => models.lenet5());
  const optimizer = new optim.SGD(net.parameters(), { lr: 0.03, momentum: 0.9 });
  const trainer = await compileTraining(net, {
    input: [16, 1, 28, 28],
    loss: crossEntropy,
    optimizer,
    threads,
  });
  const labels = tensor(
    Array.from({ length: 16 }, (_, i) => (i * 7) % 10),
    [16],
    { dtype: 'int32' },
  );
  const losses: number[] = [];
  for (let step = 0; step < 6; step++)
    losses.push((await trainer.step(values([16, 1, 28, 28], 10 + step), labels)).loss);
  trainer.sync();
  trainer.dispose();
  return hashOf([Float32Array.from(losses), ...net.parameters().map(({ data }) => data)]);
}

/** Run often enough for the engine to optimise the code: the bits must stay. */
async function inference(
  net: nn.Module,
  threads: number,
): Promise<Omit<Report, 'results'> & { hash: string }> {
  const program = await compile(net, { input: [1, 3, 64, 64], threads });
  const { threads: used, note, simd } = program.explain();
  const x = values([1, 3, 64, 64], 4);
  const hashes = new Set<string>();
  for (let i = 0; i < 20; i++) hashes.add(hashOf([(await program.run(x)).data]));
  program.dispose();
  return { hash: [...hashes].join(' then '), threads: used, note, simd };
}

/** Bytes of several sizes and kinds, one after the other: the memory of the program grows meanwhile. */
async function frames(threads: number): Promise<string> {
  const pixels = { mean: 0.45, std: 0.22, fit: 'contain', background: [9, 200, 77] } as const;
  const net = filled(() => new neocog.nn.Conv2d(3, 4, 3));
  const program = await compile(net, { input: [1, 3, 60, 70], threads, pixels });
  const next = numbersFrom(8);
  const outputs: Float32Array[] = [];
  for (const [width, height, bytes] of [
    [90, 40, 4],
    [70, 60, 3],
    [700, 500, 4],
    [33, 50, 1],
  ] as const) {
    const data = Uint8Array.from({ length: width * height * bytes }, () => 128 + 128 * next());
    outputs.push((await program.run({ data, width, height })).data as Float32Array);
  }
  program.dispose();
  return hashOf(outputs);
}

async function builtNetwork(net: BuiltNetwork): Promise<string> {
  await net.load();
  const x = values([net.inputs[0].size], 6).data as Float32Array;
  return hashOf([await net.run(x)]);
}

/** On two threads, against the hashes that are written down for all engines. */
async function exact(): Promise<string> {
  const hashes = await exactnessHashes(neocog, { threads: 2 });
  const names = Object.keys({ ...expectedHashes, ...hashes });
  const wrong = names.filter((name) => hashes[name] !== expectedHashes[name]);
  return wrong.length === 0 ? 'right' : wrong.join(', ');
}

export async function smoke(built: BuiltNetwork): Promise<Report> {
  const { simd } = features();
  const net = filled(() => models.resnet18({ classes: 10 }));
  const [one, two] = [await inference(net, 1), await inference(net, 2)];
  const results = {
    conv2d: eager(),
    'training ×1': await training(1),
    'training ×2': await training(2),
    'ResNet-18 ×1': one.hash,
    'ResNet-18 ×2': two.hash,
    'frames ×1': await frames(1),
    'frames ×2': await frames(2),
    built: await builtNetwork(built),
    exact: await exact(),
  };
  return { simd, threads: two.threads, note: two.note, results };
}
