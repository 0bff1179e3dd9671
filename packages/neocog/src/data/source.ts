// What `fit` and `evaluate` take batches from: any iterable, or one whose batches have to be waited for. What else a source
// says of itself (how many batches, where it stands) is its own choice; `DataLoader` says everything.

import { type Field, field, refuseValue } from '../arguments/field.ts';
import type { World } from '../backends/world.ts';
import { Tensor } from '../tensor/tensor.ts';

/** What a network learns from in one step, or is measured on. */
export interface LabelledBatch {
  /** Samples, `[n, …]`. */
  readonly x: Tensor;
  /** Their targets, `[n, …]`; int32 for classes. */
  readonly y: Tensor;
  /** Position of each sample in its data set; counted on from 0 where it is not given. */
  readonly index?: Int32Array | undefined;
  /** True if the samples count for nothing, as those of a rank that has none of its own. */
  readonly spare?: boolean | undefined;
}

/** Where a source stands, as values that JSON keeps. */
export type SourceState = Readonly<Record<string, unknown>>;

/** What tells one source of batches from another. */
export interface SourceIdentity {
  /** In words: how many samples, in which batches, in which order. */
  readonly order: string;
  /** Of what the samples are or are called. */
  readonly samples: number;
}

/** What a source of batches may say of itself. */
interface SourceDetails {
  /** Batches in an epoch, where that is known. */
  readonly length?: number | undefined;
  /** Samples in a batch, where that is known. */
  readonly batchSize?: number | undefined;
  /** Samples in the data set, where that is known. */
  readonly size?: number | undefined;
  /** The ranks that the samples are shared out among; null if they are all this process's. A source that does not say shares by itself. */
  readonly world?: World | null | undefined;
  /** What must be alike on all ranks: the order in words, and a hash of the samples. */
  identity?(): SourceIdentity;
  /**
   * Where the source stands: after the batch that it handed out last, whatever it has prepared beyond. A source without `state`
   * and `restore` is resumed by passing over the batches that were taken, so all of its epochs must be alike.
   */
  state?(): SourceState;
  /**
   * Goes where another source of the same data stood. The next iteration gives the rest of that epoch, perhaps nothing, and the one
   * after it the next epoch.
   */
  restore?(state: SourceState): void | Promise<void>;
}

/** Batches: each iteration is one epoch. A list of batches is one, and so is a `DataLoader`. */
export type BatchSource = (Iterable<LabelledBatch> | AsyncIterable<LabelledBatch>) & SourceDetails;

const isIterable = (v: unknown): boolean =>
  typeof v === 'object' && v !== null && (Symbol.iterator in v || Symbol.asyncIterator in v);

export const aSource: Field<BatchSource> = field(
  'a DataLoader, or an iterable of batches { x, y }',
  isIterable,
);

/** The batches of one epoch. @throws ShapeError for one that is no `{ x, y }` */
export async function* batchesOf(fn: string, source: BatchSource): AsyncGenerator<LabelledBatch> {
  for await (const batch of source) {
    const { x, y } = Object(batch) as Partial<LabelledBatch>;
    if (!(x instanceof Tensor && y instanceof Tensor)) refuseValue(fn, 'a batch', batch, 'Tensors { x, y }');
    yield { x, y, index: batch.index, spare: batch.spare ?? false };
  }
}
