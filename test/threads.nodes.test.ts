// Threads of a machine as Node's workers: they hold no process up, and one that ends is noticed.

import { type ChildProcess, spawn } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { availableParallelism, tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import type { Worker } from 'node:worker_threads';
import { build } from 'esbuild';
import { afterAll, afterEach, beforeAll, beforeEach, expect, test } from 'vitest';
import { Machine, type MachineCode } from '../packages/neocog/src/backends/wasm/machine/index.ts';
import { compileTraining, DeviceError, mse, nn, optim, randn } from '../packages/neocog/src/index.ts';
import { firstScratch, hang, inWorker, mixing } from './threadsKernels.ts';

const threads = process.getBuiltinModule('node:worker_threads') as { Worker: typeof Worker };
const NodeWorker = threads.Worker;
let workers: Worker[] = [];

beforeEach(() => {
  workers = [];
  threads.Worker = class extends NodeWorker {
    constructor(...args: ConstructorParameters<typeof Worker>) {
      super(...args);
      workers.push(this);
    }
  };
});
afterEach(() => {
  threads.Worker = NodeWorker;
});

/** Waits until all of so many workers have ended. */
async function allEnd(count: number, meanwhile: () => void = () => {}): Promise<void> {
  expect(workers).toHaveLength(count);
  while (workers.some(({ threadId }) => threadId !== -1)) {
    meanwhile();
    await sleep(20);
  }
}

const dataBytes = 128;
/** Thread 1 never comes to an end of `hang`. */
const hanging: MachineCode = {
  routines: {
    hang: [{ kernel: inWorker('hang', firstScratch(dataBytes), hang), addresses: [64] }],
    mix: mixing(4, 1).code.routines.mix ?? [],
  },
  dataBytes,
};

test('a worker that ends during a run', async () => {
  const machine = await Machine.start(hanging, { threads: 2 });
  const run = expect(machine.run('hang')).rejects.toThrow(DeviceError);
  await workers[0]?.terminate();
  await run;
  await expect(machine.run('mix')).rejects.toThrow(/worker.* ended/);
});

test('a worker that ended before a run', async () => {
  const machine = await Machine.start(hanging, { threads: 3 });
  await machine.run('mix');
  await workers[1]?.terminate();
  await expect(machine.run('mix')).rejects.toThrow(DeviceError);
  // The others went with it.
  await allEnd(2);
});

test('a worker whose end no event has told yet', async () => {
  const machine = await Machine.start(hanging, { threads: 2 });
  void workers[0]?.terminate();
  // No event comes through: the end shows itself in one of the runs, however long the worker takes to stop.
  const runOn = (): void => {
    for (;;) {
      machine.runSync('mix');
      Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 20);
    }
  };
  expect(runOn).toThrow(DeviceError);
});

test('disposing during a run ends it, and the workers', async () => {
  const machine = await Machine.start(hanging, { threads: 2 });
  const run = expect(machine.run('hang')).rejects.toThrow('it was disposed');
  machine.dispose();
  await run;
  await allEnd(1);
});

test('the workers of a machine that nobody holds any more end', async () => {
  setFlagsFromString('--expose-gc');
  const collect = runInNewContext('gc') as () => void;
  await (await Machine.start(hanging, { threads: 2 })).run('mix');
  await allEnd(1, collect);
});

test('workers that do not start: one thread, and a note', async () => {
  threads.Worker = class {
    constructor() {
      throw new Error('out of threads');
    }
  } as unknown as typeof Worker;
  const machine = await Machine.start(hanging, { threads: 2 });
  expect(machine.threads).toBe(1);
  expect(machine.note).toContain('out of threads');
  await machine.run('mix');
});

test('more threads than any machine has: a cap, and a sentence', async () => {
  const machine = await Machine.start(hanging, { threads: 1000 });
  const most = Math.max(16, availableParallelism());
  expect([machine.threads, workers.length]).toEqual([most, most - 1]);
  expect(machine.note).toBe(`${most} threads: 1000 would only cost memory and time on this machine`);
  await machine.run('mix');
  machine.dispose();
});

test('shared memory that is refused: one thread, and a note', async () => {
  const { Memory } = WebAssembly;
  WebAssembly.Memory = class extends Memory {
    constructor(options: WebAssembly.MemoryDescriptor) {
      if (options.shared) throw new RangeError('no shared memory today');
      super(options);
    }
  };
  try {
    const machine = await Machine.start(hanging, { threads: 2 });
    expect([machine.threads, workers.length]).toEqual([1, 0]);
    expect(machine.note).toMatch(
      /^one thread: .*the engine refuses .* of shared memory.*no shared memory today/,
    );
    await machine.run('mix');
  } finally {
    WebAssembly.Memory = Memory;
  }
});

test('a task that cannot be sent: one thread, a note, and no worker left', async () => {
  const { postMessage } = NodeWorker.prototype;
  NodeWorker.prototype.postMessage = () => {
    throw new TypeError('not to be cloned');
  };
  try {
    const machine = await Machine.start(hanging, { threads: 3 });
    expect([machine.threads, machine.note]).toEqual([1, 'one thread: TypeError: not to be cloned']);
    await machine.run('mix');
  } finally {
    NodeWorker.prototype.postMessage = postMessage;
  }
  await allEnd(2);
});

test('a trainer whose step failed because a thread is gone brings nothing back', async () => {
  const net = new nn.Linear(4, 2);
  const optimizer = new optim.SGD(net.parameters(), { lr: 0.5 });
  const trainer = await compileTraining(net, { input: [3, 4], loss: mse, optimizer, threads: 2 });
  const [x, y] = [randn([3, 4]), randn([3, 2])];
  await trainer.step(x, y);
  const before = [...net.weight.data];
  await workers[0]?.terminate();
  await expect(trainer.step(x, y)).rejects.toThrow(DeviceError);
  expect(() => trainer.sync()).toThrow(/Trainer\.sync: a step failed while it moved the weights/);
  expect(() => trainer.sync()).toThrow(DeviceError);
  await expect(trainer.step(x, y)).rejects.toThrow(DeviceError);
  expect([...net.weight.data]).toEqual(before);
  trainer.dispose();
});

const folder = mkdtempSync(join(tmpdir(), 'neocog-threads-'));
const bundle = join(folder, 'child.mjs');
beforeAll(async () => {
  const entry = join(folder, 'child.ts');
  const path = (name: string) => JSON.stringify(fileURLToPath(new URL(name, import.meta.url)));
  writeFileSync(
    entry,
    `export { Machine } from ${path('../packages/neocog/src/backends/wasm/machine/index.ts')};
     export * from ${path('./threadsKernels.ts')};`,
  );
  // Names kept: what bundlers put around named functions must not get into a worker's source.
  await build({
    entryPoints: [entry],
    outfile: bundle,
    bundle: true,
    format: 'esm',
    minify: true,
    keepNames: true,
  });
});
afterAll(() => rmSync(folder, { recursive: true }));

/** Runs a program that has a machine of two threads, and ends by itself if it can; how it ended, and what it said. */
async function runChild(lines: string): Promise<[code: number | null, output: string]> {
  const program = `import { Machine, mixing, inWorker, hang, firstScratch } from ${JSON.stringify(bundle)};
    const kernel = inWorker('hang', firstScratch(128), hang);
    const routines = { hang: [{ kernel, addresses: [64] }], mix: mixing(4, 1).code.routines.mix };
    const machine = await Machine.start({ routines, dataBytes: 128 }, { threads: 2 });
    await machine.run('mix');
    ${lines}`;
  const child: ChildProcess = spawn(process.execPath, ['--input-type=module', '-e', program]);
  let output = '';
  const hear = (data: Buffer): void => {
    output += data;
  };
  child.stdout?.on('data', hear);
  child.stderr?.on('data', hear);
  const timer = setTimeout(() => child.kill('SIGKILL'), 120_000);
  const code = await new Promise<number | null>((resolve) => child.on('close', resolve));
  clearTimeout(timer);
  return [code, output];
}

test('a process ends when its program does', async () => {
  expect(await runChild('console.log(machine.threads);')).toEqual([0, '2\n']);
});

test('a process waits for workers that do all of its work, and ends then', async () => {
  const ended = await runChild(
    `const other = await Machine.start({ routines, dataBytes: 128 }, { threads: 1, apart: true });
     for (let i = 0; i < 3; i++) await other.run('mix');
     console.log(other.threads, other.note);`,
  );
  expect(ended).toEqual([0, '1 null\n']);
});

test('a process can be left while a thread works', async () => {
  const ended = await runChild(
    `machine.run('hang'); setTimeout(() => { console.log('leave'); process.exit(7); }, 100);`,
  );
  expect(ended).toEqual([7, 'leave\n']);
});
