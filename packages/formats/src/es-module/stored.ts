// Constants as they are stored: weights in 32, 16 or 8 bits, everything else as it is. Quantised weights take 8 bits in any case, and lose
// nothing. `widen` in runtime.ts is the way back.

import type { PackedConstant } from 'neocog';
import { type Stored, storedBytes } from './runtime.ts';

/** How weights of convolutions and matrix products are stored. Sums are always of float32. */
export type WeightStorage = 'float32' | 'float16' | 'int8';

/** What `constant` is stored as. Weights that do not fit the smaller type (infinite, NaN, 65520 or more) stay float32. */
export function storedAs({ values, rows }: PackedConstant, storage: WeightStorage): Stored {
  if (values instanceof Int32Array) return ['int32', values.length, 0];
  const kept: Stored = ['float32', values.length, 0];
  if (rows === null) return kept;
  const asBytes: Stored = ['int8', values.length, rows];
  if (storedBytes(asBytes) < values.byteLength && exactScales(values, rows)) return asBytes;
  if (storage === 'float32') return kept;
  const limit = storage === 'float16' ? 65520 : Number.POSITIVE_INFINITY;
  return values.every((value) => Math.abs(value) < limit) ? [storage, values.length, rows] : kept;
}

/** The bytes of a constant, little-endian. */
export function encodeConstant({ values }: PackedConstant, [kind, , rows]: Stored): Uint8Array {
  if (kind === 'float16') return encodeFloat16(values as Float32Array);
  if (kind === 'int8') return encodeInt8(values as Float32Array, rows);
  return new Uint8Array(values.buffer, values.byteOffset, values.byteLength);
}

/** Rounds to nearest, ties to even. IEEE 754 binary16: 1 sign, 5 exponent, 10 fraction bits. */
function encodeFloat16(values: Float32Array): Uint8Array {
  const halves = new Uint16Array(values.length);
  const float = new Float32Array(1);
  const word = new Uint32Array(float.buffer);
  for (let i = 0; i < values.length; i++) {
    float[0] = values[i];
    const sign = (word[0] >>> 16) & 0x8000;
    const magnitude = word[0] & 0x7fffffff;
    // 2⁻¹⁴ is the smallest normal float16. Below it the last bit is worth 2⁻²⁴, as is that of float32 from 0.5 to 1.
    if (magnitude < 0x38800000) {
      float[0] = Math.abs(values[i]) + 0.5;
      halves[i] = sign | (word[0] - 0x3f000000);
    } else {
      halves[i] = sign | ((magnitude - 0x38000000 + 0xfff + ((magnitude >>> 13) & 1)) >>> 13);
    }
  }
  return new Uint8Array(halves.buffer);
}

/** Symmetric around zero: each row is whole numbers from −127 to 127 times its scale; scales come first. */
function encodeInt8(values: Float32Array, rows: number): Uint8Array {
  const bytes = new Uint8Array(4 * rows + values.length);
  const [scales, codes] = [new Float32Array(bytes.buffer, 0, rows), new Int8Array(bytes.buffer, 4 * rows)];
  scales.set(exactScales(values, rows) ?? rowsOf(values, rows).map((row) => largestOf(row) / mostCode));
  rowsOf(values, rows).forEach((row, r) => {
    const scale = scales[r];
    if (scale > 0)
      codes.set(
        row.map((value) => codeOf(value, scale)),
        (r * values.length) / rows,
      );
  });
  return bytes;
}

const mostCode = 127;

const rowsOf = (values: Float32Array, rows: number): Float32Array[] =>
  Array.from({ length: rows }, (_, r) =>
    values.subarray((r * values.length) / rows, ((r + 1) * values.length) / rows),
  );

const codeOf = (value: number, scale: number): number =>
  Math.max(-mostCode, Math.min(mostCode, Math.round(value / scale)));

function largestOf(row: Float32Array): number {
  let largest = 0;
  for (const value of row) largest = Math.max(largest, Math.abs(value));
  return largest;
}

/** The scales of rows all of whose values are whole numbers times them, as of weights that were quantised; null where a row has none. */
function exactScales(values: Float32Array, rows: number): number[] | null {
  const scales: number[] = [];
  for (const row of rowsOf(values, rows)) {
    const scale = scalesNear(largestOf(row)).find((s) =>
      row.every((value) => Math.fround(codeOf(value, s) * s) === value),
    );
    if (scale === undefined) return null;
    scales.push(scale);
  }
  return scales;
}

/** What a row with this largest magnitude may be times: 1, or what makes the largest 127, but for its last bit. */
function scalesNear(largest: number): number[] {
  if (largest === 0 || !Number.isFinite(largest)) return [1];
  const near = new Float32Array([largest / mostCode]);
  const bits = new Int32Array(near.buffer);
  const last = [-1, 1].map((step) => {
    const other = new Int32Array([bits[0] + step]);
    return new Float32Array(other.buffer)[0];
  });
  return [1, near[0], ...last];
}
