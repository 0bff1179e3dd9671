import { describe, expect, it } from 'vitest';
import { FormatError, NeocogError, ShapeError } from '../errors.ts';
import type { Generator } from '../tensor/random.ts';
import { Tensor } from '../tensor/tensor.ts';
import type { Batch } from './batch.ts';
import { DataLoader } from './dataLoader.ts';
import type { Dataset, Sample, Transform } from './dataset.ts';
import type { DataLoaderOptions } from './loaderOptions.ts';

interface Numbered extends Sample {
  readonly image: Tensor;
  readonly label: number;
}

const pause = (turns: number) => new Promise((resolve) => setTimeout(resolve, turns));

/** Sample i holds i; files that are listed as damaged cannot be read. */
function numbers(length: number, damaged: readonly number[] = []): Dataset<Numbered> {
  return {
    length,
    nameOf: (index) => `${index}.png`,
    get: async (index) => {
      // Later ones are there first.
      if (index % 3 === 0) await pause(1);
      if (damaged.includes(index)) throw new FormatError(`${index}.png is damaged`);
      return { image: new Tensor(new Float32Array(2).fill(index), [1, 2]), label: index % 4 };
    },
  };
}

const noisy: Transform<Numbered> = (sample, random) => ({
  ...sample,
  image: new Tensor(
    sample.image.data.map((value) => value + random.normal()),
    sample.image.shape,
  ),
});

type Options = DataLoaderOptions<Numbered>;
const load = (length: number, options: Options = {}, damaged: readonly number[] = []) =>
  new DataLoader(numbers(length, damaged), { batchSize: 4, ...options });

async function all(loader: AsyncIterable<Batch>): Promise<Batch[]> {
  const batches: Batch[] = [];
  for await (const batch of loader) batches.push(batch);
  return batches;
}
const valuesOf = ({ x, y, index }: Batch) => [[...x.data], [...y.data], [...index]];
const orderOf = (batches: readonly Batch[]): number[] => batches.flatMap(({ index }) => [...index]);
const upTo = (n: number): number[] => Array.from({ length: n }, (_, i) => i);

describe('batches', () => {
  it('come in order, the last one short', async () => {
    const loader = load(10);
    const batches = await all(loader);
    expect([loader.size, loader.length, loader.batchSize]).toEqual([10, 3, 4]);
    expect(batches.map(({ x }) => x.shape)).toEqual([[4, 1, 2], [4, 1, 2], [2, 1, 2]]); // biome-ignore format: one line
    expect(batches[1].x.data).toEqual(Float32Array.of(4, 4, 5, 5, 6, 6, 7, 7));
    expect(batches[1].y.dtype).toBe('int32');
    expect([...batches[1].y.data]).toEqual([0, 1, 2, 3]);
    expect(orderOf(batches)).toEqual(upTo(10));
  });

  it('leave out a short last one when asked', async () => {
    const loader = load(10, { dropLast: true });
    expect(loader.length).toBe(2);
    expect(orderOf(await all(loader))).toEqual(upTo(8));
  });

  it('are 32 samples unless told', async () => {
    const [first] = await all(new DataLoader(numbers(40)));
    expect(first.x.shape).toEqual([32, 1, 2]);
  });

  it('are shuffled afresh in every epoch, alike for one seed', async () => {
    const loader = load(50, { shuffle: true, seed: 7 });
    const [first, second] = [orderOf(await all(loader)), orderOf(await all(loader))];
    expect(first).not.toEqual(second);
    expect([...first].sort((a, b) => a - b)).toEqual(upTo(50));
    expect(orderOf(await all(load(50, { shuffle: true, seed: 8 })))).not.toEqual(first);
    const again = load(50, { shuffle: true, seed: 7 });
    again.epoch = 1;
    expect(orderOf(await all(again))).toEqual(second);
    expect(orderOf(await all(load(50, { shuffle: true })))).toEqual(
      orderOf(await all(load(50, { shuffle: true, seed: 0 }))),
    );
  });

  it.each([0, 1, 2, 100])('are the same bits %i batches ahead', async (prefetch) => {
    const options: Options = { shuffle: true, seed: 3, transform: noisy };
    const one = load(23, { ...options, batchSize: 5 });
    const other = load(23, { ...options, batchSize: 5, prefetch });
    for (let epoch = 0; epoch < 2; epoch++)
      expect((await all(other)).map(valuesOf)).toEqual((await all(one)).map(valuesOf));
  });

  it('change a sample alike in whatever batch it comes, and anew in every epoch', async () => {
    const bySample = async (loader: DataLoader<Numbered>) => {
      const batches = await all(loader);
      const values = batches.flatMap(({ x, index }) =>
        [...index].map((i, at) => [i, x.data[2 * at]] as const),
      );
      return values.sort(([a], [b]) => a - b);
    };
    const [wide, slim] = [
      load(12, { transform: noisy, shuffle: true }),
      load(12, { transform: noisy, batchSize: 1 }),
    ];
    const first = await bySample(wide);
    expect(await bySample(slim)).toEqual(first);
    const noise = [...first, ...(await bySample(wide))].map(([i, value]) => Math.fround(value) - i);
    expect(new Set(noise.map((value) => value.toFixed(5))).size).toBe(24);
  });

  it('draw other numbers for neighbouring seeds, epochs and samples', async () => {
    const drawn = new Set<number>();
    const transform: Transform<Numbered> = (sample, random) => {
      drawn.add(random.bits());
      return sample;
    };
    for (let seed = 0; seed < 10; seed++) {
      const loader = load(10, { seed, transform });
      for (let epoch = 0; epoch < 10; epoch++) await all(loader);
    }
    expect(drawn.size).toBe(1000);
  });

  it('change whole batches with numbers of their own, alike for one seed', async () => {
    const drawn: number[] = [];
    const transform: Transform<Numbered> = (sample, random) => {
      drawn.push(random.uniform());
      return sample;
    };
    const batchTransform = ({ x, y }: Batch, random: Generator) => {
      const shift = random.uniform();
      return {
        x: new Tensor(
          x.data.map((value) => value + shift),
          x.shape,
        ),
        y,
      };
    };
    const loader = load(8, { batchTransform, transform, shuffle: true });
    const [first, second] = await all(loader);
    const shifts = [first, second].map(({ x, index }) => Math.fround(x.data[0] - index[0]));
    expect(shifts[0]).not.toBe(shifts[1]);
    expect(drawn.some((number) => Math.abs(number - shifts[0]) < 1e-6)).toBe(false);
    const again = load(8, { batchTransform, transform, shuffle: true, prefetch: 0 });
    expect((await all(again)).map(valuesOf)).toEqual([first, second].map(valuesOf));
    expect((await all(again)).map(valuesOf)).not.toEqual([first, second].map(valuesOf));
    const wrong = (() => null) as unknown as typeof batchTransform;
    await expect(all(load(6, { batchTransform: wrong }))).rejects.toThrow(
      /what batchTransform returned is null/,
    );
  });

  it('are put together by collate', async () => {
    const collate = (samples: readonly Numbered[]) => ({
      x: new Tensor(
        Float32Array.from(samples, ({ label }) => label / 2),
        [samples.length],
      ),
      y: new Tensor(new Float32Array(1), []),
    });
    const [, second] = await all(load(6, { collate }));
    expect(valuesOf(second)).toEqual([[0, 0.5], [0], [4, 5]]);
    const wrong = (() => ({ x: 1 })) as unknown as typeof collate;
    await expect(all(load(6, { collate: wrong }))).rejects.toThrow(/what collate returned is \{ x \}/);
  });

  it('hold no more samples than said', async () => {
    const read: number[] = [];
    const dataset: Dataset<Numbered> = {
      length: 100,
      get: (index) => {
        read.push(index);
        return numbers(100).get(index);
      },
    };
    for (const prefetch of [0, 1, 3]) {
      read.length = 0;
      let given = 0;
      for await (const { index } of new DataLoader(dataset, { batchSize: 5, prefetch })) {
        await pause(1);
        given += index.length;
        expect(read.length).toBe(Math.min(100, given + prefetch * 5));
      }
    }
  });
});

describe('samples that cannot be read', () => {
  it('are left out, named and counted, and the next ones take their places', async () => {
    const loader = load(10, {}, [7, 1]);
    const batches = await all(loader);
    expect(batches.map(({ index }) => [...index])).toEqual([[0, 2, 3, 4], [5, 6, 8, 9]]); // biome-ignore format: one line
    expect(loader.broken).toEqual([
      { index: 1, name: '1.png', reason: '1.png is damaged' },
      { index: 7, name: '7.png', reason: '7.png is damaged' },
    ]);
    await all(loader);
    expect(loader.broken).toHaveLength(2);
  });

  it('are an error when strict, or when there are no others', async () => {
    const strict = all(load(10, { strict: true }, [5]));
    await expect(strict).rejects.toThrow(FormatError);
    await expect(strict).rejects.toThrow(
      /^DataLoader: 5\.png cannot be read: 5\.png is damaged; mend or remove/,
    );
    const none = all(load(3, {}, [0, 1, 2]));
    await expect(none).rejects.toThrow(/none of 3 samples can be read; the first, 0\.png: 0\.png is damaged/);
    expect(await all(load(0))).toEqual([]);
  });

  it('are no excuse for other faults, which name the sample', async () => {
    const failing = new DataLoader({ length: 3, get: () => Promise.reject(new TypeError('no such thing')) });
    await expect(all(failing)).rejects.toThrow(/^DataLoader: sample 0: cannot be read: no such thing$/);
    const transform = (sample: Numbered): Numbered => {
      if (sample.label === 2) throw new ShapeError('crop: too small');
      return sample;
    };
    await expect(all(load(5, { transform }))).rejects.toThrow(
      /2\.png: the transform failed: crop: too small/,
    );
    const forgetful = (() => undefined) as unknown as Transform<Numbered>;
    await expect(all(load(5, { transform: forgetful }))).rejects.toThrow(
      /0\.png: the transform returned nothing/,
    );
    await expect(all(load(5, { transform: forgetful }))).rejects.toBeInstanceOf(NeocogError);
  });
});

describe('a place in an epoch', () => {
  const noisyLoader = () => load(23, { shuffle: true, seed: 3, transform: noisy }, [4, 9, 10, 22]);

  it.each([0, 1, 3, 4, 5])('goes on after %i batches as if nothing had been', async (taken) => {
    const whole = noisyLoader();
    const expected = [...(await all(whole)), ...(await all(whole))].map(valuesOf);
    expect(expected).toHaveLength(10);
    const before = noisyLoader();
    let state = before.state();
    let given = 0;
    for await (const _ of taken === 0 ? [] : before) {
      state = JSON.parse(JSON.stringify(before.state()));
      if (++given === taken) break;
    }
    const after = noisyLoader();
    after.restore(state);
    expect(after.state()).toEqual(state);
    expect((await all(after)).map(valuesOf)).toEqual(expected.slice(taken, 5));
    expect((await all(after)).map(valuesOf)).toEqual(expected.slice(5));
  });

  it('is the next epoch after one that was left, and an epoch that is set', async () => {
    const loader = noisyLoader();
    for await (const _ of loader) break;
    expect(loader.state()).toEqual({ epoch: 1, taken: 0, seed: 3, size: 23 });
    loader.restore({ epoch: 5, taken: 2, seed: 3, size: 23 });
    expect(loader.epoch).toBe(5);
    loader.epoch = 2;
    expect(await all(loader)).toHaveLength(5);
    expect(loader.epoch).toBe(3);
    expect(() => Object.assign(loader, { epoch: 0.5 })).toThrow(/DataLoader: epoch is 0\.5/);
  });

  it.each([
    [{ epoch: 0, taken: 24, seed: 3, size: 23 }, /give what state\(\)/],
    [{ epoch: -1, taken: 0, seed: 3, size: 23 }, /give what state\(\)/],
    [{ epoch: 0, batch: 0 }, /give what state\(\)/],
    [{ epoch: 0, taken: 0, seed: 4, size: 23 }, /seed 4 of 23 samples, this one has seed 3 and 23 samples/],
    [{ epoch: 0, taken: 0, seed: 3, size: 22 }, /seed 3 of 22 samples, this one has seed 3 and 23 samples/],
    [{ epoch: 0, taken: 0, seed: 3, size: null }, /of an iterable, this one/],
  ])('refuses %j', (state, message) => {
    expect(() => noisyLoader().restore(state)).toThrow(message);
    expect(() => noisyLoader().restore(state)).toThrow(ShapeError);
  });
});
