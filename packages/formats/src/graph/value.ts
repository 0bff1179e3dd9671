// What flows between the nodes of an imported graph: tensors, and host arrays, which are small arrays of any number type
// whose values are known while the network runs. Shapes, axes and whole numbers live on the host, so that arithmetic on
// shapes happens where shapes are needed, and a compiled network sees only its results.

import { cast, Tensor, UnsupportedError, withBackend } from 'neocog';
import { floatBytes, metered, willMake, willWork } from '../budget.ts';
import { product } from '../shape.ts';
import { broadcastShape } from './broadcast.ts';

/** Number types of files. What neocog computes in is float32; the others exist on the host. */
export type HostType =
  | 'float32'
  | 'bool'
  | 'int8'
  | 'uint8'
  | 'int16'
  | 'uint16'
  | 'int32'
  | 'uint32'
  | 'int64'
  | 'uint64';

/** Values known now, row-major. Whole numbers are exact up to 2⁵³. */
export class HostArray {
  /** The type in the file. */
  readonly dtype: HostType;
  /** As many as the shape holds, whatever the type. */
  readonly data: Float64Array;
  /** Size of each axis; `[]` for a single number. */
  readonly shape: readonly number[];

  constructor(dtype: HostType, data: ArrayLike<number>, shape: readonly number[] = [data.length]) {
    this.dtype = dtype;
    this.data = data instanceof Float64Array ? data : new Float64Array(data);
    this.shape = shape;
  }
}

export type Value = Tensor | HostArray;

/** What is known of a value before it is computed. */
export interface ValueKind {
  readonly shape: readonly number[];
  /** The type in the file. */
  readonly type: HostType;
}

const types = new WeakMap<Tensor, HostType>();

/** Remembers the type that the file gives the numbers of a tensor. */
export function rememberType(tensor: Tensor, type: HostType): Tensor {
  types.set(tensor, type);
  return tensor;
}

/** The type of a value's numbers in the file, where it is known: tensors hold all whole numbers as int32. */
export const typeOf = (value: Value): HostType | undefined =>
  value instanceof HostArray ? value.dtype : value.dtype === 'float32' ? 'float32' : types.get(value);

export const int64s = (values: ArrayLike<number>, shape?: readonly number[]): HostArray =>
  new HostArray('int64', values, shape);

const ranges: Partial<
  Record<HostType, Int8Array | Uint8Array | Int16Array | Uint16Array | Int32Array | Uint32Array>
> = {
  int8: new Int8Array(1),
  uint8: new Uint8Array(1),
  int16: new Int16Array(1),
  uint16: new Uint16Array(1),
  int32: new Int32Array(1),
  uint32: new Uint32Array(1),
};

/** The least and the greatest number of a type. */
export function rangeOf(type: HostType): readonly [least: number, greatest: number] {
  if (type === 'float32') return [-Infinity, Infinity];
  if (type === 'bool') return [0, 1];
  const [, sign, width] = /^(u?)int(\d+)$/.exec(type)!;
  const bits = Number(width);
  return sign ? [0, 2 ** bits - 1] : [-(2 ** (bits - 1)), 2 ** (bits - 1) - 1];
}

/** `x` as a value of this type: float32 rounds, whole numbers lose their fraction and wrap. */
export function wrap(dtype: HostType, x: number): number {
  if (dtype === 'float32') return Math.fround(x);
  if (dtype === 'bool') return x !== 0 ? 1 : 0;
  const cell = ranges[dtype];
  if (cell) {
    cell[0] = x;
    return cell[0];
  }
  const whole = Math.trunc(x);
  if (Number.isSafeInteger(whole) && (dtype === 'int64' || whole >= 0)) return whole;
  if (!Number.isFinite(whole) || dtype === 'int64') return whole;
  return Number(BigInt.asUintN(64, BigInt(whole)));
}

/** Whether the values of `value` can be read now; those of a tensor that is being recorded cannot. */
export function isKnown(value: Value): boolean {
  if (value instanceof HostArray) return true;
  try {
    return value.size === 0 || value.data[0] !== undefined;
  } catch (error) {
    if (error instanceof UnsupportedError) return false;
    throw error;
  }
}

/** The values of `value`, which are known; where there are none, even those of a tensor that is being recorded. */
export const knownValues = ({ data }: Value): Float64Array =>
  data.length === 0 ? new Float64Array() : Float64Array.from(data);

/** The values of `value`, to be looked at now. @throws UnsupportedError where a recorded tensor has none. */
export function readHost(what: string, value: Value): HostArray {
  if (value instanceof HostArray) return value;
  if (isKnown(value)) {
    willMake(value.size, what);
    return new HostArray(value.dtype, knownValues(value), value.shape);
  }
  throw new UnsupportedError(
    `${what} depends on values that a recorded network does not know before it runs; only compile runs such nodes, on the host: use it, or fix the input at load`,
  );
}

/** A tensor of the values: float32, or int32 for whole numbers. @throws UnsupportedError for those beyond int32. */
export function toTensor(value: Value): Tensor {
  if (value instanceof Tensor) return value;
  willMake(value.data.length, 'it', floatBytes);
  if (value.dtype === 'float32') return new Tensor(new Float32Array(value.data), value.shape);
  const data = new Int32Array(value.data);
  const lost = data.findIndex((v, i) => v !== value.data[i]);
  if (lost < 0) return new Tensor(data, value.shape);
  throw new UnsupportedError(`the ${value.dtype} value ${value.data[lost]} does not fit a tensor of int32`);
}

const floatsBehind = new WeakMap<Tensor, () => Tensor>();

/** Remembers how the floats come about that a tensor of int32 holds, so that a recording need not go through int32. */
export function rememberFloats(tensor: Tensor, floats: () => Tensor): Tensor {
  floatsBehind.set(tensor, floats);
  return tensor;
}

/** A float32 tensor of the values, whatever their type. */
export function toFloats(value: Value): Tensor {
  if (value instanceof Tensor) {
    if (value.dtype === 'float32') return value;
    return (!isKnown(value) && floatsBehind.get(value)?.()) || cast(value, 'float32');
  }
  willMake(value.data.length, 'it', floatBytes);
  return new Tensor(new Float32Array(value.data), value.shape);
}

/**
 * Host arrays rearranged as `move` rearranges tensors. `move` is given int32 tensors of positions and must only move
 * them.
 */
export function moveHost(arrays: readonly HostArray[], move: (tensors: Tensor[]) => Tensor): HostArray {
  const joined = joinData(arrays);
  let count = 0;
  const places = arrays.map(({ data, shape }) => {
    const positions = new Int32Array(data.length);
    for (let i = 0; i < positions.length; i++) positions[i] = count++;
    return new Tensor(positions, shape);
  });
  // Computed even while the network around it is being recorded.
  const moved = withBackend('reference', () => metered(() => move(places)));
  willMake(moved.size);
  const data = new Float64Array(moved.size);
  for (let i = 0; i < data.length; i++) data[i] = joined[moved.data[i]];
  return new HostArray(arrays[0].dtype, data, moved.shape);
}

/** The reference backend moves a number in so many steps. */
const moveSteps = 100;

/** The values of all arrays, one after the other. */
function joinData(arrays: readonly HostArray[]): Float64Array {
  const total = arrays.reduce((sum, { data }) => sum + data.length, 0);
  willWork(moveSteps * total);
  // A position and, where there are several, a copy for each value.
  willMake(total, 'it', arrays.length === 1 ? 4 : 12);
  if (arrays.length === 1) return arrays[0].data;
  const joined = new Float64Array(total);
  let at = 0;
  for (const { data } of arrays) {
    joined.set(data, at);
    at += data.length;
  }
  return joined;
}

/** Moves values: host arrays on the host, tensors as tensors. */
export function moveValues(values: readonly Value[], move: (tensors: Tensor[]) => Tensor): Value {
  const onHost = values.every((value) => value instanceof HostArray);
  return onHost ? moveHost(values, move) : move(likeTensors(values));
}

/** All as tensors of one dtype; host arrays follow the tensors among them. */
export function likeTensors(values: readonly Value[]): Tensor[] {
  const floats = values.some((value) => value.dtype === 'float32');
  return values.map((value) => (floats ? toFloats(value) : toTensor(value)));
}

/** Rounds half to even, as float arithmetic and ONNX do. */
export function halfToEven(x: number): number {
  const low = Math.floor(x);
  if (x - low !== 0.5) return Math.round(x);
  return low % 2 === 0 ? low : low + 1;
}

/** Finding the place along one axis of an array that broadcasts. */
const axisSteps = 4;

/** `f` of the elements of host arrays, which broadcast; results wrap to `dtype`. */
export function mapHost(
  dtype: HostType,
  arrays: readonly HostArray[],
  f: (...xs: number[]) => number,
): HostArray {
  const shape = broadcastShape(arrays.map((array) => array.shape));
  const size = product(shape);
  willMake(size);
  willWork(axisSteps * size * shape.length * arrays.length);
  const data = new Float64Array(size);
  const readers = arrays.map((array) => reader(array, shape));
  const [a, b, c] = readers;
  // Calls with a fixed number of arguments are many times as fast.
  const fixed: (Reader | undefined)[] = [
    undefined,
    (i) => f(a(i)),
    (i) => f(a(i), b(i)),
    (i) => f(a(i), b(i), c(i)),
  ];
  const compute = fixed[readers.length] ?? ((i: number) => f(...readers.map((read) => read(i))));
  for (let i = 0; i < data.length; i++) data[i] = wrap(dtype, compute(i));
  return new HostArray(dtype, data, shape);
}

type Reader = (position: number) => number;

/** The element that stands at a position of `shape`, to which the array broadcasts. */
function reader({ data, shape: own }: HostArray, shape: readonly number[]): Reader {
  if (data.length === 1) return () => data[0];
  const place = spreadPlaces(own, shape);
  return place ? (position) => data[place(position)] : (position) => data[position];
}

/** From a position in `shape` to the place in an array of shape `own` that broadcasts to it; null where they are the same. */
function spreadPlaces(own: readonly number[], shape: readonly number[]): Reader | null {
  const sizes = [...new Array<number>(shape.length - own.length).fill(1), ...own];
  if (sizes.every((n, d) => n === shape[d])) return null;
  return (position) => {
    let [rest, place, step] = [position, 0, 1];
    for (let d = shape.length - 1; d >= 0; d--) {
      if (sizes[d] !== 1) place += (rest % shape[d]) * step;
      step *= sizes[d];
      rest = Math.floor(rest / shape[d]);
    }
    return place;
  };
}
