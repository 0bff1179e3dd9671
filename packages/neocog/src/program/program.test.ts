// compile: networks as programs against the same networks run eagerly.

import { describe, expect, it } from 'vitest';
import { Computed } from '../../../../test/computed.ts';
import {
  add,
  compile,
  concat,
  conv2d,
  formatReport,
  manualSeed,
  mul,
  nn,
  randn,
  relu,
  softmax,
  type Tensor,
  tensor,
  withBackend,
} from '../index.ts';
import { preferences } from './preferences.ts';

/** The largest difference, as a share of the largest value. */
function difference(a: Tensor, b: Tensor): number {
  expect(a.shape).toEqual(b.shape);
  const largest = (values: Iterable<number>): number => Math.max(1e-30, ...values);
  const apart = Array.from(a.data, (v, i) => Math.abs(v - b.data[i]));
  return largest(apart) / largest(Array.from(b.data, Math.abs));
}

const network = () =>
  new nn.Sequential(
    new nn.Conv2d(3, 8, 3, { padding: 1, bias: false }),
    new nn.BatchNorm2d(8),
    new nn.ReLU(),
    new nn.MaxPool2d(2),
    new nn.Residual(new nn.Sequential(new nn.Conv2d(8, 8, 3, { padding: 1 }), new nn.SiLU())),
    new nn.DepthwiseConv2d(8, 3, { stride: 2, padding: 1 }),
    new nn.ConvTranspose2d(8, 5, 4, { stride: 2, padding: 1 }),
    new nn.Conv2d(5, 6, 3, { padding: 1, paddingMode: 'reflect' }),
    new nn.Flatten(),
    new nn.Linear(6 * 8 * 8, 10),
  );

async function compileOnce(module: nn.Module, x: Tensor, threads = 1): Promise<Tensor> {
  const program = await compile(module, { input: x.shape, threads });
  try {
    return await program.run(x);
  } finally {
    program.dispose();
  }
}

describe('compile', () => {
  it('gives what the network gives', async () => {
    manualSeed(3);
    const net = network().eval();
    const x = randn([2, 3, 16, 16]);
    expect(difference(await compileOnce(net, x), net.forward(x))).toBeLessThan(1e-5);
  });

  it('runs on the reference backend too, node by node', async () => {
    manualSeed(3);
    const net = network().eval();
    const x = randn([1, 3, 16, 16]);
    const pending = withBackend('reference', () => compile(net, { input: x.shape }));
    const y = await (await pending).run(x);
    expect(difference(y, net.forward(x))).toBeLessThan(1e-5);
  });

  it('is the same for any number of threads, bit for bit', async () => {
    manualSeed(4);
    const net = network();
    const x = randn([3, 3, 16, 16]);
    const one = await compileOnce(net, x, 1);
    for (const threads of [2, 3]) expect((await compileOnce(net, x, threads)).data).toEqual(one.data);
  });

  it('evaluates: dropout is off and statistics are the running ones, whatever the mode', async () => {
    const net = new nn.Sequential(new nn.BatchNorm2d(2), new nn.Dropout(0.5)).train();
    const x = randn([2, 2, 3, 3]);
    const y = await compileOnce(net, x);
    expect(net.children().every(([, part]) => part.training)).toBe(true);
    expect(difference(y, net.eval().forward(x))).toBeLessThan(1e-6);
  });

  it('keeps the weights of its making', async () => {
    const net = new nn.Conv2d(1, 1, 1);
    const x = randn([1, 1, 4, 4]);
    const before = net.forward(x);
    const program = await compile(net, { input: x.shape });
    net.weight.data.fill(0);
    expect(difference(await program.run(x), before)).toBeLessThan(1e-6);
    program.dispose();
  });

  it.each<[string, (x: Tensor) => Tensor]>([
    ['nothing', (x) => x],
    ['a constant', () => tensor([1, 2])],
    ['one array read twice', (x) => add(mul(x, x), x)],
    ['channels joined and softmax over them', (x) => softmax(concat([relu(x), x], { axis: 1 }), { axis: 1 })],
    [
      'weights that are computed',
      (x) => conv2d(x, mul(tensor(new Float32Array(12).fill(0.5), [3, 4, 1, 1]), 2)),
    ],
    [
      'a residual of its own input',
      (x) => add(x, conv2d(x, tensor(new Float32Array(144).fill(0.1), [4, 4, 3, 3]), { padding: 1 })),
    ],
  ])('%s', async (_name, body) => {
    const x = randn([2, 4, 6, 6]);
    expect(difference(await compileOnce(new Computed(body), x), body(x))).toBeLessThan(1e-5);
  });

  it('runs again and again with the same result and the same memory', async () => {
    const net = network();
    const x = randn([1, 3, 16, 16]);
    const program = await compile(net, { input: x.shape });
    const first = await program.run(x);
    const before = program.explain().memory;
    for (let i = 0; i < 200; i++) expect((await program.run(x)).data).toEqual(first.data);
    expect(program.explain().memory).toEqual(before);
    program.dispose();
  });

  it('with exactConvolution gives plain sums as eager operations do', async () => {
    preferences.exactConvolution = true;
    try {
      const net = new nn.Conv2d(8, 16, 3, { padding: 1 });
      const x = randn([1, 8, 24, 24]);
      expect((await compileOnce(net, x)).data).toEqual(net.forward(x).data);
    } finally {
      preferences.exactConvolution = false;
    }
  });

  it.each([
    ['pointwise', () => new nn.Conv2d(24, 40, 1)],
    ['depthwise', () => new nn.Conv2d(24, 24, 3, { padding: 1, stride: 2, groups: 24 })],
  ])('runs a %s layer on tensors as they are, with the sums of a network', async (name, make) => {
    preferences.exactConvolution = true;
    try {
      const layer = make();
      const x = randn([2, 24, 15, 13]);
      const program = await compile(layer, { input: x.shape });
      expect(program.explain().steps.map((step) => step.description)).toEqual([
        expect.stringContaining(`${name} over planes`),
      ]);
      program.dispose();
      const net = new nn.Sequential(new nn.MaxPool2d(2), layer, new nn.MaxPool2d(2));
      expect((await compileOnce(net, x)).data).toEqual(net.forward(x).data);
    } finally {
      preferences.exactConvolution = false;
    }
  });

  it('takes large weights in part by part', async () => {
    manualSeed(5);
    const net = new nn.Sequential(
      new nn.Conv2d(8, 24, 2),
      new nn.Flatten(),
      new nn.Linear(24 * 64, 1037),
    ).eval();
    const x = randn([1, 8, 9, 9]);
    preferences.exactConvolution = true;
    try {
      const program = await compile(net, { input: [1, 8, 9, 9] });
      expect((await program.run(x)).data).toEqual(net.forward(x).data);
      const { total, least } = program.explain().memory;
      expect(total).toBeLessThan(1.3 * least);
      program.dispose();
    } finally {
      preferences.exactConvolution = false;
    }
  });

  it('with compact leaves out what takes more code than it gains', async () => {
    const net = new nn.Conv2d(3, 64, 7, { stride: 2, padding: 3 });
    const refusals = async (compact?: boolean): Promise<(string | null)[]> => {
      const program = await compile(net, { input: [1, 3, 64, 64], compact });
      const { steps } = program.explain();
      program.dispose();
      return steps.flatMap(({ candidates }) => candidates.map(({ refusal }) => refusal));
    };
    const sentence = 'takes too much code for a file';
    expect(await refusals(true)).toContain(sentence);
    expect(await refusals(false)).not.toContain(sentence);
    expect(await refusals()).not.toContain(sentence);
    const word = 'yes' as unknown as boolean; // as callers without types may pass
    await expect(refusals(word)).rejects.toThrow(/compact is 'yes'; give true or false/);
  });

  it('explains every step', async () => {
    const program = await compile(network(), { input: [1, 3, 16, 16] });
    const report = program.explain();
    expect(report.steps.find((step) => step.label === '0')).toMatchObject({ operation: 'conv' });
    const convolution = report.steps.find((step) => step.geometry !== null);
    expect(convolution?.candidates.every(({ cost, refusal }) => cost !== null || refusal)).toBe(true);
    expect(formatReport(report)).toContain('direct');
    const sized = (bytes: number) =>
      formatReport({ ...report, memory: { ...report.memory, constants: bytes } });
    expect(sized(10 * 2 ** 20 - 1)).toContain('constants 10.00 MiB');
    expect(sized(10 * 2 ** 20)).toContain('constants 10.0 MiB');
    const [first] = report.steps;
    const paced = { ...report, steps: [{ ...first, multiplyAdds: 4e6, milliseconds: 2 }] };
    const [head, row] = formatReport(paced)
      .split('\n')
      .map((line) => line.trim().split(/ {2,}/));
    expect(row[head.indexOf('GFLOP/s')]).toMatch(/^4(\.0*)?$/);
    const timed = await program.profile();
    expect(timed.steps.every((step) => (step.milliseconds ?? -1) >= 0)).toBe(true);
    expect(formatReport(timed, { candidates: true })).toContain('GFLOP/s');
    program.dispose();
  });

  it('refuses what it cannot do', async () => {
    const net = new nn.Conv2d(1, 1, 3);
    await expect(compile(net, { input: [1, 2, 8, 8] })).rejects.toThrow(/input has 2 channels/);
    await expect(compile(net, { input: [1, 1, 8, 8], threads: 0 })).rejects.toThrow(/threads is 0/);
    const looks = new Computed((x) => (x.data[0] > 0 ? x : relu(x)));
    await expect(compile(looks, { input: [1, 1] })).rejects.toThrow(/reads values/);
    const program = await compile(net, { input: [1, 1, 8, 8] });
    await expect(program.run(randn([1, 1, 9, 8]))).rejects.toThrow(/needs float32 \[1,1,8,8\]/);
    program.dispose();
    program.dispose();
    await expect(program.run(randn([1, 1, 8, 8]))).rejects.toThrow(/was disposed/);
  });
});
