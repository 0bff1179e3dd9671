// Cuts a data set into batches of tensors, in order or shuffled afresh in every epoch.
// Holds the whole set in memory in its own number type; converts and scales only the batch at hand.

import { aFunction, count, type Field, field, finite, flag, need, seed } from '../arguments/field.ts';
import { type Fields, needOptions } from '../arguments/options.ts';
import { ShapeError } from '../errors.ts';
import { aDType, aShape } from '../tensor/fields.ts';
import { Generator } from '../tensor/random.ts';
import { type DType, Tensor } from '../tensor/tensor.ts';

/** Row-major numbers whose first axis counts the samples: a Tensor, or what `parseIdx` returns. */
export interface Samples {
  /** Size of each axis, samples first. */
  readonly shape: readonly number[];
  /** As many as the shape holds. */
  readonly data: SampleValues;
}

type SampleValues =
  | Uint8Array
  | Int8Array
  | Uint16Array
  | Int16Array
  | Int32Array
  | Uint32Array
  | Float32Array
  | Float64Array;

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
   * `random` is seeded by seed and epoch.
   */
  transform?: ((sample: Float32Array, random: Generator) => void) | undefined;
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
};

const typedArray = Object.getPrototypeOf(Uint8Array) as typeof Uint8Array;
const samples: Field<Samples> = field(
  'samples { shape, data }, data a typed array',
  (v) =>
    typeof v === 'object' &&
    v !== null &&
    'shape' in v &&
    aShape.ok(v.shape) &&
    'data' in v &&
    v.data instanceof typedArray,
);

/** One batch: images, labels, and which samples they are. */
export interface Batch {
  /** float32, or `dtype`, `[n, …sampleShape]`. */
  readonly x: Tensor;
  /** int32 for labels of an integer type, else float32; `[n]` for one label a sample. */
  readonly y: Tensor;
  /** Position of each sample in the data set. */
  readonly index: Int32Array;
}

/**
 * Batches of a data set. Each iteration is one epoch.
 *
 * @throws ShapeError if images and labels differ in number, or an option does not fit.
 * @example
 * const images = parseIdx(imageBytes); // shape [60000, 28, 28]
 * const labels = parseIdx(labelBytes); // shape [60000]
 * const loader = new BatchLoader(images, labels, { batchSize: 64, shuffle: true, std: 255, sampleShape: [1,
 * 28, 28] });
 * for (const { x, y } of loader) console.log(x.shape, y.shape); // [64, 1, 28, 28] [64]
 */
export class BatchLoader implements Iterable<Batch> {
  /** The epoch that the next iteration runs, counted from 0; set it to resume or repeat. */
  epoch = 0;
  /** Samples in each batch but perhaps the last. */
  readonly batchSize: number;
  readonly #images: Samples;
  readonly #labels: Samples;
  readonly #sampleShape: readonly number[];
  readonly #options: BatchLoaderOptions;
  #table: Float32Array | null = null;

  constructor(images: Samples, labels: Samples, options: BatchLoaderOptions = {}) {
    need('BatchLoader', 'images', images, samples);
    need('BatchLoader', 'labels', labels, samples);
    needOptions('BatchLoader', options, fields);
    this.batchSize = options.batchSize ?? 32;
    this.#images = images;
    this.#labels = labels;
    this.#options = { ...options };
    this.#sampleShape = options.sampleShape ?? images.shape.slice(1);
    checkSamples(images, labels, this.#sampleShape);
    checkType(options);
  }

  /** Samples in the data set. */
  get size(): number {
    return this.#images.shape[0];
  }

  /** Batches in an epoch. */
  get length(): number {
    const batches = this.size / this.batchSize;
    return this.#options.dropLast ? Math.floor(batches) : Math.ceil(batches);
  }

  /** The batches of epoch `epoch`, which grows by 1. */
  *[Symbol.iterator](): Iterator<Batch> {
    const order = this.#order(this.epoch);
    const random = new Generator(epochSeed(~(this.#options.seed ?? 0), this.epoch++));
    for (let b = 0; b < this.length; b++) {
      const batch = this.#batch(order.slice(b * this.batchSize, (b + 1) * this.batchSize));
      this.#transform(batch.x, random);
      yield batch;
    }
  }

  #order(epoch: number): Int32Array {
    if (!this.#options.shuffle) return Int32Array.from({ length: this.size }, (_, i) => i);
    return new Generator(epochSeed(this.#options.seed ?? 0, epoch)).permutation(this.size);
  }

  #batch(index: Int32Array): Batch {
    const x = this.#gatherImages(index);
    const classes = !(this.#labels.data instanceof Float32Array || this.#labels.data instanceof Float64Array);
    const Labels = classes ? Int32Array : Float32Array;
    const y = gather(this.#labels, index, new Labels(index.length * sampleSize(this.#labels)));
    return {
      x: new Tensor(x, [index.length, ...this.#sampleShape]),
      y: new Tensor(y, [index.length, ...this.#labels.shape.slice(1)]),
      index,
    };
  }

  #gatherImages(index: Int32Array): Float32Array | Int32Array {
    const size = index.length * sampleSize(this.#images);
    if (this.#options.dtype === 'int32') return gather(this.#images, index, new Int32Array(size));
    const x = gather(this.#images, index, new Float32Array(size));
    this.#scale(x);
    return x;
  }

  #transform({ data, shape }: Tensor, random: Generator): void {
    const { transform } = this.#options;
    if (!transform) return;
    const size = data.length / shape[0];
    for (let start = 0; start < data.length; start += size) {
      transform(data.subarray(start, start + size) as Float32Array, random);
    }
  }

  /** To `(value − mean) / std`. A division takes longer than a look into a table of all bytes. */
  #scale(x: Float32Array): void {
    const { mean = 0, std = 1 } = this.#options;
    if (this.#images.data instanceof Uint8Array) {
      this.#table ??= Float32Array.from({ length: 256 }, (_, byte) => (byte - mean) / std);
      for (let i = 0; i < x.length; i++) x[i] = this.#table[x[i]];
    } else {
      for (let i = 0; i < x.length; i++) x[i] = (x[i] - mean) / std;
    }
  }
}

/** Copies the samples at `index`, one after the other. */
function gather<T extends Float32Array | Int32Array>(from: Samples, index: Int32Array, into: T): T {
  const size = sampleSize(from);
  index.forEach((sample, i) => {
    into.set(from.data.subarray(sample * size, (sample + 1) * size), i * size);
  });
  return into;
}

const product = (sizes: readonly number[]): number => sizes.reduce((all, size) => all * size, 1);
const sampleSize = (samples: Samples): number => product(samples.shape.slice(1));

/** Neighbouring seeds and epochs must not share orders: seed 1 epoch 0 is not seed 0 epoch 1. */
const epochSeed = (seed: number, epoch: number): number => (Math.imul(epoch, 0x9e3779b1) ^ seed) >>> 0;

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
