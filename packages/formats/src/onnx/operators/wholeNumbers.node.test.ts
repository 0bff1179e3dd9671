// Whole numbers in single ONNX nodes: where they wrap, what is exact, and which layers take them.

import { describe, expect, it } from 'vitest';
import { floats, type OneNode, oneNode, wholes } from '../../../test/onnxGraphs.ts';
import { expectBoth, list, valuesOf } from '../../../test/runNode.ts';
import { rangeOf, wrap } from '../../graph/value.ts';
import { loadOnnx } from '../../index.ts';

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
      operands: { x: { type: 'int64', shape: [2] }, w: list('int64', 2 ** 40, 2 ** 40) },
      outputs: { y: 'int64' },
    };
    expect(await valuesOf(node, { x: wholes([2], 2 ** 24, 0) })).toEqual([0, 0]);
  });

  it('are divided towards zero', async () => {
    const node: OneNode = {
      op: 'Div',
      operands: { x: { type: 'int32', shape: [4] }, w: list('int32', 2, 2, -2, 2) },
      outputs: { y: 'int32' },
    };
    expect(await valuesOf(node, { x: wholes([4], 7, -7, 7, 6) })).toEqual([3, -3, -3, 3]);
  });

  it('are shifted by more than 32 bits', async () => {
    const shift = (direction: string, by: number): OneNode => ({
      op: 'BitShift',
      operands: { x: { type: 'int64', shape: [1] }, w: list('int64', by) },
      attributes: { direction },
      outputs: { y: 'int64' },
    });
    expect(await valuesOf(shift('RIGHT', 40), { x: wholes([1], -5) })).toEqual([-1]);
    expect(await valuesOf(shift('RIGHT', 64), { x: wholes([1], 5) })).toEqual([0]);
    for (const by of [64, 65]) expect(await valuesOf(shift('LEFT', by), { x: wholes([1], 1) })).toEqual([0]);
    const chain = shift('LEFT', 40);
    const net = await loadOnnx(oneNode(chain));
    expect(() => net.run({ x: wholes([1], 1) })).toThrow(`the int64 value ${2 ** 40} does not fit`);
    expect([...net.run({ x: wholes([1], 0) }).y.data]).toEqual([0]);
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

it('a whole number beyond float32 is refused by a layer of floats, not changed', async () => {
  const wide = oneNode({
    op: 'Relu',
    operands: { x: { type: 'int64', shape: [1] } },
    outputs: { y: 'int64' },
  });
  const net = await loadOnnx(wide);
  expect([...net.run({ x: wholes([1], 2 ** 24) }).y.data]).toEqual([2 ** 24]);
  expect(() => net.run({ x: wholes([1], 2 ** 24 + 1) })).toThrow(/int64 value 16777217 is no float32/);
  const of = { type: 'int64', shape: [3] } as const;
  const several = await loadOnnx(oneNode({ op: 'Relu', operands: { x: of }, outputs: { y: 'int64' } }));
  const three = { x: wholes([3], 1, -(2 ** 24) - 3, 2 ** 24 + 1) };
  expect(() => several.run(three)).toThrow(/the int64 value -16777219 is no float32/);
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
