// The weights of a TensorFlow.js model: a manifest of names, shapes and types, whose values lie one after the other in the
// shards, whole or quantised to 8 or 16 bits. Every length is checked before memory is made.

import { FormatError, Tensor, UnsupportedError } from 'neocog';
import { counted } from 'neocog/arguments';
import type { Budget } from '../budget.ts';
import { isObject } from '../json.ts';
import { isSizes, product } from '../shape.ts';
import { plainly, shown } from '../shown.ts';
import { type StoredType, storedTypes } from '../stored-types.ts';

/** Weights whose values follow each other in the shards `paths`. */
export interface WeightGroup {
  readonly paths: readonly string[];
  readonly weights: readonly WeightEntry[];
  /** In bytes. */
  readonly size: number;
}

interface WeightEntry {
  readonly name: string;
  readonly shape: readonly number[];
  /** `int32` and `bool` become int32. */
  readonly dtype: 'float32' | 'int32' | 'bool';
  readonly stored: StoredType;
  readonly quantization: { readonly scale: number; readonly min: number } | null;
  /** In bytes. */
  readonly size: number;
}

/** By the names of safetensors, which storedTypes goes by. */
const storedNames: Readonly<Record<string, string>> = {
  float32: 'F32',
  int32: 'I32',
  bool: 'BOOL',
  uint8: 'U8',
  uint16: 'U16',
  float16: 'F16',
};

/** @throws FormatError for a manifest that is none, UnsupportedError for texts and complex numbers as weights. */
export function readManifest(about: string, manifest: unknown): WeightGroup[] {
  if (manifest === undefined || manifest === null) return [];
  if (!Array.isArray(manifest)) throw new FormatError(`${about}: its weightsManifest is not a list`);
  return manifest.map((group: unknown) => {
    const { paths, weights } = isObject(group) ? group : {};
    if (
      !Array.isArray(paths) ||
      !paths.every((path) => typeof path === 'string') ||
      !Array.isArray(weights)
    ) {
      throw new FormatError(`${about}: a group of its weightsManifest has no lists of paths and weights`);
    }
    const entries = weights.map((weight: unknown) => readEntry(about, weight));
    return { paths, weights: entries, size: entries.reduce((sum, entry) => sum + entry.size, 0) };
  });
}

function readEntry(about: string, weight: unknown): WeightEntry {
  const { name, shape, dtype, quantization } = isObject(weight) ? weight : {};
  if (typeof name !== 'string' || !isSizes(shape)) {
    throw new FormatError(
      `${about}: weight ${shown(name)} has shape ${shown(shape)}; its name must be a string, its sizes whole numbers from 0`,
    );
  }
  if (dtype !== 'float32' && dtype !== 'int32' && dtype !== 'bool') {
    throw new UnsupportedError(
      `${about}: weight ${shown(name)} is of dtype ${shown(dtype)}, but neocog reads float32, int32 and bool`,
    );
  }
  const as = isObject(quantization) ? quantization.dtype : dtype;
  const stored = storedTypes.get(storedNames[String(as)] ?? '');
  if (stored === undefined) {
    throw new UnsupportedError(
      `${about}: weight ${shown(name)} is stored as ${shown(as)}, but neocog reads ${Object.keys(storedNames).join(', ')}`,
    );
  }
  const size = stored.bytes * product(shape);
  return { name, shape, dtype, stored, quantization: readScale(about, name, quantization), size };
}

function readScale(about: string, name: string, quantization: unknown): WeightEntry['quantization'] {
  if (!isObject(quantization) || quantization.dtype === 'float16') return null;
  const { scale, min } = quantization;
  if (typeof scale === 'number' && typeof min === 'number') return { scale, min };
  throw new FormatError(`${about}: weight ${shown(name)} is quantised without numbers scale and min`);
}

/** The weights by name. @throws FormatError unless the bytes are as many as the manifest says, and names differ. */
export function readWeights(
  budget: Budget,
  groups: readonly WeightGroup[],
  bytes: readonly Uint8Array[],
): Map<string, Tensor> {
  const { about } = budget;
  const weights = new Map<string, Tensor>();
  groups.forEach((group, i) => {
    if (bytes[i].length !== group.size) {
      throw new FormatError(
        `${about}: the shards ${plainly(group.paths.join(', '), 200)} have ${counted(bytes[i].length, 'byte')}, but the manifest describes ${group.size}; fetch them again`,
      );
    }
    let at = 0;
    for (const entry of group.weights) {
      if (weights.has(entry.name)) {
        throw new FormatError(`${about}: its weightsManifest has ${shown(entry.name)} twice`);
      }
      budget.value(entry.size / entry.stored.bytes, 8 + entry.stored.bytes, shown(entry.name));
      weights.set(entry.name, readTensor(entry, bytes[i].subarray(at, at + entry.size)));
      at += entry.size;
    }
  });
  return weights;
}

/** Values are scale·q + min, rounded for whole numbers. */
function readTensor({ shape, dtype, stored, quantization }: WeightEntry, bytes: Uint8Array): Tensor {
  // A copy, for typed arrays begin at multiples of their width. None of these types has values that do not fit.
  const values = stored.read(new Uint8Array(bytes).buffer)!;
  const whole = dtype !== 'float32';
  if (quantization === null) return new Tensor(whole ? new Int32Array(values) : values, shape);
  const { scale, min } = quantization;
  const data = whole ? new Int32Array(values.length) : new Float32Array(values.length);
  for (let i = 0; i < data.length; i++) {
    const value = values[i] * scale + min;
    data[i] = whole ? Math.round(value) : value;
  }
  return new Tensor(data, shape);
}
