// Small files that ask for much are refused, each in bounded time; files that look alike and are sound are read.

import { execFile, execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import {
  compile,
  FormatError,
  NeocogError,
  ones,
  ShapeError,
  softmax,
  tensor,
  UnsupportedError,
  zeros,
} from 'neocog';
import { describe, expect, it } from 'vitest';
import { hostileFiles, onnx } from '../test/hostile.ts';
import {
  loadFile,
  loadKeras,
  loadNpy,
  loadOnnx,
  loadTfjs,
  loadTorch,
  saveNpy,
  saveSafetensors,
} from './index.ts';

const refused = async (read: () => unknown, kind: new (message: string) => Error): Promise<void> => {
  await expect((async () => read())()).rejects.toBeInstanceOf(kind);
};

/**
 * Of the processor. The slowest file takes a twelfth of it on a quiet machine; a file that is not refused in time takes hours.
 */
const mostSeconds = 30;

async function cpuSeconds(body: () => unknown): Promise<number> {
  const before = process.cpuUsage();
  await body();
  const { user, system } = process.cpuUsage(before);
  return (user + system) / 1e6;
}

/** Errors of single operations when the network runs, where the input could be at fault too; and what is sound but not read. */
const refusals: Readonly<Record<string, typeof ShapeError | typeof UnsupportedError>> = {
  'onnx: strides of a billion': ShapeError,
  'tfjs: Range to a billion': UnsupportedError,
  'tfjs: enlarging a billion times': ShapeError,
  'tfjs: a vector repeated a billion times': ShapeError,
  'tfjs: an input of a billion numbers': ShapeError,
};

describe('a small file that asks for much', () => {
  it.each(Object.entries(hostileFiles))('%s', async (name, read) => {
    const seconds = await cpuSeconds(() => refused(read, refusals[name] ?? FormatError));
    expect(seconds).toBeLessThan(mostSeconds);
  });

  it('takes no more than about a gigabyte, whichever it is', async () => {
    const at = (path: string): string => fileURLToPath(new URL(path, import.meta.url));
    const args = ['--import', at('../../../test/fuzz/sources.ts'), at('../test/hostilePeak.ts')];
    const { stdout } = await promisify(execFile)(process.execPath, args);
    expect(Number(stdout)).toBeGreaterThan(2 ** 27);
    expect(Number(stdout)).toBeLessThan(1.25 * 2 ** 30);
  });

  it('is read where limits are raised', async () => {
    const bytes = onnx({ nodes: [['ConstantOfShape', 's', 'y']], weights: { s: [2 ** 27] } });
    await expect(loadOnnx(bytes)).rejects.toThrow(
      /134217728 numbers at once, but limits\.elements is 6711\d+;/,
    );
    const small = onnx({ nodes: [['ConstantOfShape', 's', 'y']], weights: { s: [100] } });
    await expect(loadOnnx(small, { limits: { elements: 50 } })).rejects.toThrow(/limits\.elements is 50;/);
    expect((await loadOnnx(small)).run({ x: zeros([1]) }).y.shape).toEqual([100]);
  });

  it('needs limits that are numbers above 0 by their names', async () => {
    for (const limits of [{ memory: 1 }, { bytes: 0 }, { depth: '9' }, null]) {
      await refused(() => loadNpy(saveNpy(zeros([1])), { limits } as never), ShapeError);
    }
  });
});

const chain = (op: string, count: number): Uint8Array =>
  onnx({ nodes: Array.from({ length: count }, (_, i) => [op, i === 0 ? 'x' : `v${i}`, `v${i + 1}`]) });

/** Updates of x's only element, which is 3: twos and ones in turn. */
const updatesOfOnePlace = (op: string, reduction: string, count: number): Uint8Array =>
  onnx({
    nodes: [
      ['Reshape', 'i0 s', 'i'],
      ['Cast', 'u0', 'u', { to: { i: 1 } }],
      [op, 'x i u', 'y', { reduction: { s: new TextEncoder().encode(reduction) } }],
    ],
    weights: {
      s: op === 'ScatterND' ? [count, 1] : [count],
      i0: new Array(count).fill(0),
      u0: Array.from({ length: count }, (_, i) => (i < 5 ? 2 : 1)),
    },
  });

describe('a file that only looks hostile', () => {
  it.each([
    ['add', 3 + 100_005],
    ['mul', 3 * 32],
    ['max', 3],
    ['min', 1],
  ])('updates one place 100,000 times: %s', async (reduction, result) => {
    for (const op of ['ScatterND', 'ScatterElements']) {
      const seconds = await cpuSeconds(async () => {
        const net = await loadOnnx(updatesOfOnePlace(op, reduction, 100_000));
        expect([...net.run({ x: tensor([3]) }).y.data]).toEqual([result]);
      });
      expect(seconds).toBeLessThan(mostSeconds);
    }
  });

  it('is a chain of 20,000 nodes, and one of 2,000 that is compiled', async () => {
    const seconds = await cpuSeconds(async () => {
      const net = await loadOnnx(chain('Relu', 20_000));
      expect(Object.values(net.run({ x: tensor([-1]) }))[0].data).toEqual(Float32Array.of(0));
      const program = await compile(await loadOnnx(chain('Relu', 2000)), { input: [1] });
      expect(Object.values(await program.run({ x: tensor([2]) }))[0].data).toEqual(Float32Array.of(2));
      program.dispose();
    });
    expect(seconds).toBeLessThan(2 * mostSeconds);
  });

  it('is a chain of 2,000 choices', async () => {
    const branch = (op: string, i: number) => ({ g: [[op, `v${i}`, `b${i}`]] as const });
    const bytes = onnx({
      nodes: [
        ['Greater', 'x zero', 'above'],
        ['Identity', 'x', 'v0'],
        ...Array.from(
          { length: 2000 },
          (_, i) =>
            [
              'If',
              'above',
              `v${i + 1}`,
              { then_branch: branch('Identity', i), else_branch: branch('Neg', i) },
            ] as const,
        ),
      ],
      weights: { zero: [0] },
      type: 1,
    });
    const seconds = await cpuSeconds(async () => {
      const net = await loadOnnx(bytes);
      for (const x of [2, -3]) expect(Object.values(net.run({ x: tensor([x]) }))[0].data[0]).toBe(x);
    });
    expect(seconds).toBeLessThan(mostSeconds);
  });

  it('sums up a long sequence, eagerly and compiled', async () => {
    const bytes = onnx({ nodes: [['CumSum', 'x a', 'y']], shape: [16_000], weights: { a: [0] } });
    const net = await loadOnnx(bytes);
    const x = tensor(Float32Array.from({ length: 16_000 }, (_, i) => (i % 3) - 1));
    const sums = Float32Array.from(x.data);
    for (let i = 1; i < sums.length; i++) sums[i] += sums[i - 1];
    expect(net.run({ x }).y.data).toEqual(sums);
    const program = await compile(net);
    expect((await program.run({ x })).y.data).toEqual(sums);
    program.dispose();
  });

  it.each(['constructor', '__proto__', 'toString'])('has an input named %s', async (name) => {
    const bytes = onnx({ nodes: [['Relu', 'x', 'y']] });
    const text = Buffer.from(bytes);
    const net = await loadOnnx(new Uint8Array(text));
    expect(net.inputs[0].name).toBe('x');
    const odd = await loadOnnx(onnx({ nodes: [['Relu', name, 'y']], input: name }));
    expect(odd.run(Object.fromEntries([[name, tensor([-1])]])).y.data).toEqual(Float32Array.of(0));
  });

  it('gives the angle of a whole number as a compiled network does', async () => {
    const net = await loadOnnx(onnx({ nodes: [['Acos', 'c', 'y']], weights: { c: [0] } }));
    expect(net.run({ x: zeros([1]) }).y.data[0]).toBeCloseTo(Math.PI / 2, 6);
  });

  it('gives the angle of a number of 8 bits as a compiled network does', async () => {
    const nodes = [
      ['Cast', 'x', 'b', { to: { i: 3 } }],
      ['Acos', 'b', 'y'],
    ] as const;
    const net = await loadOnnx(onnx({ nodes }));
    expect(net.run({ x: zeros([1]) }).y.data[0]).toBeCloseTo(Math.PI / 2, 6);
    const program = await compile(net, { input: [1] });
    expect((await program.run({ x: zeros([1]) })).y.data[0]).toBeCloseTo(Math.PI / 2, 6);
    program.dispose();
  });

  it('normalises over more channels than there are', async () => {
    const bytes = onnx({
      nodes: [['LRN', 'x', 'y', { size: { i: 3e8 } }]],
      shape: [1, 2, 2, 2],
    });
    const seconds = await cpuSeconds(async () => {
      const net = await loadOnnx(bytes);
      expect([...net.run({ x: ones([1, 2, 2, 2]) }).y.data]).toEqual(new Array(8).fill(1));
    });
    expect(seconds).toBeLessThan(mostSeconds);
  });

  it('normalises nothing to nothing', () => {
    expect(softmax(zeros([2, 0]), { axis: 1 }).shape).toEqual([2, 0]);
  });
});

it.each([
  'Add',
  'Conv',
  'Gemm',
  'MatMul',
  'Where',
  'Reshape',
  'Gather',
  'GatherND',
  'ScatterND',
  'LSTM',
  'Pad',
  'Resize',
  'TopK',
  'BatchNormalization',
])('a node %s whose second input is missing is refused in a sentence', async (op) => {
  const bytes = onnx({ nodes: [[op, 'x', 'y']], shape: [1, 1, 4, 4] });
  const running = (async () => (await loadOnnx(bytes)).run({ x: ones([1, 1, 4, 4]) }))();
  await expect(running).rejects.toBeInstanceOf(NeocogError);
  await expect(running).rejects.toThrow(/node y |"y" \(/);
});

describe('an argument that is no file', () => {
  it('is refused in a sentence', async () => {
    const cycle: Record<string, unknown> = {};
    cycle.self = cycle;
    await refused(() => loadTfjs({ modelJson: cycle, weights: [] }), NeocogError);
    await refused(() => loadTfjs({ modelJson: { a: 1n }, weights: [] }), NeocogError);
    await refused(() => loadTfjs({ modelJson: {}, weights: [undefined] } as never), NeocogError);
    const weights = new URL('../fixtures/keras/digits.weights.h5', import.meta.url);
    await refused(() => loadKeras(weights, { config: cycle }), NeocogError);
    await refused(() => loadTorch(new Uint8Array(3), null as never), NeocogError);
    const gone = new ArrayBuffer(8);
    structuredClone(gone, { transfer: [gone] });
    await refused(() => loadOnnx(gone), NeocogError);
    for (const tensors of [undefined, null, { a: 1 }, [zeros([1])], zeros([1])]) {
      await refused(() => saveSafetensors(tensors as never), NeocogError);
    }
  });

  it.skipIf(process.platform === 'win32')('may be a pipe, which nobody waits for', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'neocog-'));
    execFileSync('mkfifo', [join(folder, 'pipe')]);
    await expect(loadOnnx(join(folder, 'pipe'))).rejects.toThrow(/no regular file but a pipe or a device/);
    const model = onnx({ nodes: [['Add', 'x c', 'y']], external: { name: 'c', location: 'pipe' } });
    writeFileSync(join(folder, 'model.onnx'), model);
    await expect(loadOnnx(join(folder, 'model.onnx'))).rejects.toThrow(
      /no regular file but a pipe or a device/,
    );
  });
});

it('prints names short and without characters that do something', async () => {
  const name = `\u001b[2J\u202e${'long'.repeat(100_000)}`;
  const error = await loadOnnx(onnx({ nodes: [[name, 'x', 'y']] })).catch((e: Error) => e);
  expect((error as Error).message.length).toBeLessThan(500);
  expect((error as Error).message).not.toMatch(/[\p{Cc}\p{Cf}]/u);
});

it('a network is fetched once', async () => {
  let count = 0;
  const bytes = readFileSync(new URL('../fixtures/onnx/classifier.onnx', import.meta.url));
  const server = createServer((_, response) => {
    count++;
    response.end(bytes);
  });
  await new Promise<void>((done) => server.listen(0, '127.0.0.1', done));
  const { port } = server.address() as AddressInfo;
  try {
    expect((await loadFile(`http://127.0.0.1:${port}/classifier.onnx`)).network).not.toBeNull();
  } finally {
    server.close();
  }
  expect(count).toBe(1);
});
