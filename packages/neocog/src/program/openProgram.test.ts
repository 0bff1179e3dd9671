// compile with open axes: sizes as runs bring them.

import { describe, expect, it } from 'vitest';
import {
  type AxisSizes,
  add,
  compile,
  compileTraining,
  DeviceError,
  manualSeed,
  mse,
  nn,
  OpenProgram,
  optim,
  pack,
  randn,
  ShapeError,
  type Tensor,
  withBackend,
} from '../index.ts';

/** Any size from 3 × 3 on. */
const network = () =>
  new nn.Sequential(
    new nn.Conv2d(3, 8, 3, { padding: 1, activation: 'relu' }),
    new nn.BatchNorm2d(8),
    new nn.MaxPool2d(3, { stride: 2 }),
    new nn.Conv2d(8, 5, 1),
  ).eval();

/** What a program for just these sizes gives. */
async function fixed(net: nn.Module, x: Tensor): Promise<Tensor> {
  const program = await compile(net, { input: x.shape });
  const y = await program.run(x);
  program.dispose();
  return y;
}

/** Adds what has the same size. */
class Sum extends nn.NamedModule {
  readonly inputs = ['a', 'b'].map((name) => ({ name, shape: ['n', 'w'], dtype: 'float32' as const }));
  readonly outputs = [{ name: 'sum', shape: ['n', 'w'], dtype: 'float32' as const }];

  run({ a, b }: Readonly<Record<string, Tensor>>): Record<string, Tensor> {
    return { sum: add(a, b) };
  }
}

describe.each(['wasm', 'reference'] as const)('on %s', (backend) => {
  it('each size gives what a program of this size gives', () =>
    withBackend(backend, async () => {
      manualSeed(1);
      const net = network();
      const program = await compile(net, { input: ['n', 3, 'h', 'w'] });
      expect(program).toBeInstanceOf(OpenProgram);
      expect(program.inputs).toEqual([{ name: 'input', shape: ['n', 3, 'h', 'w'], dtype: 'float32' }]);
      const inputs = [
        [1, 3, 9, 7],
        [1, 3, 5, 12],
        [2, 3, 9, 7],
        [1, 3, 9, 7],
      ].map((shape) => randn(shape));
      for (const x of inputs) expect(await program.run(x)).toEqual(await fixed(net, x));
      expect(program.sizes).toEqual([
        { n: 1, h: 5, w: 12 },
        { n: 2, h: 9, w: 7 },
        { n: 1, h: 9, w: 7 },
      ]);
      program.dispose();
    }));
});

it('the backend may change between sizes', async () => {
  const net = network();
  const program = await compile(net, { input: [1, 3, 's', 's'] });
  const [small, large] = [randn([1, 3, 6, 6]), randn([1, 3, 9, 9])];
  await program.run(small);
  const wanted = await withBackend('reference', () => fixed(net, large));
  expect(await withBackend('reference', () => program.run(large))).toEqual(wanted);
  expect(await program.run(small)).toEqual(await fixed(net, small));
  program.dispose();
});

it('weights are those of the call', async () => {
  const net = network();
  const x = randn([1, 3, 6, 6]);
  const before = await fixed(net, x);
  const program = await compile(net, { input: [1, 3, 'h', 'w'] });
  for (const { data } of Object.values(net.stateDict())) data.fill(2);
  expect(await program.run(x)).toEqual(before);
  program.dispose();
});

it('keeps the sizes that were used last', async () => {
  const program = await compile(network(), { input: [1, 3, 's', 's'], keep: 2 });
  const run = (s: number): Promise<Tensor> => program.run(randn([1, 3, s, s]));
  const first = await program.prepare({ s: 4 });
  await run(5);
  await run(4);
  await run(6);
  expect(program.sizes).toEqual([{ s: 4 }, { s: 6 }]);
  expect(await program.prepare({ s: 4 })).toBe(first);
  await run(7);
  await run(8);
  expect(() => first.explain()).toThrow(DeviceError);
  program.dispose();
  expect(program.sizes).toEqual([]);
});

it('calls that overlap have their turn, on the values that they were made with', async () => {
  const net = network();
  const program = await compile(net, { input: [1, 3, 'h', 'w'], keep: 1 });
  const inputs = [4, 5, 4, 6].map((h) => randn([1, 3, h, 4]));
  const wanted = await Promise.all(inputs.map((x) => fixed(net, x)));
  const runs = inputs.map((x) => program.run(x));
  for (const { data } of inputs) data.fill(0);
  expect(await Promise.all(runs)).toEqual(wanted);
  program.dispose();
});

it('a size that is there takes its values at once, also while another one runs by itself', async () => {
  const net = network();
  const program = await compile(net, { input: [1, 3, 'h', 'w'], threads: 2 });
  const [x, z] = [randn([1, 3, 6, 5]), randn([1, 3, 9, 9])];
  const wanted = [await fixed(net, x), await fixed(net, z), await fixed(net, x)];
  const first = await program.prepare({ h: 6, w: 5 });
  await program.prepare({ h: 9, w: 9 });
  const runs = [first.run(x), program.run(z), program.run(x)];
  x.data.fill(0);
  z.data.fill(0);
  expect(await Promise.all(runs)).toEqual(wanted);
  const [y] = await Promise.all([first.run(x), program.prepare({ h: 30, w: 20 })]);
  expect(y).toEqual(await fixed(net, x));
  program.dispose();
});

it('results go where they are wanted, and inputs may have their channels last', async () => {
  const net = network();
  const program = await compile(net, { input: [1, 'h', 'w', 3], layout: 'channels-last', threads: 2 });
  const x = randn([1, 6, 5, 3]);
  const y = await program.run(x);
  expect(y.shape).toEqual([1, 2, 2, 5]);
  const into = randn(y.shape);
  expect(await program.run(x, { into })).toBe(into);
  expect(into).toEqual(y);
  expect(await program.run(x, { view: true })).toEqual(y);
  program.dispose();
});

it('axes may have any names', async () => {
  const program = await compile(network(), { input: ['constructor', 3, '__proto__', 'a b'] });
  expect((await program.run(randn([2, 3, 4, 5]))).shape).toEqual([2, 5, 1, 2]);
  const sizes = Object.fromEntries([
    ['constructor', 2],
    ['__proto__', 4],
    ['a b', 5],
  ]);
  expect(program.sizes.map((one) => Object.entries(one))).toEqual([Object.entries(sizes)]);
  await program.prepare(sizes);
  expect(program.sizes.length).toBe(1);
  program.dispose();
});

it('only compile leaves axes open', () => {
  const open = { input: [1, 3, 'h', 'w'] as unknown as number[] };
  expect(() => pack(network(), open)).toThrow('pack: input [1,3,h,w] leaves h, w open');
  const net = network();
  const optimizer = new optim.SGD(net.parameters(), { lr: 0.1 });
  expect(() => compileTraining(net, { ...open, loss: mse, optimizer })).toThrow(ShapeError);
});

it('named inputs agree on a size', async () => {
  const program = await compile(new Sum(), { input: { a: ['n', 3], b: ['n', 3] } });
  const [a, b] = [randn([2, 3]), randn([2, 3])];
  expect((await program.run({ a, b })).sum).toEqual(add(a, b));
  await expect(program.run({ a, b: randn([4, 3]) })).rejects.toThrow(
    'OpenProgram.run: n is 2, and 4 in b; give inputs that agree',
  );
  await expect(program.run({ a } as unknown as Record<string, Tensor>)).rejects.toThrow(
    'OpenProgram.run: b is undefined, but the program needs float32 [n,3]',
  );
  await expect(compile(new Sum())).rejects.toThrow('compile: a [n,w] leaves n, w open');
  program.dispose();
});

describe('refuses', () => {
  const options = { input: [1, 3, 'h', 'w'] };

  it.each([
    [[1, 3, 8], 'float32 [1,3,8], but the program needs float32 [1,3,h,w]'],
    [[1, 4, 8, 8], 'float32 [1,4,8,8], but the program needs float32 [1,3,h,w]'],
    [[1, 3, 1, 1], /maxPool2d/],
  ])('an input of shape %j, and goes on', async (shape, message) => {
    const program = await compile(network(), options);
    await expect(program.run(randn(shape as number[]))).rejects.toThrow(message);
    expect((await program.run(randn([1, 3, 4, 4]))).shape).toEqual([1, 5, 1, 1]);
    program.dispose();
  });

  it.each<[unknown, string]>([
    [{ h: 8 }, 'give a size for each of h, w'],
    [{ h: 8, w: 8, d: 8 }, 'give a size for each of h, w'],
    [{ h: 8, w: 1.5 }, 'give a size for each of h, w'],
    [null, 'give a size for each of h, w'],
  ])('sizes %j', async (sizes, message) => {
    const program = await compile(network(), options);
    await expect(program.prepare(sizes as AxisSizes)).rejects.toThrow(message);
    program.dispose();
  });

  it.each<[object, string | RegExp]>([
    [{ keep: 0 }, /keep is 0/],
    [{ pixels: {} }, "compile: frames are resized to the network's size, which input leaves open"],
    [{ input: [1, 3, '', 8] }, "compile: shape has the axis ''"],
    [{ input: [1, -3, 'h', 8] }, /shape is/],
    [{ threads: 0 }, /threads is 0/],
    [{ size: 3 }, /size/],
  ])('options %j', async (more, message) => {
    const asked = { ...options, ...more };
    await expect(compile(network(), asked)).rejects.toThrow(ShapeError);
    await expect(compile(network(), asked)).rejects.toThrow(message);
  });

  it('work after dispose, also that of a size that was being made', async () => {
    const program = await compile(network(), options);
    const run = program.run(randn([1, 3, 4, 4]));
    program.dispose();
    await expect(run).rejects.toThrow(DeviceError);
    await expect(program.prepare({ h: 4, w: 4 })).rejects.toThrow(
      'OpenProgram.prepare: the program was disposed; compile the network again',
    );
    expect(program.sizes).toEqual([]);
  });
});
