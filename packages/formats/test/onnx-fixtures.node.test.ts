// Small networks that carry what is right for them: each gives y and, as a weight, what NumPy or ONNX's reference found for
// it. `fixtures/onnx/older.py` writes forms of opset 1 to 11, `operators.py` operators that no other suite here has.

import { readdirSync, readFileSync } from 'node:fs';
import { compile, Tensor } from 'neocog';
import { expect, it } from 'vitest';
import { loadOnnx } from '../src/index.ts';
import { runsOnHost } from './onnxCases.ts';

const fixtures = new URL('../fixtures/onnx/', import.meta.url);
const files = ['older', 'operators'].flatMap((folder) =>
  readdirSync(new URL(folder, fixtures)).map((name) => `${folder}/${name}`),
);

/** What sorts is for the host. */
const onHost = /reductions|boxes/;

function expectClose({ y, want }: Record<string, Tensor>): void {
  expect(y.shape).toEqual(want.shape);
  y.data.forEach((v, i) => expect(v, `element ${i}`).toBeCloseTo(want.data[i], 5));
}

it.each(files)('%s', async (name) => {
  const net = await loadOnnx(readFileSync(new URL(name, fixtures)));
  const shape = net.inputs[0].shape.map(Number);
  const size = shape.reduce((a, b) => a * b, 1);
  const x = new Tensor(
    Float32Array.from({ length: size }, (_, i) => i / size - 0.5),
    shape,
  );
  expectClose(net.run({ x }));
  const program = await compile(net, { input: { x: shape } });
  expectClose(await program.run({ x }));
  expect(runsOnHost(program)).toBe(onHost.test(name));
  program.dispose();
});
