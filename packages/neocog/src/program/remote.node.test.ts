// Programs in a worker of their own, as in a page that shares no memory: here the engine's shared memory is taken away.

import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { compile, DeviceError, manualSeed, nn, randn, zeros } from '../index.ts';

const missing = 'threads need shared memory, and this engine has no SharedArrayBuffer';
const shape = [2, 3, 9, 11];

function network() {
  manualSeed(4);
  return new nn.Sequential(
    new nn.Conv2d(3, 16, 3, { padding: 1, activation: 'relu' }),
    new nn.Conv2d(16, 4, 3, { stride: 2 }),
  ).eval();
}

beforeEach(() => vi.stubGlobal('SharedArrayBuffer', undefined));
afterEach(() => void vi.unstubAllGlobals());

describe('a program in a worker of its own', () => {
  it('gives the bits of the calling thread, run by run, and says why there is one thread', async () => {
    const net = network();
    const [here, there] = [
      await compile(net, { input: shape }),
      await compile(net, { input: shape, worker: true, threads: 2 }),
    ];
    expect(there.explain()).toEqual({ ...here.explain(), note: `one thread, a worker: ${missing}` });
    for (let i = 0; i < 3; i++) {
      const x = randn(shape);
      expect(await there.run(x)).toEqual(await here.run(x));
    }
    const { steps } = await there.profile();
    expect(steps.map(({ milliseconds }) => (milliseconds as number) > 0)).toEqual([true, true]);
    expect(there.text()).toBe(here.text());
    for (const program of [here, there]) program.dispose();
  });

  it('has no note where one thread was wanted, and the weights of the call', async () => {
    const net = new nn.Conv2d(1, 1, 1, { bias: false });
    net.weight.data[0] = 3;
    const compiling = compile(net, { input: [1, 1, 1, 1], worker: true });
    net.weight.data[0] = 4;
    const program = await compiling;
    const x = zeros([1, 1, 1, 1]);
    x.data[0] = 2;
    expect(program.explain().note).toBe(null);
    expect([...(await program.run(x)).data]).toEqual([6]);
    program.dispose();
  });

  it('runs that overlap take their values at the call; results go where they are wanted', async () => {
    const net = network();
    const program = await compile(net, { input: shape, worker: true });
    const [x, into] = [randn(shape), zeros(program.outputShape)];
    const before = net.forward(x).data.slice();
    const runs = [program.run(x, { into }), program.run(x)];
    x.data.fill(0);
    const [first, second] = await Promise.all(runs);
    expect(first).toBe(into);
    for (const y of [first, second]) y.data.forEach((v, i) => void expect(v).toBeCloseTo(before[i], 4));
    expect((await program.run(x, { view: true })).shape).toEqual(program.outputShape);
    program.dispose();
  });

  it('takes frames, larger ones than before too', async () => {
    const net = network();
    const pixels = { mean: [0.5, 0.4, 0.3], std: [0.2, 0.3, 0.4] };
    const input = [1, 3, 9, 11];
    const [here, there] = [
      await compile(net, { input, pixels }),
      await compile(net, { input, pixels, worker: true }),
    ];
    for (const [width, height] of [
      [20, 10],
      [900, 700],
      [11, 9],
    ]) {
      const data = Uint8ClampedArray.from({ length: 4 * width * height }, (_, i) => (i * 37) % 256);
      const frame = { data, width, height };
      expect(await there.run(frame)).toEqual(await here.run(frame));
    }
    const x = randn(input);
    expect(await there.run(x)).toEqual(await here.run(x));
    expect(there.explain().memory.total).toBe(here.explain().memory.total);
    for (const program of [here, there]) program.dispose();
  });

  it('a run that is on its way when the program is disposed fails, as all after it', async () => {
    const program = await compile(network(), { input: shape, worker: true });
    const running = program.run(randn(shape));
    program.dispose();
    await expect(running).rejects.toThrow(DeviceError);
    await expect(program.run(randn(shape))).rejects.toThrow('Program.run: the program was disposed');
  });

  it('sizes of a program with open axes share a memory, which the calling thread has', async () => {
    const program = await compile(network(), { input: [1, 3, 'h', 'w'], worker: true });
    const sized = await program.prepare({ h: 9, w: 11 });
    expect(sized.explain().note).toBe(`one thread, the calling one: ${missing}`);
    expect((await program.run(randn([1, 3, 9, 11]))).shape).toEqual([1, 4, 4, 5]);
    program.dispose();
  });
});
