// How values go into programs and come out: by axes in another order, without a copy, and without the calling thread.

import { describe, expect, it } from 'vitest';
import { compile, manualSeed, nn, permute, randn, ShapeError, type Tensor, withBackend } from '../index.ts';

const network = () =>
  new nn.Sequential(
    new nn.Conv2d(3, 8, 3, { padding: 1, activation: 'relu' }),
    new nn.DepthwiseConv2d(8, 3, { stride: 2 }),
    new nn.Conv2d(8, 5, 1),
  );
const shape = [2, 3, 11, 9];
const backends = ['wasm', 'reference'] as const;

describe.each(backends)('channels last on %s', (backend) => {
  it('gives the bits of the network, in the other order', () =>
    withBackend(backend, async () => {
      manualSeed(3);
      const net = network().eval();
      const x = randn(shape);
      const [plain, last] = await Promise.all([
        compile(net, { input: shape }),
        compile(net, { input: [2, 11, 9, 3], layout: 'channels-last' }),
      ]);
      expect([last.inputShape, last.outputShape]).toEqual([
        [2, 11, 9, 3],
        [2, 5, 4, 5],
      ]);
      const y = await last.run(permute(x, [0, 2, 3, 1]));
      expect(y).toEqual(permute(await plain.run(x), [0, 2, 3, 1]));
      await expect(last.run(x)).rejects.toThrow('but the program needs float32 [2,11,9,3]');
      for (const program of [plain, last]) program.dispose();
    }));

  it('leaves what has no channels beside others as it is', () =>
    withBackend(backend, async () => {
      const net = new nn.Sequential(new nn.Flatten(), new nn.Linear(12, 4));
      const x = randn([1, 3, 4]);
      const y = net.forward(x).detach();
      const program = await compile(net, { input: [1, 4, 3], layout: 'channels-last' });
      const { data } = await program.run(permute(x, [0, 2, 1]));
      data.forEach((value, i) => expect(value).toBeCloseTo(y.data[i], 5));
      program.dispose();
    }));
});

it('frames come as they do without', async () => {
  const net = network().eval();
  const data = Uint8ClampedArray.from({ length: 7 * 6 * 4 }, (_, i) => (i * 37) % 256);
  const frame = { data, width: 7, height: 6 };
  const plain = await compile(net, { input: [1, 3, 8, 8], pixels: {} });
  const last = await compile(net, { input: [1, 8, 8, 3], pixels: {}, layout: 'channels-last' });
  expect(await last.run(frame)).toEqual(permute(await plain.run(frame), [0, 2, 3, 1]));
  for (const program of [plain, last]) program.dispose();
});

it('other layouts are refused', async () => {
  const options = { input: shape, layout: 'nhwc' as 'channels-last' };
  await expect(compile(network(), options)).rejects.toThrow(/layout is 'nhwc'/);
});

describe('a view', () => {
  const copy = ({ data }: Tensor): number[] => [...data];

  it.each([1, 2])('is the program’s memory, until the next run, on %d threads', async (threads) => {
    const program = await compile(network(), { input: shape, threads });
    const [a, b] = [randn(shape), randn(shape)];
    const wanted = [copy(await program.run(a)), copy(await program.run(b))];
    const first = await program.run(a, { view: true });
    expect(copy(first)).toEqual(wanted[0]);
    const second = await program.run(b, { view: true });
    expect(second.data.buffer).toBe(first.data.buffer);
    expect([copy(first), copy(second)]).toEqual([wanted[1], wanted[1]]);
    const kept = await program.run(a);
    expect(copy(kept)).toEqual(wanted[0]);
    program.dispose();
  });

  it('is by name of every output', async () => {
    const program = await compile(network(), { input: shape });
    const x = randn(shape);
    const { output } = await program.run({ input: x }, { view: true });
    expect(copy(output)).toEqual(copy(await program.run(x)));
    program.dispose();
  });

  it('cannot be written into tensors too', async () => {
    const program = await compile(network(), { input: shape });
    const x = randn(shape);
    const into = await program.run(x);
    await expect(program.run(x, { into, view: true })).rejects.toThrow(ShapeError);
    program.dispose();
  });
});

/** Whether the engine lets a caller's thread and others see one memory. */
const isolated = (globalThis as { crossOriginIsolated?: boolean }).crossOriginIsolated !== false;

describe('apart from the calling thread', () => {
  it.each([1, 2, 3])('%d workers give the same bits', async (threads) => {
    const net = network().eval();
    const x = randn(shape);
    const [plain, apart] = [
      await compile(net, { input: shape }),
      await compile(net, { input: shape, threads, worker: true }),
    ];
    const { threads: used, note } = apart.explain();
    if (isolated || threads === 1) expect({ used, note }).toEqual({ used: threads, note: null });
    else expect(note).toMatch(/^one thread, a worker: threads need a page that is isolated/);
    for (let i = 0; i < 3; i++) expect(await apart.run(x)).toEqual(await plain.run(x));
    expect((await apart.profile()).steps.every(({ milliseconds }) => milliseconds !== null)).toBe(true);
    for (const program of [plain, apart]) program.dispose();
    await expect(apart.run(x)).rejects.toThrow('the program was disposed');
  });

  it('events come through while a run is on its way', async () => {
    const slow = new nn.Sequential(
      ...Array.from({ length: 12 }, () => new nn.Conv2d(64, 64, 3, { padding: 1 })),
    );
    const input = [1, 64, 96, 96];
    const program = await compile(slow, { input, worker: true });
    const x = randn(input);
    await program.run(x);
    let [turns, over] = [0, false];
    const run = program.run(x).then(() => (over = true));
    // The copy of the input is done by now, and nothing else.
    expect(over).toBe(false);
    while (!over) {
      turns++;
      await new Promise((resolve) => setTimeout(resolve, 0));
    }
    await run;
    expect(turns).toBeGreaterThan(3);
    program.dispose();
  });

  it('the reference backend says that it does not', () =>
    withBackend('reference', async () => {
      const program = await compile(new nn.ReLU(), { input: [2], worker: true });
      expect(program.explain().note).toMatch(/^one thread, the calling one: backend 'reference'/);
    }));
});
