// Damaged ONNX files: each is refused or read, in bounded time.

import fc from 'fast-check';
import { FormatError, NeocogError, zeros } from 'neocog';
import { describe, expect, it } from 'vitest';
import { loadOnnx, saveOnnx } from '../src/index.ts';
import type { TensorProto } from '../src/onnx/schema.ts';
import { model, node, relu, small } from './smallModels.ts';

describe('a damaged ONNX file', () => {
  const refuse = (bytes: Uint8Array, reason: RegExp) => {
    const loading = loadOnnx(bytes);
    return Promise.all([
      expect(loading).rejects.toThrow(FormatError),
      expect(loading).rejects.toThrow(reason),
    ]);
  };
  const weight = (dims: number[], rawData: Uint8Array): TensorProto => ({
    name: 'w',
    dims,
    dataType: 1,
    rawData,
  });

  it('is refused for its graph', async () => {
    await refuse(new Uint8Array(0), /holds no graph/);
    await refuse(model({ node: [node('Relu', ['y'], ['y'])] }), /waits for itself/);
    await refuse(
      model({ node: [node('Relu', ['b'], ['a']), node('Relu', ['a'], ['b'])] }),
      /waits for itself/,
    );
    await refuse(model({ node: [...relu, ...relu] }), /computed or given twice, the second time by node/);
    await refuse(model({ node: [node('Relu', ['nowhere'], ['y'])] }), /no node computes/);
    await refuse(model({ node: [] }), /no node computes the output/);
  });

  it('is refused for its tensors', async () => {
    const four = new Uint8Array(4);
    await refuse(
      model({ node: relu, initializer: [weight([2], four)] }),
      /needs 8 bytes, but the file has 4/,
    );
    await refuse(model({ node: relu, initializer: [weight([-1], four)] }), /shape \[-1\]/);
    await refuse(model({ node: relu, initializer: [weight([2 ** 40, 2 ** 40], four)] }), /shape/);
    await refuse(model({ node: relu, initializer: [{ ...weight([1], four), dataType: 77 }] }), /type 77/);
  });

  it('is refused or read, and nothing else, cut anywhere or with bytes changed', async () => {
    const whole = saveOnnx(small(), { input: [1, 1, 8, 8] });
    const attempt = async (bytes: Uint8Array): Promise<void> => {
      try {
        const net = await loadOnnx(bytes);
        net.run({ input: zeros([1, 1, 8, 8]) });
      } catch (error) {
        if (!(error instanceof NeocogError)) throw error;
      }
    };
    for (let length = 0; length < whole.length; length += 13) await attempt(whole.slice(0, length));
    const change = fc.tuple(fc.nat(whole.length - 1), fc.nat(255));
    await fc.assert(
      fc.asyncProperty(fc.array(change, { minLength: 1, maxLength: 4 }), async (changes) => {
        const bytes = whole.slice();
        for (const [at, value] of changes) bytes[at] = value;
        await attempt(bytes);
      }),
      { numRuns: 500 },
    );
  });

  it('that asks for too much is refused in bounded time', async () => {
    const shape = new Uint8Array(BigInt64Array.of(2n ** 40n).buffer);
    const huge = { name: 's', dims: [1], dataType: 7, rawData: shape };
    const bytes = model({ node: [node('ConstantOfShape', ['s'], ['y'])], initializer: [huge] });
    await expect(loadOnnx(bytes)).rejects.toThrow(NeocogError);
    const tiles = model({ node: [node('Tile', ['x', 's'], ['y'])], initializer: [huge] });
    const net = await loadOnnx(tiles);
    expect(() => net.run({ x: zeros([2]) })).toThrow(NeocogError);
  });
});
