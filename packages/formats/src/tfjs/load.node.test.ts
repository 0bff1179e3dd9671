// Networks that TensorFlow.js has saved give what TensorFlow.js gave; broken ones are refused.

import { readFileSync } from 'node:fs';
import { compile, FormatError, NeocogError, ShapeError, type Tensor, tensor, UnsupportedError } from 'neocog';
import { describe, expect, it } from 'vitest';
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
    await expect(loadTfjs(model)).rejects.toThrow(/there is no node "z"/);
    nodes[1].input = ['x:3'];
    await expect(loadTfjs(model)).rejects.toThrow(/"x" has no result 3/);
  });
});

interface ModelJson {
  modelTopology: {
    config: { layers: { class_name: string; config: Record<string, unknown>; inbound_nodes: unknown }[] };
  };
  weightsManifest: {
    paths: string[];
    weights: { name: string; shape: unknown; dtype: string; quantization?: unknown }[];
  }[];
}

/** The sequence of the fixtures with a change. */
function changed(name: string, change: (model: ModelJson) => void): TfjsParts {
  const model: ModelJson = JSON.parse(readFileSync(path(name), 'utf8'));
  const shards = model.weightsManifest[0].paths.map((shard) =>
    readFileSync(new URL(`${name}/${shard}`, folder)),
  );
  const weights = new Uint8Array(Buffer.concat(shards));
  change(model);
  return { modelJson: model, weights };
}

describe('a broken model', () => {
  const refuse = async (parts: TfjsParts, reason: RegExp, kind = FormatError): Promise<void> => {
    await expect(loadTfjs(parts)).rejects.toThrow(reason);
    await expect(loadTfjs(parts)).rejects.toBeInstanceOf(kind);
  };

  it('is refused for its JSON', async () => {
    for (const modelJson of ['', '{', '[]', 'null', '[1]']) {
      await refuse({ modelJson, weights: [] }, /cannot be read/);
    }
    const nested = { modelJson: `{"a":${'['.repeat(300)}`, weights: [] };
    await refuse(nested, /its JSON needs 201 levels of nesting, limits\.depth is 200/);
    await refuse({ modelJson: {}, weights: [] }, /no modelTopology/);
    await refuse({ modelJson: { modelTopology: {} }, weights: [] }, /Sequential or Functional/);
    await refuse({ modelJson: { modelTopology: { node: [] } }, weights: [] }, /no outputs/);
  });

  it('is refused for lengths, types and names of weights', async () => {
    const manifest = (change: (weight: ModelJson['weightsManifest'][0]['weights'][0]) => void) =>
      changed('sequence', (model) => change(model.weightsManifest[0].weights[0]));
    await refuse(
      { ...changed('sequence', () => {}), weights: new Uint8Array(8) },
      /have 8 bytes, the manifest describes/,
    );
    for (const shape of [[1e9, 1e9], [2 ** 60], [-1], [0.5], 'x', null, [Number.NaN]]) {
      await refuse(
        manifest((weight) => {
          weight.shape = shape;
        }),
        /bytes|shape/,
      );
    }
    await refuse(
      manifest((weight) => {
        weight.dtype = 'string';
      }),
      /dtype "string"/,
      UnsupportedError,
    );
    await refuse(
      manifest((weight) => {
        weight.dtype = 'complex64';
      }),
      /complex64/,
      UnsupportedError,
    );
    await refuse(
      manifest((weight) => {
        weight.quantization = { dtype: 'int4' };
      }),
      /int4/,
      UnsupportedError,
    );
    await refuse(
      changed('uint8', (model) => {
        (model.weightsManifest[0].weights[0].quantization as { scale: unknown }).scale = 'x';
      }),
      /scale/,
    );
    await refuse(
      manifest((weight) => {
        weight.name = 'conv/bias';
      }),
      /twice/,
    );
    await refuse(
      manifest((weight) => {
        weight.name = 'other';
      }),
      /no weight "embeddings"/,
    );
  });

  it('is refused for shards outside its folder', async () => {
    for (const shard of [
      '../x.bin',
      '/etc/passwd',
      'a/../../x',
      'http://example.org/x',
      'C:\\x',
      '..\\x',
      '',
    ]) {
      const model: ModelJson = JSON.parse(readFileSync(path('sequence'), 'utf8'));
      model.weightsManifest[0].paths = [shard];
      const url = `data:application/json,${encodeURIComponent(JSON.stringify(model))}`;
      await expect(loadTfjs(url), shard).rejects.toThrow(/not in the folder/);
    }
  });

  it('is refused for its layers', async () => {
    const layer = (
      change: (layer: ModelJson['modelTopology']['config']['layers'][0]) => void,
      name = 'nested',
    ) => changed(name, (model) => change(model.modelTopology.config.layers[3]));
    await refuse(
      layer((sum) => {
        sum.inbound_nodes = [[['sum', 0, 0, {}]]];
      }),
      /waits for a result/,
    );
    await refuse(
      layer((sum) => {
        sum.inbound_nodes = [[['tower', 7, 0, {}]]];
      }),
      /waits for a result/,
    );
    await refuse(
      layer((sum) => {
        sum.inbound_nodes = [[['x', 0, 5, {}]]];
      }),
      /nobody computes/,
    );
    await refuse(
      layer((sum) => {
        sum.inbound_nodes = 'x';
      }),
      /no class_name or config/,
    );
    await refuse(
      layer((sum) => {
        sum.class_name = 'Sum';
      }),
      /1 layer .*Sum "sum"/,
      UnsupportedError,
    );
    await refuse(
      changed('sequence', ({ modelTopology }) => {
        Object.assign(modelTopology.config.layers[1].config, { strides: -1 });
      }),
      /strides/,
    );
    await refuse(
      changed('sequence', ({ modelTopology }) => {
        modelTopology.config.layers[0].config.batch_input_shape = [null, 1e18];
      }),
      /shape/,
      NeocogError as unknown as typeof FormatError,
    );
  });

  it('names the shapes that it takes', async () => {
    await expect(loadTfjs(path('nested'), { shapes: { x: [1, 6, 6, 5] } })).rejects.toThrow(ShapeError);
    await expect(loadTfjs(path('nested'), { shapes: { z: 1 } })).rejects.toThrow(/shapes name 'z'/);
  });

  it('is refused or read, and nothing else, with texts changed', async () => {
    const text = readFileSync(path('nested'), 'utf8');
    const weights = new Uint8Array(readFileSync(new URL('nested/group1-shard1of1.bin', folder)));
    const parts = ['null', '-1', '1e9', '"x"', '[]', '{}', '', '0'];
    const places = [...text.matchAll(/(?<=[:,[])(\d+|"[^"]*"|true|false|null)(?=[,\]}])/g)];
    for (let i = 0; i < places.length; i += 3) {
      const { index, 0: old } = places[i];
      const modelJson = text.slice(0, index) + parts[i % parts.length] + text.slice(index + old.length);
      await loadTfjs({ modelJson, weights }).catch((error) =>
        expect(error, error.stack).toBeInstanceOf(NeocogError),
      );
    }
  });
});
