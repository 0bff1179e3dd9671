import { readdirSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { NeocogError, zeros } from 'neocog';
import { describe, expect, it } from 'vitest';
import { detectFormat, type Format } from './detect.ts';
import { loadFile, loadFiles } from './load.ts';

const fixture = (path: string): string => fileURLToPath(new URL(`../fixtures/${path}`, import.meta.url));
const bytes = (path: string): Uint8Array => new Uint8Array(readFileSync(fixture(path)));

describe('detectFormat', () => {
  const files: [path: string, format: Format][] = [
    ['onnx/classifier.onnx', 'onnx'],
    ['keras/digits.keras', 'keras'],
    ['keras/digits.h5', 'keras'],
    ['torch/state.pt', 'torch'],
    ['torch/state.legacy.pt', 'torch'],
    ['numpy/stored.npz', 'npz'],
    ['numpy/whole.npy', 'npy'],
  ];
  it.each(files)('knows %s by its bytes, whatever its name', (path, format) => {
    expect(detectFormat(bytes(path))).toBe(format);
    expect(detectFormat(bytes(path), 'x.safetensors')).toBe(format === 'onnx' ? 'safetensors' : format);
  });

  it('goes by the name where bytes say nothing', () => {
    const text = new TextEncoder().encode('hello');
    expect(detectFormat(text)).toBeUndefined();
    expect(detectFormat(text, 'https://example.org/a.ONNX?x=1')).toBe('onnx');
    expect(detectFormat(new TextEncoder().encode(' {"modelTopology": {}}'))).toBe('tfjs');
  });
});

describe('loadFile', () => {
  it('gives networks with their weights, and weights alone', async () => {
    const onnx = await loadFile(fixture('onnx/classifier.onnx'));
    expect(onnx.network?.forward(zeros([2, 1, 8, 8])).shape).toEqual([2, 3]);
    expect(onnx.tensors['gemm.weight'].shape).toEqual([3, 16]);
    const keras = await loadFile(fixture('keras/digits.keras'), { shapes: { image: [1, 12, 12, 1] } });
    expect(keras.network?.outputs[0].shape).toEqual([1, 10]);
    const torch = await loadFile(fixture('torch/checkpoint.pt'), { within: 'state_dict' });
    expect(torch).toMatchObject({ format: 'torch', network: null, metadata: {} });
    expect(torch.tensors['0.weight'].shape).toEqual([2, 1, 3, 3]);
    expect((await loadFile(bytes('numpy/whole.npy'))).tensors.array.shape).toEqual([2, 3, 4]);
  });

  it('says what it cannot open', async () => {
    await expect(loadFile(Uint8Array.of(1, 2))).rejects.toThrow(/the file is of no known format; pass ONNX/);
    await expect(loadFile(new TextEncoder().encode('{}'))).rejects.toThrow(/lie beside it; pass its path/);
    await expect(loadFile('none.onnx')).rejects.toThrow(NeocogError);
  });
});

describe('loadFiles', () => {
  const model = 'tfjs/images/model.json';
  const shards = readdirSync(fixture('tfjs/images')).filter((name) => name.endsWith('.bin'));
  const parts = Object.fromEntries(shards.map((name) => [name, bytes(`tfjs/images/${name}`)]));

  it('finds the network among files, and what it names beside it or by name alone', async () => {
    const wanted = await loadFile(fixture(model));
    const flat = await loadFiles({ 'notes.txt': Uint8Array.of(1), ...parts, 'model.json': bytes(model) });
    expect(flat.format).toBe('tfjs');
    expect(flat.tensors).toEqual(wanted.tensors);
    const inFolder = Object.fromEntries(
      Object.entries(parts).map(([name, part]) => [`folder/${name}`, part]),
    );
    expect((await loadFiles({ ...inFolder, 'folder/model.json': bytes(model) })).tensors).toEqual(
      wanted.tensors,
    );
    expect((await loadFiles({ 'a.onnx': bytes('onnx/classifier.onnx') })).format).toBe('onnx');
  });

  it('names the file that is missing, and refuses what is nothing', async () => {
    await expect(loadFiles({ 'model.json': bytes(model) })).rejects.toThrow(
      /model.json names the file '?.*\.bin.*which is not among the given ones \(model.json\); give it too/,
    );
    await expect(loadFiles({ 'a.txt': Uint8Array.of(1) })).rejects.toThrow('no file is of a known format');
    await expect(loadFiles({})).rejects.toThrow('there are no files');
  });
});
