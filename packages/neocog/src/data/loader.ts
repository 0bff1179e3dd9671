// Batches of arrays in memory without waiting: what a DataLoader of `tensorDataset({ image, label })` gives, the same orders and the
// same places in them, for loops that are no `for await`.

import { aFunction, count, field, finite, flag, need, seed } from '../arguments/field.ts';
import { type Fields, needOptions } from '../arguments/options.ts';
import { hashValues } from '../backends/ranks.ts';
import { aWorld, type World } from '../backends/world.ts';
import { ShapeError } from '../errors.ts';
import { aDType, aShape } from '../tensor/fields.ts';
import type { Generator } from '../tensor/random.ts';
import type { DType, Tensor } from '../tensor/tensor.ts';
import { type Batch, makeBatch } from './batch.ts';
import { type LoaderState, orderOf, randomOf } from './order.ts';
import { Place } from './place.ts';
import { alone, batchesIn, orderInWords, type Sharing, sharesOf } from './shares.ts';
import type { SourceIdentity, SourceState } from './source.ts';
import { inputReader, type Samples, someSamples, targetReader } from './tensorDataset.ts';

/** How `BatchLoader` makes batches. */
export interface BatchLoaderOptions {
  /** Samples in a batch; 32 unless given. The last batch of an epoch may be smaller. */
  batchSize?: number | undefined;
  /** Draw a new order for every epoch. */
  shuffle?: boolean | undefined;
  /** Decides all orders: epoch e of seed s is the same on every machine. */
  seed?: number | undefined;
  /** Leave out a last batch that is smaller than `batchSize`. */
  dropLast?: boolean | undefined;
  /** Shape of one sample as the network wants it, such as `[1, 28, 28]`; as in `images` unless given. */
  sampleShape?: readonly number[] | undefined;
  /** Each image value v becomes (v − mean) / std; 0 and 1 unless given. In the units of `images`. */
  mean?: number | undefined;
  /** The deviation by which v − mean is divided. Default 1. */
  std?: number | undefined;
  /** Of the batches' `x`; float32 unless given. int32 keeps whole numbers, such as those of words, as they are. */
  dtype?: DType | undefined;
  /**
   * Changes each scaled sample in place, for instance by `flipAxis` or `shiftAxes`, so that no two epochs see the same ones.
   * What it draws from `random` follows from seed, epoch and sample.
   */
  transform?: ((sample: Float32Array, random: Generator) => void) | undefined;
  /** Shares each epoch out among ranks that train together, as `DataLoader` does. Default: all samples are this process's. */
  world?: World | undefined;
}

const fields: Fields<BatchLoaderOptions> = {
  batchSize: count,
  shuffle: flag,
  seed,
  dropLast: flag,
  sampleShape: aShape,
  mean: finite,
  std: field('a finite number other than 0', (v) => Number.isFinite(v) && v !== 0),
  dtype: aDType,
  transform: aFunction,
  world: aWorld,
};

/**
 * Batches of arrays in memory. Each iteration is one epoch. A `DataLoader` takes data sets of any kind.
 *
 * @throws ShapeError if images and labels differ in number, or an option does not fit.
 * @example
 * const images = parseIdx(imageBytes); // shape [60000, 28, 28]
 * const labels = parseIdx(labelBytes); // shape [60000]
 * const loader = new BatchLoader(images, labels, { batchSize: 64, shuffle: true, std: 255, sampleShape: [1, 28, 28] });
 * for (const { x, y } of loader) console.log(x.shape, y.shape); // [64, 1, 28, 28] [64]
 */
export class BatchLoader implements Iterable<Batch> {
  /** Samples in each batch but perhaps the last. */
  readonly batchSize: number;
  /** Samples in the data set. */
  readonly size: number;
  readonly #options: BatchLoaderOptions;
  readonly #place: Place;
  readonly #images: Samples;
  readonly #labels: Samples;
  readonly #image: (index: number) => Tensor;
  readonly #label: (index: number) => Tensor | number;

  constructor(images: Samples, labels: Samples, options: BatchLoaderOptions = {}) {
    need('BatchLoader', 'images', images, someSamples);
    need('BatchLoader', 'labels', labels, someSamples);
    needOptions('BatchLoader', options, fields);
    const { batchSize = 32, seed: drawn = 0, mean, std, dtype } = options;
    const sampleShape = options.sampleShape ?? images.shape.slice(1);
    checkSamples(images, labels, sampleShape);
    checkType(options);
    this.batchSize = batchSize;
    this.size = images.shape[0];
    this.#options = { ...options };
    this.#images = images;
    this.#labels = labels;
    this.#place = new Place('BatchLoader', { seed: drawn, size: this.size });
    const shaped = { data: images.data, shape: [this.size, ...sampleShape] };
    this.#image = inputReader(shaped, { mean, std, isWhole: dtype === 'int32' });
    this.#label = targetReader(labels);
  }

  /** The epoch that the next iteration runs, counted from 0; set it to repeat. */
  get epoch(): number {
    return this.#place.epoch;
  }

  set epoch(epoch: number) {
    this.#place.epoch = epoch;
  }

  /** Whether samples are changed by a `transform`, so that no two epochs need see the same ones. */
  get isRandom(): boolean {
    return this.#options.transform !== undefined;
  }

  /** Batches in an epoch. */
  get length(): number {
    return batchesIn(this.#sharing, this.world);
  }

  /** The ranks that the samples are shared out among; null for one. */
  get world(): World | null {
    const { world } = this.#options;
    return world && world.size > 1 ? world : null;
  }

  get #sharing(): Sharing {
    return { size: this.size, batchSize: this.batchSize, dropLast: this.#options.dropLast ?? false };
  }

  /** The batches of epoch `epoch`, which grows by 1; after `restore` the rest of the epoch of then. */
  *[Symbol.iterator](): Iterator<Batch> {
    const start = this.#place.begin();
    const { epoch } = start;
    const order = orderOf(this.size, this.#options.shuffle ? start.seed : null, epoch);
    try {
      for (const { from, to, taken, spare } of sharesOf(this.#sharing, this.world ?? alone, start.taken)) {
        const indices = Array.from(order.subarray(from, to));
        const batch = makeBatch(
          indices.map((index) => ({ index, sample: this.#sample(index, epoch) })),
          null,
        );
        this.#place.reach({ ...start, taken });
        yield spare ? { ...batch, spare } : batch;
      }
    } finally {
      this.#place.end();
    }
  }

  /** Where it stands: after the batch that it gave last, or at the beginning of epoch `epoch`. JSON keeps it. */
  state(): LoaderState {
    return this.#place.state();
  }

  /**
   * Goes where another loader of the same data and options stood: the next iteration gives the rest of that epoch.
   *
   * @throws ShapeError for anything but what `state` gave, and for the state of a loader with other data or another seed.
   */
  restore(state: SourceState): void {
    this.#place.restore(state);
  }

  /** What must be alike on all ranks that share the samples out. */
  identity(): SourceIdentity {
    const { dropLast = false, shuffle = false, seed: drawn = 0 } = this.#options;
    const { size, batchSize } = this;
    const values = [this.#images, this.#labels].map(({ data }) => Float32Array.from(data));
    return {
      order: orderInWords({ size, batchSize, dropLast, shuffle, seed: drawn }),
      samples: hashValues(values),
    };
  }

  #sample(index: number, epoch: number): { readonly image: Tensor; readonly label: Tensor | number } {
    const { transform, seed: drawn = 0 } = this.#options;
    const image = this.#image(index);
    // Whole numbers are not transformed: the constructor has refused that.
    if (transform && image.data instanceof Float32Array) transform(image.data, randomOf(drawn, epoch, index));
    return { image, label: this.#label(index) };
  }
}

const product = (sizes: readonly number[]): number => sizes.reduce((all, size) => all * size, 1);
const sampleSize = (samples: Samples): number => product(samples.shape.slice(1));

function checkSamples(images: Samples, labels: Samples, sampleShape: readonly number[]): void {
  const fills = ({ shape, data }: Samples): boolean => product(shape) === data.length;
  const problems: [is: boolean, what: string][] = [
    [images.shape.length * labels.shape.length === 0, 'both need a first axis that counts the samples'],
    [images.shape[0] !== labels.shape[0], 'there must be one label for each image'],
    [!fills(images) || !fills(labels), 'the values do not fill these shapes'],
    [
      product(sampleShape) !== sampleSize(images),
      `sampleShape [${sampleShape}] must hold the values of one image`,
    ],
  ];
  const found = problems.find(([is]) => is);
  if (found)
    throw new ShapeError(`BatchLoader: images [${images.shape}], labels [${labels.shape}]: ${found[1]}`);
}

function checkType({ dtype = 'float32', mean, std, transform }: BatchLoaderOptions): void {
  if (dtype === 'float32') return;
  if (dtype === 'int32' && mean === undefined && std === undefined && !transform) return;
  throw new ShapeError(
    `BatchLoader: dtype ${dtype} must be float32, or int32 without mean, std and transform, which are for float32`,
  );
}
