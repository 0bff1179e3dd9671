// Samples and recipes on their way between threads: tensors as what they hold, whose memory moves where nobody else uses it,
// and everything else as the engine copies it.

import { isRecord } from '../../arguments/field.ts';
import { Tensor } from '../../tensor/tensor.ts';

interface SentTensor {
  readonly tensorShape: readonly number[];
  readonly data: Float32Array | Int32Array;
}

/** A sample, and the memory that moves with it. */
export interface Sent {
  readonly parts: Readonly<Record<string, unknown>>;
  readonly moved: ArrayBuffer[];
}

/** Also a tensor of another copy of the library, which a module of the worker may have. */
const isTensor = (value: unknown): value is Tensor =>
  typeof value === 'object' &&
  value !== null &&
  'shape' in value &&
  Array.isArray(value.shape) &&
  'data' in value &&
  (value.data instanceof Float32Array || value.data instanceof Int32Array);

const isSent = (value: unknown): value is SentTensor =>
  typeof value === 'object' && value !== null && 'tensorShape' in value;

export function sendSample(sample: object): Sent {
  const moved = new Set<ArrayBuffer>();
  const parts = Object.entries(sample).map(([name, value]) => {
    if (!isTensor(value)) return [name, value];
    const data = ownMemory(value.data, moved);
    return [name, { tensorShape: [...value.shape], data } satisfies SentTensor];
  });
  return { parts: Object.fromEntries(parts), moved: [...moved] };
}

/** Memory that holds just these values, and that no other part of the sample has taken along. */
function ownMemory<T extends Float32Array | Int32Array>(data: T, moved: Set<ArrayBuffer>): T {
  const { buffer } = data;
  const isOwn = buffer instanceof ArrayBuffer && buffer.byteLength === data.byteLength && !moved.has(buffer);
  const own = isOwn ? data : (data.slice() as T);
  moved.add(own.buffer as ArrayBuffer); // of a slice or checked above: never shared memory
  return own;
}

export function receiveSample({ parts }: Pick<Sent, 'parts'>): object {
  return Object.fromEntries(
    Object.entries(parts).map(([name, value]) => [
      name,
      isSent(value) ? new Tensor(value.data, value.tensorShape) : value,
    ]),
  );
}

/** What a recipe is called with, on its way to a worker: tensors as what they hold, wherever they stand; they stay here too. */
export const sendValue = (value: unknown): unknown =>
  mapLeaves(value, (leaf) =>
    isTensor(leaf) ? ({ tensorShape: [...leaf.shape], data: leaf.data } satisfies SentTensor) : leaf,
  );

export const receiveValue = (value: unknown): unknown =>
  mapLeaves(value, (leaf) => (isSent(leaf) ? new Tensor(leaf.data, leaf.tensorShape) : leaf));

/** Lists and plain objects again, whose other values are what `map` makes of them. */
function mapLeaves(value: unknown, map: (leaf: unknown) => unknown): unknown {
  if (Array.isArray(value)) return value.map((item) => mapLeaves(item, map));
  const mapped = map(value);
  if (mapped !== value || !isRecord(value) || Object.getPrototypeOf(value) !== Object.prototype)
    return mapped;
  return Object.fromEntries(Object.entries(value).map(([key, item]) => [key, mapLeaves(item, map)]));
}
