// Arrays in memory as a data set: pictures as bytes with their classes, tensors with their targets.

import { type Field, field, finite, isRecord, refuseValue } from '../arguments/field.ts';
import { type Fields, needOptions } from '../arguments/options.ts';
import { ShapeError } from '../errors.ts';
import { aShape } from '../tensor/fields.ts';
import { sizeOf } from '../tensor/shape.ts';
import { Tensor } from '../tensor/tensor.ts';
import { inputNames } from './batch.ts';
import type { Dataset } from './dataset.ts';

/** Row-major numbers whose first axis counts the samples: a Tensor, or what `parseIdx` returns. */
export interface Samples {
  /** Size of each axis, samples first. */
  readonly shape: readonly number[];
  /** As many as the shape holds. */
  readonly data: SampleValues;
}

export type SampleValues =
  | Uint8Array
  | Int8Array
  | Uint16Array
  | Int16Array
  | Int32Array
  | Uint32Array
  | Float32Array
  | Float64Array;

const typedArray = Object.getPrototypeOf(Uint8Array) as typeof Uint8Array;

export const someSamples: Field<Samples> = field(
  'samples { shape, data }, data a typed array',
  (v) =>
    typeof v === 'object' &&
    v !== null &&
    'shape' in v &&
    aShape.ok(v.shape) &&
    'data' in v &&
    v.data instanceof typedArray,
);

/** How arrays become samples. */
export interface TensorDatasetOptions {
  /** Each value v of `x`, `image` or `sound` becomes (v − mean) / std. In the units of the array. Default 0. */
  mean?: number | undefined;
  /** The deviation by which v − mean is divided. Default 1. */
  std?: number | undefined;
}

const fields: Fields<TensorDatasetOptions> = {
  mean: finite,
  std: field('a finite number other than 0', (v) => Number.isFinite(v) && v !== 0),
};

/**
 * A data set of arrays that lie in memory, by the names that their samples get: `image` or `x`, `label` or `y`, and so on.
 *
 * Each is given without its first axis. One whole number a sample becomes a number, a class; other values become a Tensor: int32 for
 * integer types, but float32 for the input (`x`, `image`, `sound`) unless it is an Int32Array that is not scaled.
 *
 * @throws ShapeError if the arrays hold different numbers of samples, or values do not fill their shapes.
 * @example
 * const { data } = parseIdx(imageBytes); // 60000 pictures of 28×28 bytes
 * const digits = tensorDataset({ image: { data, shape: [60000, 1, 28, 28] }, label: parseIdx(labelBytes) }, { std: 255 });
 * const loader = new DataLoader(digits, { batchSize: 64, shuffle: true });
 */
export function tensorDataset(
  arrays: Readonly<Record<string, Samples>>,
  options: TensorDatasetOptions = {},
): Dataset {
  needOptions('tensorDataset', options, fields);
  if (!isRecord(arrays) || Object.keys(arrays).length === 0)
    refuseValue('tensorDataset', 'arrays', arrays, 'an object of at least one array of samples, by name');
  const parts = Object.entries(arrays);
  for (const [name, part] of parts) checkPart(name, part);
  const [[first, { shape }]] = parts;
  const other = parts.find(([, part]) => part.shape[0] !== shape[0]);
  if (other) {
    throw new ShapeError(
      `tensorDataset: ${first} holds ${shape[0]} samples, ${other[0]} ${other[1].shape[0]}; both need as many`,
    );
  }
  const readers = parts.map(
    ([name, part]) => [name, readerOf(part, isInput(name) ? options : null)] as const,
  );
  return {
    length: shape[0],
    get: (index) => Object.fromEntries(readers.map(([name, read]) => [name, read(index)])),
  };
}

const isInput = (name: string): boolean => (inputNames as readonly string[]).includes(name);

function checkPart(name: string, part: Samples): void {
  if (!someSamples.ok(part)) refuseValue('tensorDataset', name, part, someSamples.takes);
  const { shape, data } = part;
  if (shape.length > 0 && sizeOf(shape) === data.length) return;
  throw new ShapeError(
    `tensorDataset: ${name} has ${data.length} values for shape [${shape}]; ` +
      'give a shape that they fill, its first axis counting the samples',
  );
}

type Reader = (index: number) => Tensor | number;

/** How one sample of an array is read: scaled where it is an input, null for a target. */
function readerOf(samples: Samples, input: TensorDatasetOptions | null): Reader {
  const { shape, data } = samples;
  const isFloat = data instanceof Float32Array || data instanceof Float64Array;
  if (input) return inputReader(samples, { ...input, isWhole: data instanceof Int32Array && isPlain(input) });
  const inner = shape.slice(1);
  if (inner.length === 0 && !isFloat) return (index) => data[index];
  const Values = isFloat ? Float32Array : Int32Array;
  return (index) => new Tensor(Values.from(valuesAt(samples, index)), inner);
}

/** Of what a network sees: whole numbers as they are, or float32, scaled. */
export function inputReader(
  samples: Samples,
  options: TensorDatasetOptions & { readonly isWhole: boolean },
): (index: number) => Tensor {
  const inner = samples.shape.slice(1);
  if (options.isWhole) return (index) => new Tensor(Int32Array.from(valuesAt(samples, index)), inner);
  const scale = scaling(samples.data, options);
  return (index) => new Tensor(scale(Float32Array.from(valuesAt(samples, index))), inner);
}

export const targetReader = (samples: Samples): Reader => readerOf(samples, null);

function valuesAt({ shape, data }: Samples, index: number): SampleValues {
  const size = sizeOf(shape.slice(1));
  return data.subarray(index * size, (index + 1) * size);
}

const isPlain = ({ mean = 0, std = 1 }: TensorDatasetOptions): boolean => mean === 0 && std === 1;

/** To `(value − mean) / std`, in place. A division takes longer than a look into a table of all bytes. */
function scaling(of: SampleValues, options: TensorDatasetOptions): (values: Float32Array) => Float32Array {
  const { mean = 0, std = 1 } = options;
  if (isPlain(options)) return (values) => values;
  if (!(of instanceof Uint8Array)) return (values) => values.map((value) => (value - mean) / std);
  const table = Float32Array.from({ length: 256 }, (_, byte) => (byte - mean) / std);
  return (values) => values.map((byte) => table[byte]);
}
