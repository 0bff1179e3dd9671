// Whole quantised networks: written with QuantizeLinear and DequantizeLinear, read again, and compiled.

import { compile, conv2d, Generator, mul, nn, quantize, randn, reshape, type Tensor, tensor } from 'neocog';
import { describe, expect, it } from 'vitest';
import { rememberScaled } from '../../graph/wholes.ts';
import { loadOnnx, saveOnnx } from '../../index.ts';
import { decode, encode } from '../protobuf.ts';
import {
  type AttributeProto,
  type ModelProto,
  modelType,
  type NodeProto,
  type ValueInfoProto,
} from '../schema.ts';
import { scaledConv } from './wholeSums.ts';

const random = (shape: readonly number[], seed = 1): Tensor =>
  randn(shape, { generator: new Generator(seed) });

const network = (): nn.Module =>
  new nn.Sequential(
    new nn.Conv2d(3, 16, 3, { padding: 1 }),
    new nn.ReLU6(),
    new nn.Conv2d(16, 32, 1),
    new nn.ReLU(),
    new nn.Conv2d(32, 32, 3, { padding: 1, groups: 32, bias: false }),
    new nn.BatchNorm2d(32),
    new nn.ReLU6(),
    new nn.Conv2d(32, 24, 3, { stride: 2 }),
    new nn.GlobalAvgPool(),
    new nn.Flatten(),
    new nn.Linear(24, 5),
  ).eval();

const input = [2, 3, 12, 12];

function difference(a: ArrayLike<number>, b: ArrayLike<number>): number {
  let [error, all] = [0, 0];
  for (let i = 0; i < a.length; i++) {
    error += ((a[i] as number) - (b[i] as number)) ** 2;
    all += (a[i] as number) ** 2;
  }
  return Math.sqrt(error / all);
}

describe('a quantised network as a file', () => {
  const [x, net] = [random(input), network()];
  const floats = net.forward(x);
  const before = saveOnnx(net, { input });
  const quantised = quantize(net, [x]);
  const bytes = saveOnnx(quantised, { input });
  const graph = (decode(modelType, bytes) as ModelProto).graph;
  const count = (op: string): number => graph?.node.filter(({ opType }) => opType === op).length ?? 0;

  it('has weights of int8, and layers between whole numbers and back', () => {
    const types = graph?.initializer.map(({ dataType, dims }) => [dataType, dims.length]);
    expect(types?.filter(([type, rank]) => type === 3 && (rank as number) > 1)).toHaveLength(5);
    expect(types?.filter(([type, rank]) => type === 1 && (rank as number) > 1)).toEqual([]);
    // The first and the depthwise layer multiply floats.
    expect([count('QuantizeLinear'), count('DequantizeLinear')]).toEqual([3, 3 + 5]);
    expect(bytes.length).toBeLessThan(before.length / 2);
  });

  it('gives the same answers when it is read again, which are near those of floats', async () => {
    const back = (await loadOnnx(bytes)).forward(x);
    expect(difference(quantised.forward(x).data, back.data)).toBeLessThan(0.01);
    expect(difference(floats.data, back.data)).toBeLessThan(0.03);
  });

  it('compiles, on any number of threads to the same bits, near those of an eager run', async () => {
    const back = await loadOnnx(bytes);
    const eager = back.forward(x).data;
    const runs: ArrayLike<number>[] = [];
    for (const threads of [1, 2]) {
      const program = await compile(back, { input, threads });
      const used = program.explain().steps.filter(({ description }) => description.includes('16 bits'));
      expect(used).toHaveLength(3);
      runs.push((await program.run(x)).data);
      program.dispose();
    }
    expect(runs[1]).toEqual(runs[0]);
    // A scale and a normalisation after a sum are one scale when compiled, which may move a byte by one.
    expect(difference(eager, runs[0] as ArrayLike<number>)).toBeLessThan(0.005);
  });
});

describe('a dynamically quantised network', () => {
  const codes = Int8Array.from({ length: 8 * 12 * 9 }, (_, i) => ((i * 37) % 255) - 127);
  const node = (
    opType: string,
    ins: string[],
    outs: string[],
    attribute: AttributeProto[] = [],
  ): NodeProto => ({
    ...{ opType, input: ins, output: outs, attribute },
  });
  const value = (name: string, dims: number[]): ValueInfoProto => ({
    name,
    type: { tensorType: { elemType: 1, shape: { dim: dims.map((dimValue) => ({ dimValue })) } } },
  });
  const bytes = encode(modelType, {
    irVersion: 8,
    opsetImport: [{ domain: '', version: 17 }],
    graph: {
      name: 'dynamic',
      node: [
        node('DynamicQuantizeLinear', ['x'], ['q', 'scale', 'zero']),
        node('ConvInteger', ['q', 'w', 'zero'], ['sums'], [{ name: 'pads', type: 7, ints: [1, 1, 1, 1] }]),
        node('Cast', ['sums'], ['floats'], [{ name: 'to', type: 2, i: 1 }]),
        node('Mul', ['scale', 'w_scale'], ['both']),
        node('Mul', ['floats', 'both'], ['y']),
      ],
      initializer: [
        { name: 'w', dims: [8, 12, 3, 3], dataType: 3, rawData: new Uint8Array(codes.buffer) },
        { name: 'w_scale', dims: [], dataType: 1, floatData: [0.01] },
      ],
      input: [value('x', [1, 12, 7, 9])],
      output: [value('y', [1, 8, 7, 9])],
    },
  });

  it('compiles to the same bits, near those of floats', async () => {
    const net = await loadOnnx(bytes);
    const x = random([1, 12, 7, 9]);
    const eager = net.forward(x).data;
    const weight = tensor(
      Float32Array.from(codes, (code) => code * 0.01),
      [8, 12, 3, 3],
    );
    expect(difference(conv2d(x, weight, { padding: 1 }).data, eager)).toBeLessThan(0.02);
    const program = await compile(net, { input: x.shape, threads: 1 });
    expect((await program.run(x)).data).toEqual(eager);
    // The range is that of the values of each run.
    const other = mul(x, 3);
    expect((await program.run(other)).data).toEqual(net.forward(other).data);
    expect((await program.run(mul(x, 0))).data).toEqual(new Float32Array(eager.length));
    expect(
      program
        .explain()
        .steps.map(({ description }) => description)
        .join(),
    ).toContain('whole');
    program.dispose();
  });
});

describe('a convolution of dequantised values', () => {
  const wholes = (shape: readonly number[], most: number, seed: number): Tensor => {
    const generator = new Generator(seed);
    const size = shape.reduce((a, b) => a * b, 1);
    return tensor(
      Float32Array.from({ length: size }, () => generator.integer(2 * most + 1) - most),
      shape,
    );
  };
  const scale = tensor([0.013], []);
  const scales = tensor([0.5, 0.25, 0.001, 3]);
  const parts = (own: Tensor, by: Tensor, most: number): Tensor =>
    rememberScaled(mul(own, by.size === 1 ? by : reshape(by, [4, 1, 1, 1])), {
      ...{ wholes: own, most, axis: 0 },
      scale: by,
    });

  it.each([
    ['of one cell', 1, {}],
    ['with a stride', 3, { stride: 2, padding: 1 }],
    ['of several cells', 3, { padding: 1 }],
  ] as const)('%s is that of the values', (_, kernel, options) => {
    const x = parts(wholes([1, 16, 6, 6], 255, 1), scale, 255);
    const w = parts(wholes([4, 16, kernel, kernel], 127, 2), scales, 127);
    const bias = tensor([1, -2, 3, 40]);
    const whole = scaledConv([x, w, bias], () => options) as Tensor;
    const plain = conv2d(x, w, { ...options, bias });
    expect(whole.shape).toEqual(plain.shape);
    expect(difference(plain.data, whole.data)).toBeLessThan(1e-6);
  });

  it('is none where the weight has no scale for each output channel', () => {
    const x = parts(wholes([1, 16, 6, 6], 255, 1), scale, 255);
    const w = wholes([4, 16, 1, 1], 127, 2);
    const inputs = rememberScaled(w, {
      wholes: w,
      most: 127,
      axis: 1,
      scale: tensor(new Float32Array(16).fill(1)),
    });
    expect(scaledConv([x, inputs, undefined], () => ({}))).toBeNull();
    expect(scaledConv([x, random([4, 16, 1, 1]), undefined], () => ({}))).toBeNull();
  });
});
