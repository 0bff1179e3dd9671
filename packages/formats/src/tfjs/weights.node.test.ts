// Weights as a manifest describes them.

import { FormatError } from 'neocog';
import { expect, it } from 'vitest';
import { Budget } from '../budget.ts';
import { readManifest, readWeights } from './weights.ts';

const quantised = (dtype: string) =>
  readManifest('model.json', [
    {
      paths: ['w'],
      weights: [{ name: 'w', shape: [3], dtype, quantization: { dtype: 'uint8', scale: 0.25, min: -1 } }],
    },
  ]);

it('quantised floats are steps from the least one, whole numbers are rounded', () => {
  const read = (dtype: string) =>
    readWeights(new Budget('model.json', 100), quantised(dtype), [Uint8Array.of(0, 5, 11)]).get('w')?.data;
  expect(read('float32')).toEqual(Float32Array.of(-1, 0.25, 1.75));
  expect(read('int32')).toEqual(Int32Array.of(-1, 0, 2));
});

it('a byte too many or too few is refused', () => {
  for (const count of [2, 4]) {
    const read = () =>
      readWeights(new Budget('model.json', 100), quantised('float32'), [new Uint8Array(count)]);
    expect(read).toThrow(FormatError);
    expect(read).toThrow(`the shards w have ${count} bytes, but the manifest describes 3`);
  }
});
