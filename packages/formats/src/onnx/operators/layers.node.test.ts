// Which nodes become layers of neocog, and which stay operations: their results are the same, and so only their kind tells.

import { nn, type Tensor } from 'neocog';
import { describe, expect, it } from 'vitest';
import { floats, type OneNode, type Operand, oneNode } from '../../../test/onnxGraphs.ts';
import { loadOnnx } from '../../index.ts';

type Kind = abstract new (...args: never[]) => nn.Module;

/** Whether a part of the network is such a layer, its state, and y. */
async function read(node: OneNode, kind: Kind, feeds: Readonly<Record<string, Tensor>>) {
  const net = await loadOnnx(oneNode(node));
  const isLayer = net.namedModules().some(([, part]) => part instanceof kind);
  return { isLayer, keys: Object.keys(net.stateDict()), y: [...net.run(feeds).y.data] };
}

const close = (values: readonly number[]) => values.map((v) => expect.closeTo(v, 5));

describe('activations at their usual settings are layers', () => {
  const selu = (attributes: OneNode['attributes'], opset = 17): OneNode => ({
    op: 'Selu',
    opset,
    operands: { x: { shape: [2] } },
    attributes: attributes ?? {},
  });
  const x = floats([2], -1, 2);
  const seluOf = (alpha: number, gamma: number) => close([gamma * alpha * Math.expm1(-1), 2 * gamma]);

  it('Selu', async () => {
    const usual = { isLayer: true, keys: [], y: seluOf(1.6732632, 1.050701) };
    expect(await read(selu({}), nn.SELU, { x })).toEqual(usual);
    const written = { alpha: { float: Math.fround(1.67326324) }, gamma: { float: Math.fround(1.05070098) } };
    expect(await read(selu(written), nn.SELU, { x })).toEqual(usual);
    expect(await read(selu({ alpha: { float: 2 } }), nn.SELU, { x })).toMatchObject({
      isLayer: false,
      y: seluOf(2, 1.050701),
    });
    expect(await read(selu({ gamma: { float: 3 } }), nn.SELU, { x })).toMatchObject({
      isLayer: false,
      y: seluOf(1.6732632, 3),
    });
    // Of opset 1 the defaults had fewer digits.
    expect(await read(selu({}, 5), nn.SELU, { x })).toMatchObject({
      isLayer: false,
      y: seluOf(1.6732, 1.0507),
    });
    expect((await read(selu({}, 6), nn.SELU, { x })).isLayer).toBe(true);
  });

  it('HardSigmoid', async () => {
    const node = (attributes: OneNode['attributes']): OneNode => ({
      op: 'HardSigmoid',
      operands: { x: { shape: [4] } },
      attributes: attributes ?? {},
    });
    const feeds = { x: floats([4], -4, -1, 1, 4) };
    const sixth = { float: Math.fround(1 / 6) };
    expect(await read(node({ alpha: sixth }), nn.Hardsigmoid, feeds)).toMatchObject({
      isLayer: true,
      y: close([0, 1 / 3, 2 / 3, 1]),
    });
    expect(await read(node({}), nn.Hardsigmoid, feeds)).toMatchObject({
      isLayer: false,
      y: close([0, 0.3, 0.7, 1]),
    });
    expect(await read(node({ alpha: sixth, beta: { float: 0.25 } }), nn.Hardsigmoid, feeds)).toMatchObject({
      isLayer: false,
      y: close([0, 1 / 12, 5 / 12, 11 / 12]),
    });
  });
});

describe('normalisations with known weights are layers', () => {
  const x: Operand = { shape: [1, 2, 2] };
  const feeds = { x: floats([1, 2, 2], 1, 3, 5, 9) };
  const weights = { scale: floats([2], 2, 3), bias: floats([2], 1, 1) };
  const withWeights = (known: boolean): OneNode['operands'] => ({
    x,
    scale: { shape: [2], ...(known && { values: [2, 3] }) },
    bias: { shape: [2], ...(known && { values: [1, 1] }) },
  });
  const node = (op: string, known: boolean, attributes = {}, opset = 21): OneNode => ({
    op,
    opset,
    operands: withWeights(known),
    attributes: { epsilon: { float: 0 }, ...attributes },
  });

  it.each<[string, Kind, object, number[]]>([
    ['InstanceNormalization', nn.Module, {}, [-1, 3, -2, 4]],
    ['GroupNormalization', nn.GroupNorm, { num_groups: 2 }, [-1, 3, -2, 4]],
    ['LayerNormalization', nn.LayerNorm, {}, [-1, 4, -1, 4]],
  ])('%s', async (op, kind, attributes, y) => {
    const layer = await read(node(op, true, attributes), kind, feeds);
    expect(layer).toEqual({ isLayer: true, keys: ['y.weight', 'y.bias'], y: close(y) });
    const open = await read(node(op, false, attributes), kind, { ...feeds, ...weights });
    expect(open).toEqual({ isLayer: kind === nn.Module, keys: [], y: close(y) });
  });

  it('but for groups with a scale each', async () => {
    const old = node('GroupNormalization', true, { num_groups: 2 }, 20);
    expect(await read(old, nn.GroupNorm, feeds)).toMatchObject({ isLayer: false, y: close([-1, 3, -2, 4]) });
  });

  it('but for the last axes by numbers from the start', async () => {
    const last = node('LayerNormalization', true, { axis: 2 });
    expect(await read(last, nn.LayerNorm, feeds)).toMatchObject({ isLayer: false, y: close([-1, 4, -1, 4]) });
  });

  it('BatchNormalization, whose state has the statistics', async () => {
    const known = { shape: [2], values: [1, 1] };
    const batch: OneNode = {
      op: 'BatchNormalization',
      operands: { ...withWeights(true), mean: known, variance: known },
      attributes: { epsilon: { float: 3 } },
    };
    const found = await read(batch, nn.BatchNorm2d, feeds);
    expect(found).toEqual({
      isLayer: true,
      keys: ['weight', 'bias', 'running_mean', 'running_var', 'num_batches_tracked'].map((key) => `y.${key}`),
      y: close([1, 3, 7, 13]),
    });
  });
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
