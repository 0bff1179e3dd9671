// The mean and deviation of each channel of a data set, with which inputs are normalised. One pass, in float64; parts are
// joined by the update of T. F. Chan, G. H. Golub and R. J. LeVeque, "Updating formulae and a pairwise algorithm for
// computing sample variances" (1979), so that large sets lose no digits.

import { need } from '../arguments/field.ts';
import { type Fields, needOptions } from '../arguments/options.ts';
import { show } from '../arguments/show.ts';
import { ShapeError } from '../errors.ts';
import { Tensor } from '../tensor/tensor.ts';
import { inputNames } from './batch.ts';
import { type BrokenSample, DataLoader, type SampleSource } from './dataLoader.ts';
import { aSampleSource, type Sample } from './dataset.ts';
import { type DataLoaderOptions, loaderFields } from './loaderOptions.ts';

/** How a data set is gone through. */
export type StatisticsOptions<S extends object = Sample> = Pick<
  DataLoaderOptions<S>,
  'transform' | 'seed' | 'workers' | 'prefetch' | 'strict'
>;

/** Of each channel, over all its values in all samples. */
export interface ChannelStatistics {
  /** One a channel. */
  readonly mean: number[];
  /** The deviation of all values, by their number n and not n − 1; one a channel. */
  readonly std: number[];
  /** The samples that could not be read, and do not count. */
  readonly broken: readonly BrokenSample[];
}

const fields: Fields<StatisticsOptions<object>> = {
  transform: loaderFields.transform,
  seed: loaderFields.seed,
  workers: loaderFields.workers,
  prefetch: loaderFields.prefetch,
  strict: loaderFields.strict,
};

/** Samples that are read ahead of the one that is summed. */
const samplesAhead = 16;

/**
 * The mean and standard deviation of each channel of a data set's `x`, `image` or `sound`, the first axis of every sample. Samples
 * may differ in size otherwise. With them `transforms.normalize(mean, std)` brings the whole set to mean 0 and deviation 1.
 *
 * @throws ShapeError for samples without channels, or of different numbers of them.
 * @throws FormatError if no sample can be read, or with `strict` one cannot.
 * @example
 * const { mean, std } = await channelStatistics(train); // mean [0.48, 0.46, 0.41], std [0.23, 0.22, 0.23]
 */
export async function channelStatistics<S extends object = Sample>(
  dataset: SampleSource<S>,
  options: StatisticsOptions<S> = {},
): Promise<ChannelStatistics> {
  need('channelStatistics', 'dataset', dataset, aSampleSource);
  needOptions('channelStatistics', options, fields as Fields<StatisticsOptions<S>>); // they do not look into samples
  const { prefetch = samplesAhead, ...rest } = options;
  const collate = ([sample]: readonly S[]) => ({ x: inputOf(sample), y: nothing });
  const loader = new DataLoader(dataset, { ...rest, prefetch, batchSize: 1, collate });
  const sums = new Sums();
  try {
    for await (const { x } of loader) sums.add(x);
  } finally {
    loader.close();
  }
  return { ...sums.result(), broken: loader.broken };
}

const nothing = new Tensor(new Int32Array(0), [0]);

function inputOf(sample: object): Tensor {
  const parts = sample as Readonly<Record<string, unknown>>;
  const input = inputNames.map((name) => parts[name]).find((part) => part !== undefined);
  if (input instanceof Tensor && input.rank > 0) return input;
  throw new ShapeError(
    `channelStatistics: a sample's input is ${show(input)}; give Tensors [channels, …] as x, image or sound`,
  );
}

class Sums {
  #count = 0;
  #mean: number[] = [];
  /** Of squared deviations from the mean. */
  #squares: number[] = [];

  add({ data, shape }: Tensor): void {
    const [channels] = shape;
    if (this.#mean.length === 0) {
      this.#mean = new Array<number>(channels).fill(0);
      this.#squares = new Array<number>(channels).fill(0);
    }
    if (this.#mean.length !== channels) {
      throw new ShapeError(
        `channelStatistics: a sample has ${channels} channels, those before have ${this.#mean.length}; ` +
          'read all with the same number of channels',
      );
    }
    const size = data.length / channels;
    if (size === 0) return;
    for (let c = 0; c < channels; c++) this.#join(c, momentsOf(data, c * size, size), size);
    this.#count += size;
  }

  #join(c: number, { mean, squares }: { mean: number; squares: number }, size: number): void {
    const before = this.#count;
    const delta = mean - this.#mean[c];
    this.#mean[c] += (delta * size) / (before + size);
    this.#squares[c] += squares + (delta * delta * before * size) / (before + size);
  }

  result(): Pick<ChannelStatistics, 'mean' | 'std'> {
    if (this.#count === 0)
      throw new ShapeError('channelStatistics: the data set has no values; add samples to it');
    return { mean: this.#mean, std: this.#squares.map((sum) => Math.sqrt(sum / this.#count)) };
  }
}

function momentsOf(data: Tensor['data'], start: number, size: number): { mean: number; squares: number } {
  let sum = 0;
  for (let i = start; i < start + size; i++) sum += data[i];
  const mean = sum / size;
  let squares = 0;
  for (let i = start; i < start + size; i++) squares += (data[i] - mean) ** 2;
  return { mean, squares };
}
