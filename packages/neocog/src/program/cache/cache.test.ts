// compile with a cache: the same program, read instead of made.

import { afterEach, describe, expect, it, vi } from 'vitest';
import { Computed } from '../../../../../test/computed.ts';
import { Module as CodeModule } from '../../backends/wasm/assembler/index.ts';
import { Digest } from '../../backends/wasm/digest.ts';
import { engine, overrideEngine } from '../../backends/wasm/engine.ts';
import { seal } from '../../backends/wasm/program/kept.ts';
import {
  type Choices,
  type CompileOptions,
  compile,
  conv2d,
  dropout,
  manualSeed,
  models,
  nn,
  type Program,
  type ProgramReport,
  randn,
  relu,
  type Tensor,
  withBackend,
} from '../../index.ts';

/** Elsewhere it has a worker and a memory of its own, and is not kept. */
const isolated = globalThis.crossOriginIsolated !== false;

const input = [1, 3, 12, 12];

const network = (seed = 1): nn.Module => {
  manualSeed(seed);
  return new nn.Sequential(
    new nn.Conv2d(3, 16, 3, { padding: 1 }),
    new nn.BatchNorm2d(16),
    new nn.ReLU(),
    new nn.Conv2d(16, 24, 3, { stride: 2 }),
    new nn.Flatten(),
    new nn.Linear(24 * 25, 10),
  );
};

/** What came of the cache, when that is known. */
async function outcome(program: Program): Promise<string | null> {
  while (program.explain().cache?.startsWith('writing')) await new Promise((wake) => setTimeout(wake, 1));
  return program.explain().cache;
}

/** A program of the network, after its bytes were written. */
async function kept(options: CompileOptions, net = network()): Promise<Program> {
  const program = await compile(net, { input, ...options });
  await outcome(program);
  return program;
}

const withoutCache = (report: ProgramReport): ProgramReport => ({ ...report, cache: null });
const only = (store: Map<string, Uint8Array>): [string, Uint8Array] => [...store][0];

const digestOf = (bytes: Uint8Array = new Uint8Array(0)): string => new Digest().add(bytes).text();

/** With another head of the same length, and the digest of that. */
function forged(bytes: Uint8Array, change: (head: string) => string): Uint8Array {
  const forgery = bytes.slice();
  const [length] = new Uint32Array(forgery.buffer, 64, 1);
  const head = new TextDecoder().decode(forgery.subarray(128, 128 + length));
  const changed = change(head).padEnd(length);
  forgery.set(new TextEncoder().encode(changed), 128);
  return seal(forgery);
}

afterEach(() => vi.restoreAllMocks());

describe('a program that was kept', () => {
  it.each<[string, CompileOptions]>([
    ['of one thread', {}],
    ['of two threads', { threads: 2 }],
    ...(isolated
      ? [['whose calling thread never computes', { worker: true }] as [string, CompileOptions]]
      : []),
    ['that is exact', { exact: true }],
    ['with channels last', { input: [1, 12, 12, 3], layout: 'channels-last' }],
  ])('%s is the one that is made', async (_, options) => {
    const cache = new Map<string, Uint8Array>();
    const [made, first, second] = [
      await kept(options),
      await kept({ ...options, cache }),
      await kept({ ...options, cache }),
    ];
    expect([made, first, second].map((program) => program.explain().cache)).toEqual([
      null,
      'written',
      'read',
    ]);
    expect(withoutCache(second.explain())).toEqual(made.explain());
    expect(second.text()).toBe(made.text());
    const x = randn(made.inputShape);
    const results = await Promise.all([made, first, second].map((program) => program.run(x)));
    for (const result of results) expect(result.data).toEqual(results[0].data);
    const [times, fresh] = [await second.profile(), await made.profile()];
    const untimed = ({ steps, ...report }: ProgramReport) => ({
      ...withoutCache(report as ProgramReport),
      steps: steps.map((step) => ({ ...step, milliseconds: typeof step.milliseconds })),
    });
    expect(untimed(times)).toEqual(untimed(fresh));
    for (const program of [made, first, second]) program.dispose();
  });

  it('takes frames', async () => {
    const cache = new Map<string, Uint8Array>();
    const options = { cache, pixels: { mean: 0.5, std: 0.25 } };
    const [first, second] = [await kept(options), await kept(options)];
    const frame = { data: Uint8Array.from({ length: 20 * 30 * 4 }, (_, i) => i * 31), width: 30, height: 20 };
    expect((await second.run(frame)).data).toEqual((await first.run(frame)).data);
    expect(second.explain().cache).toBe('read');
    expect((await kept({ cache })).explain().cache).toBe('written');
    expect((await kept({ cache, pixels: { mean: 0.25, std: 0.25 } })).explain().cache).toBe('written');
  });

  it('draws what a network draws in each run', async () => {
    const noisy = new Computed((x: Tensor) => relu(dropout(x)));
    const cache = new Map<string, Uint8Array>();
    const programs = [await kept({ cache }, noisy), await kept({ cache }, noisy)];
    const x = randn(input);
    const results = [];
    for (const program of programs) {
      manualSeed(5);
      results.push((await program.run(x)).data);
    }
    expect(results[1]).toEqual(results[0]);
    expect(programs[1].explain().cache).toBe('read');
  });

  it('is read without emitting code', async () => {
    const cache = new Map<string, Uint8Array>();
    await kept({ cache });
    const emitted = vi.spyOn(CodeModule.prototype, 'func');
    expect((await kept({ cache })).explain().cache).toBe('read');
    expect(emitted).not.toHaveBeenCalled();
    await kept({});
    expect(emitted).toHaveBeenCalled();
  });

  it('is another for another weight, shape, option or network', async () => {
    const cache = new Map<string, Uint8Array>();
    const outcomes: (string | null)[] = [];
    const ask = async (options: CompileOptions, net?: nn.Module) =>
      outcomes.push((await kept({ cache, ...options }, net)).explain().cache);
    const changed = network();
    changed.parameters()[0].data[5] += 1e-6;
    const linear = network();
    linear.parameters().at(-1)?.data.set([0.5], 9);
    await ask({});
    await ask({}, changed);
    await ask({}, linear);
    await ask({ input: [2, 3, 12, 12] });
    await ask({ exact: true });
    await ask({ compact: true });
    await ask({ threads: 2 });
    await ask({}, network(2));
    expect(outcomes).toEqual(Array(8).fill('written'));
    expect(cache.size).toBe(8);
    await ask({}, network());
    expect(outcomes.at(-1)).toBe('read');
  });

  it('is another on an engine with other abilities', async () => {
    const cache = new Map<string, Uint8Array>();
    const first = (await kept({ cache })).explain();
    const before = overrideEngine({ fma: false, keepsOrder: !engine().keepsOrder });
    try {
      expect((await kept({ cache })).explain().cache).toBe('written');
    } finally {
      overrideEngine(before);
    }
    const again = (await kept({ cache })).explain();
    expect({ ...again, cache: null }).toEqual({ ...first, cache: null });
    expect(again.cache).toBe('read');
  });

  it('is that of the same network in another object', async () => {
    const cache = new Map<string, Uint8Array>();
    const options = { input: [1, 3, 64, 64], cache };
    manualSeed(3);
    const [one, other] = [models.mobilenetV2({ width: 0.25 }), models.mobilenetV2({ width: 0.25 })];
    other.loadStateDict(one.stateDict());
    await kept(options, one);
    expect((await kept(options, other)).explain().cache).toBe('read');
  });
});

describe('bytes that are not what was kept', () => {
  it.each([0, 63, 64, 70, 100, 127, 128, 200, 0.25, 0.5, 0.999])(
    'changed at %d are made anew',
    async (at) => {
      const cache = new Map<string, Uint8Array>();
      const first = await kept({ cache });
      const [key, bytes] = only(cache);
      const damaged = bytes.slice();
      damaged[at < 1 && at > 0 ? Math.floor(at * bytes.length) : at] ^= 4;
      cache.set(key, damaged);
      const second = await kept({ cache });
      expect(second.explain().cache).toBe('written: what was there cannot be used');
      expect(digestOf(cache.get(key))).toBe(digestOf(bytes));
      const x = randn(input);
      expect((await second.run(x)).data).toEqual((await first.run(x)).data);
    },
  );

  it.each([0, 1, 64, 100, 128, 1000, 0.5])('cut off after %d are made anew', async (at) => {
    const cache = new Map<string, Uint8Array>();
    await kept({ cache });
    const [key, bytes] = only(cache);
    cache.set(key, bytes.slice(0, at < 1 ? Math.floor(at * bytes.length) : at));
    expect((await kept({ cache })).explain().cache).toBe('written: what was there cannot be used');
    expect(digestOf(cache.get(key))).toBe(digestOf(bytes));
  });

  it('and those of another program are made anew', async () => {
    const [cache, other] = [new Map<string, Uint8Array>(), new Map<string, Uint8Array>()];
    await kept({ cache });
    await kept({ cache: other }, network(2));
    cache.set(only(cache)[0], only(other)[1]);
    expect((await kept({ cache })).explain().cache).toBe('written: what was there cannot be used');
  });

  it.each<[string, RegExp, string]>([
    ['an input', /"inputs":\[\d+\]/, '"inputs":[0]'],
    ['an output', /"outputs":\[\d+\]/, '"outputs":[1e9]'],
    ['scratch', /"scratch":\d+/, '"scratch":1e9'],
    ['the end', /"tail":\d+/, '"tail":1e9'],
    ['constants', /"constants":\d+/, '"constants":99'],
    ['the header of frames', /"headers":\[\d+\]/, '"headers":[0]'],
  ])('and addresses outside of memory are made anew: %s', async (_, what, by) => {
    const cache = new Map<string, Uint8Array>();
    const options = { cache, pixels: { mean: 0.5 } };
    await kept(options);
    const [key, bytes] = only(cache);
    cache.set(
      key,
      forged(bytes, (head) => head.replace(what, by)),
    );
    expect((await kept(options)).explain().cache).toBe('written: what was there cannot be used');
    cache.set(
      key,
      forged(bytes, (head) => head),
    );
    expect((await kept(options)).explain().cache).toBe('read');
  });

  it('may come in pieces of any length', async () => {
    const cache = new Map<string, Uint8Array>();
    await kept({ cache });
    for (const length of [1000, 70_001, 2 ** 20]) {
      const piece = new Uint8Array(length);
      async function* pieces(bytes: Uint8Array) {
        for (let at = 0; at < bytes.length; at += length) {
          const next = bytes.subarray(at, at + length);
          piece.set(next);
          yield piece.subarray(0, next.length);
        }
      }
      const get = (key: string) => pieces(cache.get(key) as Uint8Array);
      expect((await kept({ cache: { get, set: () => {} } })).explain().cache).toBe('read');
    }
  });

  it('may begin anywhere in a buffer', async () => {
    const cache = new Map<string, Uint8Array>();
    await kept({ cache });
    const [key, bytes] = only(cache);
    const around = new Uint8Array(bytes.length + 3);
    around.set(bytes, 3);
    cache.set(key, around.subarray(3));
    expect((await kept({ cache })).explain().cache).toBe('read');
  });
});

describe('a cache', () => {
  it('serves two calls at once', async () => {
    const cache = new Map<string, Uint8Array>();
    const programs = await Promise.all([kept({ cache }), kept({ cache })]);
    const x = randn(input);
    const [a, b] = await Promise.all(programs.map((program) => program.run(x)));
    expect(a.data).toEqual(b.data);
    expect((await kept({ cache })).explain().cache).toBe('read');
  });

  it('is written although the program was disposed', async () => {
    const cache = new Map<string, Uint8Array>();
    (await compile(network(), { input, cache })).dispose();
    while (cache.size === 0) await new Promise((wake) => setTimeout(wake, 1));
    expect((await kept({ cache })).explain().cache).toBe('read');
  });

  it('that fails is no error', async () => {
    const refuses = () => Promise.reject(new Error('no such database'));
    const unread = await kept({ cache: { get: refuses, set: () => {} } });
    expect(unread.explain().cache).toBe('written: what was there cannot be read (Error: no such database)');
    const unwritten = await kept({ cache: { get: () => undefined, set: refuses } });
    expect(unwritten.explain().cache).toBe('not written (Error: no such database)');
    await unwritten.run(randn(input));
  });

  it('keeps the weights of the call', async () => {
    const cache = new Map<string, Uint8Array>();
    const x = randn(input);
    const before = await (await kept({ cache })).run(x);
    const net = network();
    const compiling = compile(net, { input, cache });
    net.parameters()[0].data.fill(0);
    expect((await (await compiling).run(x)).data).toEqual(before.data);
  });

  it('refuses weights that change before it can tell', async () => {
    const net = network();
    const compiling = compile(net, { input, cache: new Map() });
    net.parameters()[0].data.fill(0);
    await expect(compiling).rejects.toThrow(
      "compile: the network's weights or the settings changed while the cache was asked",
    );
  });

  it('is not for open sizes', async () => {
    const open = { input: [1, 3, 'h', 'w'], cache: new Map() } as unknown as CompileOptions;
    await expect(compile(network(), open)).rejects.toThrow(
      'compile: programs of open sizes share one memory',
    );
  });

  it('keeps a program by its choices, and none that is timed anew', async () => {
    const cache = new Map<string, Uint8Array>();
    const timed = await kept({ cache, tune: true });
    expect(timed.explain().cache).toMatch(/^not written: algorithms are timed anew/);
    const choices = timed.choices() as Choices;
    const outcomes = [];
    for (const tune of [choices, JSON.parse(JSON.stringify(choices)), undefined, false, choices])
      outcomes.push(await outcome(await kept({ cache, tune })));
    expect(outcomes).toEqual(['written', 'read', 'written', 'read', 'read']);
    expect(cache.size).toBe(2);
  });

  it('keeps nothing of a backend that compiles nothing', async () => {
    const cache = new Map<string, Uint8Array>();
    const compiling = withBackend('reference', () => kept({ cache }));
    expect((await compiling).explain().cache).toBe('not written: the backend in use compiles nothing');
    expect(cache.size).toBe(0);
  });

  it('tells networks of equal text apart by their formulas', async () => {
    const cache = new Map<string, Uint8Array>();
    const weight = randn([4, 3, 3, 3]);
    const ask = async (body: (y: Tensor) => Tensor) =>
      kept({ cache }, new Computed((x: Tensor) => body(conv2d(x, weight))));
    await ask((y) => relu(y));
    await ask((y) => y);
    expect(cache.size).toBe(2);
  });
});
