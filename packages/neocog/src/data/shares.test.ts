// An epoch that ranks share out: every sample is one rank's, and together they have the batches of one loader.

import { describe, expect, it } from 'vitest';
import { LocalWorld, together } from '../../../../test/worlds.ts';
import { FormatError, ShapeError } from '../errors.ts';
import { tensor } from '../tensor/tensor.ts';
import { DataLoader } from './dataLoader.ts';
import { BatchLoader } from './loader.ts';
import type { DataLoaderOptions } from './loaderOptions.ts';
import { commonStart } from './shares.ts';

interface Sample {
  readonly x: ReturnType<typeof tensor>;
  readonly y: number;
}

const samples = (size: number): Sample[] =>
  Array.from({ length: size }, (_, i) => ({ x: tensor([i]), y: i }));

const labelsOf = (size: number) => ({
  shape: [size],
  data: Int32Array.from({ length: size }, (_, i) => i),
});

type Loader = DataLoader<Sample> | BatchLoader;
type Make = (size: number, options: Pick<DataLoaderOptions, 'batchSize' | 'world' | 'dropLast'>) => Loader;

const makers: Record<string, Make> = {
  DataLoader: (size, options) => new DataLoader(samples(size), { shuffle: true, seed: 4, ...options }),
  BatchLoader: (size, options) => {
    const images = { shape: [size, 1], data: Float32Array.from({ length: size }, (_, i) => i) };
    return new BatchLoader(images, labelsOf(size), { shuffle: true, seed: 4, ...options });
  },
};

/** Places of the samples of each batch; those of a spare one in brackets. */
async function epochOf(loader: Loader): Promise<string[]> {
  const batches: string[] = [];
  for await (const { index, spare } of loader) batches.push(spare ? `(${[...index]})` : `${[...index]}`);
  return batches;
}

const withoutSpares = (batches: readonly string[]): string =>
  batches.filter((batch) => !batch.startsWith('(')).join(',');

describe.each(Object.entries(makers))('%s', (_, make) => {
  it.each([
    [24, 4, 2],
    [25, 4, 2],
    [26, 3, 4],
    [7, 4, 2],
    [1, 2, 3],
    [3, 5, 7],
  ])('shares %i samples out by %i to %i ranks as one loader gives them', async (size, ranks, batchSize) => {
    const shares = await together(ranks, (world) => epochOf(make(size, { batchSize, world })));
    const whole = await epochOf(make(size, { batchSize: batchSize * ranks }));
    expect(shares.map((batches) => batches.length)).toEqual(shares.map(() => whole.length));
    const joined = whole.map((_batch, i) => withoutSpares(shares.map((batches) => batches[i])));
    expect(joined).toEqual(whole);
  });

  it('leaves out a last batch that is not whole on any rank', async () => {
    const shares = await together(3, (world) => epochOf(make(20, { batchSize: 3, world, dropLast: true })));
    const whole = await epochOf(make(20, { batchSize: 9, dropLast: true }));
    expect(shares[0].map((_batch, i) => shares.map((batches) => batches[i]).join(','))).toEqual(whole);
  });

  it('goes on where a loader of another number of ranks stood', async () => {
    const one = make(24, { batchSize: 6 });
    const state = await (async () => {
      for await (const _batch of one) return one.state();
      return one.state();
    })();
    const rest = await together(3, async (world) => {
      const loader = make(24, { batchSize: 2, world });
      loader.restore(state);
      return epochOf(loader);
    });
    const whole = (await epochOf(make(24, { batchSize: 6 }))).slice(1);
    expect(whole.map((_batch, i) => rest.map((batches) => batches[i]).join(','))).toEqual(whole);
  });

  it('says how many batches there are, with whom, and what must be alike', async () => {
    const [a, b] = await together(2, async (world) => make(10, { batchSize: 3, world }));
    expect([a.length, b.length, a.world?.size, b.world?.rank]).toEqual([2, 2, 2, 1]);
    expect(a.identity()).toEqual(b.identity());
    expect(a.identity().order).toBe('10 samples drawn by seed 4, 3 a batch');
    expect(make(10, { batchSize: 3 }).world).toBeNull();
  });
});

describe('DataLoader with a world', () => {
  const holed = (broken: readonly number[]) => ({
    length: 8,
    nameOf: (index: number) => `/data/${index}.png`,
    get: (index: number): Sample => {
      if (broken.includes(index)) throw new FormatError('torn');
      return samples(8)[index];
    },
  });
  const read = (broken: readonly number[], strict = false) =>
    together(2, async (world) => {
      const loader = new DataLoader(holed(broken), { batchSize: 2, world, strict });
      return { batches: await epochOf(loader), broken: loader.broken.map(({ index }) => index) };
    });

  it('leaves out what cannot be read, and keeps the others company with what could', async () => {
    expect(await read([1, 4, 5])).toEqual([
      { batches: ['0', '(0)'], broken: [1, 4, 5] },
      { batches: ['2,3', '6,7'], broken: [] },
    ]);
  });

  it('refuses a rank that can read nothing, and with strict any sample', async () => {
    await expect(read([0, 1])).rejects.toThrow(/none of the first 2 samples of this rank can be read/);
    await expect(read([6], true)).rejects.toThrow(/6\.png cannot be read/);
  });

  it('cannot share out a stream', async () => {
    const stream = (function* () {
      yield samples(1)[0];
    })();
    const [world] = await together(2, async (each) => each);
    expect(world).toBeInstanceOf(LocalWorld);
    expect(() => new DataLoader(stream, { world })).toThrow(ShapeError);
  });

  it('knows the same files in another place', () => {
    expect(commonStart(['/a/b/1.png', '/a/b/12.png', '/a/c'])).toBe('/a/'.length);
    expect(commonStart([])).toBe(0);
    const at = (folder: string) =>
      new DataLoader({ ...holed([]), nameOf: (index: number) => `${folder}/${index}.png` }).identity();
    expect(at('/here')).toEqual(at('/over/there'));
    const others = new DataLoader({ ...holed([]), nameOf: (index: number) => `/here/${7 - index}.png` });
    expect(others.identity()).not.toEqual(at('/here'));
  });
});
