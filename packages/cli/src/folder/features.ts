// What a frozen body makes of samples, for the head that learns: worked out once for samples that do not change, batch by batch for
// those that do. The body runs compiled, one sample at a time, so that a batch may have any size.

import {
  type Batch,
  type BatchLoader,
  type BatchSource,
  cacheFeatures,
  concat,
  nn,
  type Program,
  type SourceState,
  slice,
  type Tensor,
} from 'neocog';
import type { Loader } from './samples.ts';

/** The batches of a loader as a body sees them. */
export class Features implements AsyncIterable<Batch> {
  readonly #program: Program;
  readonly #loader: Loader;

  /** @param program of the body, for one sample */
  constructor(program: Program, loader: Loader) {
    this.#program = program;
    this.#loader = loader;
  }

  get size(): number | undefined {
    return this.#loader.size;
  }

  get length(): number | undefined {
    return this.#loader.length;
  }

  get batchSize(): number {
    return this.#loader.batchSize;
  }

  get epoch(): number {
    return this.#loader.epoch;
  }

  set epoch(epoch: number) {
    this.#loader.epoch = epoch;
  }

  async *[Symbol.asyncIterator](): AsyncGenerator<Batch, void, void> {
    for await (const { x, ...rest } of this.#loader) yield { x: await this.#run(x), ...rest };
  }

  state(): SourceState {
    return { ...this.#loader.state() };
  }

  restore(state: SourceState): void {
    this.#loader.restore(state);
  }

  async #run(x: Tensor): Promise<Tensor> {
    const rows: Tensor[] = [];
    for (let i = 0; i < (x.shape[0] as number); i++) {
      const one = slice(x, { axis: 0, start: i, end: i + 1 });
      rows.push(await this.#program.run(one));
    }
    return concat(rows, { axis: 0 });
  }
}

/** Features of an epoch, kept in memory. */
export const keptFeatures = (
  features: BatchSource,
  options: { batchSize: number; shuffle?: boolean; seed?: number; onProgress?: (samples: number) => void },
): Promise<BatchLoader> => cacheFeatures(new nn.Sequential(), features, options);
