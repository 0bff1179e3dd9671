import { execFileSync } from 'node:child_process';
import { describe, expect, it } from 'vitest';
import { FormatError, NeocogError } from '../../errors.ts';
import { Tensor } from '../../tensor/tensor.ts';
import type { Batch } from '../batch.ts';
import { channelStatistics } from '../channelStatistics.ts';
import { DataLoader } from '../dataLoader.ts';
import type { Dataset, Recipe, Transform } from '../dataset.ts';
import type { DataLoaderOptions } from '../loaderOptions.ts';
import { subset } from '../subset.ts';

/** The text of a module, as an address that every thread can load. */
const moduleOf = (text: string): string => `data:text/javascript,${encodeURIComponent(text)}`;

/** Samples as they are on the way: without the library. Number 13 is damaged; `fatal` ends its thread, `wrong` throws. */
const source = moduleOf(`
export const open = ({ length, fatal, wrong }) => ({
  length,
  nameOf: (i) => i + '.png',
  get: async (i) => {
    await new Promise((resolve) => setTimeout(resolve, (i * 7) % 5));
    if (i === fatal) process.exit(7);
    if (i === wrong) throw new TypeError('out of order');
    if (i === 13) throw Object.assign(new Error('its end is missing'), { name: 'FormatError' });
    return { image: { shape: [2, 2], data: new Float32Array([i, i / 3, Math.sqrt(i), -i]) }, label: i % 5 };
  },
});`);
const noise = moduleOf(`
export default (sample, random) => {
  const { data } = sample.image;
  data.forEach((value, i) => { data[i] = value + random.normal(); });
  return sample;
};
export const addOf = ({ list }) => (sample) => {
  sample.image.data.forEach((value, i, data) => { data[i] = value + list[0].tensor.data[i] + list[0].tensor.shape[0]; });
  return sample;
};
export const noiseOf = ({ by }) => (sample, random) => {
  sample.image.data[0] += by * random.uniform();
  return sample;
};`);

interface Plan {
  readonly length: number;
  readonly fatal?: number;
  readonly wrong?: number;
}
interface Item {
  readonly image: Tensor;
  readonly label: number;
}

/** The module's data set with tensors, which threads make by its recipe. */
async function opened(value: Plan): Promise<Dataset<Item>> {
  const { open } = await import(/* @vite-ignore */ source);
  const raw = open(value);
  const get = async (index: number): Promise<Item> => {
    const { image, label } = await raw.get(index);
    return { image: new Tensor(image.data, image.shape), label };
  };
  return { length: raw.length, nameOf: raw.nameOf, get, recipe: { module: source, name: 'open', value } };
}

async function all(loader: AsyncIterable<Batch>): Promise<unknown[]> {
  const batches: unknown[] = [];
  for await (const { x, y, index } of loader)
    batches.push([[...x.shape], [...x.data], [...y.data], [...index]]);
  return batches;
}

type Options = DataLoaderOptions<Item>;
const options: Options = { batchSize: 4, shuffle: true, seed: 5 };

async function load(more: Options = {}, plan: Plan = { length: 30 }): Promise<DataLoader<Item>> {
  return new DataLoader(await opened(plan), { ...options, ...more });
}

/** How many threads this process has beside its own. */
const threads = (): number =>
  (process.report.getReport() as { workers?: unknown[] }).workers?.length ?? Number.NaN;
/** Before any test, since threads of one may still be ending when the next begins. */
const idle = threads();

describe('workers', () => {
  const url = new URL(noise);
  const travels = Object.assign(
    ((sample) => {
      sample.image.data[0] += 3 * Math.fround(0);
      return sample;
    }) as Transform<Item>,
    { recipe: { module: noise, name: 'noiseOf', value: { by: 3 } } satisfies Recipe },
  );
  const stays: Transform<Item> = ({ image, label }, random) => ({
    image: new Tensor(
      image.data.map((value) => value * random.uniform()),
      image.shape,
    ),
    label,
  });

  it.each<[string, Options]>([
    ['no transform', {}],
    ["a module's transform", { transform: url }],
    ['a transform that stays here', { transform: stays }],
    ['no batch ahead', { prefetch: 0, transform: url }],
  ])('make the same bits on any number of threads, with %s', async (_, more) => {
    const made = await Promise.all(
      [0, 1, 4].map(async (workers) => {
        const loader = await load({ ...more, workers });
        expect(loader.workers).toBe(workers);
        const batches = [...(await all(loader)), ...(await all(loader))];
        expect(loader.broken).toEqual([{ index: 13, name: '13.png', reason: 'its end is missing' }]);
        loader.close();
        return batches;
      }),
    );
    expect(made[0]).toHaveLength(16);
    expect(made[1]).toEqual(made[0]);
    expect(made[2]).toEqual(made[0]);
  });

  it('run what a recipe makes', async () => {
    const loader = await load({ workers: 1, transform: travels });
    const plain = await all(await load());
    const changed = await all(loader);
    loader.close();
    expect(changed).not.toEqual(plain);
    expect(changed).toHaveLength(plain.length);
  });

  it('are given tensors that a recipe holds, and leave them here', async () => {
    const tensor = new Tensor(Float32Array.of(10, 20, 30, 40), [4]);
    const recipe: Recipe = { module: noise, name: 'addOf', value: { list: [{ tensor }] } };
    const { addOf } = await import(/* @vite-ignore */ noise);
    const transform = Object.assign(addOf(recipe.value), { recipe });
    const [alone, shared] = [0, 2].map((workers) => load({ transform, workers }));
    expect(await all(await shared)).toEqual(await all(await alone));
    expect(tensor.data).toHaveLength(4);
    (await shared).close();
    const closure = { ...recipe, value: { list: () => 1 } };
    const lost = all(await load({ transform: Object.assign(transform, { recipe: closure }), workers: 1 }));
    await expect(lost).rejects.toThrow(
      /recipe of the data set or the transform cannot travel to a worker \(.*could not be cloned/,
    );
  });

  it('read some samples of a data set, and sum over it', async () => {
    const whole = await opened({ length: 30 });
    const some = subset(whole, [20, 13, 2, 5, 7]);
    const [alone, shared] = [0, 2].map(
      (workers) => new DataLoader(some, { ...options, transform: url, workers }),
    );
    expect(shared.workers).toBe(2);
    expect(await all(shared)).toEqual(await all(alone));
    expect(shared.broken).toEqual([{ index: 1, name: '13.png', reason: 'its end is missing' }]);
    shared.close();
    const sums = [0, 2].map((workers) => channelStatistics(whole, { transform: url, workers }));
    expect(await sums[1]).toEqual(await sums[0]);
  });

  it('go on in the middle of an epoch', async () => {
    const whole = await all(await load({ transform: url }));
    const [before, after] = [
      await load({ workers: 2, transform: url }),
      await load({ workers: 3, transform: url }),
    ];
    let given = 0;
    for await (const _ of before) {
      if (++given < 3) continue;
      after.restore(before.state());
      break;
    }
    expect(await all(after)).toEqual(whole.slice(3));
    after.close();
  });

  it('end when the loop is left, and soon after close', async () => {
    const left = await load({ workers: 3 });
    for await (const _ of left) break;
    const closed = await load({ workers: 2 });
    await all(closed);
    expect(threads()).toBeGreaterThan(idle);
    closed.close();
    await expect.poll(threads).toBe(idle);
    expect(await all(closed)).toHaveLength(8);
    closed.close();
  });

  it('end when a batch cannot be made, and when the caller throws', async () => {
    const wrong = all(await load({ workers: 2 }, { length: 30, wrong: 8 }));
    await expect(wrong).rejects.toThrow(/^DataLoader: 8\.png: cannot be read: out of order$/);
    const strict = all(await load({ workers: 2, strict: true }));
    await expect(strict).rejects.toThrow(FormatError);
    const loader = await load({ workers: 2 });
    const thrown = (async () => {
      for await (const _ of loader) throw new Error('mine');
    })();
    await expect(thrown).rejects.toThrow('mine');
    await expect.poll(threads).toBe(idle);
  });

  it('that end by themselves are told with the sample that they were at', async () => {
    const crashed = all(await load({ workers: 2 }, { length: 30, fatal: 17 }));
    await expect(crashed).rejects.toThrow(/^DataLoader: worker \d ended at 17\.png: it ended with code 7$/);
    await expect(crashed).rejects.toBeInstanceOf(NeocogError);
    await expect.poll(threads).toBe(idle);
  });

  it('are not started for what cannot travel, and the loader says why', async () => {
    const { recipe: _, ...bare } = await opened({ length: 5 });
    const alone = new DataLoader(bare, { workers: 2 });
    expect([alone.workers, alone.note]).toEqual([
      0,
      'the data set has no recipe by which workers could make it',
    ]);
    expect(await all(alone)).toHaveLength(1);
    const stream = new DataLoader(new Set<Item>(), { workers: 2 });
    expect(stream.note).toMatch(/^an iterable of samples is read on the thread that iterates/);
    const here = await load({ workers: 2, transform: stays });
    expect([here.workers, here.note]).toEqual([
      2,
      expect.stringMatching(/^the transform runs on the thread/),
    ]);
    expect((await load({ workers: 2, transform: url })).note).toBeNull();
  });

  it('that wait for another epoch keep no process from ending, and those at work do', () => {
    const loaderFile = new URL('../dataLoader.ts', import.meta.url).href;
    const script = `import { DataLoader } from ${JSON.stringify(loaderFile)};
      const dataset = { length: 30, get: () => null, recipe: ${JSON.stringify({ module: source, name: 'open', value: { length: 30 } })} };
      process.on('exit', (code) => console.log(batches, process.report.getReport().workers.length, code));
      let batches = 0;
      for await (const _ of new DataLoader(dataset, { batchSize: 4, workers: 2 })) batches++;`;
    const printed = execFileSync(process.execPath, ['--input-type=module', '-e', script], {
      encoding: 'utf8',
    });
    expect(printed.trim()).toBe('8 2 0');
  });

  it.each([
    [{ module: source, name: 'shut', value: 1 }, /exports no function shut; export one/],
    [
      { module: 'data:text/javascript,throw 5', name: 'open', value: 1 },
      /^DataLoader: data:text\/javascript,throw 5 cannot be loaded: 5$/,
    ],
  ])('refuse the recipe %j', async (recipe, message) => {
    const dataset = { ...(await opened({ length: 5 })), recipe };
    await expect(all(new DataLoader(dataset, { workers: 1 }))).rejects.toThrow(message);
  });
});
