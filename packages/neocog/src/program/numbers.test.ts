// Inputs of a run that are arrays of numbers, without a tensor.

import { describe, expect, it, test } from 'vitest';
import { compile, type Numbers, nn, randn, ShapeError, tensor, withBackend } from '../index.ts';

const backends = ['wasm', 'reference'] as const;
const shape = [1, 1, 2, 3];

/** y = 2x + 1 */
function affine(): nn.Module {
  const net = new nn.Conv2d(1, 1, 1);
  net.weight.data.fill(2);
  net.bias?.data.fill(1);
  return net;
}

type Half = { new (values: readonly number[]): Numbers };
const { Float16Array: half } = globalThis as { Float16Array?: Half };

const arrays: [name: string, array: Numbers, expected: number[]][] = [
  ['Float32Array', Float32Array.of(0.5, -1, 2, 3, 4, 5), [2, -1, 5, 7, 9, 11]],
  ['Float64Array', Float64Array.of(0.5, -1, 2, 3, 4, 5), [2, -1, 5, 7, 9, 11]],
  ['Int8Array', Int8Array.of(-128, 127, 0, 1, 2, 3), [-255, 255, 1, 3, 5, 7]],
  ['Uint8Array', Uint8Array.of(255, 0, 1, 2, 3, 4), [511, 1, 3, 5, 7, 9]],
  ['Uint8ClampedArray', Uint8ClampedArray.of(255, 0, 1, 2, 3, 4), [511, 1, 3, 5, 7, 9]],
  ['Int16Array', Int16Array.of(-32768, 1, 2, 3, 4, 5), [-65535, 3, 5, 7, 9, 11]],
  ['Uint16Array', Uint16Array.of(65535, 1, 2, 3, 4, 5), [131071, 3, 5, 7, 9, 11]],
  ['Int32Array', Int32Array.of(-70000, 1, 2, 3, 4, 5), [-139999, 3, 5, 7, 9, 11]],
  ['Uint32Array', Uint32Array.of(70000, 1, 2, 3, 4, 5), [140001, 3, 5, 7, 9, 11]],
];

describe.each(backends)('on %s', (backend) => {
  it.each(arrays)('%s', (_, array, expected) =>
    withBackend(backend, async () => {
      const program = await compile(affine(), { input: shape });
      const y = await program.run(array);
      expect([y.shape, [...y.data]]).toEqual([shape, expected]);
      const { output } = await program.run({ input: array });
      expect([...output.data]).toEqual(expected);
      program.dispose();
    }),
  );

  test.skipIf(!half)('Float16Array (an engine may not have it)', () =>
    withBackend(backend, async () => {
      const program = await compile(affine(), { input: shape });
      const y = await program.run(new (half as Half)([0.5, -1, 2048.9, 65504, 2 ** -14, 5]));
      expect([...y.data]).toEqual([2, -1, 4097, 131009, 1 + 2 ** -13, 11]);
      program.dispose();
    }),
  );

  it('whole numbers for an input of such, and no others', () =>
    withBackend(backend, async () => {
      const net = new nn.Embedding(4, 2);
      const program = await compile(net, { input: [3] });
      const expected = net.forward(tensor([3, 0, 2], [3], { dtype: 'int32' }));
      for (const indices of [Uint8Array.of(3, 0, 2), Int16Array.of(3, 0, 2), Int32Array.of(3, 0, 2)])
        expect([...(await program.run(indices)).data]).toEqual([...expected.data]);
      await expect(program.run(Uint8Array.of(3, 0, 9))).rejects.toThrow('9');
      await expect(program.run(Float32Array.of(3, 0, 2))).rejects.toThrow(
        'Program.run: input is Float32Array of 12 bytes, but the program needs 3 numbers for int32 [3]; give an Int32Array, or a smaller type',
      );
      program.dispose();
    }));
});

test('runs that overlap take the numbers of their calls', async () => {
  const program = await compile(affine(), { input: shape });
  const x = Uint8Array.of(1, 2, 3, 4, 5, 6);
  const runs = [program.run(x), program.run(x)];
  x.fill(0);
  for (const y of await Promise.all(runs)) expect([...y.data]).toEqual([3, 5, 7, 9, 11, 13]);
  program.dispose();
});

test('so many as are needed, of numbers', async () => {
  const program = await compile(affine(), { input: shape });
  const few = program.run(Uint8Array.of(1, 2));
  await expect(few).rejects.toThrow(ShapeError);
  await expect(few).rejects.toThrow(
    'Program.run: input has 2 numbers, but the program needs 6 numbers for float32 [1,1,2,3]; give so many, or compile again for another shape',
  );
  for (const wrong of [BigInt64Array.of(1n, 2n, 3n, 4n, 5n, 6n), new DataView(new ArrayBuffer(6))])
    await expect(program.run(wrong as never)).rejects.toThrow(ShapeError);
  const open = await compile(affine(), { input: [1, 1, 'h', 'w'] });
  await expect(open.run(new Float32Array(6) as never)).rejects.toThrow(ShapeError);
  expect((await open.run(randn(shape))).shape).toEqual(shape);
  for (const one of [program, open]) one.dispose();
});
