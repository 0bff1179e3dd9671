// Calls of programs and trainers that overlap, arrays that change or go while something waits for them, and what is left
// when a call fails.

import { afterEach, describe, expect, it } from 'vitest';
import { setBackend } from '../backends/current.ts';
import type { Executable } from '../backends/executable.ts';
import { wasmBackend } from '../backends/wasm/backend.ts';
import { compileGraph } from '../backends/wasm/program/compile.ts';
import {
  compile,
  compileTraining,
  configure,
  crossEntropy,
  DeviceError,
  manualSeed,
  mse,
  nn,
  optim,
  type Program,
  randn,
  ShapeError,
  Tensor,
  type Trainer,
  tensor,
  withBackend,
} from '../index.ts';
import { Turns } from './turns.ts';

const backends = ['wasm', 'reference'] as const;
const network = (): nn.Sequential =>
  new nn.Sequential(new nn.Conv2d(2, 3, 3), new nn.ReLU(), new nn.Flatten());
const shape = [1, 2, 6, 6];
const classes = (...numbers: number[]): Tensor => tensor(numbers, [numbers.length], { dtype: 'int32' });

/** ES2024, which the library does not need. */
interface Resizable extends ArrayBuffer {
  resize(bytes: number): void;
}
const MakeResizable = ArrayBuffer as unknown as new (bytes: number, options: object) => Resizable;

/** A tensor on memory that can be resized or handed over. */
function fragile(like: Tensor): { x: Tensor; memory: Resizable } {
  const memory = new MakeResizable(like.size * 4, { maxByteLength: like.size * 8 });
  const data = new Float32Array(memory);
  data.set(like.data);
  return { x: new Tensor(data, like.shape), memory };
}

/** What may happen to a tensor's memory. */
const losses: [how: string, lose: (memory: Resizable) => void][] = [
  ['detached', (memory) => void structuredClone(memory, { transfer: [memory] })],
  ['shrunk', (memory) => memory.resize(memory.byteLength / 2)],
  ['grown', (memory) => memory.resize(memory.byteLength * 2)],
];

describe('turns', () => {
  it('begin at once where nobody is before, else in order; a failure holds up nobody', async () => {
    const turns = new Turns();
    const log: string[] = [];
    const call = (name: string, fails = false) =>
      turns.take(async () => {
        log.push(`${name} begins`);
        await null;
        log.push(`${name} ends`);
        if (fails) throw new Error(name);
        return name;
      });
    const first = call('a', true);
    expect([log, turns.taken]).toEqual([['a begins'], true]);
    const all = await Promise.allSettled([first, call('b'), call('c')]);
    expect(all.map(({ status }) => status)).toEqual(['rejected', 'fulfilled', 'fulfilled']);
    expect(log).toEqual(['a', 'b', 'c'].flatMap((name) => [`${name} begins`, `${name} ends`]));
    expect(turns.taken).toBe(false);
  });
});

describe.each(backends)('programs on %s', (backend) => {
  let program: Program;
  const start = async (threads: number, net = network()): Promise<nn.Module> => {
    program = await withBackend(backend, () => compile(net, { input: shape, threads }));
    return net;
  };
  afterEach(() => program.dispose());

  it.each([1, 2])('%i threads: overlapping runs give what each would give alone', async (threads) => {
    await start(threads);
    const inputs = Array.from({ length: 6 }, () => randn(shape));
    const alone: Tensor[] = [];
    for (const x of inputs) alone.push(await program.run(x));
    const timed = program.profile();
    const together = await Promise.all(inputs.map((x) => program.run(x)));
    await timed;
    expect(together.map((y) => y.data)).toEqual(alone.map((y) => y.data));
  });

  it('a run is on the values of its call, however long it waits', async () => {
    await start(2);
    const x = randn(shape);
    const wanted = await program.run(x);
    const runs = [program.run(x), program.run(x)];
    x.data.fill(7);
    for (const y of await Promise.all(runs)) expect(y.data).toEqual(wanted.data);
  });

  it('a run that is refused leaves those around it alone', async () => {
    await start(2);
    const x = randn(shape);
    const [a, b, c] = await Promise.allSettled([program.run(x), program.run(randn([1])), program.run(x)]);
    expect([a.status, b.status, c.status]).toEqual(['fulfilled', 'rejected', 'fulfilled']);
  });

  it('runs that wait when the program is disposed fail by name', async () => {
    await start(1);
    const x = randn(shape);
    const runs = [program.run(x), program.run(x), program.profile()];
    program.dispose();
    const [, ...waiting] = await Promise.allSettled(runs);
    for (const run of waiting) {
      expect(run).toMatchObject({ status: 'rejected', reason: expect.any(DeviceError) });
      expect(String((run as PromiseRejectedResult).reason)).toContain('the program was disposed');
    }
  });

  it('the weights are those of the call', async () => {
    const net = network();
    const x = randn(shape);
    const wanted = withBackend(backend, () => net.eval().forward(x));
    const compiling = withBackend(backend, () => compile(net, { input: shape, threads: 2 }));
    for (const t of net.parameters()) t.data.fill(9);
    program = await compiling;
    for (const t of net.parameters()) t.data.fill(5);
    const { data } = await program.run(x);
    data.forEach((v, i) => expect(v).toBeCloseTo(wanted.data[i], 5));
  });

  it.each(losses)('an input whose memory was %s is refused', async (_how, lose) => {
    await start(1);
    const { x, memory } = fragile(randn(shape));
    await program.run(x);
    lose(memory);
    await expect(program.run(x)).rejects.toThrow(ShapeError);
    await expect(program.run(x)).rejects.toThrow(
      /Program\.run: input of shape \[1,2,6,6\] has \d+ values instead of (72|48);/,
    );
  });

  it.each(losses)('a result whose place was %s is refused, also while it waits', async (_how, lose) => {
    await start(2);
    const x = randn(shape);
    const into = fragile(await program.run(x));
    const waiting = program.run(x, { into: into.x });
    lose(into.memory);
    await expect(waiting).rejects.toThrow(
      /Program\.run: output of shape \[1,48\] has \d+ values instead of (72|48);/,
    );
    await expect(program.run(x, { into: into.x })).rejects.toThrow(ShapeError);
  });

  it.each([5, 0, '', null, true, [], 'text'])('into: %j is refused', async (into) => {
    await start(1);
    const options = { into: into as unknown as Tensor };
    await expect(program.run(randn(shape), options)).rejects.toThrow(/Program\.run: into is /);
  });
});

describe('results of several names', () => {
  class Twice extends nn.NamedModule {
    readonly inputs = [{ name: 'x', shape: [2], dtype: 'float32' }] as const;
    readonly outputs = [
      { name: 'a', shape: [2], dtype: 'float32' },
      { name: 'b', shape: [2], dtype: 'float32' },
    ] as const;

    run({ x }: nn.NamedTensors): Record<string, Tensor> {
      return { a: new nn.ReLU().forward(x as Tensor), b: x as Tensor };
    }
  }

  it('one array for two of them is refused', async () => {
    const program = await compile(new Twice());
    const [x, into] = [tensor([-1, 2]), tensor([0, 0])];
    await expect(program.run({ x }, { into: { a: into, b: into } })).rejects.toThrow(/several outputs/);
    expect([...(await program.run({ x }, { into: { a: into } })).b.data]).toEqual([-1, 2]);
    expect([...into.data]).toEqual([0, 2]);
    program.dispose();
  });
});

describe.each(backends)('trainers on %s', (backend) => {
  afterEach(() => configure({ backend: 'wasm' }));

  const begin = async (threads = 1, optimizer?: (p: Tensor[]) => optim.Optimizer) => {
    configure({ backend });
    manualSeed(1);
    const net = new nn.Sequential(new nn.Conv2d(1, 2, 3), new nn.Flatten(), new nn.Linear(8, 3));
    const make = optimizer ?? ((p: Tensor[]) => new optim.SGD(p, { lr: 0.1, momentum: 0.9 }));
    const moves = make(net.parameters());
    const trainer = await compileTraining(net, {
      input: [3, 1, 4, 4],
      loss: crossEntropy,
      optimizer: moves,
      threads,
    });
    return { net, moves, trainer };
  };
  const images = (n: number): Tensor => randn([n, 1, 4, 4]);
  const weightsOf = (net: nn.Module): number[][] => net.parameters().map((t) => [...t.data]);

  it.each([1, 2])('%i threads: overlapping steps move as steps that are awaited', async (threads) => {
    const batches = [3, 3, 2, 3, 2].map((n) => ({ x: images(n), y: classes(...[2, 0, 1].slice(0, n)) }));
    const rates = [0.1, 0.02, 0.3, 0.001, 0.5];
    const one = await begin(threads);
    const awaited: number[] = [];
    for (const [i, { x, y }] of batches.entries()) {
      one.moves.lr = rates[i];
      awaited.push((await one.trainer.step(x, y)).loss);
    }
    one.trainer.sync();
    const other = await begin(threads);
    const overlapping = batches.map(({ x, y }, i) => {
      other.moves.lr = rates[i];
      const [own, labels] = [new Tensor(x.data.slice(), x.shape), new Tensor(y.data.slice(), y.shape)];
      const step = other.trainer.step(own, labels);
      own.data.fill(99);
      labels.data.fill(2);
      return step;
    });
    expect(() => other.trainer.sync()).toThrow(/Trainer\.sync: a step is running; await it first/);
    expect((await Promise.all(overlapping)).map(({ loss }) => loss)).toEqual(awaited);
    other.trainer.sync();
    expect(weightsOf(other.net)).toEqual(weightsOf(one.net));
    one.trainer.dispose();
    other.trainer.dispose();
  });

  it('weights and modes are those of the call, for smaller batches too', async () => {
    configure({ backend });
    const norm = new nn.BatchNorm2d(1);
    const net = new nn.Sequential(norm, new nn.Flatten(), new nn.Linear(16, 3));
    norm.eval();
    const optimizer = new optim.SGD(net.parameters(), { lr: 0 });
    const kept = weightsOf(net);
    const options = { input: [3, 1, 4, 4], loss: crossEntropy, optimizer, threads: 2 };
    const compiling = compileTraining(net, options);
    net.train();
    for (const t of net.parameters()) t.data.fill(9);
    const trainer = await compiling;
    await trainer.step(images(3), classes(0, 1, 2));
    await trainer.step(images(2), classes(0, 1));
    trainer.sync();
    expect(weightsOf(net)).toEqual(kept);
    expect([norm.runningMean?.data[0], norm.runningVar?.data[0], norm.numBatchesTracked?.item()]).toEqual([
      0, 1, 0,
    ]);
    trainer.dispose();
  });

  it.each<[string, () => nn.Module]>([
    ['alone', () => new nn.BatchNorm2d(1).eval()],
    [
      'in a network that evaluates but for its head',
      () => {
        const net = new nn.Sequential(new nn.BatchNorm2d(1), new nn.Conv2d(1, 1, 1)).eval();
        net.children()[1][1].train();
        return net;
      },
    ],
  ])('frozen batch normalisation stays so: %s', async (_where, make) => {
    configure({ backend });
    const net = make();
    const norm = net
      .namedModules()
      .map(([, part]) => part)
      .find((part) => part instanceof nn.BatchNorm2d);
    const optimizer = new optim.SGD(net.parameters(), { lr: 0.1 });
    const trainer = await compileTraining(net, { input: [3, 1, 4, 4], loss: mse, optimizer });
    await trainer.step(images(3), images(3));
    trainer.sync();
    expect([norm?.runningMean?.data[0], norm?.runningVar?.data[0], norm?.numBatchesTracked?.item()]).toEqual([
      0, 1, 0,
    ]);
    expect(norm?.training).toBe(false);
    trainer.dispose();
  });

  it.each(losses)('a batch whose memory was %s is refused, and moves nothing', async (_how, lose) => {
    const { net, trainer } = await begin();
    const before = weightsOf(net);
    const { x, memory } = fragile(images(3));
    lose(memory);
    await expect(trainer.step(x, classes(0, 1, 2))).rejects.toThrow(/Trainer\.step: input of shape/);
    trainer.sync();
    expect(weightsOf(net)).toEqual(before);
    trainer.dispose();
  });

  it('steps that wait when the trainer is disposed fail by name', async () => {
    const { trainer } = await begin();
    const steps = [1, 2].map(() => trainer.step(images(3), classes(0, 1, 2)));
    const smaller = trainer.step(images(2), classes(0, 1));
    trainer.dispose();
    for (const step of [...steps.slice(1), smaller])
      await expect(step).rejects.toThrow(/Trainer\.step: the trainer was disposed/);
    await steps[0];
    expect(() => trainer.sync()).toThrow(DeviceError);
  });
});

it('a trainer that is disposed while it compiles ends what was compiled', async () => {
  const made: Executable[] = [];
  let trainer: Trainer | undefined;
  // Compiles as the backend does; the second program is there when the trainer has just gone.
  const compileNext: typeof compileGraph = async (...task) => {
    const executable = await compileGraph(...task);
    if (made.push(executable) === 2) trainer?.dispose();
    return executable;
  };
  const before = setBackend(Object.create(wasmBackend, { compile: { value: compileNext } }));
  try {
    const net = new nn.Sequential(new nn.Flatten(), new nn.Linear(4, 3));
    const optimizer = new optim.SGD(net.parameters(), { lr: 0.1 });
    trainer = await compileTraining(net, { input: [3, 4], loss: crossEntropy, optimizer, threads: 2 });
    const step = trainer.step(randn([2, 4]), classes(0, 1));
    await expect(step).rejects.toThrow(
      /^Trainer\.step: the trainer was disposed; compile the training again$/,
    );
    expect(made).toHaveLength(2);
    for (const executable of made) await expect(executable.run([])).rejects.toThrow(/it was disposed/);
  } finally {
    if (before) setBackend(before);
  }
});

describe('tensors', () => {
  it.each<[string, unknown, readonly number[]]>([
    ['fewer values', new Float32Array(1), [4]],
    ['more values', new Float32Array(5), [4]],
    ['another type', new Float64Array(4), [4]],
    ['no array', 4, []],
    ['a list', [1, 2], [2]],
    ['an impossible shape', new Float32Array(4), [-2, -2]],
  ])('are refused of %s', (_what, data, of) => {
    expect(() => new Tensor(data as Float32Array, of)).toThrow(ShapeError);
  });
});
