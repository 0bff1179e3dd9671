// The model suites of ONNX, in fixtures/onnx-node: networks that PyTorch wrote in opset 6, operators that it wrote, small
// graphs, and whole networks with constant weights.

import { compile, Tensor } from 'neocog';
import { describe, expect, it } from 'vitest';
import type { GraphModule } from '../src/graph/graphModule.ts';
import type { Value } from '../src/graph/value.ts';
import { loadOnnx } from '../src/index.ts';
import {
  caseNames,
  expectAll,
  type Feeds,
  feedsOf,
  openArchive,
  readModel,
  readSets,
  readValue,
  runsOnHost,
} from './onnxCases.ts';

const archive = openArchive('models-1.23.1.zip');

/** Cases outside of what is read, with what the error says. */
const refused: readonly (readonly [RegExp, RegExp])[] = [
  [/test_gradient_of_/, /Gradient/],
  [/test_sequence_model\d$/, /no tensor|Sequence/],
  [/test_strnorm_model_/, /text|StringNormalizer/],
];

/** Cases whose shapes are inputs: they are one program where the shape is fixed at load. */
const shapeIsInput = /test_expand_shape/;

async function expectCompiled(
  net: GraphModule,
  feeds: Feeds,
  wanted: readonly Value[],
  onHost = false,
): Promise<void> {
  const input = Object.fromEntries(Object.entries(feeds).map(([key, t]) => [key, t.shape]));
  const program = await compile(net, { input });
  expectAll(net, await program.run(feeds), wanted);
  expect(runsOnHost(program)).toBe(onHost);
  program.dispose();
}

/** As it is, the host computes; with its whole numbers fixed the network is one program. */
async function expectFixed(model: Uint8Array, feeds: Feeds, wanted: readonly Value[]): Promise<void> {
  await expectCompiled(await loadOnnx(model), feeds, wanted, true);
  const [whole, floats] = ['int32', 'float32'].map((dtype) =>
    Object.fromEntries(Object.entries(feeds).filter(([, t]) => t.dtype === dtype)),
  );
  await expectCompiled(await loadOnnx(model, { values: whole }), floats, wanted);
}

describe('ONNX models', () => {
  it.each(caseNames(archive))('%s', async (name) => {
    const model = readModel(archive, name);
    const reason = refused.find(([pattern]) => pattern.test(name))?.[1];
    if (reason) return expect(loadOnnx(model)).rejects.toThrow(reason);
    const net = await loadOnnx(model);
    for (const { inputs, outputs } of readSets(archive, name)) {
      const feeds = feedsOf(net, inputs);
      expectAll(net, net.run(feeds), outputs);
      if (!shapeIsInput.test(name)) await expectCompiled(net, feeds, outputs);
      else await expectFixed(model, feeds, outputs);
    }
  });
});

/** The suite feeds 0, 1/n, 2/n … */
function rising(shape: readonly number[]): Tensor {
  const size = shape.reduce((a, b) => a * b, 1);
  return new Tensor(
    Float32Array.from({ length: size }, (_, k) => k / size),
    shape,
  );
}

describe('ONNX networks', () => {
  const networks = [...archive.keys()].filter((path) => /^light\/.*\.onnx$/.test(path));
  it.each(networks)('%s', async (path) => {
    const net = await loadOnnx(archive.get(path)!);
    const wanted = [readValue(archive.get(path.replace('.onnx', '_output_0.pb'))!)];
    const shapes = net.inputs.map(({ shape }) => shape.map((n) => (typeof n === 'number' ? n : 1)));
    const feeds = Object.fromEntries(net.inputs.map(({ name }, i) => [name, rising(shapes[i])]));
    await expectCompiled(net, feeds, wanted);
  });
});
