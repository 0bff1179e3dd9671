// Features that are worked out once: where the body of a network is frozen and nothing before it is random, each sample gives the
// same in every epoch, and only the head has to be trained.

import { aFunction, count, type Field, flag, need, seed } from '../arguments/field.ts';
import { type Fields, needOptions } from '../arguments/options.ts';
import { makeBreather } from '../data/breather.ts';
import { aProgram, type ForwardPass } from '../data/evaluation.ts';
import { BatchLoader } from '../data/loader.ts';
import { aSource, type BatchSource, batchesOf } from '../data/source.ts';
import { ShapeError } from '../errors.ts';
import type { Module } from '../nn/index.ts';
import { aModule } from '../nn/parts.ts';
import { noGrad } from '../tensor/graph.ts';
import { formatShape, sameShape } from '../tensor/shape.ts';
import type { Tensor } from '../tensor/tensor.ts';

/** How `cacheFeatures` works features out, and how its loader hands them out. */
export interface CacheFeaturesOptions {
  /** Runs the batches of its shape; `module` runs the others. Must hold the module's weights. */
  program?: ForwardPass | undefined;
  /** Told how many samples are done, after every batch. */
  onProgress?: ((samples: number) => void) | undefined;
  /** Samples in a batch of the loader. Default 32. */
  batchSize?: number | undefined;
  /** A new order for every epoch. Default false. */
  shuffle?: boolean | undefined;
  /** Decides all orders. Default 0. */
  seed?: number | undefined;
}

const fields: Fields<CacheFeaturesOptions> = {
  program: aProgram as Field<ForwardPass>,
  onProgress: aFunction,
  batchSize: count,
  shuffle: flag,
  seed,
};

/**
 * Runs a network, in evaluation mode and without gradients, once over an epoch, and gives a loader over what came out with the
 * labels that went with it: to train a head many times faster than the whole network.
 *
 * What is random before the head has no place here. Parts in training mode are put into evaluation mode while it runs; a
 * `BatchLoader` with a `transform` is refused, and a source that changes samples by chance in another way is yours to avoid.
 *
 * @throws ShapeError for a source whose samples change, or batches of different shapes.
 * @example
 * const head = replaceHead(net, 5);
 * const features = await cacheFeatures(featuresOf(net), loader, { shuffle: true, seed: 1 });
 * await fit(head, features, { epochs: 50, optimizer: new optim.AdamW(head.parameters()) });
 */
export async function cacheFeatures(
  module: Module,
  source: BatchSource,
  options: CacheFeaturesOptions = {},
): Promise<BatchLoader> {
  need('cacheFeatures', 'module', module, aModule);
  need('cacheFeatures', 'source', source, aSource);
  needOptions('cacheFeatures', options, fields);
  if (source instanceof BatchLoader && source.isRandom) {
    throw new ShapeError(
      'cacheFeatures: the loader changes samples by a transform, features would be of one epoch only; make a loader without it',
    );
  }
  const restore = module.evalForNow();
  try {
    const { x, y } = await collect(module, source, options);
    const { batchSize, shuffle, seed: of } = options;
    return new BatchLoader(x.whole(), y.whole(), { batchSize, shuffle, seed: of });
  } finally {
    restore();
  }
}

async function collect(module: Module, source: BatchSource, { program, onProgress }: CacheFeaturesOptions) {
  const [x, y] = [new Rows('features'), new Rows('labels')];
  const breathe = makeBreather();
  let samples = 0;
  for await (const batch of batchesOf('cacheFeatures', source)) {
    await breathe();
    const fits = program && sameShape(batch.x.shape, program.inputShape);
    x.add(fits ? await program.run(batch.x) : noGrad(() => module.forward(batch.x)));
    y.add(batch.y);
    samples += batch.x.shape[0];
    onProgress?.(samples);
  }
  return { x, y };
}

/** Tensors of the same samples, one below the other. */
class Rows {
  readonly #what: string;
  readonly #parts: Tensor[] = [];

  constructor(what: string) {
    this.#what = what;
  }

  add(part: Tensor): void {
    const [first = part] = this.#parts;
    if (
      part.rank === 0 ||
      part.dtype !== first.dtype ||
      !sameShape(part.shape.slice(1), first.shape.slice(1))
    ) {
      throw new ShapeError(
        `cacheFeatures: ${this.#what} of one batch have shape ${formatShape(first.shape)}, of another ${formatShape(part.shape)}; give pictures of one size`,
      );
    }
    this.#parts.push(part);
  }

  whole() {
    const [first] = this.#parts;
    if (!first) throw new ShapeError('cacheFeatures: the source has no batch; add data');
    const count = this.#parts.reduce((sum, { shape }) => sum + shape[0], 0);
    const size = this.#parts.reduce((sum, part) => sum + part.size, 0);
    const data = first.dtype === 'int32' ? new Int32Array(size) : new Float32Array(size);
    let at = 0;
    for (const part of this.#parts) {
      data.set(part.data, at);
      at += part.size;
    }
    return { shape: [count, ...first.shape.slice(1)], data };
  }
}
