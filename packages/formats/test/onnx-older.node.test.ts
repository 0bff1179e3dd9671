// Networks in the forms of opset 1 to 9, written by `fixtures/onnx/older.py`: each gives y and, as a weight, what NumPy
// found for it.

import { readdirSync, readFileSync } from 'node:fs';
import { compile, Tensor } from 'neocog';
import { expect, it } from 'vitest';
import { loadOnnx } from '../src/index.ts';

const folder = new URL('../fixtures/onnx/older/', import.meta.url);

function expectClose({ y, want }: Record<string, Tensor>): void {
  expect(y.shape).toEqual(want.shape);
  y.data.forEach((v, i) => expect(v, `element ${i}`).toBeCloseTo(want.data[i], 5));
}

it.each(readdirSync(folder))('%s', async (name) => {
  const net = await loadOnnx(readFileSync(new URL(name, folder)));
  const shape = net.inputs[0].shape.map(Number);
  const size = shape.reduce((a, b) => a * b, 1);
  const x = new Tensor(
    Float32Array.from({ length: size }, (_, i) => i / size - 0.5),
    shape,
  );
  expectClose(net.run({ x }));
  // Sorting is for the host.
  if (name === 'reductions.onnx') return;
  const program = await compile(net, { input: { x: shape } });
  expectClose(await program.run({ x }));
  program.dispose();
});
