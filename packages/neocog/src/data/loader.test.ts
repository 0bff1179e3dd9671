import { describe, expect, it } from 'vitest';
import { ShapeError } from '../errors.ts';
import type { Generator } from '../tensor/random.ts';
import type { Tensor } from '../tensor/tensor.ts';
import { tensor } from '../tensor/tensor.ts';
import type { Batch } from './batch.ts';
import { DataLoader } from './dataLoader.ts';
import type { Dataset } from './dataset.ts';
import { BatchLoader, type BatchLoaderOptions } from './loader.ts';
import { tensorDataset } from './tensorDataset.ts';

const images = { shape: [5, 2, 1], data: Uint8Array.of(0, 10, 20, 30, 40, 50, 60, 70, 80, 90) };
const labels = { shape: [5], data: Uint8Array.of(0, 1, 2, 3, 4) };
const load = (options: BatchLoaderOptions): BatchLoader => new BatchLoader(images, labels, options);
const orderOf = (batches: Iterable<Batch>): number[] => [...batches].flatMap((batch) => [...batch.index]);

describe('BatchLoader', () => {
  it('cuts in order, the last batch short', () => {
    const loader = load({ batchSize: 2 });
    const batches = [...loader];
    expect(loader.length).toBe(3);
    expect(batches.map(({ x }) => x.shape)).toEqual([
      [2, 2, 1],
      [2, 2, 1],
      [1, 2, 1],
    ]);
    expect(batches[1].x.data).toEqual(Float32Array.of(40, 50, 60, 70));
    expect(batches[1].y.data).toEqual(Int32Array.of(2, 3));
    expect(batches[2].index).toEqual(Int32Array.of(4));
  });

  it('drops a short last batch when asked', () => {
    const loader = load({ batchSize: 2, dropLast: true });
    expect(loader.length).toBe(2);
    expect(orderOf(loader)).toEqual([0, 1, 2, 3]);
  });

  it('scales and shapes samples', () => {
    const [{ x }] = load({ batchSize: 1, mean: 10, std: 5, sampleShape: [1, 1, 2] });
    expect(x.shape).toEqual([1, 1, 1, 2]);
    expect(x.data).toEqual(Float32Array.of(-2, 0));
  });

  it('takes tensors, and labels that are not classes', () => {
    const loader = new BatchLoader(tensor([[1], [2]]), tensor([[0.5], [1.5]]), { batchSize: 2 });
    const [{ y }] = loader;
    expect(y.dtype).toBe('float32');
    expect(y.shape).toEqual([2, 1]);
  });

  it('keeps whole numbers when asked, and then scales nothing', () => {
    const [{ x }] = load({ batchSize: 2, dtype: 'int32' });
    expect(x.dtype).toBe('int32');
    expect(x.data).toEqual(Int32Array.of(0, 10, 20, 30));
    expect(() => load({ dtype: 'int32', std: 2 })).toThrow(/dtype int32/);
    expect(() => load({ dtype: 'int32', transform: () => {} })).toThrow(ShapeError);
  });

  it('keeps images and labels together in any order', () => {
    for (const { x, y, index } of load({ shuffle: true, batchSize: 1 })) {
      expect(x.data[0]).toBe(20 * index[0]);
      expect(y.data[0]).toBe(index[0]);
    }
  });

  it('draws a new order each epoch, and the same ones from the same seed', () => {
    const many = { shape: [100], data: new Float32Array(100) };
    const shuffled = (seed: number): BatchLoader => new BatchLoader(many, many, { shuffle: true, seed });
    const loader = shuffled(7);
    const first = orderOf(loader);
    const second = orderOf(loader);
    expect([...first].sort((a, b) => a - b)).toEqual(Array.from({ length: 100 }, (_, i) => i));
    expect(second).not.toEqual(first);
    expect(orderOf(shuffled(8))).not.toEqual(first);
    const again = shuffled(7);
    again.epoch = 1;
    expect(orderOf(again)).toEqual(second);
  });

  it('shares no order and no change among neighbouring seeds and epochs', () => {
    const many = { shape: [20], data: new Float32Array(20) };
    const seen = new Set<string>();
    for (let seed = 0; seed < 8; seed++) {
      const drawn: number[] = [];
      const transform: BatchLoaderOptions['transform'] = (_, random) => void drawn.push(random.uniform());
      const loader = new BatchLoader(many, many, { shuffle: true, seed, transform });
      for (let epoch = 0; epoch < 8; epoch++) {
        seen.add(orderOf(loader).join());
        seen.add(drawn.splice(0).join());
      }
    }
    expect(seen.size).toBe(2 * 8 * 8);
  });

  it('does not shuffle unless asked, and takes seed 0 unless told', () => {
    const many = { shape: [50], data: new Float32Array(50) };
    const ordered = Array.from({ length: 50 }, (_, i) => i);
    expect(orderOf(new BatchLoader(many, many, { seed: 3 }))).toEqual(ordered);
    const plain = new BatchLoader(many, many, { shuffle: true });
    expect(plain.batchSize).toBe(32);
    expect(orderOf(plain)).toEqual(orderOf(new BatchLoader(many, many, { shuffle: true, seed: 0 })));
  });

  it('refuses what does not fit together', () => {
    const short = { shape: [4], data: new Uint8Array(4) };
    expect(() => new BatchLoader(images, short)).toThrow(ShapeError);
    expect(() => new BatchLoader({ ...images, shape: [5, 3] }, labels)).toThrow(/do not fill/);
    expect(() => load({ sampleShape: [3] })).toThrow(/sampleShape \[3\]/);
    expect(() => load({ batchSize: 0 })).toThrow(/batchSize is 0/);
    expect(() => load({ std: 0 })).toThrow(/std is 0/);
  });
});

describe('a place in an epoch', () => {
  const many = { shape: [23, 2], data: Float32Array.from({ length: 46 }, (_, i) => i) };
  const classes = { shape: [23], data: Uint8Array.from({ length: 23 }, (_, i) => i % 3) };
  const noisy = (): BatchLoader =>
    new BatchLoader(many, classes, {
      batchSize: 4,
      shuffle: true,
      seed: 3,
      transform: (sample, random) => {
        sample[0] += random.normal();
      },
    });
  const valuesOf = ({ x, y, index }: Batch) => [[...x.data], [...y.data], [...index]];

  it.each([0, 1, 4, 5, 6])('goes on after %i batches as if nothing had been', (taken) => {
    const whole = noisy();
    const expected = [...whole, ...whole].map(valuesOf);
    const before = noisy();
    let state = before.state();
    let given = 0;
    for (const _ of taken === 0 ? [] : before) {
      state = JSON.parse(JSON.stringify(before.state()));
      if (++given === taken) break;
    }
    const after = noisy();
    after.restore(state);
    expect(after.state()).toEqual(state);
    const rest = [...after].map(valuesOf);
    expect(rest).toEqual(expected.slice(taken, 6));
    expect([...after].map(valuesOf)).toEqual(expected.slice(6));
  });

  it('begins the next epoch after one that was left, and an epoch that is set', () => {
    const loader = noisy();
    for (const _ of loader) break;
    expect(loader.state()).toEqual({ epoch: 1, taken: 0, seed: 3, size: 23 });
    loader.restore({ epoch: 5, taken: 8, seed: 3, size: 23 });
    expect(loader.epoch).toBe(5);
    loader.epoch = 2;
    expect([...loader]).toHaveLength(6);
    expect(loader.epoch).toBe(3);
  });

  it.each([
    [{ epoch: 0, taken: 24, seed: 3, size: 23 }, 'give what state() of such a loader gave'],
    [{ epoch: -1, taken: 0, seed: 3, size: 23 }, 'give what state() of such a loader gave'],
    [{ epoch: 0, batch: 0 }, 'give what state() of such a loader gave'],
    [{ epoch: 0, taken: 0, seed: 1, size: 23 }, 'this one has seed 3 and 23 samples'],
  ])('refuses %j', (state, message) => {
    expect(() => noisy().restore(state)).toThrow(message);
    expect(() => noisy().restore(state)).toThrow(/^BatchLoader\.restore: /);
  });
});

describe('a DataLoader of the same arrays', () => {
  it.each([
    ['bytes', { shape: [11, 1, 2], data: Uint8Array.from({ length: 22 }, (_, i) => 11 * i) }],
    [
      'floats',
      tensor(
        Float32Array.from({ length: 22 }, (_, i) => Math.sqrt(i)),
        [11, 1, 2],
      ),
    ],
  ])('gives the same batches of %s, and goes on where a BatchLoader stood', async (_, pictures) => {
    const classes = { shape: [11], data: Uint8Array.from({ length: 11 }, (_, i) => i % 3) };
    const options = { batchSize: 4, shuffle: true, seed: 2 };
    const scale = { mean: 3, std: 7 };
    const noise = (values: Float32Array, random: Generator): void => {
      values[0] += random.normal();
    };
    const now = new BatchLoader(pictures, classes, { ...options, ...scale, transform: noise });
    const transform = ({ image, label }: { image: Tensor; label: number }, random: Generator) => {
      noise(image.data as Float32Array, random);
      return { image, label };
    };
    const dataset = tensorDataset({ image: pictures, label: classes }, scale) as Dataset<{
      image: Tensor;
      label: number;
    }>;
    const later = new DataLoader(dataset, { ...options, transform });
    const expected: Batch[] = [];
    for await (const batch of later) expected.push(batch);
    expect([...now]).toEqual(expected);
    for (const __ of now) {
      later.restore(now.state());
      break;
    }
    const rest: Batch[] = [];
    for await (const batch of later) rest.push(batch);
    now.epoch = 1;
    expect(rest).toEqual([...now].slice(1));
  });
});
