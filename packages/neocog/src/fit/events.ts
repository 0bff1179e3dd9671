// Event files of TensorBoard: TFRecords (length, its checksum, data, its checksum) of Event messages in protocol buffers, with
// scalars alone. Sources: tensorflow/core/lib/io/record_writer.h, core/util/event.proto, core/framework/summary.proto; RFC 3720
// for CRC-32C.

/** Remainders of all bytes by Castagnoli's polynomial, bits reversed. */
let table: Uint32Array | null = null;

function remainders(): Uint32Array {
  return Uint32Array.from({ length: 256 }, (_, byte) => {
    let value = byte;
    for (let bit = 0; bit < 8; bit++) value = value & 1 ? (value >>> 1) ^ 0x82f63b78 : value >>> 1;
    return value;
  });
}

export function crc32c(bytes: Uint8Array): number {
  table ??= remainders();
  let crc = 0xffffffff;
  for (const byte of bytes) crc = table[(crc ^ byte) & 0xff] ^ (crc >>> 8);
  return ~crc >>> 0;
}

/** As records have it, so that a checksum of data with checksums in it is no weak one. */
const masked = (bytes: Uint8Array): number => {
  const crc = crc32c(bytes);
  return (((crc >>> 15) | (crc << 17)) + 0xa282ead8) >>> 0;
};

export function recordOf(data: Uint8Array): Uint8Array {
  const bytes = new Uint8Array(16 + data.length);
  const view = new DataView(bytes.buffer);
  view.setBigUint64(0, BigInt(data.length), true);
  view.setUint32(8, masked(bytes.subarray(0, 8)), true);
  bytes.set(data, 12);
  view.setUint32(12 + data.length, masked(data), true);
  return bytes;
}

/** A field of a message: its number and what it holds. */
type Part = Uint8Array;

const joined = (...parts: readonly Part[]): Uint8Array => {
  const all = new Uint8Array(parts.reduce((size, part) => size + part.length, 0));
  let at = 0;
  for (const part of parts) {
    all.set(part, at);
    at += part.length;
  }
  return all;
};

/** Seven bits a byte, the lowest first. */
function varint(value: number): Uint8Array {
  const bytes: number[] = [];
  for (let rest = value; bytes.length === 0 || rest > 0; rest = Math.floor(rest / 128))
    bytes.push((rest % 128) + (rest >= 128 ? 128 : 0));
  return Uint8Array.from(bytes);
}

const wire = { varint: 0, fixed64: 1, bytes: 2, fixed32: 5 } as const;
const key = (field: number, kind: keyof typeof wire): Uint8Array => varint(field * 8 + wire[kind]);
const whole = (field: number, value: number): Part => joined(key(field, 'varint'), varint(value));
const block = (field: number, data: Uint8Array): Part =>
  joined(key(field, 'bytes'), varint(data.length), data);
const text = (field: number, value: string): Part => block(field, new TextEncoder().encode(value));

function double(field: number, value: number): Part {
  const data = new Uint8Array(8);
  new DataView(data.buffer).setFloat64(0, value, true);
  return joined(key(field, 'fixed64'), data);
}

function float(field: number, value: number): Part {
  const data = new Uint8Array(4);
  new DataView(data.buffer).setFloat32(0, value, true);
  return joined(key(field, 'fixed32'), data);
}

/** The record that a file begins with. `seconds` since 1970. */
export const versionEvent = (seconds: number): Uint8Array =>
  recordOf(joined(double(1, seconds), text(3, 'brain.Event:2')));

/** Numbers at a step, by their tags. */
export interface Scalars {
  readonly seconds: number;
  readonly step: number;
  readonly values: Readonly<Record<string, number>>;
}

export function scalarsEvent({ seconds, step, values }: Scalars): Uint8Array {
  const summary = Object.entries(values).map(([tag, value]) =>
    block(1, joined(text(1, tag), float(2, value))),
  );
  return recordOf(joined(double(1, seconds), whole(2, step), block(5, joined(...summary))));
}
