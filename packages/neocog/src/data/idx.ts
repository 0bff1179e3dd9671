// The IDX format of the MNIST family: a type byte, the sizes, then the values, all big-endian. Parses bytes
// that are already in memory; it neither reads files nor unzips them. Format: "The IDX file format" in Y.
// LeCun, C. Cortes, C. Burges, "The MNIST database of handwritten digits".

import { type Field, instance, need, text } from '../arguments/field.ts';
import { FormatError } from '../errors.ts';

const someBytes: Field<Uint8Array> = instance('the bytes of a file, a Uint8Array', Uint8Array);

/** The values of an IDX file, in the type that the file states. */
export type IdxValues = Uint8Array | Int8Array | Int16Array | Int32Array | Float32Array | Float64Array;

/** What an IDX file holds: row-major values and the size of each axis. */
export interface IdxData {
  /** Size of each axis, the first of which counts the items. */
  readonly shape: number[];
  /** Row-major, in the byte order of this machine. */
  readonly data: IdxValues;
}

interface IdxType {
  readonly bytes: number;
  read(bytes: Uint8Array): IdxValues;
}

const idxTypes: ReadonlyMap<number, IdxType> = new Map<number, IdxType>([
  [0x08, { bytes: 1, read: (bytes) => new Uint8Array(bytes.buffer, bytes.byteOffset, bytes.byteLength) }],
  [0x09, { bytes: 1, read: (bytes) => new Int8Array(bytes.buffer, bytes.byteOffset, bytes.byteLength) }],
  [0x0b, { bytes: 2, read: (bytes) => new Int16Array(swapped(bytes, 2)) }],
  [0x0c, { bytes: 4, read: (bytes) => new Int32Array(swapped(bytes, 4)) }],
  [0x0d, { bytes: 4, read: (bytes) => new Float32Array(swapped(bytes, 4)) }],
  [0x0e, { bytes: 8, read: (bytes) => new Float64Array(swapped(bytes, 8)) }],
]);

/**
 * Parses an IDX file, the format of MNIST and Fashion-MNIST.
 *
 * One-byte values are a view of `bytes`, wider ones a copy. `source` names the file in errors.
 *
 * @throws FormatError if the bytes are not exactly one IDX file.
 * @example
 * parseIdx(new Uint8Array([0, 0, 8, 1, 0, 0, 0, 2, 7, 9])) // { shape: [2], data: Uint8Array [7, 9] }
 */
export function parseIdx(bytes: Uint8Array, source = 'the data'): IdxData {
  need('parseIdx', 'bytes', bytes, someBytes);
  need('parseIdx', 'source', source, text);
  const type = readType(bytes, source);
  const shape = readShape(bytes, source);
  const start = 4 + 4 * shape.length;
  // At most 255 factors below 2³²: too large a product is Infinity (NaN beside a zero), never a wrong match.
  const needed = type.bytes * shape.reduce((product, size) => product * size, 1);
  const present = bytes.byteLength - start;
  if (present !== needed) {
    throw new FormatError(
      `parseIdx: ${source} promises values of shape [${shape}], ${needed} bytes, but ${present} bytes follow its header; ` +
        `${present < needed ? 'it is truncated: fetch it again' : 'it is damaged or two files in one: fetch it again'}`,
    );
  }
  return { shape, data: type.read(bytes.subarray(start)) };
}

function readType(bytes: Uint8Array, source: string): IdxType {
  if (bytes.byteLength < 4) {
    throw new FormatError(
      `parseIdx: ${source} has ${bytes.byteLength} bytes, an IDX file has at least 4; fetch it again`,
    );
  }
  if (bytes[0] === 0x1f && bytes[1] === 0x8b) {
    throw new FormatError(`parseIdx: ${source} is compressed with gzip; decompress it first`);
  }
  const type = bytes[0] === 0 && bytes[1] === 0 ? idxTypes.get(bytes[2]) : undefined;
  if (type === undefined) {
    const first = Array.from(bytes.subarray(0, 4), (byte) => byte.toString(16).padStart(2, '0')).join(' ');
    throw new FormatError(
      `parseIdx: ${source} begins with ${first}, an IDX file with 00 00, a type (08, 09, 0b to 0e) and a rank; pass an IDX file`,
    );
  }
  return type;
}

function readShape(bytes: Uint8Array, source: string): number[] {
  const rank = bytes[3];
  if (bytes.byteLength < 4 + 4 * rank) {
    throw new FormatError(
      `parseIdx: ${source} ends after ${bytes.byteLength} bytes, within the ${rank} sizes of its header; fetch it again`,
    );
  }
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  return Array.from({ length: rank }, (_, axis) => view.getUint32(4 + 4 * axis));
}

/**
 * A copy with the bytes of each value reversed: big-endian to the little-endian of every JavaScript engine in
 * use.
 */
function swapped(bytes: Uint8Array, width: number): ArrayBuffer {
  const copy = new Uint8Array(bytes.byteLength);
  for (let start = 0; start < copy.length; start += width) {
    for (let i = 0; i < width; i++) copy[start + i] = bytes[start + width - 1 - i];
  }
  return copy.buffer;
}
