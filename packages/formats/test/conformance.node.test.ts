// Every node case of the ONNX suite, read in place: eagerly, and compiled where all values are floats. Where the suite is
// not there, the tests say so and are left out.

import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { compile, type Tensor } from 'neocog';
import { describe, expect, it } from 'vitest';
import type { GraphModule } from '../src/graph/graphModule.ts';
import { toTensor, type Value } from '../src/graph/value.ts';
import { loadOnnx } from '../src/index.ts';
import { decode } from '../src/onnx/protobuf.ts';
import { tensorType } from '../src/onnx/schema.ts';
import { readTensor } from '../src/onnx/tensors.ts';

/** Beside the checkout, where nothing else is said. */
const beside = new URL('../../../../shared/conformance/onnx-node', import.meta.url);
const folder = process.env.ONNX_NODE_CASES ?? fileURLToPath(beside);
const cases = existsSync(folder) ? readdirSync(folder).filter((name) => name.startsWith('test_')) : [];

/** Cases of floats that are not compiled, with what the table of operators says. */
const eagerOnly: Readonly<Record<string, string>> = {
  test_maxpool_with_argmax_2d_precomputed_strides: 'storage_order 1 is not compiled',
};

const readValue = (path: string): Value => readTensor(decode(tensorType, readFileSync(path)), new Map());

function readSet(path: string, kind: 'input' | 'output'): Value[] {
  const files = readdirSync(path).filter((name) => name.startsWith(`${kind}_`));
  return files.map((_, i) => readValue(join(path, `${kind}_${i}.pb`)));
}

function expectClose(got: Tensor, want: Value): void {
  expect(got.shape).toEqual([...want.shape]);
  const exact = want.dtype !== 'float32';
  const wrong = Array.from(got.data).findIndex((v, i) => {
    const w = want.data[i];
    // The suite's own tolerance is the second; near zero it is too strict for sums of float32.
    const [near, far] = [1e-5 + 1e-4 * Math.abs(w), 1e-7 + 1e-3 * Math.abs(w)];
    return !(Object.is(v, w) || v === w || (!exact && Math.abs(v - w) <= Math.max(near, far)));
  });
  if (wrong >= 0) expect.fail(`element ${wrong} is ${got.data[wrong]}, ${want.data[wrong]} is right`);
}

const expectAll = (net: GraphModule, got: Record<string, Tensor>, wanted: readonly Value[]): void =>
  net.outputs.forEach(({ name }, i) => expectClose(got[name], wanted[i]));

const feedsOf = (net: GraphModule, inputs: readonly Value[]): Record<string, Tensor> =>
  Object.fromEntries(net.inputs.map(({ name }, i) => [name, toTensor(inputs[i])]));

describe.skipIf(cases.length === 0)('ONNX node cases', () => {
  it.each(cases)('%s', async (name) => {
    const path = join(folder, name, 'model.onnx');
    const inputs = readSet(join(folder, name, 'test_data_set_0'), 'input');
    const wanted = readSet(join(folder, name, 'test_data_set_0'), 'output');
    const net = await loadOnnx(path);
    const feeds = feedsOf(net, inputs);
    expectAll(net, net.run(feeds), wanted);
    if (Object.hasOwn(eagerOnly, name) || inputs.some(({ dtype }) => dtype !== 'float32')) return;
    // Scales are looked at: in a compiled network they are fixed.
    const values = Object.fromEntries(Object.entries(feeds).filter(([key]) => key === 'scales'));
    const fixed = await loadOnnx(path, { values });
    const given = feedsOf(fixed, inputs);
    const input = Object.fromEntries(Object.entries(given).map(([key, t]) => [key, t.shape]));
    const program = await compile(fixed, { input });
    expectAll(fixed, await program.run(given), wanted);
    program.dispose();
  });
});
