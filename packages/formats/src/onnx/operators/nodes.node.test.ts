// Single ONNX nodes at the edges of what operators say, eagerly and compiled. Values are by hand or as onnxruntime 1.30 gives
// them; the conformance suite has the rest.

import { compile, FormatError, Tensor, UnsupportedError } from 'neocog';
import { describe, expect, it } from 'vitest';
import { floats, type OneNode, oneNode, wholes } from '../../../test/onnxGraphs.ts';
import { loadOnnx } from '../../index.ts';
import { encode } from '../protobuf.ts';
import { modelType } from '../schema.ts';

type Feeds = Readonly<Record<string, Tensor>>;
type Wanted = readonly [shape: readonly number[], values: readonly number[]];

const valuesOf = (t: Tensor): Wanted => [[...t.shape], [...t.data]];

async function runBoth(node: OneNode, feeds: Feeds): Promise<[eager: Feeds, compiled: Feeds]> {
  const bytes = oneNode(node);
  const eager = (await loadOnnx(bytes)).run(feeds);
  const input = Object.fromEntries(Object.entries(feeds).map(([name, t]) => [name, t.shape]));
  const program = await compile(await loadOnnx(bytes), { input, threads: 1 });
  const compiled = await program.run(feeds);
  program.dispose();
  return [eager, compiled];
}

async function expectBoth(node: OneNode, feeds: Feeds, wanted: Wanted, output = 'y'): Promise<void> {
  for (const results of await runBoth(node, feeds)) expect(valuesOf(results[output])).toEqual(wanted);
}

const x = (shape: readonly (number | string)[]) => ({ shape });

describe('ConvTranspose', () => {
  const ones = (...kernel: number[]) => new Array<number>(kernel.reduce((a, b) => a * b, 1)).fill(1);

  const cases: readonly (readonly [string, number, object, readonly number[]])[] = [
    ['k1 s2 upper', 1, { auto_pad: 'SAME_UPPER', strides: [2] }, [1, 0, 2, 0]],
    ['k1 s2 lower', 1, { auto_pad: 'SAME_LOWER', strides: [2] }, [1, 0, 2, 0]],
    ['k2 s3 upper', 2, { auto_pad: 'SAME_UPPER', strides: [3] }, [1, 1, 0, 2, 2, 0]],
    ['k1 s3 lower', 1, { auto_pad: 'SAME_LOWER', strides: [3] }, [1, 0, 0, 2, 0, 0]],
    ['k4 s1 upper', 4, { auto_pad: 'SAME_UPPER' }, [3, 3]],
    ['k2 s1 upper', 2, { auto_pad: 'SAME_UPPER' }, [1, 3]],
    ['k2 s1 lower', 2, { auto_pad: 'SAME_LOWER' }, [3, 2]],
    ['k2 d3 s2 upper', 2, { auto_pad: 'SAME_UPPER', dilations: [3], strides: [2] }, [0, 2, 1, 0]],
    ['k2 s3 valid', 2, { auto_pad: 'VALID', strides: [3], pads: [1, 1] }, [1, 1, 0, 2, 2]],
    ['more than there is', 1, { output_shape: [6], strides: [2] }, [1, 0, 2, 0, 0, 0]],
    ['more, upper', 2, { output_shape: [6], auto_pad: 'SAME_UPPER', strides: [2] }, [1, 1, 2, 2, 0, 0]],
    ['more, lower', 2, { output_shape: [5], auto_pad: 'SAME_LOWER', strides: [2] }, [1, 1, 2, 2, 0]],
    ['one less', 2, { output_shape: [3], strides: [2] }, [1, 2, 2]],
    ['one less, upper', 2, { output_shape: [3], strides: [2], auto_pad: 'SAME_UPPER' }, [1, 1, 2]],
    ['a shape of all axes', 2, { output_shape: [1, 1, 2], strides: [2] }, [1, 2]],
    ['as many, one of them added', 1, { output_shape: [4], output_padding: [1], strides: [2] }, [1, 0, 2, 0]],
    ['cells added', 2, { output_padding: [1], strides: [2] }, [1, 1, 2, 2, 0]],
    ['pads', 3, { pads: [1, 0] }, [3, 3, 2]],
    ['pads, cells added', 3, { pads: [2, 1], output_padding: [1], strides: [2] }, [3, 2, 2]],
  ];

  it.each(cases)('%s', async (_, kernel, attributes, wanted) => {
    const w = { shape: [1, 1, kernel], values: ones(kernel) };
    const known: OneNode = {
      op: 'ConvTranspose',
      operands: { x: x([1, 1, 2]), w },
      attributes: { ...attributes },
    };
    const feeds = { x: floats([1, 1, 2], 1, 2) };
    const right: Wanted = [[1, 1, wanted.length], wanted];
    await expectBoth(known, feeds, right);
    const open = { ...known, operands: { x: x([1, 1, 2]), w: x([1, 1, kernel]) } };
    await expectBoth(open, { ...feeds, w: floats([1, 1, kernel], ...w.values) }, right);
  });

  it('in the plane, each axis by itself', async () => {
    const w = { shape: [1, 1, 1, 2], values: [1, 1] };
    const attributes = { auto_pad: 'SAME_LOWER', strides: [2, 1] };
    const node = { op: 'ConvTranspose', operands: { x: x([1, 1, 1, 2]), w }, attributes };
    await expectBoth(node, { x: floats([1, 1, 1, 2], 1, 2) }, [
      [1, 1, 2, 2],
      [3, 2, 0, 0],
    ]);
  });
});

describe('pools with pads above half a kernel', () => {
  const rising = floats([1, 1, 7], 1, 2, 3, 4, 5, 6, 7);
  const window = { kernel_shape: [3], strides: [3], pads: [2, 2], ceil_mode: 1 };
  const pool = (op: string, attributes: object, outputs?: OneNode['outputs']): OneNode => ({
    op,
    opset: 19,
    operands: { x: x([1, 1, 7]) },
    attributes: { ...window, ...attributes },
    ...(outputs && { outputs }),
  });
  const row = (...values: number[]): Wanted => [[1, 1, values.length], values];

  it('in ceil mode leave out a window that begins in the padding', async () => {
    await expectBoth(pool('MaxPool', {}), { x: rising }, row(1, 4, 7));
    await expectBoth(pool('MaxPool', { ceil_mode: 0 }), { x: rising }, row(1, 4, 7));
    await expectBoth(pool('MaxPool', { pads: [1, 2], strides: [2] }), { x: rising }, row(2, 4, 6, 7));
    await expectBoth(pool('AveragePool', {}), { x: rising }, row(1, 3, 6));
    await expectBoth(
      pool('AveragePool', { count_include_pad: 1 }),
      { x: rising },
      row(Math.fround(1 / 3), 3, 6),
    );
    await expectBoth(pool('LpPool', { p: 1 }), { x: rising }, row(1, 9, 18));
  });

  it('say where maxima are in the input itself', async () => {
    const node = pool('MaxPool', {}, { y: 'float32', at: 'int64' });
    await expectBoth(node, { x: rising }, row(1, 4, 7));
    await expectBoth(node, { x: rising }, row(0, 3, 6), 'at');
    const plane = floats([1, 2, 2, 2], 1, 2, 3, 4, 8, 7, 6, 5);
    const attributes = { kernel_shape: [2, 2], strides: [1, 2], pads: [1, 0, 1, 2], storage_order: 0 };
    const images: OneNode = {
      op: 'MaxPool',
      operands: { x: x([1, 2, 2, 2]) },
      attributes,
      outputs: { y: 'float32', at: 'int64' },
    };
    const shape = [1, 2, 3, 2];
    const [eager, compiled] = await runBoth(images, { x: plane });
    for (const { y, at } of [eager, compiled]) {
      expect(y.shape).toEqual(shape);
      // The second column lies in the padding.
      expect([0, 2, 4, 6, 8, 10].map((i) => y.data[i])).toEqual([2, 4, 4, 8, 8, 6]);
      expect([0, 2, 4, 6, 8, 10].map((i) => at.data[i])).toEqual([1, 3, 3, 4, 4, 6]);
    }
  });
});

describe('an input without a shape', () => {
  const node: OneNode = { op: 'Relu', operands: { x: {} } };

  it('has any number of axes', async () => {
    const net = await loadOnnx(oneNode(node));
    expect(net.inputs[0].shape).toEqual(['…']);
    expect(valuesOf(net.run({ x: floats([2], -1, 2) }).y)).toEqual([[2], [0, 2]]);
    expect(net.run({ x: floats([1, 2], -1, 2) }).y.shape).toEqual([1, 2]);
    expect(net.run({ x: floats([], 3) }).y.shape).toEqual([]);
    await expect(compile(net)).rejects.toThrow(/state its shape in the option input/);
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

describe('normalisation of single values', () => {
  const scale = { shape: [2], values: [5, 6] };
  const bias = { shape: [2], values: [7, 8] };

  it('leaves the bias', async () => {
    for (const shape of [
      [2, 2, 1, 1],
      [2, 2, 1],
    ]) {
      const right: Wanted = [shape, [7, 8, 7, 8]];
      const feeds = { x: floats(shape, 3, -4, 1e6, 0) };
      await expectBoth({ op: 'InstanceNormalization', operands: { x: x(shape), scale, bias } }, feeds, right);
      const open = { x: x(shape), scale: x([2]), bias: x([2]) };
      const given = { ...feeds, scale: floats([2], 5, 6), bias: floats([2], 7, 8) };
      await expectBoth({ op: 'InstanceNormalization', operands: open }, given, right);
      const groups = { op: 'GroupNormalization', attributes: { num_groups: 2 } };
      for (const opset of [18, 21]) {
        await expectBoth({ ...groups, opset, operands: { x: x(shape), scale, bias } }, feeds, right);
      }
    }
  });

  it('of more than one divides by the deviation', async () => {
    const node: OneNode = { op: 'InstanceNormalization', operands: { x: x([1, 2, 2]), scale, bias } };
    for (const { y } of await runBoth(node, { x: floats([1, 2, 2], 1, 3, 2, 2) })) {
      [2, 12, 8, 8].forEach((v, i) => expect(y.data[i]).toBeCloseTo(v, 4));
    }
  });
});

describe('Clip', () => {
  const types = ['int8', 'uint8', 'int32', 'int64'] as const;

  it.each(types)('of %s with one limit or two', async (type) => {
    const feeds = { x: wholes([4], 1, 2, 3, 4), low: wholes([], 2), high: wholes([], 3) };
    const clip = (...names: string[]): OneNode => ({
      op: 'Clip',
      operands: Object.fromEntries(names.map((name) => [name, { type, shape: name === 'x' ? [4] : [] }])),
      outputs: { y: type },
    });
    const given = (...names: (keyof typeof feeds)[]) =>
      Object.fromEntries(names.map((name) => [name, feeds[name]]));
    await expectBoth(clip('x', 'low'), given('x', 'low'), [[4], [2, 2, 3, 4]]);
    await expectBoth(clip('x', '', 'high'), given('x', 'high'), [[4], [1, 2, 3, 3]]);
    await expectBoth(clip('x', 'low', 'high'), feeds, [[4], [2, 2, 3, 3]]);
    await expectBoth(clip('x'), given('x'), [[4], [1, 2, 3, 4]]);
  });
});

describe('layers of whole numbers', () => {
  it.each(['int8', 'int32', 'int64'] as const)('Relu and a Clip to 6 of %s', async (type) => {
    const feeds = { x: wholes([4], -3, 0, 5, 9) };
    const operands = { x: { type, shape: [4] } };
    await expectBoth({ op: 'Relu', operands, outputs: { y: type } }, feeds, [[4], [0, 0, 5, 9]]);
    const limit = (value: number) => ({ type, shape: [], values: [value] });
    const clip = {
      op: 'Clip',
      operands: { ...operands, low: limit(0), high: limit(6) },
      outputs: { y: type },
    };
    await expectBoth(clip, feeds, [[4], [0, 0, 5, 6]]);
  });
});

it('a whole number beyond float32 is refused by a layer of floats, not changed', async () => {
  const wide = oneNode({
    op: 'Relu',
    operands: { x: { type: 'int64', shape: [1] } },
    outputs: { y: 'int64' },
  });
  const net = await loadOnnx(wide);
  expect([...net.run({ x: wholes([1], 2 ** 24) }).y.data]).toEqual([2 ** 24]);
  expect(() => net.run({ x: wholes([1], 2 ** 24 + 1) })).toThrow(/int64 value 16777217 is not a float32/);
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

describe('reductions of nothing', () => {
  const ofNothing: Readonly<Record<string, number>> = {
    ReduceSum: 0,
    ReduceMean: NaN,
    ReduceMax: -Infinity,
    ReduceMin: Infinity,
    ReduceProd: 1,
    ReduceL1: 0,
    ReduceL2: 0,
    ReduceSumSquare: 0,
    ReduceLogSum: -Infinity,
    ReduceLogSumExp: -Infinity,
  };

  it.each(Object.entries(ofNothing))('%s gives %d', async (op, value) => {
    for (const opset of [11, 18]) {
      const asInput = opset >= 18;
      const axes = { type: 'int64', values: [1] } as const;
      const node = (keep: number): OneNode => ({
        op,
        opset,
        operands: { x: x([2, 0, 3]), ...(asInput && { axes }) },
        attributes: { keepdims: keep, ...(asInput ? {} : { axes: [1] }) },
      });
      const feeds = { x: floats([2, 0, 3]) };
      await expectBoth(node(1), feeds, [[2, 1, 3], new Array(6).fill(value)]);
      await expectBoth(node(0), feeds, [[2, 3], new Array(6).fill(value)]);
    }
  });

  it('along another axis gives nothing', async () => {
    const node = { op: 'ReduceMax', operands: { x: x([2, 0, 3]) }, attributes: { axes: [2], keepdims: 0 } };
    await expectBoth(node, { x: floats([2, 0, 3]) }, [[2, 0], []]);
  });

  it('gives the ends of the range of whole numbers', async () => {
    const node = (op: string, type: 'int8' | 'uint8' | 'int32' | 'bool'): OneNode => ({
      op,
      opset: 20,
      operands: { x: { type, shape: [0] } },
      attributes: { keepdims: 0 },
      outputs: { y: type },
    });
    const least = { int8: -128, uint8: 0, int32: -(2 ** 31), bool: 0 } as const;
    const greatest = { int8: 127, uint8: 255, int32: 2 ** 31 - 1, bool: 1 } as const;
    for (const type of ['int8', 'uint8', 'int32', 'bool'] as const) {
      const net = await loadOnnx(oneNode(node('ReduceMax', type)));
      expect(valuesOf(net.run({ x: wholes([0]) }).y)).toEqual([[], [least[type]]]);
      const other = await loadOnnx(oneNode(node('ReduceMin', type)));
      expect(valuesOf(other.run({ x: wholes([0]) }).y)).toEqual([[], [greatest[type]]]);
    }
    const mean = await loadOnnx(oneNode(node('ReduceMean', 'int32')));
    expect(() => mean.run({ x: wholes([0]) })).toThrow(
      /"y" \(ReduceMean\): there are no whole numbers to reduce/,
    );
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

  it('columns back to an image', async () => {
    const col2im = (window: Partial<Record<'strides' | 'pads' | 'dilations', number[]>>): OneNode => ({
      op: 'Col2Im',
      opset: 18,
      operands: {
        x: x([1, 2, 3]),
        image: { type: 'int64', shape: [1], values: [4] },
        block: { type: 'int64', shape: [1], values: [2] },
      },
      attributes: window,
    });
    const columns = { x: floats([1, 2, 3], 1, 2, 3, 4, 5, 6) };
    await expectBoth(col2im({}), columns, [
      [1, 1, 4],
      [1, 6, 8, 6],
    ]);
    await expectBoth(col2im({ strides: [2], pads: [1, 1] }), columns, [
      [1, 1, 4],
      [4, 2, 5, 3],
    ]);
    await expectBoth(col2im({ dilations: [3], pads: [1, 1] }), columns, [
      [1, 1, 4],
      [2, 3, 4, 5],
    ]);
  });

  it('LRN of an even size sees one channel more after its own', async () => {
    const attributes = { size: 2, alpha: { float: 2 }, beta: { float: 1 }, bias: { float: 0 } };
    const node = { op: 'LRN', operands: { x: x([1, 3, 1, 1]) }, attributes };
    await expectBoth(node, { x: floats([1, 3, 1, 1], 1, 1, 1) }, [
      [1, 3, 1, 1],
      [0.5, 0.5, 1],
    ]);
  });

  it('AveragePool with dilation', async () => {
    const pool = (attributes: object): OneNode => ({
      op: 'AveragePool',
      opset: 19,
      operands: { x: x([1, 1, 7]) },
      attributes: { kernel_shape: [2], dilations: [3], pads: [1, 1], ...attributes },
    });
    const rising = { x: floats([1, 1, 7], 1, 2, 3, 4, 5, 6, 7) };
    await expectBoth(pool({}), rising, [
      [1, 1, 6],
      [3, 2.5, 3.5, 4.5, 5.5, 5],
    ]);
    await expectBoth(pool({ count_include_pad: 1 }), rising, [
      [1, 1, 6],
      [1.5, 2.5, 3.5, 4.5, 5.5, 2.5],
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
  await expect(loadOnnx(oneNode(split(3)))).rejects.toThrow(/num_outputs is 3, it has 2 outputs/);
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
