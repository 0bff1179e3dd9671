// What a DataLoader takes samples from, and what it makes of their parts.

import { describe, expect, it } from 'vitest';
import { ShapeError } from '../errors.ts';
import { Tensor } from '../tensor/tensor.ts';
import type { Batch } from './batch.ts';
import { DataLoader } from './dataLoader.ts';
import type { Sample, Transform } from './dataset.ts';
import { tensorDataset } from './tensorDataset.ts';

interface Numbered extends Sample {
  readonly image: Tensor;
  readonly label: number;
}

const pause = (turns: number) => new Promise((resolve) => setTimeout(resolve, turns));
const noisy: Transform<Numbered> = (sample, random) => ({
  ...sample,
  image: new Tensor(
    sample.image.data.map((value) => value + random.normal()),
    sample.image.shape,
  ),
});

async function all(loader: AsyncIterable<Batch>): Promise<Batch[]> {
  const batches: Batch[] = [];
  for await (const batch of loader) batches.push(batch);
  return batches;
}
const valuesOf = ({ x, y, index }: Batch) => [[...x.data], [...y.data], [...index]];
const orderOf = (batches: readonly Batch[]): number[] => batches.flatMap(({ index }) => [...index]);
const upTo = (n: number): number[] => Array.from({ length: n }, (_, i) => i);

describe('sources', () => {
  const sample = (i: number): Numbered => ({ image: new Tensor(new Float32Array(1).fill(i), [1]), label: i });

  it('are lists of samples', async () => {
    const loader = new DataLoader(upTo(5).map(sample), { batchSize: 2, shuffle: true });
    expect(loader.size).toBe(5);
    expect(orderOf(await all(loader)).sort()).toEqual(upTo(5));
  });

  it.each([0, 2])(
    'are iterables, read as far ahead as said (%i), and told when nobody wants more',
    async (prefetch) => {
      let [begun, ended, given] = [0, 0, 0];
      const stream = {
        async *[Symbol.asyncIterator]() {
          begun++;
          try {
            for (let i = 0; i < 7; i++) {
              given++;
              yield sample(i);
            }
          } finally {
            ended++;
          }
        },
      };
      const loader = new DataLoader(stream, { batchSize: 2, prefetch, transform: noisy });
      expect([loader.size, loader.length]).toEqual([undefined, undefined]);
      const whole = await all(loader);
      expect(orderOf(whole)).toEqual(upTo(7));
      loader.epoch = 0;
      given = 0;
      for await (const batch of loader) {
        expect(valuesOf(batch)).toEqual(valuesOf(whole[0]));
        await pause(1);
        expect(given).toBe(2 + 2 * prefetch);
        break;
      }
      expect([begun, ended]).toEqual([2, 2]);
      loader.restore({ epoch: 0, taken: 4, seed: 0, size: null });
      expect((await all(loader)).map(valuesOf)).toEqual(whole.slice(2).map(valuesOf));
      expect(await all(new DataLoader(new Set([sample(1)])))).toHaveLength(1);
    },
  );

  it('that are iterables are not shuffled', () => {
    expect(() => new DataLoader(new Set<Numbered>(), { shuffle: true })).toThrow(/shuffle is true, but/);
  });

  it('make x and y of the first names that they have', async () => {
    const part = (value: number) => new Tensor(Float32Array.of(value), [1]);
    const [batch] = await all(new DataLoader([{ sound: part(1), image: part(2), label: 3, mask: part(4) }]));
    expect([batch.x.item(), batch.y.item(), batch.y.dtype]).toEqual([2, 4, 'float32']);
    const [unlabelled] = await all(new DataLoader([{ x: part(1) }, { x: part(1) }]));
    expect([...unlabelled.y.data]).toEqual([-1, -1]);
  });

  it.each<[string, readonly object[], RegExp]>([
    ['no input', [{ label: 1 }], /sample 0 has \{ label \}; a sample needs one of x, image, sound/],
    [
      'unequal shapes',
      [sample(0), { ...sample(1), image: new Tensor(new Float32Array(2), [2]) }],
      /image is float32 \[1\] of sample 0, but float32 \[2\] of sample 1/,
    ],
    [
      'unequal types',
      [sample(0), { ...sample(1), image: new Tensor(new Int32Array(1), [1]) }],
      /but int32 \[1\] of sample 1/,
    ],
    ['a class that is none', [sample(0.5)], /label of sample 0 is 0\.5, a class is a whole number/],
    ['a label that is missing', [sample(0), { image: sample(0).image }], /label of sample 1 is undefined/],
  ])('with %s are refused', async (_, samples, message) => {
    // biome-ignore format: a table
    await expect(all(new DataLoader(samples))).rejects.toThrow(message);
    await expect(all(new DataLoader(samples))).rejects.toThrow(ShapeError);
  });
});

describe('tensorDataset', () => {
  it('scales inputs, keeps classes and masks whole', async () => {
    const images = { shape: [2, 1, 2], data: Uint8Array.of(0, 51, 102, 255) };
    const masks = { shape: [2, 2], data: Uint8Array.of(1, 2, 3, 4) };
    const dataset = tensorDataset(
      { image: images, label: { shape: [2], data: Uint8Array.of(4, 2) }, mask: masks },
      { std: 255 },
    );
    expect(await dataset.get(1)).toEqual({
      image: new Tensor(Float32Array.of(102 / 255, 1), [1, 2]),
      label: 2,
      mask: new Tensor(Int32Array.of(3, 4), [2]),
    });
  });

  it('keeps whole numbers that are not scaled, and targets that are no classes', async () => {
    const words = { shape: [2, 2], data: Int32Array.of(1, 2, 3, 4) };
    const targets = { shape: [2], data: Float64Array.of(0.5, 1.5) };
    const dataset = tensorDataset({ x: words, y: targets });
    expect(await dataset.get(1)).toEqual({
      x: new Tensor(Int32Array.of(3, 4), [2]),
      y: new Tensor(Float32Array.of(1.5), []),
    });
    const { x } = (await tensorDataset({ x: words }, { mean: 1, std: 2 }).get(1)) as { x: Tensor };
    expect(x).toEqual(new Tensor(Float32Array.of(1, 1.5), [2]));
    const shorts = tensorDataset({ sound: { shape: [1, 2], data: Int16Array.of(-3, 3) } }, { std: 2 });
    expect(await shorts.get(0)).toEqual({ sound: new Tensor(Float32Array.of(-1.5, 1.5), [2]) });
  });

  it('refuses arrays that do not fit', () => {
    const two = { shape: [2], data: new Uint8Array(2) };
    expect(() => tensorDataset({ x: two, y: { shape: [3], data: new Uint8Array(3) } })).toThrow(
      /x holds 2 samples, y 3/,
    );
    expect(() => tensorDataset({ x: { shape: [2, 2], data: new Uint8Array(2) } })).toThrow(
      /2 values for shape/,
    );
    expect(() => tensorDataset({})).toThrow(/at least one array/);
    expect(() => tensorDataset({ x: two }, { std: 0 })).toThrow(/std is 0/);
  });
});
