import { expect, test } from 'vitest';
import {
  count,
  firstScratch,
  increment,
  inWorker,
  kernelOf,
  meet,
  mix,
  mixed,
  mixing,
  nap,
  trap,
} from '../../../../../../test/threadsKernels.ts';
import { DeviceError } from '../../../errors.ts';
import { address, i32, type Local } from '../assembler/index.ts';
import { firstData, Machine, type MachineCode } from './index.ts';
import { JobNumbers } from './jobs.ts';
import { layOut } from './layout.ts';
import { phasesOf } from './phases.ts';
import { mayWait } from './team.ts';

const floats = (machine: Machine, address: number, length: number): Float32Array =>
  Float32Array.from(new Float32Array(machine.memory.buffer, address, length));
const ints = (machine: Machine, address: number, length: number): number[] =>
  Array.from(new Int32Array(machine.memory.buffer, address, length));

const oneRoutine = (steps: MachineCode['routines'][string], dataBytes: number): MachineCode => ({
  routines: { run: steps },
  dataBytes,
});

for (const threads of [1, 2, 3, 5]) {
  test(`${threads} threads: a long chain of steps, over and over`, async () => {
    const { code, result } = mixing(1001, 63);
    const machine = await Machine.start(code, { threads });
    expect([machine.threads, machine.note]).toEqual([threads, null]);
    for (let i = 0; i < 20; i++) {
      new Float32Array(machine.memory.buffer, 64, 2002).fill(0);
      await machine.run('mix');
      expect(floats(machine, result, 1001)).toEqual(mixed(1001, 63));
    }
    machine.dispose();
  });

  test(`${threads} threads: small steps, in one phase and between others`, async () => {
    const { code, result } = mixing(50, 41);
    const steps = (code.routines.mix ?? []).map((step, i) => ({ ...step, small: i % 7 > 1 }));
    const machine = await Machine.start({ ...code, routines: { mix: steps } }, { threads });
    await machine.run('mix');
    expect(floats(machine, result, 50)).toEqual(mixed(50, 41));
    machine.dispose();
  });

  test(`${threads} threads: each has scratch of its own`, async () => {
    const step = { kernel: meet(threads), addresses: [128, 64] };
    const machine = await Machine.start(oneRoutine([step], 256), { threads });
    for (let i = 0; i < 10; i++) {
      new Int32Array(machine.memory.buffer, 64, 48).fill(0);
      await machine.run('run');
      expect(ints(machine, 128, threads)).toEqual(Array.from({ length: threads }, (_, u) => u));
    }
    machine.dispose();
  });

  test(`${threads} threads: fewer units than threads, none at all, and no steps`, async () => {
    const kernels = [3, 0, 1].map((units) => count(units));
    const steps = kernels.map((kernel, i) => ({ kernel, addresses: [64 + 16 * i] }));
    const code: MachineCode = { routines: { empty: [], run: steps, rest: steps.slice(1) }, dataBytes: 128 };
    const machine = await Machine.start(code, { threads });
    const before = new Int32Array(machine.memory.buffer, 64, 12).fill(9);
    await machine.run('empty');
    expect([...before]).toEqual(Array.from({ length: 12 }, () => 9));
    await machine.run('run');
    await machine.run('rest');
    await machine.run('run');
    expect(ints(machine, 64, 12)).toEqual([0, 1, 2, 9, 9, 9, 9, 9, 0, 9, 9, 9]);
    machine.dispose();
  });

  test(`${threads} threads: a profile has a time for every step`, async () => {
    const { code, result } = mixing(100, 9);
    const steps = (code.routines.mix ?? []).map((step, i) => ({ ...step, small: i > 4 }));
    const machine = await Machine.start({ ...code, routines: { mix: steps } }, { threads });
    const times = await machine.profile('mix');
    expect(times).toHaveLength(9);
    expect(Math.min(...times)).toBeGreaterThanOrEqual(0);
    expect(floats(machine, result, 100)).toEqual(mixed(100, 9));
    // The next run is an ordinary one.
    await machine.run('mix');
    machine.dispose();
  });
}

test('one run at a time; a disposed machine runs nothing', async () => {
  const { code } = mixing(1000, 10);
  const machine = await Machine.start(code, { threads: 2 });
  const runs = await Promise.allSettled([machine.run('mix'), machine.run('mix')]);
  expect(runs.map((run) => run.status)).toEqual(['fulfilled', 'rejected']);
  expect(String((runs[1] as PromiseRejectedResult).reason)).toContain('another run uses this memory');
  await machine.run('mix');
  machine.dispose();
  machine.dispose();
  await expect(machine.run('mix')).rejects.toThrow(DeviceError);
  await expect(machine.profile('mix')).rejects.toThrow('it was disposed');
});

test('with one thread a run is over when the call returns', async () => {
  const { code, result } = mixing(10, 3);
  const machine = await Machine.start(code, { threads: 1 });
  void machine.run('mix');
  expect(floats(machine, result, 10)).toEqual(mixed(10, 3));
  expect(machine.memory.buffer).toBeInstanceOf(ArrayBuffer);
  machine.dispose();
  expect(() => machine.runSync('mix')).toThrow(DeviceError);
});

test('runSync with threads where the caller may wait, else a DeviceError', async () => {
  const { code, result } = mixing(10, 3);
  const machine = await Machine.start(code, { threads: 2 });
  if (mayWait()) {
    machine.runSync('mix');
    expect(floats(machine, result, 10)).toEqual(mixed(10, 3));
  } else expect(() => machine.runSync('mix')).toThrow(DeviceError);
  machine.dispose();
});

for (const threads of [1, 2]) {
  test(`${threads} threads: a kernel that traps`, async () => {
    const steps = [
      { kernel: mix(10), addresses: [64, 128] },
      { kernel: kernelOf('trap', 1, [], trap), addresses: [] },
    ];
    const code: MachineCode = { routines: { good: steps.slice(0, 1), bad: steps }, dataBytes: 256 };
    const machine = await Machine.start(code, { threads });
    await machine.run('good');
    await expect(machine.run('bad')).rejects.toThrow(/memory access out of bounds/);
    await expect(machine.run('good')).rejects.toThrow(DeviceError);
    machine.dispose();
  });
}

test('a kernel that traps in a worker only', async () => {
  const dataBytes = 128;
  const kernel = inWorker('trap in worker', firstScratch(dataBytes), trap);
  const machine = await Machine.start(oneRoutine([{ kernel, addresses: [64] }], dataBytes), { threads: 2 });
  await expect(machine.run('run')).rejects.toThrow(/thread 1 stopped: .*memory access out of bounds/);
  await expect(machine.run('run')).rejects.toThrow(DeviceError);
});

test('a piece that lasts longer than threads wait in one go: nothing is done twice', async () => {
  const dataBytes = 4096;
  const kernel = inWorker('nap', firstScratch(dataBytes), nap(1800, 64));
  const add = { kernel: increment(500), addresses: [128] };
  const machine = await Machine.start(oneRoutine([add, { kernel, addresses: [64] }, add], dataBytes), {
    threads: 2,
  });
  const began = performance.now();
  await machine.run('run');
  expect(performance.now() - began).toBeGreaterThan(1700);
  expect(ints(machine, 128, 500)).toEqual(Array.from({ length: 500 }, () => 2));
  machine.dispose();
});

/** A copy of eight numbers that are kept to where a machine works. */
const copying = (from: number): MachineCode => ({
  routines: {
    copy: [{ kernel: copyKernel, addresses: [from, { beyond: 64 }] }],
    empty: [],
  },
  dataBytes: 64 + 8 * 4,
  floats: true,
});
const copyKernel = kernelOf('copy 8', 8, ['x', 'y'], (f, unit, { x, y }) =>
  f.run(i32.store(address(y as Local<'i32'>, [unit, 4]), i32.load(address(x as Local<'i32'>, [unit, 4])))),
);

for (const threads of [1, 2, 4])
  test(`${threads} threads: machines beside each other have one memory, one team, and a base that may move`, async () => {
    const [a, b] = [firstData + 64, firstData + 192];
    const first = await Machine.start(copying(a), { threads });
    const { workplace } = first;
    workplace.settle(firstData + 256, 'test');
    const second = await Machine.beside(workplace, copying(b));
    expect([second.memory, second.threads, second.note]).toEqual([first.memory, threads, null]);
    const write = (at: number, value: number) => new Int32Array(workplace.memory.buffer, at, 8).fill(value);
    write(a, 5);
    write(b, 7);
    for (const base of [firstData + 256, firstData + 384, 3 * 65536]) {
      workplace.settle(base, 'test');
      for (const [machine, value] of [
        [first, 5],
        [second, 7],
        [second, 7],
        [first, 5],
      ] as const) {
        new Int32Array(workplace.memory.buffer, base, 64).fill(0);
        await machine.run('empty');
        await machine.run('copy');
        expect(ints(first, base + 64, 8)).toEqual(Array.from({ length: 8 }, () => value));
      }
    }
    first.dispose();
    await expect(first.run('copy')).rejects.toThrow('it was disposed');
    const third = await Machine.beside(workplace, copying(a));
    for (const machine of [third, second, third]) await machine.run('copy');
    expect(ints(third, workplace.base + 64, 8)).toEqual(Array.from({ length: 8 }, () => 5));
    // One that goes while another comes.
    const coming = Machine.beside(workplace, copying(b));
    second.dispose();
    const fourth = await coming;
    await fourth.run('copy');
    expect(ints(third, workplace.base + 64, 8)).toEqual(Array.from({ length: 8 }, () => 7));
    fourth.dispose();
    expect(workplace.isOver).toBe(false);
    third.dispose();
    expect(workplace.isOver).toBe(true);
    await expect(Machine.beside(workplace, copying(a))).rejects.toThrow(DeviceError);
  });

test('a workplace that may have no more memory says so, and goes on', async () => {
  const machine = await Machine.start(copying(firstData + 64), { threads: 1 });
  machine.workplace.settle(firstData + 128, 'test');
  expect(() => machine.workplace.settle(2 ** 32, 'test')).toThrow(
    /^test: the engine refuses 4096\.\d MiB of memory, 4096\.0 for constants \(.*\); use a smaller size, or keep fewer$/,
  );
  await machine.run('copy');
  machine.dispose();
});

test('more memory than there can be', async () => {
  const starts = [1, 2].map((threads) => Machine.start(oneRoutine([], 2 ** 32), { threads }));
  for (const start of starts)
    await expect(start).rejects.toThrow(
      /the engine refuses 4096\.\d MiB of memory, .* use a smaller batch or image/,
    );
});

test('addresses beyond 2 GiB', async () => {
  const dataBytes = 2 ** 31 + 65536;
  const y = dataBytes - 256;
  for (const threads of [1, 2]) {
    const machine = await Machine.start(oneRoutine([{ kernel: count(20), addresses: [y] }], dataBytes), {
      threads,
    });
    await machine.run('run');
    expect(ints(machine, y, 20)).toEqual(Array.from({ length: 20 }, (_, u) => u));
    machine.dispose();
  }
});

test('equal kernels are there once, and the listing says which is which', async () => {
  const { code } = mixing(10, 30);
  const machine = await Machine.start(code, { threads: 1 });
  const text = machine.text();
  expect(text.match(/\(func \$kernel/g)).toHaveLength(1);
  expect(text).toContain(';; kernel0000: mix 10\n;; routine0: mix\n(module');
  expect(machine.codeBytes).toBeLessThan(10_000);
  machine.dispose();
});

test('pieces: a few per thread, never more than units; small neighbours are one', () => {
  const step = (units: number, small = false) => ({ kernel: mix(units), addresses: [], small });
  const pieces = (steps: Parameters<typeof phasesOf>[0], threads: number) =>
    phasesOf(steps, threads).map((phase) => [phase.steps.length, phase.pieces]);
  expect(pieces([step(100), step(5), step(1), step(100, true), step(100)], 4)).toEqual([
    [1, 16],
    [1, 5],
    [2, 1],
    [1, 16],
  ]);
  expect(pieces([step(100), step(1), step(100, true)], 1)).toEqual([
    [1, 8],
    [1, 1],
    [1, 1],
  ]);
});

test('every unit is done once, whatever the number of pieces', async () => {
  const sizes = Array.from({ length: 70 }, (_, units) => units);
  const steps = sizes.map((units) => ({ kernel: increment(units), addresses: [1024 * (units + 1)] }));
  for (const threads of [1, 2, 7]) {
    const machine = await Machine.start(oneRoutine(steps, 1024 * 72), { threads });
    await machine.run('run');
    for (const units of sizes) {
      const found = ints(machine, 1024 * (units + 1), 100);
      expect(found).toEqual(Array.from({ length: 100 }, (_, u) => (u < units ? 1 : 0)));
    }
    machine.dispose();
  }
});

test('job numbers name their routine and share no pieces, around 2³² too', () => {
  const numbers = new JobNumbers();
  numbers.routines = 5;
  // Threads wait for another number than 0.
  let end = 1;
  for (let i = 0; i < 5000; i++) {
    const [routine, pieces] = [i % 5, 1 + ((i * 7919) % 4_000_000)];
    const number = numbers.take(routine, pieces);
    expect(number & 7).toBe(routine);
    expect(number).toBe(number | 0);
    expect((number - end) | 0).toBeGreaterThanOrEqual(0);
    end = number + pieces;
  }
});

test('memory: data, then scratch, then the words that threads share', () => {
  const layout = layOut(oneRoutine([{ kernel: meet(3), addresses: [64, 128] }], 1000), 3);
  expect(layout.scratch).toBe(firstScratch(1000));
  expect(layout.scratchStride).toBeGreaterThanOrEqual(4004 + 64);
  expect(layout.control).toBe(layout.scratch + 3 * layout.scratchStride);
  expect(layout.pages).toBe(1);
});

for (const threads of [1, 2])
  test(`${threads} threads: a tail grows, and keeps what is there`, async () => {
    const step = { kernel: increment(1), addresses: ['tail'] } as const;
    const machine = await Machine.start({ ...oneRoutine([step], 64), grows: true }, { threads });
    const before = machine.memory.buffer.byteLength;
    new Int32Array(machine.memory.buffer, machine.tail, 1).fill(5);
    machine.grow(3 * 2 ** 20);
    expect(machine.memory.buffer.byteLength).toBeGreaterThanOrEqual(machine.tail + 3 * 2 ** 20);
    machine.grow(2 ** 20);
    expect(machine.memory.buffer.byteLength - before).toBeLessThan(4 * 2 ** 20);
    await machine.run('run');
    expect(ints(machine, machine.tail, 1)).toEqual([6]);
    expect(() => machine.grow(600 * 2 ** 20)).toThrow(
      /^run: the engine refuses 600\.0 MiB for frames \(.*\); use smaller frames, or fewer at a time$/,
    );
    await machine.run('run');
    expect(ints(machine, machine.tail, 1)).toEqual([7]);
    machine.dispose();
  });
