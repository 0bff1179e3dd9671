// Networks that TensorFlow.js has saved give what TensorFlow.js gave; broken ones are refused.

import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { compile, type Tensor, tensor, UnsupportedError } from 'neocog';
import { describe, expect, it } from 'vitest';
import { loadFile } from '../load.ts';
import type { TfjsParts } from './artifacts.ts';
import { loadTfjs } from './load.ts';

const folder = new URL('../../fixtures/tfjs/', import.meta.url);
const path = (name: string): string => new URL(`${name}/model.json`, folder).pathname;

interface Listed {
  shape: number[];
  data: number[];
}

function expected(
  name: string,
  dtype: 'float32' | 'int32' = 'float32',
): { inputs: Tensor[]; outputs: Tensor[] } {
  const json: { inputs: Listed[]; outputs: Listed[] } = JSON.parse(
    readFileSync(new URL(`${name}/expected.json`, folder), 'utf8'),
  );
  const read = (list: Listed[], type: typeof dtype) =>
    list.map(({ shape, data }) => tensor(data, shape, { dtype: type }));
  return { inputs: read(json.inputs, dtype), outputs: read(json.outputs, 'float32') };
}

function expectClose(given: Tensor, wanted: Tensor, name: string): void {
  expect(given.shape, name).toEqual(wanted.shape);
  const far = given.data.findIndex((v, i) => !(Math.abs(v - wanted.data[i]) <= 1e-5 + 1e-5 * Math.abs(v)));
  expect(far, `${name}: ${given.data[far]} instead of ${wanted.data[far]}`).toBe(-1);
}

describe('loadTfjs', () => {
  it('reads a model that is wrapped as JavaScript', async () => {
    const to = mkdtempSync(join(tmpdir(), 'neocog-wrapped-'));
    for (const name of readdirSync(new URL('images/', folder))) {
      const bytes = readFileSync(new URL(`images/${name}`, folder));
      const value = name === 'model.json' ? bytes.toString() : `'${bytes.toString('base64')}'`;
      const file = name === 'model.json' ? 'model.min.js' : `${name}.min.js`;
      writeFileSync(join(to, file), `!function(e){module.exports=e()}(function(){t.exports=${value}});`);
    }
    const source = join(to, 'model.min.js');
    const { inputs, outputs } = expected('images');
    const nets = [await loadTfjs(source), (await loadFile(source)).network];
    rmSync(to, { recursive: true });
    for (const net of nets) expectClose(net!.forward(inputs[0]), outputs[0], 'wrapped');
  });

  it.each(['images', 'nested', 'sequence', 'uint8', 'uint16', 'float16'])(
    'computes what TensorFlow.js does: %s',
    async (name) => {
      const net = await loadTfjs(path(name));
      const { inputs, outputs } = expected(name, net.inputs[0].dtype);
      const feeds = Object.fromEntries(net.inputs.map((input, i) => [input.name, inputs[i]]));
      const eager = net.run(feeds);
      const shapes = Object.fromEntries(Object.entries(feeds).map(([key, x]) => [key, x.shape]));
      const program = await compile(net, { input: shapes, threads: 1 });
      const compiled = await program.run(feeds);
      program.dispose();
      net.outputs.forEach((output, i) => {
        expectClose(eager[output.name], outputs[i], output.name);
        expectClose(compiled[output.name], outputs[i], output.name);
      });
    },
  );

  it('takes bytes, joined or by path', async () => {
    const modelJson = new Uint8Array(readFileSync(path('images')));
    const paths = [1, 2, 3].map((i) => `group1-shard${i}of3.bin`);
    const shards = paths.map((name) => new Uint8Array(readFileSync(new URL(`images/${name}`, folder))));
    const { inputs, outputs } = expected('images');
    const given: TfjsParts['weights'][] = [
      shards,
      new Uint8Array(Buffer.concat(shards)),
      Object.fromEntries(paths.map((name, i) => [name, shards[i]])),
    ];
    for (const weights of given) {
      const net = await loadTfjs({ modelJson, weights });
      expectClose(net.run({ x: inputs[0] })[net.outputs[0].name], outputs[0], 'first');
    }
    const surplus = new Uint8Array(Buffer.concat([...shards, Uint8Array.of(0)]));
    await expect(loadTfjs({ modelJson, weights: surplus })).rejects.toThrow(/the manifest describes/);
    await expect(loadTfjs({ modelJson, weights: {} })).rejects.toThrow(
      /weights hold no "group1-shard1of3.bin"/,
    );
  });

  it('finds weights whose names have numbers', async () => {
    const { inputs, outputs } = expected('nested');
    const bytes = new Uint8Array(readFileSync(new URL('nested/group1-shard1of1.bin', folder)));
    const whole = readFileSync(path('nested'), 'utf8');
    const renamings: ((name: string) => string)[] = [
      (name) => name.replace('/', '_1/'),
      (name) => `tower_3/${name.replace('/', '_12/')}`,
      (name) => `${name}_2`,
    ];
    for (const rename of renamings) {
      const json = JSON.parse(whole);
      for (const weight of json.weightsManifest[0].weights) weight.name = rename(weight.name);
      const net = await loadTfjs({ modelJson: json, weights: bytes });
      const feeds = Object.fromEntries(net.inputs.map(({ name }, i) => [name, inputs[i]]));
      expectClose(net.run(feeds)[net.outputs[0].name], outputs[0], 'first');
    }
  });

  it('takes file URLs', async () => {
    const net = await loadTfjs(new URL('nested/model.json', folder));
    expect(net.inputs.map(({ name }) => name)).toEqual(['x', 'y']);
  });
});

/** A graph of one operation on `x`, with constants after it. */
function graph(op: string, attr: object = {}, constants: readonly number[][] = []): TfjsParts {
  const names = constants.map((_, i) => `c${i}`);
  const shape = { shape: { dim: [{ size: '-1' }, { size: '4' }] } };
  const node = [
    { name: 'x', op: 'Placeholder', attr: { dtype: { type: 'DT_FLOAT' }, shape } },
    ...names.map((name) => ({ name, op: 'Const', attr: {} })),
    { name: 'y', op, input: ['x', ...names], attr },
  ];
  const weights = constants.map((values, i) => ({ name: names[i], shape: [values.length], dtype: 'int32' }));
  return {
    modelJson: {
      format: 'graph-model',
      signature: { outputs: { y: { name: 'y:0' } } },
      modelTopology: { node },
      weightsManifest: [{ paths: ['a.bin'], weights }],
    },
    weights: new Uint8Array(Int32Array.from(constants.flat()).buffer),
  };
}

describe('a graph model', () => {
  it('runs, with inputs and outputs by name', async () => {
    const net = await loadTfjs(graph('Reshape', {}, [[-1, 2, 2]]));
    expect(net.inputs).toEqual([{ name: 'x', shape: ['batch', 4], dtype: 'float32' }]);
    expect(net.outputs).toEqual([{ name: 'y', shape: ['batch', 2, 2], dtype: 'float32' }]);
    expect(net.forward(tensor([[1, 2, 3, 4]])).shape).toEqual([1, 2, 2]);
  });

  it('chooses among whole numbers as such', async () => {
    const model = graph('Reshape', {}, [[1], [2], [3]]);
    const { node } = (model.modelJson as { modelTopology: { node: object[] } }).modelTopology;
    const whole = { T: { type: 'DT_INT32' } };
    node.splice(
      -1,
      1,
      { name: 'truth', op: 'Less', input: ['c0', 'c1'], attr: whole },
      { name: 'chosen', op: 'SelectV2', input: ['truth', 'c1', 'c2'], attr: whole },
      { name: 'four', op: 'Mul', input: ['chosen', 'c1'], attr: whole },
      { name: 'y', op: 'Reshape', input: ['x', 'four'], attr: {} },
    );
    const net = await loadTfjs(model);
    expect(net.forward(tensor([[1, 2, 3, 4]])).shape).toEqual([4]);
  });

  it('names every operator that is not there', async () => {
    await expect(loadTfjs(graph('Bucketize'))).rejects.toThrow(UnsupportedError);
    await expect(loadTfjs(graph('Bucketize'))).rejects.toThrow(/1 node is not supported: Bucketize "y"/);
  });

  it('adds images and values of fewer axes as they broadcast in the order of the file', async () => {
    const model = graph('Identity', {}, [[-1, 2, 1, 2], [0, 2], [2]]);
    const { node } = (model.modelJson as { modelTopology: { node: object[] } }).modelTopology;
    node.splice(
      -1,
      1,
      { name: 'image', op: 'Reshape', input: ['x', 'c0'], attr: {} },
      {
        name: 'pool',
        op: 'MaxPool',
        input: ['image'],
        attr: {
          ksize: { list: { i: ['1', '1', '1', '1'] } },
          strides: { list: { i: ['1', '1', '1', '1'] } },
          padding: { s: 'VkFMSUQ=' },
        },
      },
      { name: 'rows', op: 'Sum', input: ['image', 'c2'], attr: { keep_dims: { b: false } } },
      { name: 'y', op: 'AddV2', input: ['pool', 'rows'], attr: {} },
    );
    const net = await loadTfjs(model);
    // Of [n, h, w, c] and [n, h, c] the last axes meet: y[0, i, 0, k] = pool[0, i, 0, k] + rows[0, i, k], over both i of rows.
    const y = net.forward(tensor([[1, 2, 3, 4]]));
    expect(y.shape).toEqual([1, 2, 2, 2]);
    expect([...y.data]).toEqual([2, 4, 4, 6, 4, 6, 6, 8]);
  });

  it('multiplies matrices of whole numbers', async () => {
    const model = graph('MatMul', {}, [[1, 2, 3, 4], [1]]);
    const { node } = (model.modelJson as { modelTopology: { node: object[] } }).modelTopology;
    node.splice(
      -1,
      1,
      { name: 'whole', op: 'Cast', input: ['x'], attr: { DstT: { type: 'DT_INT32' } } },
      { name: 'column', op: 'ExpandDims', input: ['c0', 'c1'], attr: {} },
      { name: 'y', op: 'MatMul', input: ['whole', 'column'], attr: {} },
    );
    const net = await loadTfjs(model);
    expect([...net.forward(tensor([[1.5, 1, 0, 2]])).data]).toEqual([11]);
  });

  it('names the operators of a loop, which is a circle', async () => {
    const model = graph('Exit');
    const { node } = (model.modelJson as { modelTopology: { node: object[] } }).modelTopology;
    node.splice(-1, 1, { name: 'merge', op: 'Merge', input: ['x', 'next'], attr: {} });
    node.push({ name: 'next', op: 'NextIteration', input: ['merge'], attr: {} });
    node.push({ name: 'y', op: 'Exit', input: ['merge'], attr: {} });
    await expect(loadTfjs(model)).rejects.toThrow(UnsupportedError);
    await expect(loadTfjs(model)).rejects.toThrow(/3 nodes are not supported: Exit "y"; Merge "merge"/);
  });

  it('refuses circles and what nobody computes', async () => {
    const model = graph('Relu');
    const nodes = (model.modelJson as { modelTopology: { node: { name: string; input?: string[] }[] } })
      .modelTopology.node;
    nodes[1].input = ['y'];
    await expect(loadTfjs(model)).rejects.toThrow(/node "y" needs its own result/);
    nodes[1].input = ['z'];
    await expect(loadTfjs(model)).rejects.toThrow(/node "z" is missing/);
    nodes[1].input = ['x:3'];
    await expect(loadTfjs(model)).rejects.toThrow(/"x" has no result 3/);
  });
});
