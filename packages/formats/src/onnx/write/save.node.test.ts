// What saveOnnx writes is what the module computes, read again; what it cannot write is refused by name.

import {
  add,
  concat,
  div,
  Generator,
  hardTanh,
  linear,
  max,
  mean,
  mul,
  nn,
  noGrad,
  type Shape,
  slice,
  Tensor,
  tensor,
} from 'neocog';
import { describe, expect, it } from 'vitest';
import { saveCases } from '../../../test/saveCases.ts';
import { loadFile, loadOnnx, saveOnnx } from '../../index.ts';
import { decode } from '../protobuf.ts';
import { type ModelProto, modelType } from '../schema.ts';

function randomInput(shape: Shape): Tensor {
  const generator = new Generator(7);
  const size = shape.reduce((a, b) => a * b, 1);
  return new Tensor(
    Float32Array.from({ length: size }, () => generator.uniform() - 0.5),
    shape,
  );
}

class Formula extends nn.Module {
  readonly #f: (x: Tensor) => Tensor;

  constructor(f: (x: Tensor) => Tensor) {
    super();
    this.#f = f;
  }

  forward(x: Tensor): Tensor {
    return this.#f(x);
  }
}

const graphOf = (module: nn.Module, input: Shape) =>
  decode<ModelProto>(modelType, saveOnnx(module, { input })).graph!;

describe('saveOnnx', () => {
  it.each(saveCases())('writes $name', async ({ module, shape, opset = 17 }) => {
    const x = randomInput(shape);
    const want = noGrad(() => module.eval().forward(x));
    for (const version of [opset, 21]) {
      const net = await loadOnnx(saveOnnx(module, { input: shape, opset: version }));
      const { output } = net.run({ input: x });
      expect(output.dtype).toBe(want.dtype);
      expect(output.shape).toEqual(want.shape);
      output.data.forEach((v, i) => expect(Math.abs(v - want.data[i]), `element ${i}`).toBeLessThan(1e-5));
    }
  });

  it('gives operators the ranks that ONNX prescribes', () => {
    const linear = graphOf(new nn.Linear(4, 3), [2, 5, 4]);
    expect(linear.node.map(({ opType }) => opType)).not.toContain('Gemm');
    expect(graphOf(new nn.Linear(4, 3), [2, 4]).node[0].opType).toBe('Gemm');
    const slopes = graphOf(new nn.PReLU(4), [2, 4, 3, 3]);
    expect(slopes.initializer.map(({ dims }) => dims)).toEqual([[4, 1, 1]]);
  });

  it('carries texts, which loadFile gives back', async () => {
    const metadata = { classes: '["cat","dog"]', title: 'Pets, läßt grüßen', empty: '' };
    const bytes = saveOnnx(new nn.Linear(4, 3), { input: [2, 4], metadata });
    expect((await loadFile(bytes)).metadata).toEqual(metadata);
    expect((await loadFile(saveOnnx(new nn.Linear(4, 3), { input: [2, 4] }))).metadata).toEqual({});
    const wrong = { classes: ['cat'] } as unknown as Record<string, string>;
    expect(() => saveOnnx(new nn.Linear(4, 3), { input: [2, 4], metadata: wrong })).toThrow(
      'give an object of strings by name',
    );
  });

  it.each<[string, nn.Module, Shape, string[]]>([
    ['Gemm', new nn.Linear(4, 3), [2, 4], ['weight', 'bias']],
    ['PRelu', new nn.PReLU(4), [2, 4], ['weight']],
    ['LayerNormalization', new nn.LayerNorm(4), [2, 4], ['weight', 'bias']],
    [
      'BatchNormalization',
      new nn.BatchNorm1d(4),
      [2, 4, 3],
      ['weight', 'bias', 'running_mean', 'running_var'],
    ],
    ['Conv', new nn.Conv1d(4, 3, 2), [2, 4, 5], ['weight', 'bias']],
  ])('names the weights of %s by their keys, of a layer alone as of a part', (op, layer, shape, keys) => {
    const named = (module: nn.Module): string[][] => {
      const { node, initializer } = graphOf(module, shape);
      const { input = [] } = node.find(({ opType }) => opType === op) ?? {};
      expect(initializer.map(({ name }) => name)).toEqual(expect.arrayContaining(input.slice(1)));
      return [input.slice(1), Object.keys(module.stateDict())];
    };
    const [alone, state] = named(layer);
    expect(alone).toEqual(keys);
    expect(state).toEqual(expect.arrayContaining(keys));
    expect(named(new nn.Sequential({ part: layer }))[0]).toEqual(keys.map((key) => `part.${key}`));
  });

  it('names a weight that layers share by its first key', () => {
    const [first, second] = [new nn.Linear(3, 3, { bias: false }), new nn.Linear(3, 3, { bias: false })];
    Object.assign(second, { weight: first.weight });
    const { node, initializer } = graphOf(new nn.Sequential({ one: first, two: second }), [2, 3]);
    expect(initializer.map(({ name }) => name)).toContain('one.weight');
    expect(node.filter(({ opType }) => opType === 'Gemm').map(({ input }) => input[1])).toEqual([
      'one.weight',
      expect.stringMatching(/^(one|two)\.weight$/),
    ]);
    const twice = new Formula((x) => add(linear(x, first.weight), linear(mul(x, 2), first.weight)));
    Object.assign(twice, { a: first, b: second });
    const shared = graphOf(twice, [2, 3]).initializer.map(({ name }) => name);
    expect(shared).toContain('a.weight');
    expect(shared).not.toContain('b.weight');
  });

  it('joins by Concat what lies side by side, and adds other parts into zeros', () => {
    const operators = (f: (x: Tensor) => Tensor): unknown[] =>
      graphOf(new Formula(f), [2, 3]).node.map(({ opType }) => opType);
    expect(operators((x) => concat([x, mul(x, 2), x], { axis: 1 }))).toEqual(['Mul', 'Concat', 'Identity']);
    expect(operators((x) => concat([x, x], { axis: 0 }))).toEqual(['Concat', 'Identity']);
  });

  it.each([17, 18, 19, 21])('gives axes to reductions as opset %d has them', async (opset) => {
    const bytes = saveOnnx(new Formula((x) => add(mean(x, { axis: 1 }), max(x, { axis: 1 }))), {
      input: [2, 3],
      opset,
    });
    const { node } = decode<ModelProto>(modelType, bytes).graph!;
    const reductions = node.filter(({ opType }) => /^Reduce/.test(opType ?? ''));
    expect(reductions.map(({ opType }) => opType).sort()).toEqual(['ReduceMax', 'ReduceMean']);
    for (const { input, attribute } of reductions) {
      expect([input.length, attribute.map(({ name }) => name)]).toEqual(
        opset < 18 ? [1, ['axes', 'keepdims']] : [2, ['keepdims']],
      );
    }
    const { output } = (await loadOnnx(bytes)).run({ input: tensor([0, 3, 6, -3, 0, 9], [2, 3]) });
    expect([...output.data]).toEqual([9, 11]);
  });

  it('keeps zeros of both signs apart', async () => {
    const module = new Formula((x) =>
      add(div(1, hardTanh(x, { min: 0, max: 9 })), div(2, hardTanh(x, { min: -0, max: 9 }))),
    );
    const net = await loadOnnx(saveOnnx(module, { input: [2] }));
    expect([...net.run({ input: tensor([-1, 2]) }).output.data]).toEqual([Number.NaN, 1.5]);
  });

  it('writes one cell as a slice of step 1', () => {
    const { node, initializer } = graphOf(
      new Formula((x) => slice(x, { axis: 1, start: 2, end: 3 })),
      [2, 4, 3],
    );
    const { input = [] } = node.find(({ opType }) => opType === 'Slice') ?? {};
    const lists = input.slice(1).map((name) => {
      const { rawData = new Uint8Array(0) } = initializer.find((tensor) => tensor.name === name) ?? {};
      return Array.from(new BigInt64Array(rawData.slice().buffer), Number);
    });
    expect(lists).toEqual([[2], [3], [1], [1]]);
  });

  it.each(saveCases().filter(({ opset }) => opset))('says which opset $name needs', ({ module, shape }) => {
    expect(() => saveOnnx(module, { input: shape })).toThrow(/needs opset 19; pass { opset: 19 }/);
  });
});
