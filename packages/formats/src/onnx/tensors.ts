// Tensors of ONNX files as values: floats become tensors of float32, whole numbers stay on the host. Counts are checked
// against the bytes that are there before memory is made. float32 data at an aligned address is not copied.
// Encoding: TensorProto in onnx.proto.

import { FormatError, Tensor, UnsupportedError } from 'neocog';
import { counted } from 'neocog/arguments';
import { floatBytes, hostBytes, willMake } from '../budget.ts';
import { HostArray, type HostType, type Value } from '../graph/value.ts';
import { product } from '../shape.ts';
import { shown, shownList } from '../shown.ts';
import { storedTypes } from '../stored-types.ts';
import { mostAxes, type SparseTensorProto, type TensorProto } from './schema.ts';

interface ElementType {
  readonly bytes: number;
  /** What neocog holds it as. */
  readonly host: HostType;
  /** Where values are that are not in `rawData`. */
  readonly field: 'floatData' | 'int32Data' | 'int64Data' | 'doubleData' | 'uint64Data';
  readonly read: (buffer: ArrayBuffer) => ArrayLike<number>;
}

const bigs = (values: BigInt64Array | BigUint64Array): number[] => Array.from(values, Number);
const half = (name: 'F16' | 'BF16') => (buffer: ArrayBuffer) =>
  storedTypes.get(name)!.read(buffer) as Float32Array;

/** By `TensorProto.DataType`. */
export const elementTypes: ReadonlyMap<number, ElementType> = new Map<number, ElementType>([
  [1, { bytes: 4, host: 'float32', field: 'floatData', read: (b) => new Float32Array(b) }],
  [2, { bytes: 1, host: 'uint8', field: 'int32Data', read: (b) => new Uint8Array(b) }],
  [3, { bytes: 1, host: 'int8', field: 'int32Data', read: (b) => new Int8Array(b) }],
  [4, { bytes: 2, host: 'uint16', field: 'int32Data', read: (b) => new Uint16Array(b) }],
  [5, { bytes: 2, host: 'int16', field: 'int32Data', read: (b) => new Int16Array(b) }],
  [6, { bytes: 4, host: 'int32', field: 'int32Data', read: (b) => new Int32Array(b) }],
  [7, { bytes: 8, host: 'int64', field: 'int64Data', read: (b) => bigs(new BigInt64Array(b)) }],
  [9, { bytes: 1, host: 'bool', field: 'int32Data', read: (b) => new Uint8Array(b) }],
  [10, { bytes: 2, host: 'float32', field: 'int32Data', read: half('F16') }],
  [11, { bytes: 8, host: 'float32', field: 'doubleData', read: (b) => new Float64Array(b) }],
  [12, { bytes: 4, host: 'uint32', field: 'uint64Data', read: (b) => new Uint32Array(b) }],
  [13, { bytes: 8, host: 'uint64', field: 'uint64Data', read: (b) => bigs(new BigUint64Array(b)) }],
  [16, { bytes: 2, host: 'float32', field: 'int32Data', read: half('BF16') }],
]);

/** The names of types that are not read, for errors. */
const otherTypes: Readonly<Record<number, string>> = {
  8: 'text',
  14: 'complex64',
  15: 'complex128',
  17: 'float8',
  18: 'float8',
  19: 'float8',
  20: 'float8',
  21: 'uint4',
  22: 'int4',
  23: 'float4',
  24: 'float8',
  25: 'uint2',
  26: 'int2',
  27: 'float6',
  28: 'float6',
};

/** @throws UnsupportedError for a type that neocog does not read. @throws FormatError for one that does not exist. */
export function elementType(what: string, type: number | undefined): ElementType {
  const known = elementTypes.get(type ?? 0);
  if (known) return known;
  const other = otherTypes[type ?? 0];
  if (other) throw new UnsupportedError(`${what} has elements of type ${other}, which neocog does not read`);
  throw new FormatError(`${what} has elements of type ${type}, which ONNX does not have`);
}

/** Bytes of a file beside the model, by its name. */
export type ExternalFiles = ReadonlyMap<string, Uint8Array>;

const mostElements = 2 ** 31 - 1;

/** @throws FormatError if the values do not fill the shape. @throws UnsupportedError for other element types. */
export function readTensor(proto: TensorProto, files: ExternalFiles): Value {
  const what = `tensor ${shown(proto.name ?? '')}`;
  const type = elementType(what, proto.dataType);
  const shape = readShape(what, proto.dims);
  const count = product(shape);
  if (proto.segment) throw new UnsupportedError(`${what} is stored in segments, which neocog does not read`);
  willMake(count, what, type.host === 'float32' ? floatBytes : hostBytes);
  const bytes = proto.dataLocation === 1 ? externalBytes(what, proto, files) : proto.rawData;
  const wanted = { what, type, count };
  const values = bytes === undefined ? typedValues(wanted, proto) : rawValues(wanted, bytes);
  return type.host === 'float32'
    ? new Tensor(asFloats(values), shape)
    : new HostArray(type.host, values, shape);
}

/** A sparse tensor with its zeros. @throws FormatError if the indices do not lie inside the shape, one for each value. */
export function readSparse({ values, indices, dims }: SparseTensorProto, files: ExternalFiles): Value {
  const what = `sparse tensor ${shown(values?.name ?? '')}`;
  if (!values || !indices) throw new FormatError(`${what} has no values or no indices`);
  const shape = readShape(what, dims);
  const size = product(shape);
  willMake(size, what);
  const [found, places] = [readTensor(values, files), readTensor(indices, files)];
  // Without a second axis, places are counted through the whole tensor.
  const bounds = places.shape.length === 2 ? shape : [size];
  if (places.data.length !== found.data.length * bounds.length) {
    throw new FormatError(
      `${what} has ${found.data.length} values and ${places.data.length} numbers for their places`,
    );
  }
  const dense = new Float64Array(size);
  found.data.forEach((value, i) => {
    const cell = Array.from(places.data.slice(i * bounds.length, (i + 1) * bounds.length));
    if (cell.some((n, d) => n < 0 || n >= bounds[d]))
      throw new FormatError(`${what} of shape [${shape}] has a value at [${cell}]`);
    dense[cell.reduce((place, n, d) => place * bounds[d] + n, 0)] = value;
  });
  return found instanceof Tensor
    ? new Tensor(Float32Array.from(dense), shape)
    : new HostArray(found.dtype, dense, shape);
}

const asFloats = (values: ArrayLike<number>): Float32Array =>
  values instanceof Float32Array ? values : new Float32Array(values);

function readShape(what: string, dims: readonly number[]): readonly number[] {
  const good =
    dims.length <= mostAxes && dims.every((n) => Number.isInteger(n) && n >= 0 && n <= mostElements);
  if (good && product(dims) <= mostElements) return Object.freeze([...dims]);
  throw new FormatError(`${what} has shape ${shownList(dims)}, which no tensor can have`);
}

/** So many values of a type, for the tensor that errors call `what`. */
interface Wanted {
  readonly what: string;
  readonly type: ElementType;
  readonly count: number;
}

function rawValues({ what, type, count }: Wanted, bytes: Uint8Array): ArrayLike<number> {
  if (bytes.length !== count * type.bytes) {
    throw new FormatError(
      `${what} needs ${counted(count * type.bytes, 'byte')}, but the file has ${bytes.length}`,
    );
  }
  const aligned = bytes.byteOffset % 4 === 0 && bytes.buffer instanceof ArrayBuffer;
  if (type.read === elementTypes.get(1)?.read && aligned) {
    return new Float32Array(bytes.buffer, bytes.byteOffset, count);
  }
  // Not `slice`, which in a Buffer of Node is a view.
  return type.read(new Uint8Array(bytes).buffer);
}

/** 16-bit floats lie as bit patterns among the int32 values. */
function typedValues({ what, type, count }: Wanted, proto: TensorProto): ArrayLike<number> {
  const values = proto[type.field] ?? [];
  if (values.length !== count) {
    throw new FormatError(`${what} needs ${counted(count, 'value')}, but the file has ${values.length}`);
  }
  const bits = type.host === 'float32' && type.field === 'int32Data';
  return bits ? type.read(Uint16Array.from(values).buffer as ArrayBuffer) : values;
}

/** The name of the file in which a tensor's values are; undefined where they are in the model. */
export function externalLocation(proto: TensorProto): string | undefined {
  if (proto.dataLocation !== 1) return undefined;
  return proto.externalData?.find(({ key }) => key === 'location')?.value ?? '';
}

function externalBytes(what: string, proto: TensorProto, files: ExternalFiles): Uint8Array {
  const file = files.get(externalLocation(proto) ?? '');
  if (!file) throw new FormatError(`${what} is stored outside the model, in a file without a name`);
  const number = (key: string, otherwise: number): number => {
    const text = proto.externalData?.find((entry) => entry.key === key)?.value;
    return text === undefined ? otherwise : Number(text);
  };
  const offset = number('offset', 0);
  const length = number('length', file.length - offset);
  const inside = offset >= 0 && length >= 0 && offset + length <= file.length;
  if (inside && Number.isInteger(offset) && Number.isInteger(length)) {
    return file.subarray(offset, offset + length);
  }
  throw new FormatError(
    `${what} claims ${length} bytes at ${offset} of a file of ${file.length} bytes beside the model`,
  );
}
