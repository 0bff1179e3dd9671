// What saveOnnx writes is what the module computes, read again; what it cannot write is refused by name.

import { Generator, nn, noGrad, type Shape, Tensor } from 'neocog';
import { describe, expect, it } from 'vitest';
import { saveCases } from '../../../test/saveCases.ts';
import { loadOnnx, saveOnnx } from '../../index.ts';
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
    const graphOf = (module: nn.Module, input: Shape) =>
      decode<ModelProto>(modelType, saveOnnx(module, { input })).graph!;
    const linear = graphOf(new nn.Linear(4, 3), [2, 5, 4]);
    expect(linear.node.map(({ opType }) => opType)).not.toContain('Gemm');
    expect(graphOf(new nn.Linear(4, 3), [2, 4]).node[0].opType).toBe('Gemm');
    const slopes = graphOf(new nn.PReLU(4), [2, 4, 3, 3]);
    expect(slopes.initializer.map(({ dims }) => dims)).toEqual([[4, 1, 1]]);
  });

  it.each(saveCases().filter(({ opset }) => opset))('says which opset $name needs', ({ module, shape }) => {
    expect(() => saveOnnx(module, { input: shape })).toThrow(/needs opset 19; pass { opset: 19 }/);
  });
});
