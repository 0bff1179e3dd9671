// Networks that look at values, compiled: what runs where, and that results are those of an eager run.

import {
  type CompileOptions,
  compile,
  Generator,
  nn,
  type Program,
  pack,
  ShapeError,
  Tensor,
  UnsupportedError,
} from 'neocog';
import { describe, expect, it } from 'vitest';
import {
  branches,
  cells,
  picks,
  repeats,
  shapedChoice,
  sizes,
  spendthrift,
  ssd,
  strongest,
  yolo,
} from '../../test/detectors.ts';
import { type GraphModule, loadOnnx } from '../index.ts';

const networks = {
  'the best boxes of a map': yolo,
  'the best boxes of the best cells': ssd,
  'cells above a threshold': cells,
  'branches within branches': branches,
  'sizes that values decide': sizes,
  'the strongest channels': strongest,
  'a choice by shapes': shapedChoice,
} as const;

function picture(shape: readonly (number | string)[], seed: number): Tensor {
  const random = new Generator(seed);
  const dims = shape.map(Number);
  const scale = [1, 0.1, 3][seed % 3];
  const data = Float32Array.from(
    { length: dims.reduce((a, b) => a * b, 1) },
    () => (2 * random.uniform() - 1) * scale,
  );
  return new Tensor(data, dims);
}

const seeds = Array.from({ length: 9 }, (_, i) => i);

function expectSame(got: Readonly<Record<string, Tensor>>, want: Readonly<Record<string, Tensor>>): void {
  expect(Object.keys(got)).toEqual(Object.keys(want));
  for (const [name, y] of Object.entries(want)) {
    expect([name, got[name].shape, got[name].dtype]).toEqual([name, y.shape, y.dtype]);
    y.data.forEach((v, i) => expect(got[name].data[i]).toBeCloseTo(v, 4));
  }
}

async function expectAsEagerly(net: GraphModule, options: CompileOptions = {}): Promise<Program> {
  const program = await compile(net, options);
  for (const seed of seeds) {
    const x = picture(net.inputs[0].shape, seed);
    expectSame(await program.run({ x }), net.run({ x }));
  }
  return program;
}

describe.each(Object.entries(networks))('%s', (_, make) => {
  it.each([
    ['', {}],
    ['on two threads', { threads: 2 }],
    ['on a worker', { worker: true }],
    ['exactly', { exact: true }],
    ['compactly', { compact: true }],
  ] as const)('compiled %s', async (_how, options) => {
    (await expectAsEagerly(await loadOnnx(make()), options)).dispose();
  });

  it('cannot be packed', async () => {
    const net = await loadOnnx(make());
    expect(() => pack(net)).toThrow(UnsupportedError);
    expect(() => pack(net)).toThrow(
      /^pack: packed code has no host to look at values \(.* before it runs\); use compile$/,
    );
  });
});

/** What ran, in order: a name of each stretch, `program` or what the host did. */
function stretches(program: Program): string[] {
  const all = program
    .explain()
    .steps.map(({ operation, description }) =>
      operation === 'host' ? description.replace(/ \S*$/, '') : 'program',
    );
  return all.filter((name, i) => (name === 'program' ? name !== all[i - 1] : true));
}

const ran = async (make: () => Uint8Array, seed = 0): Promise<string[]> => {
  const net = await loadOnnx(make());
  const program = await compile(net);
  await program.run({ x: picture(net.inputs[0].shape, seed) });
  const all = stretches(program);
  program.dispose();
  return all;
};

describe('what runs where', () => {
  it('is told ahead as far as no value is looked at', async () => {
    const program = await compile(await loadOnnx(yolo()));
    expect(stretches(program)).toEqual(['program', '6 nodes on the host, from NonMaxSuppression']);
    expect(program.explain().steps.at(-1)?.label).toBe('NonMaxSuppression10');
    program.dispose();
  });

  it('is one program and a tail for detectors, whatever is cheap behind the first look', async () => {
    expect(await ran(ssd)).toEqual(['program', '12 nodes on the host, from TopK']);
    expect(await ran(cells)).toEqual(['program', '8 nodes on the host, from NonZero']);
  });

  it('is a program again for convolutions whose sizes are known, with what leads to them', async () => {
    expect(await ran(strongest)).toEqual(['program', '1 node on the host, from TopK', 'program']);
  });

  it('is the host for convolutions whose sizes follow from values', async () => {
    expect(await ran(sizes)).toEqual(['program', '6 nodes on the host, from Slice']);
  });

  it('is a program for each branch that is taken', async () => {
    const one = 'the host chooses one of 2';
    expect(await ran(branches, 1)).toEqual([
      'program',
      one,
      '1 node on the host, from Less',
      one,
      'program',
      '1 node on the host, from Mul',
      'program',
    ]);
    const dark = await ran(branches, 0);
    expect(dark).toEqual(await ran(branches, 1));
    expect(await ran(branches, 2)).toEqual(['program', one, 'program']);
  });
});

describe('sizes of inputs', () => {
  it('may be open: each has its division', async () => {
    const net = await loadOnnx(yolo([1, 3, 'h', 'w']));
    const program = await compile(net, { input: [1, 3, 'h', 'w'] });
    for (const size of [
      [24, 20],
      [16, 16],
      [24, 20],
    ]) {
      const x = picture([1, 3, ...size], 0);
      expectSame(await program.run({ x }), net.run({ x }));
    }
    expect(program.sizes).toHaveLength(2);
    program.dispose();
  });

  it('that do not fit are refused when the network is compiled', async () => {
    const net = await loadOnnx(yolo([1, 'c', 24, 20]));
    await expect(compile(net, { input: [1, 4, 24, 20] })).rejects.toThrow(ShapeError);
  });
});

describe('a program in stages', () => {
  it('takes frames and channels last', async () => {
    const net = await loadOnnx(yolo());
    const program = await compile(net, { pixels: { mean: 0.5, std: 0.3 } });
    const data = Uint8Array.from({ length: 24 * 20 * 3 }, (_, i) => (i * 7919) % 256);
    const at = (i: number): number => data[(i % 480) * 3 + Math.floor(i / 480)] / 255;
    const x = new Tensor(
      Float32Array.from({ length: 1440 }, (_, i) => (at(i) - 0.5) / 0.3),
      [1, 3, 24, 20],
    );
    expectSame(await program.run({ x: { data, width: 20, height: 24 } }), net.run({ x }));
    program.dispose();
    const turned = await compile(net, { input: [1, 24, 20, 3], layout: 'channels-last' });
    const last = Float32Array.from({ length: 1440 }, (_, i) => x.data[(i % 3) * 480 + Math.floor(i / 3)]);
    const got = await turned.run({ x: new Tensor(last, [1, 24, 20, 3]) });
    expectSame(got, net.run({ x }));
    turned.dispose();
  });

  it('names the node that fails in a run, and runs on', async () => {
    const net = await loadOnnx(picks());
    const program = await compile(net);
    const run = (at: number) => program.run({ x: new Tensor(Float32Array.of(1, at, 3), [3]) });
    expect([...(await run(2)).y.data]).toEqual([3]);
    await expect(run(7)).rejects.toThrow(
      /run: node GatherElements\d+ cannot be computed from its inputs: .*index 7/,
    );
    expect([...(await run(1)).y.data]).toEqual([1]);
    program.dispose();
  });

  it('is bounded as any run of the network', async () => {
    const net = await loadOnnx(cells(), { limits: { work: 1e7 } });
    const program = await compile(net);
    await program.run({ x: picture([1, 3, 6, 5], 0) });
    program.dispose();
    const greedy = await loadOnnx(repeats());
    const many = await compile(greedy);
    await expect(many.run({ x: new Tensor(Float32Array.of(1e9), [1]) })).rejects.toThrow(/limits\./);
    expect((await many.run({ x: new Tensor(Float32Array.of(3), [1]) })).y.shape).toEqual([3]);
    many.dispose();
    await expect(compile(await loadOnnx(spendthrift()))).rejects.toThrow(/limits\./);
  });

  it('keeps parts that are replaced later', async () => {
    const net = await loadOnnx(strongest());
    const x = picture([1, 3, 8, 6], 0);
    const before = net.run({ x });
    const program = await compile(net);
    net.replaceChild('Conv0', new nn.Conv2d(3, 8, 3, { padding: 1 }));
    net.replaceChild('Conv7', new nn.Conv2d(3, 4, 3, { padding: 1 }));
    expectSame(await program.run({ x }), before);
    const after = await compile(net);
    expectSame(await after.run({ x }), net.run({ x }));
    for (const one of [program, after]) one.dispose();
  });

  it('gives its stages to whoever drives them', async () => {
    const net = await loadOnnx(branches());
    const x = picture([1, 3, 8, 8], 2);
    const stages = net.stages({ x });
    let [step, parts] = [stages.next(), 0];
    while (!step.done) {
      const stage = step.value;
      if ('part' in stage) parts++;
      step = stages.next('part' in stage ? (stage.part as nn.NamedModule).run(stage.inputs) : {});
    }
    expect(parts).toBe(3);
    expectSame(step.value, net.run({ x }));
  });

  it('goes on while others wait: runs that overlap', async () => {
    const net = await loadOnnx(branches());
    const program = await compile(net, { threads: 2 });
    const inputs = seeds.map((seed) => picture([1, 3, 8, 8], seed));
    const results = await Promise.all(inputs.map((x) => program.run({ x })));
    results.forEach((result, i) => expectSame(result, net.run({ x: inputs[i] })));
    program.dispose();
  });
});
