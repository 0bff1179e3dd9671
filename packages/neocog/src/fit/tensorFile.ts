// Tensors and texts as the bytes of a safetensors file, so that any reader of that format reads the weights of a checkpoint.
// Only what checkpoints need; `@neocog/formats` reads and writes the format as a whole. https://github.com/huggingface/safetensors

import { isListOf, isRecord, isSize } from '../arguments/field.ts';
import { FormatError } from '../errors.ts';
import type { StateDict } from '../nn/index.ts';
import { sizeOf } from '../tensor/shape.ts';
import { Tensor } from '../tensor/tensor.ts';

/** What lies in a file. */
export interface TensorFile {
  readonly tensors: StateDict;
  readonly texts: Readonly<Record<string, string>>;
}

export function writeTensors({ tensors, texts }: TensorFile): Uint8Array {
  let at = 0;
  const entries = Object.entries(tensors).map(([name, { dtype, shape, data }]) => {
    const range = [at, at + data.byteLength];
    at += data.byteLength;
    const entry = { dtype: dtype === 'int32' ? 'I32' : 'F32', shape, data_offsets: range };
    return `${JSON.stringify(name)}:${JSON.stringify(entry)}`;
  });
  const json = `{${[`"__metadata__":${JSON.stringify(texts)}`, ...entries].join(',')}}`;
  const text = new TextEncoder().encode(json);
  const start = 8 + Math.ceil(text.length / 8) * 8;
  const bytes = new Uint8Array(start + at).fill(0x20, 8, start);
  new DataView(bytes.buffer).setBigUint64(0, BigInt(start - 8), true);
  bytes.set(text, 8);
  at = start;
  for (const { data } of Object.values(tensors)) {
    bytes.set(new Uint8Array(data.buffer, data.byteOffset, data.byteLength), at);
    at += data.byteLength;
  }
  return bytes;
}

/** @throws FormatError for bytes that are no such file; `about` begins the sentence */
export function readTensors(bytes: Uint8Array, about: string): TensorFile {
  const fail = (problem: string): never => {
    throw new FormatError(`${about} is no checkpoint: ${problem}`);
  };
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  if (bytes.length < 8) fail('it is shorter than its header');
  const start = 8 + Number(view.getBigUint64(0, true));
  if (start > bytes.length) fail('it is cut, or of another format');
  const { __metadata__: texts, ...entries } = parseHeader(bytes.subarray(8, start), fail);
  if (!isRecord(texts) || !Object.values(texts).every((text) => typeof text === 'string'))
    fail('it has no texts');
  const values = bytes.subarray(start);
  const tensors = Object.entries(entries).map(([name, entry]) => {
    return [
      name,
      tensorOf(entry, values) ?? fail('a tensor lies beyond its end, or is of another type'),
    ] as const;
  });
  return { tensors: Object.fromEntries(tensors), texts: texts as TensorFile['texts'] };
}

function parseHeader(bytes: Uint8Array, fail: (problem: string) => never): Readonly<Record<string, unknown>> {
  try {
    const header: unknown = JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(bytes));
    if (isRecord(header) && !Object.hasOwn(header, '__proto__')) return header;
  } catch {
    // Said below.
  }
  return fail('its header is not JSON');
}

/** A copy: values may lie at any address of the file. Null for one that is damaged. */
function tensorOf(entry: unknown, values: Uint8Array): Tensor | null {
  if (!isRecord(entry)) return null;
  const { dtype, shape, data_offsets: range } = entry;
  const isSizes = (list: unknown): list is readonly number[] => isListOf(list, (n) => isSize(n, 0));
  if (!isSizes(shape) || !isListOf(range, Number.isSafeInteger) || range.length !== 2) return null;
  const [from, to] = range as readonly number[];
  if (from < 0 || to > values.length || to - from !== 4 * sizeOf(shape)) return null;
  // Not `slice`: that of Node's Buffer is no copy.
  const { buffer } = new Uint8Array(values.subarray(from, to));
  if (dtype === 'F32') return new Tensor(new Float32Array(buffer), shape);
  return dtype === 'I32' ? new Tensor(new Int32Array(buffer), shape) : null;
}
