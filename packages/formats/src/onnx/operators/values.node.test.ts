// What ONNX operators give at ties, limits and wraps, and how the opset changes them. Values are by hand, from the
// specification.

import { nn, type Tensor } from 'neocog';
import { describe, expect, it } from 'vitest';
import { floats, type OneNode, type Operand, oneNode, wholes } from '../../../test/onnxGraphs.ts';
import { rangeOf, wrap } from '../../graph/value.ts';
import { loadOnnx } from '../../index.ts';

type Feeds = Readonly<Record<string, Tensor>>;

async function valuesOf(node: OneNode, feeds: Feeds, output = 'y'): Promise<number[]> {
  return [...(await loadOnnx(oneNode(node))).run(feeds)[output].data];
}

const known = (type: Operand['type'], ...values: number[]): Operand => ({
  type: type!,
  shape: [values.length],
  values,
});
const scalar = (type: Operand['type'], value: number): Operand => ({
  type: type!,
  shape: [],
  values: [value],
});

describe('whole numbers', () => {
  it('wrap as their type does', () => {
    expect([300, -1, 2.9, -2.9].map((v) => wrap('uint8', v))).toEqual([44, 255, 2, 254]);
    expect([128, -129].map((v) => wrap('int8', v))).toEqual([-128, 127]);
    expect(wrap('uint64', -1)).toBe(2 ** 64);
    expect(wrap('uint64', -9)).toBe(2 ** 64);
    expect(wrap('uint64', 2 ** 63)).toBe(2 ** 63);
    expect(wrap('uint64', 2 ** 64 + 2 ** 63)).toBe(2 ** 63);
    expect(wrap('int64', -(2 ** 62))).toBe(-(2 ** 62));
    expect([0.5, -3, 0].map((v) => wrap('bool', v))).toEqual([1, 1, 0]);
    expect(wrap('float32', 0.1)).toBe(Math.fround(0.1));
  });

  it('have the ranges of their types', () => {
    expect(rangeOf('int16')).toEqual([-32768, 32767]);
    expect(rangeOf('uint16')).toEqual([0, 65535]);
    expect(rangeOf('uint32')).toEqual([0, 2 ** 32 - 1]);
  });

  it('are multiplied exactly beyond 2⁵³', async () => {
    const node: OneNode = {
      op: 'Mul',
      operands: { x: { type: 'int64', shape: [2] }, w: known('int64', 2 ** 40, 2 ** 40) },
      outputs: { y: 'int64' },
    };
    expect(await valuesOf(node, { x: wholes([2], 2 ** 24, 0) })).toEqual([0, 0]);
  });

  it('are divided towards zero', async () => {
    const node: OneNode = {
      op: 'Div',
      operands: { x: { type: 'int32', shape: [4] }, w: known('int32', 2, 2, -2, 2) },
      outputs: { y: 'int32' },
    };
    expect(await valuesOf(node, { x: wholes([4], 7, -7, 7, 6) })).toEqual([3, -3, -3, 3]);
  });

  it('have a mean without its fraction', async () => {
    const node: OneNode = {
      op: 'ReduceMean',
      operands: { x: { type: 'int32', shape: [3, 2] } },
      attributes: { axes: [1], keepdims: 0 },
      outputs: { y: 'int32' },
    };
    expect(await valuesOf(node, { x: wholes([3, 2], 1, 4, -1, -4, 3, 3) })).toEqual([2, -2, 3]);
  });

  it('are shifted by more than 32 bits', async () => {
    const shift = (direction: string, by: number): OneNode => ({
      op: 'BitShift',
      operands: { x: { type: 'int64', shape: [1] }, w: known('int64', by) },
      attributes: { direction },
      outputs: { y: 'int64' },
    });
    expect(await valuesOf(shift('RIGHT', 40), { x: wholes([1], -5) })).toEqual([-1]);
    expect(await valuesOf(shift('RIGHT', 64), { x: wholes([1], 5) })).toEqual([0]);
    const chain = shift('LEFT', 40);
    const net = await loadOnnx(oneNode(chain));
    expect(() => net.run({ x: wholes([1], 1) })).toThrow(`the int64 value ${2 ** 40} does not fit`);
    expect([...net.run({ x: wholes([1], 0) }).y.data]).toEqual([0]);
  });

  it('add up from either end, with themselves or without', async () => {
    const sums = (exclusive: number, reverse: number): OneNode => ({
      op: 'CumSum',
      operands: { x: { type: 'int32', shape: [2, 3] }, axis: scalar('int64', 1) },
      attributes: { exclusive, reverse },
      outputs: { y: 'int32' },
    });
    const feeds = { x: wholes([2, 3], 1, 2, 3, 4, 5, 6) };
    expect(await valuesOf(sums(0, 0), feeds)).toEqual([1, 3, 6, 4, 9, 15]);
    expect(await valuesOf(sums(0, 1), feeds)).toEqual([6, 5, 3, 15, 11, 6]);
    expect(await valuesOf(sums(1, 0), feeds)).toEqual([0, 1, 3, 0, 4, 9]);
    expect(await valuesOf(sums(1, 1), feeds)).toEqual([5, 3, 0, 11, 6, 0]);
  });
});

describe('halves', () => {
  it('are rounded to even', async () => {
    const round: OneNode = { op: 'Round', operands: { x: { shape: [6] } } };
    const feeds = { x: floats([6], 0.5, 1.5, 2.5, -0.5, -1.5, -2.5) };
    expect((await valuesOf(round, feeds)).map((v) => v + 0)).toEqual([0, 2, 2, 0, -2, -2]);
  });

  it('are quantised to even', async () => {
    const quantise: OneNode = {
      op: 'QuantizeLinear',
      operands: { x: { shape: [6] }, s: scalar('float32', 2), z: scalar('uint8', 10) },
      outputs: { y: 'uint8' },
    };
    const feeds = { x: floats([6], 1, 3, 5, -1, -3, 1000) };
    expect(await valuesOf(quantise, feeds)).toEqual([10, 12, 12, 10, 8, 255]);
  });

  it('make zero points that are even', async () => {
    const dynamic: OneNode = {
      op: 'DynamicQuantizeLinear',
      operands: { x: { shape: [3] } },
      outputs: { y: 'uint8', s: 'float32', z: 'uint8' },
    };
    const feeds = { x: floats([3], -2.5, 0, 252.5) };
    expect(await valuesOf(dynamic, feeds, 's')).toEqual([1]);
    expect(await valuesOf(dynamic, feeds, 'z')).toEqual([2]);
    expect(await valuesOf(dynamic, feeds)).toEqual([0, 2, 254]);
  });

  it('are rescaled to even in products and convolutions', async () => {
    const scales = { s: scalar('float32', 0.5), z: scalar('uint8', 0) };
    const product: OneNode = {
      op: 'QLinearMatMul',
      operands: {
        a: { type: 'uint8', shape: [3, 1] },
        as: scales.s,
        az: scales.z,
        b: { type: 'uint8', shape: [1, 1], values: [1] },
        bs: scalar('float32', 1),
        bz: scalar('uint8', 0),
        ys: scalar('float32', 1),
        yz: scalar('uint8', 7),
      },
      outputs: { y: 'uint8' },
    };
    expect(await valuesOf(product, { a: wholes([3, 1], 1, 3, 5) })).toEqual([7, 9, 9]);
    const conv: OneNode = {
      op: 'QLinearConv',
      operands: {
        a: { type: 'uint8', shape: [1, 1, 3] },
        as: scales.s,
        az: scales.z,
        b: { type: 'uint8', shape: [1, 1, 1], values: [1] },
        bs: scalar('float32', 1),
        bz: scalar('uint8', 0),
        ys: scalar('float32', 1),
        yz: scalar('uint8', 7),
        bias: { type: 'int32', shape: [1], values: [2] },
      },
      outputs: { y: 'uint8' },
    };
    expect(await valuesOf(conv, { a: wholes([1, 1, 3], 1, 3, 5) })).toEqual([9, 9, 11]);
  });
});

describe('places', () => {
  it('of maxima count columns first where storage_order says so', async () => {
    const node: OneNode = {
      op: 'MaxPool',
      operands: { x: { shape: [1, 2, 2, 3] } },
      attributes: { kernel_shape: [1, 1], storage_order: 1 },
      outputs: { y: 'float32', at: 'int64' },
    };
    const x = floats([1, 2, 2, 3], ...Array.from({ length: 12 }, (_, i) => i));
    expect(await valuesOf(node, { x }, 'at')).toEqual([0, 2, 4, 1, 3, 5, 6, 8, 10, 7, 9, 11]);
  });

  it('of maxima lead back to their planes', async () => {
    const node: OneNode = {
      op: 'MaxUnpool',
      operands: { x: { shape: [1, 2, 1, 1] }, at: { type: 'int64', shape: [1, 2, 1, 1], values: [1, 6] } },
      attributes: { kernel_shape: [2, 2], strides: [2, 2] },
    };
    expect(await valuesOf(node, { x: floats([1, 2, 1, 1], 5, 6) })).toEqual([0, 5, 0, 0, 0, 0, 6, 0]);
  });

  it('of rows in batches are read in their batch', async () => {
    const node: OneNode = {
      op: 'GatherND',
      operands: { x: { shape: [2, 3] }, at: { type: 'int64', shape: [2, 2, 1], values: [0, 2, 1, 1] } },
      attributes: { batch_dims: 1 },
    };
    expect(await valuesOf(node, { x: floats([2, 3], 1, 2, 3, 4, 5, 6) })).toEqual([1, 3, 5, 5]);
  });
});

describe('edges', () => {
  it('a negative pad takes cells away, at either end', async () => {
    const pads = (...values: number[]): OneNode => ({
      op: 'Pad',
      operands: { x: { shape: [4] }, p: known('int64', ...values), v: scalar('float32', 9) },
    });
    const feeds = { x: floats([4], 1, 2, 3, 4) };
    expect(await valuesOf(pads(-1, 2), feeds)).toEqual([2, 3, 4, 9, 9]);
    expect(await valuesOf(pads(1, -2), feeds)).toEqual([9, 1, 2]);
    expect(await valuesOf(pads(-1, -1), feeds)).toEqual([2, 3]);
  });

  it('a remainder of infinity is what was divided', async () => {
    const mod = (fmod: number): OneNode => ({
      op: 'Mod',
      operands: { x: { shape: [4] }, w: known('float32', Infinity, Infinity, -Infinity, -Infinity) },
      attributes: { fmod },
    });
    const feeds = { x: floats([4], 5, -5, 5, -5) };
    expect(await valuesOf(mod(1), feeds)).toEqual([5, -5, 5, -5]);
    expect(await valuesOf(mod(0), feeds)).toEqual([5, Infinity, -Infinity, -5]);
  });

  it('boxes that overlap by the threshold stay, scores at the threshold go', async () => {
    const node: OneNode = {
      op: 'NonMaxSuppression',
      operands: {
        boxes: { shape: [1, 3, 4], values: [0, 0, 1, 2, 0, 0, 1, 1, 5, 5, 6, 6] },
        scores: { shape: [1, 1, 3] },
        most: known('int64', 3),
        overlap: known('float32', 0.5),
        score: known('float32', 0.5),
      },
      outputs: { y: 'int64' },
    };
    // The first two share 1 of 2 cells.
    expect(await valuesOf(node, { scores: floats([1, 1, 3], 0.9, 0.8, 0.5) })).toEqual([0, 0, 0, 0, 0, 1]);
  });

  it('a clip to anything but 0 and 6 is no ReLU6', async () => {
    const clip = (low: number, high: number): OneNode => ({
      op: 'Clip',
      operands: { x: { shape: [4] }, low: scalar('float32', low), high: scalar('float32', high) },
    });
    const feeds = { x: floats([4], -2, 0.5, 6.5, 8) };
    expect(await valuesOf(clip(0, 6), feeds)).toEqual([0, 0.5, 6, 6]);
    expect(await valuesOf(clip(0, 7), feeds)).toEqual([0, 0.5, 6.5, 7]);
    expect(await valuesOf(clip(-1, 6), feeds)).toEqual([-1, 0.5, 6, 6]);
  });

  it('a transposed convolution with gaps is cut where a shape is wanted', async () => {
    const node: OneNode = {
      op: 'ConvTranspose',
      operands: { x: { shape: [1, 1, 2] }, w: { shape: [1, 1, 1], values: [1] } },
      attributes: { auto_pad: 'SAME_UPPER', strides: [3], output_shape: [2] },
    };
    expect(await valuesOf(node, { x: floats([1, 1, 2], 1, 2) })).toEqual([0, 0]);
  });
});

describe('opsets', () => {
  it('Clip has its limits as attributes before 11', async () => {
    const node: OneNode = {
      op: 'Clip',
      opset: 6,
      operands: { x: { shape: [3] } },
      attributes: { min: { float: -1 }, max: { float: 1 } },
    };
    const feeds = { x: floats([3], -2, 0.5, 2) };
    expect(await valuesOf(node, feeds)).toEqual([-1, 0.5, 1]);
    expect(await valuesOf({ ...node, opset: 10 }, feeds)).toEqual([-1, 0.5, 1]);
    expect(await valuesOf({ ...node, opset: 11 }, feeds)).toEqual([-2, 0.5, 2]);
    expect(await valuesOf({ ...node, attributes: { max: { float: 1 } } }, feeds)).toEqual([-2, 0.5, 1]);
  });

  it('TopK takes k as an input from 10 on', async () => {
    const node: OneNode = {
      op: 'TopK',
      opset: 10,
      operands: { x: { shape: [3] }, k: known('int64', 2) },
      outputs: { y: 'float32', at: 'int64' },
    };
    const feeds = { x: floats([3], 1, 3, 2) };
    expect(await valuesOf(node, feeds)).toEqual([3, 2]);
    const old: OneNode = { ...node, opset: 9, operands: { x: { shape: [3] } }, attributes: { k: 2 } };
    expect(await valuesOf(old, feeds, 'at')).toEqual([1, 2]);
  });

  it('GroupNormalization scales groups before 21, channels from then on', async () => {
    const node = (opset: number, ...scale: number[]): OneNode => ({
      op: 'GroupNormalization',
      opset,
      operands: {
        x: { shape: [1, 4, 1] },
        scale: known('float32', ...scale),
        bias: known('float32', ...scale.map(() => 1)),
      },
      attributes: { num_groups: 2, epsilon: { float: 0 } },
    });
    const feeds = { x: floats([1, 4, 1], 1, 3, 5, 9) };
    expect(await valuesOf(node(18, 2, 4), feeds)).toEqual([-1, 3, -3, 5]);
    expect(await valuesOf(node(21, 2, 3, 4, 5), feeds)).toEqual([-1, 4, -3, 6]);
  });

  it('a list of slopes is one per channel before 7, one per last axis from then on', async () => {
    const node = (opset: number): OneNode => ({
      op: 'PRelu',
      opset,
      operands: { x: { shape: [1, 2, 2] }, w: known('float32', 2, 3) },
    });
    const feeds = { x: floats([1, 2, 2], -1, -1, -1, -1) };
    expect(await valuesOf(node(6), feeds)).toEqual([-2, -2, -3, -3]);
    expect(await valuesOf(node(7), feeds)).toEqual([-2, -3, -2, -3]);
  });

  it('means and variances are of all axes but channels from 9 on, of each sample before', async () => {
    const node = (opset: number): OneNode => ({
      op: 'MeanVarianceNormalization',
      opset,
      operands: { x: { shape: [2, 1, 1, 1] } },
    });
    const feeds = { x: floats([2, 1, 1, 1], 1, 3) };
    expect(await valuesOf(node(9), feeds)).toEqual([-1, 1]);
    expect(await valuesOf(node(8), feeds)).toEqual([0, 0]);
  });

  it('a layer norm that is to give its means gives them', async () => {
    const node: OneNode = {
      op: 'LayerNormalization',
      operands: { x: { shape: [2, 2] }, scale: known('float32', 1, 2) },
      attributes: { epsilon: { float: 0 } },
      outputs: { y: 'float32', mean: 'float32' },
    };
    const feeds = { x: floats([2, 2], 1, 3, 8, 4) };
    expect(await valuesOf(node, feeds)).toEqual([-1, 2, 1, -2]);
    expect(await valuesOf(node, feeds, 'mean')).toEqual([2, 6]);
  });

  it('Resize takes factors alone before 11, as its second input', async () => {
    const node: OneNode = {
      op: 'Resize',
      opset: 10,
      operands: { x: { shape: [1, 1, 2] }, scales: known('float32', 1, 1, 2) },
    };
    expect(await valuesOf(node, { x: floats([1, 1, 2], 5, 7) })).toEqual([5, 5, 7, 7]);
  });

  it('products with known weights are a layer, whichever way these lie', async () => {
    const c: Operand = { shape: [3], values: [1, 2, 3] };
    const cases: readonly (readonly [object, readonly number[], boolean])[] = [
      [{ transB: 0 }, [2, 3], true],
      [{ transB: 1 }, [3, 2], true],
      [{ transB: 0, beta: { float: 2 } }, [2, 3], false],
      [{ transB: 0, alpha: { float: 2 } }, [2, 3], false],
    ];
    for (const [attributes, shape, isLayer] of cases) {
      const b: Operand = { shape: [...shape], values: [1, 1, 1, 1, 1, 1] };
      const node: OneNode = {
        op: 'Gemm',
        operands: { x: { shape: [1, 2] }, b, c },
        attributes: { ...attributes },
      };
      const net = await loadOnnx(oneNode(node));
      expect(net.namedModules().some(([, part]) => part instanceof nn.Linear)).toBe(isLayer);
      const [alpha, beta] = ['alpha', 'beta'].map((name) => (name in attributes ? 2 : 1)) as [number, number];
      const want = [1, 2, 3].map((v) => alpha * 9 + beta * v);
      expect([...net.run({ x: floats([1, 2], 4, 5) }).y.data]).toEqual(want);
    }
  });

  it('learnable slopes are a layer where there is one, or one per channel', async () => {
    const slopes: readonly (readonly [shape: number[], isLayer: boolean])[] = [
      [[1], true],
      [[1, 1, 1], true],
      [[2, 1, 1], true],
      [[1, 2, 1], false],
    ];
    for (const [shape, isLayer] of slopes) {
      const values = shape.flatMap((n) => (n > 1 ? [2, 3] : [])).concat(shape.includes(2) ? [] : [2]);
      const w = { shape, values };
      const net = await loadOnnx(oneNode({ op: 'PRelu', operands: { x: { shape: [1, 2, 2, 2] }, w } }));
      expect(
        net.namedModules().some(([, part]) => part instanceof nn.PReLU),
        `${shape}`,
      ).toBe(isLayer);
      const { y } = net.run({ x: floats([1, 2, 2, 2], -1, -1, -1, -1, -1, -1, -1, 1) });
      const second = values[1] ?? 2;
      expect([...y.data]).toEqual(
        isLayer ? [-2, -2, -2, -2, -second, -second, -second, 1] : [-2, -2, -3, -3, -2, -2, -3, 1],
      );
    }
  });

  it('shares are of all axes from the first before 13, of the last one from then on', async () => {
    const node = (opset: number): OneNode => ({
      op: 'Softmax',
      opset,
      operands: { x: { shape: [1, 2, 2] } },
    });
    const feeds = { x: floats([1, 2, 2], 0, 0, 0, 0) };
    expect(await valuesOf(node(12), feeds)).toEqual([0.25, 0.25, 0.25, 0.25]);
    expect(await valuesOf(node(13), feeds)).toEqual([0.5, 0.5, 0.5, 0.5]);
  });
});

it('what ONNX calls momentum is the share of the past', async () => {
  const four = (name: string, value: number): [string, Operand] => [name, known('float32', value)];
  const node: OneNode = {
    op: 'BatchNormalization',
    operands: {
      x: { shape: [4, 1] },
      ...Object.fromEntries([four('s', 1), four('b', 0), four('mean', 0), four('variance', 1)]),
    },
    attributes: { momentum: { float: 0.75 } },
  };
  const net = (await loadOnnx(oneNode(node))).train();
  net.run({ x: floats([4, 1], 8, 8, 8, 8) });
  const [mean] = Object.entries(net.stateDict()).flatMap(([key, t]) =>
    key.endsWith('running_mean') ? [t] : [],
  );
  expect(mean.data[0]).toBeCloseTo(2, 5);
});

it('values between whole numbers are true, and lose their fraction as whole numbers', async () => {
  const cast = (to: number, type: 'bool' | 'int32'): OneNode => ({
    op: 'Cast',
    operands: { x: { shape: [3] } },
    attributes: { to },
    outputs: { y: type },
  });
  const feeds = { x: floats([3], 0.5, -1.7, 0) };
  expect(await valuesOf(cast(9, 'bool'), feeds)).toEqual([1, 1, 0]);
  expect((await valuesOf(cast(6, 'int32'), feeds)).map((v) => v + 0)).toEqual([0, -1, 0]);
});

it('products of bytes are summed exactly, beyond what float32 counts', async () => {
  const count = 601;
  const bytes = (shape: number[]): Operand => ({
    type: 'uint8',
    shape,
    values: new Array<number>(count).fill(255),
  });
  const node: OneNode = {
    op: 'MatMulInteger',
    operands: { a: bytes([1, count]), b: bytes([count, 1]) },
    outputs: { y: 'int32' },
  };
  expect(await valuesOf(node, {})).toEqual([count * 255 * 255]);
});
