// The model suites of ONNX, read in place: networks that PyTorch wrote in opset 6, operators that it wrote, small graphs,
// and whole networks with constant weights. `ONNX_DATA` names the folder `onnx/backend/test/data` of the Python package;
// without it, the tests are left out.

import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { compile, Tensor } from 'neocog';
import { describe, expect, it } from 'vitest';
import type { GraphModule } from '../src/graph/graphModule.ts';
import { toTensor, type Value } from '../src/graph/value.ts';
import { loadOnnx } from '../src/index.ts';
import { decode } from '../src/onnx/protobuf.ts';
import { tensorType } from '../src/onnx/schema.ts';
import { readTensor } from '../src/onnx/tensors.ts';

const folder = process.env.ONNX_DATA ?? '';

/** Cases outside of what is read, with what the error says. */
const refused: readonly (readonly [RegExp, RegExp])[] = [
  [/^test_gradient/, /Gradient/],
  [/^test_sequence_model/, /no tensor|Sequence/],
  [/^test_strnorm/, /text|StringNormalizer/],
];

/** Cases whose shapes are inputs: they are compiled where the shape is fixed at load. */
const shapeIsInput = /^test_expand_shape/;

const readValue = (path: string): Value => readTensor(decode(tensorType, readFileSync(path)), new Map());

function readSet(path: string, kind: 'input' | 'output'): Value[] {
  const files = readdirSync(path).filter((name) => name.startsWith(`${kind}_`));
  return files.map((_, i) => readValue(join(path, `${kind}_${i}.pb`)));
}

function expectClose(got: Tensor, want: Value): void {
  expect(got.shape).toEqual([...want.shape]);
  const wrong = Array.from(got.data).findIndex((v, i) => {
    const w = want.data[i];
    return !(Object.is(v, w) || v === w || Math.abs(v - w) <= 1e-5 + 1e-3 * Math.abs(w));
  });
  if (wrong >= 0) expect.fail(`element ${wrong} is ${got.data[wrong]}, ${want.data[wrong]} is right`);
}

type Feeds = Record<string, Tensor>;

function expectAll(net: GraphModule, got: Feeds, wanted: readonly Value[]): void {
  net.outputs.forEach(({ name }, i) => expectClose(got[name], wanted[i]));
}

async function expectCompiled(net: GraphModule, feeds: Feeds, wanted: readonly Value[]): Promise<void> {
  const input = Object.fromEntries(Object.entries(feeds).map(([key, t]) => [key, t.shape]));
  const program = await compile(net, { input });
  expectAll(net, await program.run(feeds), wanted);
  program.dispose();
}

const feedsOf = (net: GraphModule, inputs: readonly Value[]): Feeds =>
  Object.fromEntries(net.inputs.map(({ name }, i) => [name, toTensor(inputs[i])]));

async function expectCase(path: string, name: string): Promise<void> {
  const file = join(path, 'model.onnx');
  const reason = refused.find(([pattern]) => pattern.test(name))?.[1];
  if (reason) return expect(loadOnnx(file)).rejects.toThrow(reason);
  const net = await loadOnnx(file);
  for (const set of readdirSync(path).filter((entry) => entry.startsWith('test_data_set_'))) {
    const inputs = readSet(join(path, set), 'input');
    const wanted = readSet(join(path, set), 'output');
    const feeds = feedsOf(net, inputs);
    expectAll(net, net.run(feeds), wanted);
    if (!shapeIsInput.test(name)) await expectCompiled(net, feeds, wanted);
    else await expectFixed(file, feeds, wanted);
  }
}

/** As it is, the network is not compiled; with its whole numbers fixed it is. */
async function expectFixed(file: string, feeds: Feeds, wanted: readonly Value[]): Promise<void> {
  await expect(expectCompiled(await loadOnnx(file), feeds, wanted)).rejects.toThrow(
    /does not see before it runs/,
  );
  const [whole, floats] = ['int32', 'float32'].map((dtype) =>
    Object.fromEntries(Object.entries(feeds).filter(([, t]) => t.dtype === dtype)),
  );
  await expectCompiled(await loadOnnx(file, { values: whole }), floats, wanted);
}

for (const suite of ['pytorch-converted', 'pytorch-operator', 'simple']) {
  const path = join(folder, suite);
  const names = folder !== '' && existsSync(path) ? readdirSync(path) : [];
  describe(`ONNX ${suite}`, () => {
    if (names.length === 0) it.skip('is left out: ONNX_DATA names no folder that holds it');
    it.each(names)('%s', (name) => expectCase(join(path, name), name));
  });
}

const light = join(folder, 'light');
const networks =
  folder !== '' && existsSync(light) ? readdirSync(light).filter((name) => name.endsWith('.onnx')) : [];

describe('ONNX light', () => {
  if (networks.length === 0) it.skip('is left out: ONNX_DATA names no folder that holds it');
  it.each(networks)('%s', async (name) => {
    const net = await loadOnnx(join(light, name));
    const wanted = [readValue(join(light, name.replace('.onnx', '_output_0.pb')))];
    // The suite feeds 0, 1/n, 2/n …
    const shapes = net.inputs.map(({ shape }) => shape.map((n) => (typeof n === 'number' ? n : 1)));
    const sizes = shapes.map((shape) => shape.reduce((a, b) => a * b, 1));
    const inputs = shapes.map(
      (shape, i) =>
        new Tensor(
          Float32Array.from({ length: sizes[i] }, (_, k) => k / sizes[i]),
          shape,
        ),
    );
    const feeds = feedsOf(net, inputs);
    expectAll(net, net.run(feeds), wanted);
    await expectCompiled(net, feeds, wanted);
  });
});
