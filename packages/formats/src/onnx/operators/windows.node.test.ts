// Convolutions and pools of single ONNX nodes: pads, strides and dilations at their edges, and where maxima are. Values are by
// hand or as onnxruntime 1.30 gives them.

import { UnsupportedError } from 'neocog';
import { describe, expect, it } from 'vitest';
import { floats, type OneNode, oneNode } from '../../../test/onnxGraphs.ts';
import { expectBoth, runBoth, valuesOf, type Wanted } from '../../../test/runNode.ts';
import { loadOnnx } from '../../index.ts';

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

  it('a transposed convolution with gaps is cut where a shape is wanted', async () => {
    const node: OneNode = {
      op: 'ConvTranspose',
      operands: { x: { shape: [1, 1, 2] }, w: { shape: [1, 1, 1], values: [1] } },
      attributes: { auto_pad: 'SAME_UPPER', strides: [3], output_shape: [2] },
    };
    expect(await valuesOf(node, { x: floats([1, 1, 2], 1, 2) })).toEqual([0, 0]);
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

describe('pools and columns', () => {
  it('LpPool and GlobalLpPool of magnitudes', async () => {
    const of = (op: string, p: number | undefined, opset = 17): OneNode => ({
      op,
      opset,
      operands: { x: x([1, 1, 3]) },
      attributes: {
        ...(p !== undefined && { p: opset < 2 ? { float: p } : p }),
        ...(op === 'LpPool' && { kernel_shape: [2] }),
      },
    });
    const feeds = { x: floats([1, 1, 3], 3, -4, 4) };
    const root = (v: number): number => Math.fround(Math.sqrt(v));
    for (const p of [2, undefined]) {
      await expectBoth(of('LpPool', p), feeds, [
        [1, 1, 2],
        [5, root(32)],
      ]);
      await expectBoth(of('GlobalLpPool', p), feeds, [[1, 1, 1], [root(41)]]);
    }
    await expectBoth(of('LpPool', 1), feeds, [
      [1, 1, 2],
      [7, 8],
    ]);
    await expectBoth(of('GlobalLpPool', 1), feeds, [[1, 1, 1], [11]]);
    for (const { y } of await runBoth(of('GlobalLpPool', 3, 1), { x: floats([1, 1, 3], 3, -4, 5) }))
      expect(y.item()).toBeCloseTo(6, 5);
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
});

describe('places of maxima', () => {
  it('count columns first where storage_order says so', async () => {
    const node: OneNode = {
      op: 'MaxPool',
      operands: { x: { shape: [1, 2, 2, 3] } },
      attributes: { kernel_shape: [1, 1], storage_order: 1 },
      outputs: { y: 'float32', at: 'int64' },
    };
    const x = floats([1, 2, 2, 3], ...Array.from({ length: 12 }, (_, i) => i));
    expect(await valuesOf(node, { x }, 'at')).toEqual([0, 2, 4, 1, 3, 5, 6, 8, 10, 7, 9, 11]);
    const rows = { ...node, attributes: { ...node.attributes, storage_order: 0 } };
    expect(await valuesOf(rows, { x }, 'at')).toEqual(Array.from({ length: 12 }, (_, i) => i));
  });

  it.each([2, -1])('have no storage_order %d', async (order) => {
    for (const outputs of [{ y: 'float32' }, { y: 'float32', at: 'int64' }] as const) {
      const attributes = { kernel_shape: [1, 1], storage_order: order };
      const bytes = oneNode({ op: 'MaxPool', operands: { x: x([1, 2, 2, 3]) }, attributes, outputs });
      await expect(loadOnnx(bytes)).rejects.toThrow(UnsupportedError);
      await expect(loadOnnx(bytes)).rejects.toThrow(`storage_order is ${order}, but neocog knows 0`);
    }
  });

  it('lead back to their planes', async () => {
    const node: OneNode = {
      op: 'MaxUnpool',
      operands: { x: { shape: [1, 2, 1, 1] }, at: { type: 'int64', shape: [1, 2, 1, 1], values: [1, 6] } },
      attributes: { kernel_shape: [2, 2], strides: [2, 2] },
    };
    expect(await valuesOf(node, { x: floats([1, 2, 1, 1], 5, 6) })).toEqual([0, 5, 0, 0, 0, 0, 6, 0]);
  });
});
