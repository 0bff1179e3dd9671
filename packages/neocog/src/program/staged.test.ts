// compile of networks that look at values between their parts.

import { describe, expect, it } from 'vitest';
import {
  add,
  compile,
  concat,
  DeviceError,
  formatReport,
  manualSeed,
  mul,
  nn,
  pack,
  randn,
  reshape,
  type Shape,
  ShapeError,
  slice,
  Tensor,
  tensor,
  UnsupportedError,
  withBackend,
  zeros,
} from '../index.ts';

const float = (name: string, ...shape: (number | string)[]) => ({ name, shape, dtype: 'float32' }) as const;

/** Every cell whose score is above 0, then the sum of the network's other part over what was found. */
class Finder extends nn.StagedModule {
  readonly inputs = [float('x', 1, 3, 'h', 'w')];
  readonly outputs = [
    { name: 'places', shape: ['found'], dtype: 'int32' } as const,
    float('map', 1, 2, 'h', 'w'),
    float('rows', 'found', 1),
  ];
  readonly head = new nn.Conv2d(3, 4, 3, { padding: 1 });
  readonly scores = new nn.Conv2d(4, 1, 1);
  readonly refine = new nn.Conv2d(4, 2, 3, { padding: 1 });
  readonly last = new nn.Linear(1, 1);
  /** Thrown between the parts. */
  failure: Error | null = null;

  *stages({ x }: nn.NamedTensors): nn.Stages {
    const maps = yield* nn.stage(this.head, x);
    const scores = yield* nn.stage(this.scores, maps);
    yield* nn.onHost('places', 'above 0');
    const places = [...scores.data.keys()].filter((i) => scores.data[i] > 0);
    if (this.failure) throw this.failure;
    const rows = tensor(
      places.map((i) => scores.data[i]),
      [places.length, 1],
    );
    // Which part comes next depends on values.
    const map = yield* nn.stage(places.length % 2 === 0 ? this.refine : this.other, maps);
    return {
      places: tensor(places, [places.length], { dtype: 'int32' }),
      map,
      rows: places.length === 0 ? rows : yield* nn.stage(this.last, rows),
    };
  }

  readonly other = new nn.Conv2d(4, 2, 1);
}

function finder(): Finder {
  manualSeed(4);
  return new Finder();
}

const frame = (seed: number, shape: Shape = [1, 3, 6, 5]): Tensor => {
  manualSeed(seed);
  return randn(shape);
};

function expectSame(got: nn.NamedTensors, want: nn.NamedTensors): void {
  expect(Object.keys(got)).toEqual(Object.keys(want));
  for (const [name, y] of Object.entries(want)) {
    expect([got[name].shape, got[name].dtype]).toEqual([y.shape, y.dtype]);
    y.data.forEach((v, i) => expect(got[name].data[i]).toBeCloseTo(v, 4));
  }
}

describe.each(['wasm', 'reference'] as const)('a staged network on %s', (backend) => {
  it('gives what it gives eagerly, whatever its values lead to', () =>
    withBackend(backend, async () => {
      const net = finder();
      const program = await compile(net, { input: [1, 3, 6, 5] });
      const counts = new Set<number>();
      for (let seed = 0; seed < 6; seed++) {
        const x = frame(seed);
        const want = net.run({ x });
        expectSame(await program.run({ x }), want);
        counts.add(want.places.size);
      }
      expect(counts.size).toBeGreaterThan(2);
      program.dispose();
    }));
});

describe('a staged program', () => {
  it('states what is known of its outputs', async () => {
    const program = await compile(finder(), { input: [1, 3, 6, 5] });
    expect(program.outputs.map(({ shape }) => shape)).toEqual([['found'], [1, 2, 6, 5], ['found', 1]]);
    expect(program.inputs).toEqual([{ name: 'x', shape: [1, 3, 6, 5], dtype: 'float32' }]);
    expect(() => program.outputShape).toThrow(/the sizes found of places \[found\] follow from values/);
    program.dispose();
  });

  it('explains its parts and the host between them, with times in a profile', async () => {
    const program = await compile(finder(), { input: [1, 3, 6, 5] });
    const ahead = program.explain();
    expect(ahead.steps.map(({ operation }) => operation)).toEqual(['conv', 'conv', 'host']);
    expect(ahead.steps.at(-1)).toMatchObject({ label: 'places', description: 'above 0', milliseconds: null });
    expect(ahead.memory.total).toBeGreaterThan(0);
    expect(formatReport(ahead)).toMatch(/places +host +0 +above 0/);
    await program.run({ x: frame(1) });
    const steps = program.explain().steps.map(({ operation }) => operation);
    expect(steps.slice(0, 4)).toEqual(['conv', 'conv', 'host', 'conv']);
    const profile = await program.profile();
    expect(profile.steps.every(({ milliseconds }) => milliseconds !== null && milliseconds >= 0)).toBe(true);
    expect(profile.steps.map(({ operation }) => operation)).toEqual(steps);
    expect(program.explain().steps.every(({ milliseconds }) => milliseconds === null)).toBe(true);
    expect(program.text()).toContain('(module');
    program.dispose();
  });

  it('writes into tensors whose sizes are known, and refuses the others', async () => {
    const net = finder();
    const program = await compile(net, { input: [1, 3, 6, 5] });
    const [x, map] = [frame(2), zeros([1, 2, 6, 5])];
    const results = await program.run({ x }, { into: { map } });
    expect(results.map).toBe(map);
    expectSame(results, net.run({ x }));
    await expect(program.run({ x }, { into: { places: zeros([3], { dtype: 'int32' }) } })).rejects.toThrow(
      /into cannot be used: the sizes found of places \[found\] follow from values/,
    );
    expectSame(await program.run({ x }, { view: true }), net.run({ x }));
    program.dispose();
  });

  it('is usable after a run in which the host failed', async () => {
    const net = finder();
    const program = await compile(net, { input: [1, 3, 6, 5] });
    net.failure = new RangeError('no place');
    await expect(program.run({ x: frame(1) })).rejects.toThrow('no place');
    net.failure = null;
    expectSame(await program.run({ x: frame(1) }), net.run({ x: frame(1) }));
    program.dispose();
  });

  it('queues runs that overlap, each on the values of its call', async () => {
    const net = finder();
    const program = await compile(net, { input: [1, 3, 6, 5] });
    const frames = [1, 2, 3].map((seed) => frame(seed));
    const wanted = frames.map((x) => net.run({ x }));
    const runs = frames.map((x) => program.run({ x }));
    for (const x of frames) x.data.fill(0);
    const results = await Promise.all(runs);
    results.forEach((result, i) => expectSame(result, wanted[i]));
    program.dispose();
  });

  it('keeps the weights of the call, also in parts that it meets later', async () => {
    const net = finder();
    const x = frame(3);
    const want = net.run({ x });
    const program = await compile(net, { input: [1, 3, 6, 5] });
    for (const p of net.parameters()) p.data.fill(0);
    expectSame(await program.run({ x }), want);
    program.dispose();
  });

  it('runs in evaluation mode without gradients, and leaves the modes as they were', async () => {
    class Dropping extends nn.StagedModule {
      readonly inputs = [float('x', 4)];
      readonly outputs = [float('y', 4)];
      readonly part = new nn.Linear(4, 4);
      readonly drop = new nn.Dropout(0.9);

      *stages({ x }: nn.NamedTensors): nn.Stages {
        const y = yield* nn.stage(this.part, reshape(x, [1, 4]));
        if (Number.isNaN(y.data[0])) throw new Error('NaN');
        return { y: this.drop.forward(mul(reshape(y, [4]), this.part.bias as Tensor)) };
      }
    }
    const net = new Dropping().train();
    const program = await compile(net);
    const { y } = await program.run({ x: tensor([1, 2, 3, 4]) });
    expect([y.requiresGrad, net.training, net.drop.training]).toEqual([false, true, true]);
    expectSame({ y }, net.eval().run({ x: tensor([1, 2, 3, 4]) }));
    program.dispose();
  });

  it('gives the same bits on several threads and on workers', async () => {
    const net = finder();
    const input = [1, 3, 6, 5];
    const x = frame(5);
    const one = await compile(net, { input });
    const want = await one.run({ x });
    for (const how of [{ threads: 2 }, { threads: 2, worker: true }, { threads: 1, worker: true }]) {
      const program = await compile(net, { input, ...how });
      expect(await program.run({ x })).toEqual(want);
      program.dispose();
    }
    one.dispose();
  });

  it('is exact and compact where asked', async () => {
    const net = finder();
    for (const how of [{ exact: true }, { compact: true }]) {
      const program = await compile(net, { input: [1, 3, 6, 5], ...how });
      expectSame(await program.run({ x: frame(5) }), net.run({ x: frame(5) }));
      expect(program.explain().exact).toBe('exact' in how);
      program.dispose();
    }
  });

  it('takes and gives channels last', async () => {
    const net = finder();
    const program = await compile(net, { input: [1, 6, 5, 3], layout: 'channels-last' });
    expect(program.outputs[1].shape).toEqual([1, 6, 5, 2]);
    const x = frame(1);
    const want = net.run({ x });
    expectSame(await program.run({ x: turned(x) }), { ...want, map: turned(want.map) });
    program.dispose();
  });

  it('takes frames', async () => {
    const net = finder();
    const pixels = { mean: 0.5, std: 0.25 };
    const program = await compile(net, { input: [1, 3, 6, 5], pixels });
    const data = Uint8Array.from({ length: 6 * 5 * 3 }, (_, i) => (i * 37) % 256);
    const x = tensor(
      Array.from({ length: 90 }, (_, i) => (data[(i % 30) * 3 + Math.floor(i / 30)] / 255 - 0.5) / 0.25),
      [1, 3, 6, 5],
    );
    expectSame(await program.run({ x: { data, width: 5, height: 6 } }), net.run({ x }));
    expectSame(await program.run({ x }), net.run({ x }));
    await program.profile();
    program.dispose();
  });

  it('takes arrays of other numbers', async () => {
    const net = finder();
    const program = await compile(net, { input: [1, 3, 6, 5] });
    const bytes = Uint8Array.from({ length: 90 }, (_, i) => (i * 37) % 5);
    const x = new Tensor(Float32Array.from(bytes), [1, 3, 6, 5]);
    const run = program.run({ x: bytes });
    bytes.fill(0);
    expectSame(await run, net.run({ x }));
    program.dispose();
  });

  it('leaves axes open', async () => {
    const net = finder();
    const program = await compile(net, { input: [1, 3, 'h', 'w'] });
    for (const size of [
      [6, 5],
      [4, 7],
      [6, 5],
    ]) {
      const x = frame(7, [1, 3, ...size]);
      expectSame(await program.run({ x }), net.run({ x }));
    }
    const [first] = program.sizes;
    expect((await program.prepare(first)).outputs[1].shape).toEqual([1, 2, first.h, first.w]);
    program.dispose();
  });

  it('fails after dispose, also in the middle of a run', async () => {
    const program = await compile(finder(), { input: [1, 3, 6, 5] });
    const run = program.run({ x: frame(1) });
    program.dispose();
    await expect(run).rejects.toThrow(DeviceError);
    await expect(program.run({ x: frame(1) })).rejects.toThrow(/was disposed/);
  });

  it('keeps programs of a few shapes of a part whose input varies', async () => {
    class Crops extends nn.StagedModule {
      readonly inputs = [float('x', 8, 2)];
      readonly outputs = [float('y', 'n', 3)];
      readonly part = new nn.Linear(2, 3);

      *stages({ x }: nn.NamedTensors): nn.Stages {
        const n = Math.max(1, x.data.filter((v) => v > 0.5).length % 8);
        return { y: yield* nn.stage(this.part, slice(x, { axis: 0, start: 0, end: n })) };
      }
    }
    const net = new Crops();
    const program = await compile(net);
    for (let seed = 0; seed < 12; seed++)
      expectSame(await program.run({ x: frame(seed, [8, 2]) }), net.run({ x: frame(seed, [8, 2]) }));
    program.dispose();
  });
});

/** `[n, c, h, w]` → `[n, h, w, c]` */
function turned(x: Tensor): Tensor {
  const [n, c, h, w] = x.shape;
  const data = Float32Array.from({ length: x.size }, (_, i) => x.data[(i % c) * h * w + Math.floor(i / c)]);
  return new Tensor(data, [n, h, w, c]);
}

describe('what stages ask for', () => {
  class Plain extends nn.StagedModule {
    readonly inputs = [float('a', 2), float('b', 2)];
    readonly outputs = [float('sum', 2)];
    readonly pair = new Pair();

    *stages({ a, b }: nn.NamedTensors): nn.Stages {
      return yield* nn.stage(this.pair, { a, b });
    }
  }
  class Pair extends nn.NamedModule {
    readonly inputs = [float('a', 2), float('b', 2)];
    readonly outputs = [float('sum', 2)];

    run({ a, b }: nn.NamedTensors): Record<string, Tensor> {
      return { sum: add(a, b) };
    }
  }

  it('is one program if no value is looked at', async () => {
    const program = await compile(new Plain());
    const { sum } = await program.run({ a: tensor([1, 2]), b: tensor([3, 4]) });
    expect([...sum.data]).toEqual([4, 6]);
    expect(program.outputShape).toEqual([2]);
    pack(new Plain());
    program.dispose();
  });

  it('may not be one tensor for several inputs', () => {
    const stages = nn.stage(new Pair() as nn.Module, tensor([1, 2]));
    expect(() => stages.next()).toThrow(/stage: one tensor is given for 2 inputs; give { a, b }/);
  });

  it('must be a module that looks at no value itself', async () => {
    class Looks extends nn.Module {
      forward(x: Tensor): Tensor {
        return x.data[0] > 0 ? x : concat([x], { axis: 0 });
      }
    }
    class Outer extends nn.StagedModule {
      readonly inputs = [float('x', 2)];
      readonly outputs = [float('y', 2)];
      readonly part = new Looks();

      *stages({ x }: nn.NamedTensors): nn.Stages {
        return { y: yield* nn.stage(this.part, x) };
      }
    }
    await expect(compile(new Outer())).rejects.toThrow(UnsupportedError);
  });

  it('must end in tensors', async () => {
    class Nothing extends nn.StagedModule {
      readonly inputs = [float('x', 2)];
      readonly outputs = [float('y', 2)];

      *stages({ x }: nn.NamedTensors): nn.Stages {
        yield* nn.onHost('choice');
        return x.data[0] > 5 ? { y: x } : {};
      }
    }
    const program = await compile(new Nothing());
    expect(program.explain().note).toMatch(/no part is compiled yet/);
    await expect(program.run({ x: tensor([1, 2]) })).rejects.toThrow(ShapeError);
    expect([...(await program.run({ x: tensor([6, 2]) })).y.data]).toEqual([6, 2]);
    program.dispose();
  });

  it('cannot be packed where it looks at values', () => {
    const packing = () => pack(finder(), { input: [1, 3, 6, 5] });
    expect(packing).toThrow(UnsupportedError);
    expect(packing).toThrow(/packed code has no host to look at values \(.*reads values.*\); use compile$/);
  });
});
