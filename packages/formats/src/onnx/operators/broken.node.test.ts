// Nodes that say what cannot be: axes that do not exist, lists of the wrong length. Each is refused by a sentence with its name.

import { FormatError, type NeocogError, recordNetwork, ShapeError, UnsupportedError } from 'neocog';
import { describe, expect, it } from 'vitest';
import { onnx } from '../../../test/hostile.ts';
import { floats, type OneNode, type Operand, oneNode } from '../../../test/onnxGraphs.ts';
import { loadOnnx } from '../../index.ts';

const int64s = (...values: number[]): Operand => ({ type: 'int64', shape: [values.length], values });
const x = floats([2, 3], 1, 2, 3, 4, 5, 6);

const run = async (node: Omit<OneNode, 'operands'>, operands: OneNode['operands'] = {}) =>
  (await loadOnnx(oneNode({ ...node, operands: { x: { shape: [2, 3] }, ...operands } }))).run({ x });

type Kind = new (message: string) => NeocogError;

async function expectRefusal(running: Promise<unknown>, kind: Kind, text: string) {
  await expect(running).rejects.toThrow(kind);
  await expect(running).rejects.toThrow(text);
}

describe('an axis that does not exist', () => {
  const unsqueeze = (axis: number) => run({ op: 'Unsqueeze' }, { axes: int64s(axis) });

  it.each([3, -4, 2 ** 40])('%d of three', async (axis) => {
    await expectRefusal(
      unsqueeze(axis),
      ShapeError,
      `"y" (Unsqueeze): axis ${axis} does not exist in rank 3`,
    );
  });

  it.each<[number, number[]]>([
    [2, [2, 3, 1]],
    [-1, [2, 3, 1]],
    [0, [1, 2, 3]],
    [-3, [1, 2, 3]],
  ])('%d does', async (axis, shape) => {
    expect((await unsqueeze(axis)).y.shape).toEqual(shape);
  });

  it('of an operand before opset 7', async () => {
    const add = (axis?: number) =>
      run(
        { op: 'Add', opset: 6, attributes: { broadcast: 1, ...(axis !== undefined && { axis }) } },
        { b: { shape: [2], values: [10, 20] } },
      );
    expect([...(await add(0)).y.data]).toEqual([11, 12, 13, 24, 25, 26]);
    expect([...(await add(-2)).y.data]).toEqual([11, 12, 13, 24, 25, 26]);
    await expectRefusal(add(3), FormatError, 'axis 3 does not exist in rank 2');
    await expectRefusal(add(-3), FormatError, 'axis -3 does not exist in rank 2');
    await expect(add()).rejects.toThrow(ShapeError);
  });
});

describe('lists of the wrong length', () => {
  const slice = (...lists: number[][]) => {
    const names = ['starts', 'ends', 'axes', 'steps'];
    return run({ op: 'Slice' }, Object.fromEntries(lists.map((list, i) => [names[i], int64s(...list)])));
  };

  it('of Slice', async () => {
    expect([...(await slice([0, 1], [1, 3])).y.data]).toEqual([2, 3]);
    expect([...(await slice([0], [1], [0])).y.data]).toEqual([1, 2, 3]);
    for (const lists of [
      [[0, 1], [1]],
      [[0], [1], [0, 1]],
      [[0], [1, 1], [0], [1]],
      [[0], [1], [0], [1, 1]],
    ]) {
      await expectRefusal(slice(...lists), FormatError, 'starts, ends or steps');
    }
  });

  it('of Pad', async () => {
    const pad = (...pads: number[]) => run({ op: 'Pad' }, { pads: int64s(...pads) });
    expect((await pad(0, 1, 0, 0)).y.shape).toEqual([2, 4]);
    await expectRefusal(pad(0, 1, 0), FormatError, '"y" (Pad): it has 3 pads, but needs 4');
    await expectRefusal(pad(0, 1, 0, 0, 0), FormatError, 'it has 5 pads, but needs 4');
  });
});

describe('a window that is none', () => {
  const load = (op: string, attributes: OneNode['attributes'], kernel = [1, 1, 2]) => {
    const w = { shape: kernel, values: new Array(kernel.reduce((a, b) => a * b)).fill(1) };
    const pooled = op.endsWith('Pool') ? {} : { w };
    const window = op.endsWith('Pool') ? { kernel_shape: kernel.slice(2) } : {};
    const operands = { x: { shape: [1, 1, ...kernel.slice(2).map(() => 4)] }, ...pooled };
    return loadOnnx(oneNode({ op, operands, attributes: { ...window, ...attributes } }));
  };

  it.each(['Conv', 'ConvTranspose', 'MaxPool', 'AveragePool'])('of %s', async (op) => {
    for (const [attributes, text] of [
      [{ pads: [-1, 0] }, 'pads are [-1,0] instead of 2 numbers of at least 0'],
      [{ pads: [1] }, 'pads are [1] instead of 2 numbers of at least 0'],
      [{ strides: [2, 2] }, 'strides is [2,2] instead of 1 number of at least 0'],
      [{ dilations: [-1] }, 'dilations is [-1] instead of 1 number of at least 0'],
      [{ auto_pad: 'SAME' }, 'auto_pad is "SAME", but neocog knows NOTSET, SAME_UPPER, SAME_LOWER, VALID'],
    ] as const) {
      await expectRefusal(load(op, attributes), UnsupportedError, `"y" (${op}): ${text}`);
    }
    await expectRefusal(
      load(op, {}, [1, 1]),
      UnsupportedError,
      'it has 0 spatial axes, but neocog computes 1 to 3',
    );
    const four = load(op, {}, [1, 1, 1, 1, 1, 1]);
    await expectRefusal(four, UnsupportedError, 'it has 4 spatial axes, but neocog computes 1 to 3');
  });
});

it('bounds of Slice far beyond the axis stand for its ends', async () => {
  const far = 2 ** 62;
  const slice = (start: number, end: number, step: number) =>
    run({ op: 'Slice' }, { starts: int64s(start), ends: int64s(end), axes: int64s(1), steps: int64s(step) });
  expect([...(await slice(-far, far, 1)).y.data]).toEqual([1, 2, 3, 4, 5, 6]);
  expect([...(await slice(far, -far, -1)).y.data]).toEqual([3, 2, 1, 6, 5, 4]);
  expect([...(await slice(1, far, far)).y.data]).toEqual([2, 5]);
});

it('a value for Pad of no cells is 0, and one of several its first', async () => {
  const pad = (...values: number[]) =>
    run({ op: 'Pad' }, { pads: int64s(1, 0, 0, 0), value: { shape: [values.length], values } });
  expect([...(await pad()).y.data].slice(0, 3)).toEqual([0, 0, 0]);
  expect([...(await pad(7)).y.data].slice(0, 3)).toEqual([7, 7, 7]);
});

it('places between more cells than float32 counts are refused', async () => {
  const sample = async (width: number) => {
    const operands = { x: { shape: [1, 1, 4096, width] }, grid: { shape: [1, 1, 1, 2] } };
    return recordNetwork(await loadOnnx(oneNode({ op: 'GridSample', operands }))).nodes.length;
  };
  expect(await sample(4096)).toBeGreaterThan(0);
  await expect(sample(4097)).rejects.toThrow(
    'reading between the cells of [1,1,16781312] reaches 16777216 cells',
  );
});

it('computed indices into more blocks than float32 counts are refused by a compiled network', async () => {
  const gather = async (rows: number) => {
    const operands = { x: { shape: [rows, 1] }, i: { type: 'int64', shape: [1, 1] } } as const;
    return recordNetwork(await loadOnnx(oneNode({ op: 'GatherND', operands }))).nodes.length;
  };
  expect(await gather(2 ** 24)).toBeGreaterThan(0);
  await expect(gather(2 ** 24 + 1)).rejects.toThrow(UnsupportedError);
  await expect(gather(2 ** 24 + 1)).rejects.toThrow(
    'computed indices may have no batch axes, and name at most 16777216 blocks',
  );
});

it('what is not supported is named, whatever else is broken behind it', async () => {
  const bytes = onnx({
    nodes: [
      ['QuantizeLinear', 'a a', 'q', { block_size: { i: 2 } }],
      ['Squeeze', 'a b', 'c'],
      ['DequantizeLinear', 'q a', 'd', { block_size: { i: 2 } }],
      ['Add', 'c d', 'y'],
    ],
    weights: { a: [1], b: [5] },
  });
  const loading = loadOnnx(bytes);
  await expect(loading).rejects.toThrow(UnsupportedError);
  await expect(loading).rejects.toThrow(
    /2 nodes are not supported: "q" \(QuantizeLinear\).*"d" \(DequantizeLinear\)/,
  );
});
