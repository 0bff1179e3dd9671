import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { NeocogError, zeros } from 'neocog';
import { describe, expect, it } from 'vitest';
import { detectFormat, type Format } from './detect.ts';
import { loadFile } from './load.ts';

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
    await expect(loadFile(Uint8Array.of(1, 2))).rejects.toThrow(
      /the file is of no format that is known here; pass ONNX/,
    );
    await expect(loadFile(new TextEncoder().encode('{}'))).rejects.toThrow(/lie beside it; pass its path/);
    await expect(loadFile('none.onnx')).rejects.toThrow(NeocogError);
  });
});
