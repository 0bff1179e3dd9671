// Small files that ask for much are refused, each in bounded time; files that look alike and are sound are read.

import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { compile, NeocogError, ShapeError, softmax, tensor, zeros } from 'neocog';
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

describe('a small file that asks for much', () => {
  it.each(Object.entries(hostileFiles))('%s', { timeout: 60_000 }, async (_, read) => {
    const before = process.cpuUsage();
    await refused(read, NeocogError);
    const { user, system } = process.cpuUsage(before);
    expect((user + system) / 1e6).toBeLessThan(20);
  });

  it('is read where limits are raised', async () => {
    const bytes = onnx({ nodes: [['ConstantOfShape', 's', 'y']], weights: { s: [2 ** 27] } });
    await expect(loadOnnx(bytes)).rejects.toThrow(/134217728 numbers at once, limits\.elements is 6711\d+;/);
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

describe('a file that only looks hostile', () => {
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

  it('normalises nothing to nothing', () => {
    expect(softmax(zeros([2, 0]), { axis: 1 }).shape).toEqual([2, 0]);
  });
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
