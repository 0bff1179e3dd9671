// ONNX in and out: shapes at load, training further, round trips, refusals, and files that mean harm. What operators compute
// is tested by the suite of node cases.

import { mkdtempSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import {
  compileTraining,
  crossEntropy,
  FormatError,
  manualSeed,
  models,
  networkGraph,
  nn,
  optim,
  randn,
  summary,
  Tensor,
  tensor,
  UnsupportedError,
  zeros,
} from 'neocog';
import { describe, expect, it } from 'vitest';
import { loadOnnx, saveOnnx } from '../src/index.ts';
import { microsoftOperators } from '../src/onnx/microsoft.ts';
import { operatorTable } from '../src/onnx/operators/table.ts';
import type { NodeProto, TensorProto } from '../src/onnx/schema.ts';
import { floats, model, node, relu, small } from './smallModels.ts';

describe('saveOnnx and loadOnnx', () => {
  it('keep names, weights and results', async () => {
    const module = small().eval();
    const net = await loadOnnx(saveOnnx(module, { input: [2, 1, 8, 8] }));
    const keys = Object.keys(module.stateDict());
    expect(Object.keys(net.stateDict())).toEqual(keys);
    const x = randn([2, 1, 8, 8]);
    expect(net.forward(x).data).toEqual(module.forward(x).data);
    expect(net.inputs[0]).toMatchObject({ name: 'input', shape: [2, 1, 8, 8], dtype: 'float32' });
    const layers = summary(net, [2, 1, 8, 8]).layers.map(({ type }) => type.split('(')[0]);
    expect(layers.slice(0, 4)).toEqual(['Conv2d', 'BatchNorm', 'ReLU', 'MaxPool2d']);
    const again = await loadOnnx(saveOnnx(net, { input: [2, 1, 8, 8] }));
    expect(Object.keys(again.stateDict())).toEqual(keys);
  });

  it('give a network that trains further', async () => {
    const net = await loadOnnx(saveOnnx(small(), { input: [6, 1, 8, 8] }));
    const trainer = await compileTraining(net.train(), {
      input: [6, 1, 8, 8],
      loss: crossEntropy,
      optimizer: new optim.SGD(net.parameters(), { lr: 0.1 }),
    });
    const [x, y] = [randn([6, 1, 8, 8]), tensor(Int32Array.of(0, 1, 2, 0, 1, 2))];
    const first = await trainer.step(x, y);
    for (let i = 0; i < 20; i++) await trainer.step(x, y);
    const last = await trainer.step(x, y);
    expect(last.loss).toBeLessThan(first.loss / 2);
    trainer.dispose();
  });

  it('keep a weight that two layers share one parameter, under both keys', async () => {
    const [conv, again] = [new nn.Conv2d(2, 2, 1, { bias: false }), new nn.Conv2d(2, 2, 1, { bias: false })];
    Object.assign(again, { weight: conv.weight });
    const module = new nn.Sequential(conv, again);
    const net = await loadOnnx(saveOnnx(module, { input: [1, 2, 3, 3] }));
    expect(net.parameters()).toHaveLength(1);
    const weights = Object.values(net.stateDict());
    expect(weights).toHaveLength(2);
    expect(weights[0]).toBe(weights[1]);
    const x = randn([1, 2, 3, 3]);
    expect(net.forward(x).data).toEqual(module.forward(x).data);
  });

  it('leave the random numbers of the caller alone', async () => {
    const bytes = saveOnnx(small(), { input: [2, 1, 8, 8] });
    manualSeed(3);
    const next = randn([4]);
    manualSeed(3);
    await loadOnnx(bytes);
    expect(randn([4]).data).toEqual(next.data);
  });

  it('refuse options that do not fit', async () => {
    const bytes = saveOnnx(small(), { input: [2, 1, 8, 8] });
    await expect(loadOnnx(bytes, { shapes: { input: [2, 1, 8] } })).rejects.toThrow(/shapes give input/);
    await expect(loadOnnx(bytes, { shapes: { z: 1 } })).rejects.toThrow(/shapes name 'z'; choose from input/);
    await expect(loadOnnx(bytes, { values: { z: 1, a: 1 } })).rejects.toThrow(/values name 'z'/);
    expect(() => saveOnnx(small(), { input: [2, 1, 8, 8], opset: 99 })).toThrow(/opset is 99/);
  });
});

describe('loadOnnx', () => {
  it('names every node that it does not have, at once', async () => {
    const nodes = [node('Loop', ['x'], ['a']), node('Frobnicate', ['a'], ['b']), node('Relu', ['b'], ['y'])];
    const loading = loadOnnx(model({ node: nodes }));
    await expect(loading).rejects.toThrow(UnsupportedError);
    await expect(loading).rejects.toThrow(/2 nodes are not supported: "a" \(Loop\).*"b" \(Frobnicate\)/);
  });

  it('takes nodes in any order and fixes open axes', async () => {
    const nodes = [node('Relu', ['a'], ['y']), node('Neg', ['x'], ['a'])];
    const open = { tensorType: { elemType: 1, shape: { dim: [{ dimParam: 'n' }] } } };
    const bytes = model({ node: nodes, input: [{ name: 'x', type: open }] });
    const net = await loadOnnx(bytes);
    expect(net.inputs[0].shape).toEqual(['n']);
    expect([...net.run({ x: tensor([-1, 2]) }).y.data]).toEqual([1, 0]);
    const fixed = await loadOnnx(bytes, { shapes: { n: 3 } });
    expect(fixed.inputs[0].shape).toEqual([3]);
    const unsaid = { tensorType: { elemType: 1, shape: { dim: [{ dimParam: 'm' }] } } };
    const output = [{ name: 'y', type: unsaid }];
    const known = await loadOnnx(model({ node: nodes, output }));
    expect(known.outputs[0].shape).toEqual([2]);
  });

  it('leaves nodes in their order where they can run in it', async () => {
    const nodes = [
      node('Neg', ['x'], ['a']),
      node('Abs', ['a'], ['b']),
      node('Relu', ['x'], ['c']),
      node('Add', ['b', 'c'], ['y']),
    ];
    const net = await loadOnnx(model({ node: nodes }));
    const order = networkGraph(net, { input: [2] }).nodes.map(({ name }) => name.replace(/\..*$/, ''));
    expect(order).toEqual(['x', 'a', 'b', 'c', 'y', 'y']);
  });

  it('reads an axis of no cells as one that is open', async () => {
    const open = { tensorType: { elemType: 1, shape: { dim: [{ dimValue: 0 }, { dimValue: 2 }] } } };
    const net = await loadOnnx(model({ node: relu, input: [{ name: 'x', type: open }] }));
    expect(net.inputs[0].shape).toEqual(['?', 2]);
    expect(net.run({ x: zeros([3, 2]) }).y.shape).toEqual([3, 2]);
    expect(() => net.run({ x: zeros([3, 1]) })).toThrow(/needs \[\?,2\]/);
  });

  it('takes an attribute whose number is left out for 0, and one that is not there for its default', async () => {
    const slopes = async (attribute: NodeProto['attribute']) => {
      const net = await loadOnnx(model({ node: [{ ...node('LeakyRelu', ['x'], ['y']), attribute }] }));
      return net.run({ x: tensor([-100, 1]) }).y.data[0];
    };
    expect(await slopes([{ name: 'alpha', type: 1 }])).toBeCloseTo(0, 9);
    expect(await slopes([])).toBe(-1);
    const shares = async (attribute: NodeProto['attribute']) => {
      const each = { ...node('Softmax', ['x'], ['y']), attribute };
      const net = await loadOnnx(model({ node: [each], input: [{ name: 'x', type: floats(2, 1) }] }));
      return [...net.run({ x: zeros([2, 1]) }).y.data];
    };
    expect(await shares([{ name: 'axis', type: 2 }])).toEqual([0.5, 0.5]);
    expect(await shares([])).toEqual([1, 1]);
    await expect(shares([{ name: 'axis', type: 2, i: 2 ** 60 }])).rejects.toThrow(
      /attribute axis is not a whole/,
    );
  });

  it('reads a weight as it is and turned, each for the nodes that want it so', async () => {
    const transB = { name: 'transB', type: 2, i: 1 };
    const net = await loadOnnx(
      model({
        node: [
          node('MatMul', ['x', 'w'], ['a']),
          { ...node('Gemm', ['x', 'w'], ['b']), attribute: [transB] },
          node('MatMul', ['x', 'w'], ['c']),
          node('Sub', ['a', 'b'], ['d']),
          node('Concat', ['d', 'c'], ['y']),
        ].map((each) =>
          each.opType === 'Concat' ? { ...each, attribute: [{ name: 'axis', type: 2, i: 1 }] } : each,
        ),
        input: [{ name: 'x', type: floats(1, 2) }],
        initializer: [{ name: 'w', dims: [2, 2], dataType: 1, floatData: [1, 2, 3, 4] }],
      }),
    );
    // x·w is [7, 10], x·wᵀ is [5, 11].
    expect([...net.run({ x: tensor([[1, 2]]) }).y.data]).toEqual([2, -1, 7, 10]);
    expect(net.parameters()).toHaveLength(2);
  });

  it('fills sparse weights and constants with zeros', async () => {
    const values: TensorProto = { name: 'w', dims: [2], dataType: 1, floatData: [5, 7] };
    const sparse = (places: number[], ...dims: number[]) => ({
      values,
      indices: { dims, dataType: 7, int64Data: places },
      dims: [2, 2],
    });
    const constant = {
      ...node('Constant', [], ['c']),
      attribute: [{ name: 'sparse_value', sparseTensor: sparse([0, 3], 2) }],
    };
    const read = (weight: object) =>
      loadOnnx(
        model({
          node: [constant, node('MatMul', ['x', 'w'], ['m']), node('Add', ['m', 'c'], ['y'])],
          sparseInitializer: [weight as ReturnType<typeof sparse>],
        }),
      );
    const net = await read(sparse([0, 1, 1, 0], 2, 2));
    expect([...net.run({ x: tensor([1, 10]) }).y.data]).toEqual([75, 5, 70, 12]);
    await expect(read(sparse([0, 2, 1, 0], 2, 2))).rejects.toThrow(/value at \[0,2\]/);
    await expect(read(sparse([0, 1, 1], 3))).rejects.toThrow(/2 values and 3 numbers/);
    await expect(read({ ...sparse([0, 1], 2), dims: [2 ** 15, 2 ** 15] })).rejects.toThrow(/limits.elements/);
  });

  it('reads weights beside the model, and from nowhere else', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'neocog-'));
    const path = join(folder, 'model.onnx');
    const external = (location: string, length = 8): TensorProto => ({
      name: 'w',
      dims: [2],
      dataType: 1,
      dataLocation: 1,
      externalData: [
        { key: 'location', value: location },
        { key: 'offset', value: '4' },
        { key: 'length', value: String(length) },
      ],
    });
    const write = (proto: TensorProto): void =>
      writeFileSync(path, model({ node: [node('Add', ['x', 'w'], ['y'])], initializer: [proto] }));
    writeFileSync(join(folder, 'w.bin'), new Uint8Array(Float32Array.of(9, 1, 2).buffer));
    write(external('w.bin'));
    const net = await loadOnnx(path);
    expect([...net.run({ x: zeros([2]) }).y.data]).toEqual([1, 2]);
    const values = { ...external('w.bin', 4), dims: [1] };
    const sparseTensor = { values, indices: { dims: [1], dataType: 7, int64Data: [1] }, dims: [2] };
    const constant = { ...node('Constant', [], ['w']), attribute: [{ name: 'sparse_value', sparseTensor }] };
    writeFileSync(path, model({ node: [constant, node('Add', ['x', 'w'], ['y'])] }));
    expect([...(await loadOnnx(path)).run({ x: zeros([2]) }).y.data]).toEqual([0, 1]);
    for (const name of ['../w.bin', '/etc/passwd', 'a/../../w.bin', 'C:\\w.bin', 'file:w', '', 'w.bin?x']) {
      write(external(name));
      await expect(loadOnnx(path), name).rejects.toThrow(FormatError);
    }
    const outside = join(mkdtempSync(join(tmpdir(), 'neocog-')), 'w.bin');
    writeFileSync(outside, new Uint8Array(12));
    symlinkSync(outside, join(folder, 'link.bin'));
    write(external('link.bin'));
    await expect(loadOnnx(path)).rejects.toThrow(/not in the folder/);
    write(external('w.bin', 400));
    await expect(loadOnnx(path)).rejects.toThrow(/claims 400 bytes at 4 of a file of 12/);
    const bytes = model({ node: [node('Add', ['x', 'w'], ['y'])], initializer: [external('w.bin')] });
    await expect(loadOnnx(bytes)).rejects.toThrow(/pass a path/);
  });
});

it('a model of the zoo goes out and comes back', async () => {
  const module = models.lenet5().eval();
  const net = await loadOnnx(saveOnnx(module, { input: [1, 1, 28, 28] }));
  const x = randn([1, 1, 28, 28]);
  expect(net.forward(x)).toBeInstanceOf(Tensor);
  net.forward(x).data.forEach((v, i) => expect(v).toBeCloseTo(module.forward(x).data[i], 5));
});

it('the documentation lists every operator and its limits', () => {
  const text = readFileSync(new URL('../../../docs/onnx.md', import.meta.url), 'utf8');
  for (const row of operatorTable()) expect(text).toContain(`${row}\n`);
  const listed = text.split('\n').filter((line) => /^\| `[A-Z]/.test(line));
  expect(listed.length).toBe(operatorTable().length);
  const microsoft = text.split('\n\n').find((paragraph) => paragraph.includes('`com.microsoft`'));
  for (const name of microsoftOperators) expect(microsoft).toContain(`\`${name}\``);
});
