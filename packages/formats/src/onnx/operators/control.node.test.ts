// If: which branch a condition takes, whether it is given, fixed at load, or a part of the file.

import { compile, ShapeError } from 'neocog';
import { describe, expect, it } from 'vitest';
import { floats, valueInfo, wholes } from '../../../test/onnxGraphs.ts';
import { loadOnnx } from '../../index.ts';
import { encode } from '../protobuf.ts';
import { attributeTypes, modelType } from '../schema.ts';

/** y is x where the condition holds, else −x. Without `values` the condition is an input. */
function choice(shape: readonly number[], values?: readonly number[]): Uint8Array {
  const branch = (name: string, opType: string) => ({
    name,
    type: attributeTypes.graph,
    g: {
      node: [{ opType, input: ['x'], output: [opType], attribute: [] }],
      initializer: [],
      input: [],
      output: [{ name: opType }],
    },
  });
  const attribute = [branch('then_branch', 'Identity'), branch('else_branch', 'Neg')];
  const condition = { name: 'c', dataType: 9, dims: [...shape], int32Data: [...(values ?? [])] };
  return encode(modelType, {
    irVersion: 8,
    opsetImport: [{ domain: '', version: 17 }],
    graph: {
      node: [{ opType: 'If', input: ['c'], output: ['y'], attribute }],
      initializer: values ? [condition] : [],
      input: [
        valueInfo('x', { shape: [1] }),
        ...(values ? [] : [valueInfo('c', { type: 'bool', shape: [...shape] })]),
      ],
      output: [valueInfo('y', { shape: [1] })],
    },
  });
}

const x = floats([1], 5);

describe('a condition', () => {
  const cases: [condition: number, y: number][] = [
    [0, -5],
    [1, 5],
    [2, 5],
    [-1, 5],
  ];

  it.each(cases)('of %d, given to the network', async (condition, y) => {
    const net = await loadOnnx(choice([], undefined));
    expect(net.run({ x, c: wholes([], condition) }).y.data[0]).toBe(y);
  });

  it.each(cases)('of %d, fixed at load, also compiled', async (condition, y) => {
    const net = await loadOnnx(choice([]), { values: { c: wholes([], condition) } });
    expect(net.run({ x }).y.data[0]).toBe(y);
    const program = await compile(net);
    expect((await program.run({ x })).y.data[0]).toBe(y);
    program.dispose();
  });

  it.each(cases)('of %d, in the file', async (condition, y) => {
    for (const shape of [[], [1]]) {
      const net = await loadOnnx(choice(shape, [condition]));
      expect(net.run({ x }).y.data[0]).toBe(y);
    }
  });

  it.each([
    ['none', []],
    ['two', [1, 1]],
  ])('of %s values is refused', async (_, values) => {
    const sentence = /"y" \(If\): the condition has shape \[\d\]; it must hold one value/;
    const shape = [values.length];
    const given = await loadOnnx(choice(shape));
    expect(() => given.run({ x, c: wholes(shape, ...values) })).toThrow(ShapeError);
    expect(() => given.run({ x, c: wholes(shape, ...values) })).toThrow(sentence);
    const inFile = async () => (await loadOnnx(choice(shape, values))).run({ x });
    await expect(inFile()).rejects.toThrow(sentence);
  });
});

it('weights inside of one branch are not those of the same name inside another', async () => {
  const branch = (name: string, weight: number) => ({
    name,
    type: attributeTypes.graph,
    g: {
      node: [{ opType: 'Mul', input: ['x', 'w'], output: ['inner'], attribute: [] }],
      initializer: [{ name: 'w', dataType: 1, dims: [1], floatData: [weight] }],
      input: [],
      output: [{ name: 'inner' }],
    },
  });
  const choose = (output: string, weight: number) => ({
    opType: 'If',
    input: ['c'],
    output: [output],
    attribute: [branch('then_branch', weight), branch('else_branch', 0)],
  });
  const model = encode(modelType, {
    irVersion: 8,
    opsetImport: [{ domain: '', version: 17 }],
    graph: {
      node: [choose('y', 2), choose('z', 3)],
      initializer: [{ name: 'c', dataType: 9, dims: [], int32Data: [1] }],
      input: [valueInfo('x', { shape: [1] })],
      output: [valueInfo('y', { shape: [1] }), valueInfo('z', { shape: [1] })],
    },
  });
  const { y, z } = (await loadOnnx(model)).run({ x });
  expect([y.data[0], z.data[0]]).toEqual([10, 15]);
});
