// keptProgram: read by name, without the network.

import { expect, it } from 'vitest';
import { engine, overrideEngine } from '../../backends/wasm/engine.ts';
import {
  compile,
  keptProgram,
  manualSeed,
  mul,
  nn,
  type Program,
  randn,
  type Tensor,
  withBackend,
} from '../../index.ts';

type Store = Map<string, Uint8Array>;

/** Two inputs, two outputs. */
class Two extends nn.NamedModule {
  readonly inputs = [
    { name: 'picture', shape: [1, 3, 8, 8], dtype: 'float32' },
    { name: 'gain', shape: [1], dtype: 'float32' },
  ] as const;
  readonly outputs = [
    { name: 'map', shape: [1, 4, 6, 6], dtype: 'float32' },
    { name: 'scaled', shape: [1, 3, 8, 8], dtype: 'float32' },
  ] as const;
  readonly conv = new nn.Conv2d(3, 4, 3);

  run({ picture, gain }: nn.NamedTensors): Record<string, Tensor> {
    const [x, by] = [picture as Tensor, gain as Tensor];
    return { map: this.conv.forward(x), scaled: mul(x, by) };
  }
}

const never = (): Promise<Program> => Promise.reject(new Error('made again'));

/** Once the cache is done. */
async function named(name: string, cache: Store, make: () => Promise<Program>): Promise<Program> {
  const program = await keptProgram(name, { cache, make });
  while (program.explain().cache?.startsWith('writing')) await new Promise((wake) => setTimeout(wake, 1));
  return program;
}

const small = (seed = 1): Promise<Program> => {
  manualSeed(seed);
  return compile(new nn.Conv2d(3, 4, 3), { input: [1, 3, 8, 8] });
};

it.each([1, 2])('a program is read by its name, without the network, on %i threads', async (threads) => {
  const cache: Store = new Map();
  const net = new Two();
  const first = await named('two', cache, () => compile(net, { threads }));
  const second = await named('two', cache, never);
  expect([first, second].map((program) => program.explain().cache)).toEqual(['written', 'read']);
  expect(second.inputs).toEqual(first.inputs);
  expect(second.outputs).toEqual(first.outputs);
  expect({ ...second.explain(), cache: null }).toEqual({ ...first.explain(), cache: null });
  const given = { picture: randn([1, 3, 8, 8]), gain: randn([1]) };
  const [a, b] = [await first.run(given), await second.run(given)];
  for (const output of ['map', 'scaled']) {
    expect(b[output].data).toEqual(a[output].data);
    expect(b[output].shape).toEqual(a[output].shape);
  }
  await expect(second.run({ picture: given.gain, gain: given.gain })).rejects.toThrow('Program.run');
  expect(() => second.text()).toThrow("Program.text: program 'two' was read without its network");
});

it('a program that takes frames is read', async () => {
  const cache: Store = new Map();
  const make = () =>
    compile(new nn.Conv2d(3, 4, 3), { input: [1, 3, 8, 8], pixels: { mean: 0.5, std: 0.25 } });
  const [first, second] = [await named('camera', cache, make), await named('camera', cache, never)];
  const frame = { data: Uint8Array.from({ length: 20 * 10 * 4 }, (_, i) => i * 7), width: 20, height: 10 };
  expect((await second.run(frame)).data).toEqual((await first.run(frame)).data);
});

it('each name has a program of its own', async () => {
  const cache: Store = new Map();
  const [one, other] = [
    await named('one', cache, () => small(1)),
    await named('other', cache, () => small(2)),
  ];
  expect(other.explain().cache).toBe('written');
  const x = randn([1, 3, 8, 8]);
  const again = await (await named('one', cache, never)).run(x);
  expect(again.data).toEqual((await one.run(x)).data);
  expect(again.data).not.toEqual((await other.run(x)).data);
});

it('a damaged program is made anew', async () => {
  const cache: Store = new Map();
  await named('small', cache, () => small());
  const [[key, bytes]] = cache;
  cache.set(key, bytes.slice(0, -64));
  expect((await named('small', cache, () => small())).explain().cache).toBe(
    'written: what was there cannot be used',
  );
  expect((await named('small', cache, never)).explain().cache).toBe('read');
});

it('a program for another engine is made anew', async () => {
  const cache: Store = new Map();
  await named('small', cache, () => small());
  const before = overrideEngine({ keepsOrder: !engine().keepsOrder });
  try {
    expect((await named('small', cache, () => small())).explain().cache).toMatch(/^written/);
  } finally {
    overrideEngine(before);
  }
});

it('a network that draws in each run is not kept, and says so', async () => {
  const cache: Store = new Map();
  class Noisy extends nn.Module {
    override forward(x: Tensor): Tensor {
      return mul(x, randn(x.shape));
    }
  }
  class Dropping extends nn.Module {
    readonly drop = new nn.Dropout(0.5);
    override forward(x: Tensor): Tensor {
      return this.drop.train().forward(x);
    }
  }
  const fixed = await named('fixed', cache, () => compile(new Noisy(), { input: [2, 3] }));
  const drawn = await named('drawn', cache, () => compile(new Dropping(), { input: [2, 3] }));
  expect([fixed, drawn].map((program) => program.explain().cache)).toEqual([
    'written',
    'not written: the network draws or checks values in each run, which needs the network',
  ]);
  expect(cache.size).toBe(1);
});

it('a backend that compiles nothing keeps nothing', async () => {
  const cache: Store = new Map();
  const making = withBackend('reference', () => named('small', cache, () => small()));
  expect((await making).explain().cache).toBe('not written: the backend in use compiles nothing');
});

it('what is no program is refused', async () => {
  const make = async () => 1 as unknown as Program;
  await expect(named('one', new Map(), make)).rejects.toThrow('keptProgram: make gives no Program');
});
