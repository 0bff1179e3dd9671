// Single ONNX nodes as networks: inputs without a shape, without cells, of other domains, and values that nodes move, eagerly
// and compiled. Values are by hand or as onnxruntime 1.30 gives them; the conformance suite has the rest.

import { compile, FormatError, Tensor, UnsupportedError } from 'neocog';
import { describe, expect, it } from 'vitest';
import { floats, type OneNode, oneNode, wholes } from '../../../test/onnxGraphs.ts';
import { expectBoth, shapeAndValues } from '../../../test/runNode.ts';
import { loadOnnx } from '../../index.ts';
import { encode } from '../protobuf.ts';
import { modelType } from '../schema.ts';

const x = (shape: readonly (number | string)[]) => ({ shape });

describe('an input without a shape', () => {
  const node: OneNode = { op: 'Relu', operands: { x: {} } };

  it('has any number of axes', async () => {
    const net = await loadOnnx(oneNode(node));
    expect(net.inputs[0].shape).toEqual(['…']);
    expect(shapeAndValues(net.run({ x: floats([2], -1, 2) }).y)).toEqual([[2], [0, 2]]);
    expect(net.run({ x: floats([1, 2], -1, 2) }).y.shape).toEqual([1, 2]);
    expect(net.run({ x: floats([], 3) }).y.shape).toEqual([]);
    await expect(compile(net)).rejects.toThrow(/give its shape in the option input/);
    await expectBoth(node, { x: floats([1, 2], -1, 2) }, [
      [1, 2],
      [0, 2],
    ]);
  });

  it('has the one that shapes give', async () => {
    const net = await loadOnnx(oneNode(node), { shapes: { x: [2, 3] } });
    expect(net.inputs[0].shape).toEqual([2, 3]);
    expect(net.outputs[0].shape).toEqual([2, 3]);
    expect(() => net.run({ x: floats([2], -1, 2) })).toThrow(/needs \[2,3\]/);
    await expect(loadOnnx(oneNode(node), { shapes: { x: [2, -3] } })).rejects.toThrow(
      /shapes give input 'x'/,
    );
  });

  it('is another thing than one without axes', async () => {
    const net = await loadOnnx(oneNode({ op: 'Relu', operands: { x: x([]) } }));
    expect(net.inputs[0].shape).toEqual([]);
    expect(() => net.run({ x: floats([1], 1) })).toThrow(/needs \[\]/);
  });
});

it('a file without nodes and without an opset is no file of another domain', async () => {
  const graph = { node: [], initializer: [], input: [], output: [] };
  const bytes = encode(modelType, {
    irVersion: 8,
    opsetImport: [{ domain: 'ai.onnx.ml', version: 1 }],
    graph,
  });
  await expect(loadOnnx(bytes)).rejects.toThrow(/does not say which operators it uses/);
});

describe('operators of other domains', () => {
  it.each(['ai.onnx.ml', 'ai.onnx.preview.training', 'com.microsoft'])(
    'are refused by name: %s',
    async (domain) => {
      const loading = loadOnnx(oneNode({ op: 'Scaler', domain, opset: 1, operands: { x: x([2]) } }));
      await expect(loading).rejects.toThrow(UnsupportedError);
      await expect(loading).rejects.toThrow(`1 node is not supported: "y" (Scaler) of ${domain}`);
    },
  );

  it('do not say what those of ONNX are', async () => {
    const bytes = oneNode({ op: 'Relu', domain: 'ai.onnx', operands: { x: x([2]) } });
    expect((await loadOnnx(bytes)).run({ x: floats([2], -1, 1) }).y.data).toEqual(Float32Array.of(0, 1));
    const text = new TextDecoder('latin1').decode(bytes);
    const unsaid = Uint8Array.from(text.replace('ai.onnx', 'ml.onnx'), (c) => c.charCodeAt(0));
    await expect(loadOnnx(unsaid)).rejects.toThrow(/\(Relu\) of ml.onnx|does not say which operators/);
  });
});

describe('operators that are operations of the library', () => {
  const table = floats([2, 3], 1, 2, 3, 4, 5, 6);
  const at = { type: 'int64', shape: [2, 2] } as const;
  const indices = wholes([2, 2], 2, 0, -1, 1);

  it('single elements by positions that the network is given', async () => {
    const gather = { op: 'GatherElements', operands: { x: x([2, 3]), i: at }, attributes: { axis: 1 } };
    await expectBoth(gather, { x: table, i: indices }, [
      [2, 2],
      [3, 1, 6, 5],
    ]);
    const updates = floats([2, 2], 7, 8, 9, 10);
    const scatter = (attributes: OneNode['attributes'], opset: number): OneNode => ({
      op: 'ScatterElements',
      opset,
      operands: { x: x([2, 3]), i: at, u: x([2, 2]) },
      attributes: { axis: 1, ...attributes },
    });
    const feeds = { x: table, i: indices, u: updates };
    await expectBoth(scatter({}, 11), feeds, [
      [2, 3],
      [8, 2, 7, 4, 10, 9],
    ]);
    await expectBoth(scatter({ reduction: 'add' }, 16), feeds, [
      [2, 3],
      [9, 2, 10, 4, 15, 15],
    ]);
  });

  it('Trilu keeps a triangle, of floats and of whole numbers', async () => {
    const trilu = (upper: number, diagonal: number, type: 'float32' | 'int64'): OneNode => ({
      op: 'Trilu',
      operands: {
        x: { type, shape: [1, 2, 3] },
        k: { type: 'int64', shape: [], values: [diagonal] },
      },
      attributes: { upper },
      outputs: { y: type },
    });
    for (const [type, values] of [
      ['float32', floats([1, 2, 3], 1, 2, 3, 4, 5, 6)],
      ['int64', wholes([1, 2, 3], 1, 2, 3, 4, 5, 6)],
    ] as const) {
      await expectBoth(trilu(1, 1, type), { x: values }, [
        [1, 2, 3],
        [0, 2, 3, 0, 0, 6],
      ]);
      await expectBoth(trilu(0, 0, type), { x: values }, [
        [1, 2, 3],
        [1, 0, 0, 4, 5, 0],
      ]);
    }
  });
});

describe('values of no cells', () => {
  const moved: readonly (readonly [string, OneNode, readonly number[]])[] = [
    ['Trilu', { op: 'Trilu', operands: { x: x([0, 3]) } }, [0, 3]],
    ['Transpose', { op: 'Transpose', operands: { x: x([0, 3]) } }, [3, 0]],
    ['Relu', { op: 'Relu', operands: { x: x([0, 3]) } }, [0, 3]],
    [
      'Cast',
      { op: 'Cast', operands: { x: x([0, 3]) }, attributes: { to: 7 }, outputs: { y: 'int64' } },
      [0, 3],
    ],
    ['Identity', { op: 'Identity', operands: { x: x([0, 3]) } }, [0, 3]],
    ['Flatten', { op: 'Flatten', operands: { x: x([0, 3]) } }, [0, 3]],
  ];

  it.each(moved)('%s', async (_, node, shape) => {
    await expectBoth(node, { x: floats([0, 3]) }, [shape, []]);
  });
});

it('a file that lacks an input of a node is a FormatError', async () => {
  await expect(loadOnnx(oneNode({ op: 'Relu', operands: {} }))).rejects.toThrow(FormatError);
});

it('Split into another number than it has outputs is a FormatError', async () => {
  const split = (count: number): OneNode => ({
    op: 'Split',
    opset: 18,
    operands: { x: x([5]) },
    attributes: { num_outputs: count },
    outputs: { y: 'float32', z: 'float32' },
  });
  await expect(loadOnnx(oneNode(split(3)))).rejects.toThrow(/num_outputs is 3, but it has 2 outputs/);
  const { y, z } = (await loadOnnx(oneNode(split(2)))).run({ x: floats([5], 1, 2, 3, 4, 5) });
  expect([[...y.data], [...z.data]]).toEqual([
    [1, 2, 3],
    [4, 5],
  ]);
});

it('Tensor is what comes out', async () => {
  const net = await loadOnnx(oneNode({ op: 'Relu', operands: { x: x([1]) } }));
  expect(net.run({ x: floats([1], 2) }).y).toBeInstanceOf(Tensor);
});
