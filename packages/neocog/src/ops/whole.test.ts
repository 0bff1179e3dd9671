// Sums of whole numbers on the WebAssembly backend, eager and compiled, are those of the plain loops, bit for bit.

import { describe, expect, it } from 'vitest';
import { UnsupportedError } from '../errors.ts';
import { Module } from '../nn/module.ts';
import { compile } from '../program/compile.ts';
import { withBackend } from '../settings.ts';
import { Generator } from '../tensor/random.ts';
import type { Tensor } from '../tensor/tensor.ts';
import { tensor } from '../tensor/tensor.ts';
import { convWhole, linearWhole, matmulWhole, type WholeConvOptions } from './whole.ts';

class Step extends Module {
  readonly run: (x: Tensor) => Tensor;

  constructor(run: (x: Tensor) => Tensor) {
    super();
    this.run = run;
  }

  forward(x: Tensor): Tensor {
    return this.run(x);
  }
}

const random = new Generator(1);

/** From −most to most. */
const wholes = (shape: readonly number[], most = 255): Tensor =>
  tensor(
    Float32Array.from(
      { length: shape.reduce((a, b) => a * b, 1) },
      () => random.integer(2 * most + 1) - most,
    ),
    shape,
  );

/** On the backends, eagerly, and compiled with one thread and two. */
async function expectEverywhere(x: Tensor, run: (x: Tensor) => Tensor): Promise<string> {
  const expected = withBackend('reference', () => run(x)).data;
  expect(run(x).data).toEqual(expected);
  let description = '';
  for (const threads of [1, 2]) {
    const program = await compile(new Step(run), { input: x.shape, threads });
    expect((await program.run(x)).data).toEqual(expected);
    description = program
      .explain()
      .steps.map((step) => step.description)
      .join('; ');
    program.dispose();
  }
  return description;
}

interface Case {
  readonly x: readonly number[];
  readonly w: readonly number[];
  readonly options?: Omit<WholeConvOptions, 'most'>;
}

/** Sums beyond 2²⁴ in magnitude, so that float32 would round on the way. */
const cases: Record<string, Case> = {
  'a kernel of one cell': { x: [1, 320, 7, 7], w: [96, 320, 1, 1] },
  'an odd number of channels': { x: [2, 333, 3, 5], w: [5, 333, 1, 1] },
  'few results': { x: [1, 300, 4, 4], w: [3, 300, 1, 1] },
  'padding, stride and dilation': {
    x: [2, 64, 9, 8],
    w: [20, 64, 3, 3],
    options: { padding: 2, stride: 2, dilation: 2 },
  },
  'even groups': { x: [1, 128, 6, 6], w: [24, 32, 3, 3], options: { groups: 4, padding: 1 } },
  'odd groups': { x: [1, 93, 5, 5], w: [9, 31, 3, 3], options: { groups: 3, padding: 1 } },
  'three taps': { x: [2, 40, 11, 9], w: [24, 40, 3, 3], options: { padding: 1 } },
  'three taps apart': { x: [1, 35, 12, 12], w: [9, 35, 3, 3], options: { padding: 2, dilation: 2 } },
  'three taps of one axis': { x: [1, 130, 40], w: [16, 130, 3], options: { padding: [[2, 0]] } },
  'one axis': { x: [2, 50, 40], w: [17, 50, 9], options: { padding: 4 } },
  'three axes': { x: [1, 16, 6, 6, 6], w: [8, 16, 3, 3, 3], options: { padding: 1 } },
  'reflected borders': {
    x: [1, 40, 6, 6],
    w: [8, 40, 3, 3],
    options: { padding: 1, paddingMode: 'reflect' },
  },
};

describe('convolutions of whole numbers are exact', () => {
  for (const [name, { x, w, options = {} }] of Object.entries(cases))
    it(`with ${name}`, async () => {
      const weights = wholes(w);
      const bias = wholes([w[0]], 2 ** 20);
      const most = 255 * 255 * (weights.size / w[0]) + 2 ** 20;
      const run = (t: Tensor): Tensor => convWhole(t, weights, { ...options, bias, most });
      expect(await expectEverywhere(wholes(x), run)).toContain('16 bits');
    });

  it('by kernels of floats where no sum is beyond 24 bits', async () => {
    const weights = wholes([12, 1, 3, 3]);
    const run = (t: Tensor): Tensor => convWhole(t, weights, { groups: 12, padding: 1, most: 9 * 255 * 255 });
    expect(await expectEverywhere(wholes([1, 12, 8, 8]), run)).toContain('depthwise');
  });

  it('of three taps where transformed tiles and weights are as large as they can be', async () => {
    // Signs of the rows that add most: 4 + 5 + 1 of an input, 1 + 2 + 4 of a weight.
    const rows = [
      [1, 1, -1, 1, 1, 1],
      [1, -1, -1, 1, 1, 1],
      [1, 1, 1, -1, 1, 1],
    ];
    const taps = [
      [1, 1, 1],
      [1, -1, 1],
    ];
    for (const row of rows)
      for (const tap of taps) {
        const x = Float32Array.from(
          { length: 8 * 10 * 36 },
          (_, i) => 255 * row[i % 6] * row[Math.floor(i / 6) % 6],
        );
        const w = Float32Array.from(
          { length: 32 * 90 },
          (_, i) => 127 * tap[i % 3] * tap[Math.floor(i / 3) % 3],
        );
        const weights = tensor(w, [32, 10, 3, 3]);
        const run = (t: Tensor): Tensor => convWhole(t, weights, { most: 90 * 255 * 127 });
        expect(await expectEverywhere(tensor(x, [8, 10, 6, 6]), run)).toContain('F(4×4, 3×3), 16 bits');
      }
  });

  it('of three taps up to 2²⁵, beyond which they run without tiles', async () => {
    const x = tensor(new Float32Array(128 * 36).fill(255), [1, 128, 6, 6]);
    const w = tensor(new Float32Array(8 * 128 * 9).fill(114).fill(-114, 4 * 1152), [8, 128, 3, 3]);
    const sum = 1152 * 255 * 114;
    expect(sum).toBeGreaterThan(2 ** 25 - 2 ** 17);
    for (const [most, name] of [
      [2 ** 25 - 1, 'F(4×4, 3×3), 16 bits'],
      [2 ** 25, 'whole'],
    ] as const) {
      const run = (t: Tensor): Tensor => convWhole(t, w, { most, dtype: 'int32' });
      expect(await expectEverywhere(x, run)).toContain(name);
      expect([...run(x).data.subarray(0, 1), ...run(x).data.subarray(-1)]).toEqual([sum, -sum]);
    }
  });

  it('at the ends of 16 bits', async () => {
    const x = tensor(Float32Array.of(-32768, 32767, 32767, -32768), [1, 4, 1, 1]);
    const w = tensor(Float32Array.of(32767, 1, -32768, 2), [1, 4, 1, 1]);
    const run = (t: Tensor): Tensor => convWhole(t, w, { most: 2 ** 31 - 1 });
    expect(await expectEverywhere(x, run)).toContain('16 bits');
    expect([...run(x).data]).toEqual([-32768 * 32767 + 32767 - 32768 * 32767 - 2 * 32768].map(Math.fround));
  });
});

it('sums may stay whole: of int32, which counts further than float32', async () => {
  const weight = new Float32Array(400).fill(255).with(-1, 254);
  const sum = 255 * (399 * 255 + 254);
  expect(Math.fround(sum)).not.toBe(sum);
  const sums = { most: 400 * 255 * 255, dtype: 'int32' } as const;
  const conv = (x: Tensor): Tensor => convWhole(x, tensor(weight, [1, 400, 1, 1]), sums);
  const product = (x: Tensor): Tensor => linearWhole(x, tensor(weight, [1, 400]), sums);
  const x = new Float32Array(400 * 6).fill(255);
  expect(await expectEverywhere(tensor(x, [1, 400, 2, 3]), conv)).toContain('16 bits');
  expect(await expectEverywhere(tensor(x, [6, 400]), product)).toContain('16 bits');
  for (const y of [conv(tensor(x, [1, 400, 2, 3])), product(tensor(x, [6, 400]))])
    expect([y.dtype, ...y.data]).toEqual(['int32', ...new Array<number>(6).fill(sum)]);
});

it('products of matrices are exact, with known and with computed factors', async () => {
  const most = 600 * 255 * 255;
  const w = wholes([40, 600]);
  expect(await expectEverywhere(wholes([3, 7, 600]), (x) => linearWhole(x, w, { most }))).toContain(
    '16 bits',
  );
  const both = (x: Tensor): Tensor => matmulWhole(x, x, { most });
  expect(await expectEverywhere(wholes([2, 300, 300]), both)).toContain('16 bits');
});

it('sums that may need more than 32 bits are refused', () => {
  const x = wholes([1, 2, 1, 1]);
  expect(() => convWhole(x, x, { most: 2 ** 31 })).toThrow(UnsupportedError);
  expect(() => linearWhole(wholes([1, 2]), wholes([1, 2]), { most: 2 ** 31 })).toThrow(/32 bits hold less/);
});
