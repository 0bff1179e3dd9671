// What the sizes of an open program share: memory, constants and threads.

import { Worker } from 'node:worker_threads';
import { expect, it } from 'vitest';
import { compile, DeviceError, nn, type OpenProgram, randn, type Tensor } from '../index.ts';

/** Its weights take more than what it computes with. Winograd's algorithm runs some of them; its tiles are smaller below 24 × 24. */
const network = () =>
  new nn.Sequential(
    new nn.Conv2d(3, 64, 3, { padding: 1 }),
    new nn.BatchNorm2d(64),
    new nn.Conv2d(64, 128, 3, { padding: 1, stride: 2, activation: 'relu' }),
    new nn.Conv2d(128, 128, 3, { padding: 1, activation: 'relu' }),
    new nn.AdaptiveAvgPool2d(1),
    new nn.Flatten(),
    new nn.Linear(128, 2000),
  ).eval();

const imageOf = (side: number): Tensor => randn([1, 3, side, side]);
const sizeOf = (side: number) => ({ side });

const open = (net: nn.Module, options: { keep?: number; threads?: number } = {}): Promise<OpenProgram> =>
  compile(net, { input: [1, 3, 'side', 'side'], ...options });

const memoryOf = async (program: OpenProgram, side: number) =>
  (await program.prepare(sizeOf(side))).explain().memory;

it('one memory holds the constants once, and what the largest size computes with', async () => {
  const net = network();
  const program = await open(net);
  const sides = [24, 48, 32];
  let alone = 0;
  for (const side of sides) {
    const one = await compile(net, { input: [1, 3, side, side] });
    const x = imageOf(side);
    expect(await program.run(x)).toEqual(await one.run(x));
    const { constants, total } = one.explain().memory;
    expect((await memoryOf(program, side)).constants).toBe(constants);
    alone += total;
    one.dispose();
  }
  const memories = await Promise.all(sides.map((side) => memoryOf(program, side)));
  const [{ constants, total }] = memories;
  const most = Math.max(...memories.map(({ activations, scratch }) => activations + scratch));
  expect(memories.map((memory) => memory.total)).toEqual([total, total, total]);
  expect(total).toBeGreaterThanOrEqual(constants + most);
  expect(total - constants - most).toBeLessThan(3 * 65536);
  expect(total).toBeLessThan(alone / 2);
  program.dispose();
});

it('constants that one size alone reads give way with it', async () => {
  const net = network();
  const program = await open(net, { keep: 1 });
  const sides = [24, 8, 40, 6, 12, 40, 8, 24];
  const totals: number[] = [];
  for (const side of [...sides, ...sides]) {
    const x = imageOf(side);
    const one = await compile(net, { input: [1, 3, side, side] });
    expect(await program.run(x)).toEqual(await one.run(x));
    one.dispose();
    totals.push((await memoryOf(program, side)).total);
  }
  expect(totals.at(-1)).toBe(totals[sides.length - 1]);
  program.dispose();
});

/** Runs `body`, with the workers that are started meanwhile. */
async function withWorkers(body: (started: readonly Worker[]) => Promise<void>): Promise<void> {
  const workers = process.getBuiltinModule('node:worker_threads');
  const started: Worker[] = [];
  class Noted extends Worker {
    constructor(...given: ConstructorParameters<typeof Worker>) {
      super(...given);
      started.push(this);
    }
  }
  Object.assign(workers, { Worker: Noted });
  try {
    await body(started);
  } finally {
    Object.assign(workers, { Worker });
  }
}

it('threads are started once, for all sizes', () =>
  withWorkers(async (started) => {
    const net = network();
    const program = await open(net, { threads: 3, keep: 2 });
    for (const side of [8, 16, 8, 24, 8, 16]) {
      const x = imageOf(side);
      const y = await program.run(x);
      const one = await compile(net, { input: [1, 3, side, side] });
      expect(y).toEqual(await one.run(x));
      one.dispose();
    }
    const report = await (await program.prepare(sizeOf(16))).profile();
    expect([report.threads, report.note]).toEqual([3, null]);
    expect(report.steps.every(({ milliseconds }) => (milliseconds ?? -1) >= 0)).toBe(true);
    expect(started).toHaveLength(2);
    program.dispose();
  }));

it('when a thread has died, new sizes start anew', () =>
  withWorkers(async (started) => {
    const program = await open(network(), { threads: 2 });
    await program.run(imageOf(8));
    await started[0].terminate();
    expect((await program.run(imageOf(16))).shape).toEqual([1, 2000]);
    await expect(program.run(imageOf(8))).rejects.toThrow(DeviceError);
    await program.run(imageOf(24));
    expect(started).toHaveLength(2);
    program.dispose();
  }));

it('constants are packed once: another size has no code for it', async () => {
  const program = await open(network());
  const packing = async (side: number): Promise<number> =>
    (await program.prepare(sizeOf(side))).text().match(/: prepare\d+$/gm)?.length ?? 0;
  expect(await packing(24)).toBeGreaterThan(3);
  expect(await packing(48)).toBe(0);
  program.dispose();
});
