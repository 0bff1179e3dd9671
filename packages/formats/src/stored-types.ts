// Number types of weight files, little-endian, and what neocog holds them as: float32 or int32.

/** Values of another type, or null if one of them does not fit. */
type Reader = (buffer: ArrayBuffer) => Float32Array | Int32Array | null;

export interface StoredType {
  /** Bytes of one value. */
  readonly bytes: number;
  readonly becomes: 'float32' | 'int32';
  readonly read: Reader;
}

/** By the names of safetensors. */
export const storedTypes: ReadonlyMap<string, StoredType> = new Map<string, StoredType>([
  ['F32', { bytes: 4, becomes: 'float32', read: (buffer) => new Float32Array(buffer) }],
  ['F64', { bytes: 8, becomes: 'float32', read: readFloat64 }],
  ['F16', { bytes: 2, becomes: 'float32', read: (buffer) => widen(buffer, float16Bits) }],
  ['BF16', { bytes: 2, becomes: 'float32', read: (buffer) => widen(buffer, (half) => half << 16) }],
  ['I32', { bytes: 4, becomes: 'int32', read: (buffer) => new Int32Array(buffer) }],
  ['I64', { bytes: 8, becomes: 'int32', read: (buffer) => narrow(new BigInt64Array(buffer)) }],
  ['U64', { bytes: 8, becomes: 'int32', read: (buffer) => narrow(new BigUint64Array(buffer)) }],
  ['U32', { bytes: 4, becomes: 'int32', read: (buffer) => narrow(new Uint32Array(buffer)) }],
  ['I16', { bytes: 2, becomes: 'int32', read: (buffer) => new Int32Array(new Int16Array(buffer)) }],
  ['U16', { bytes: 2, becomes: 'int32', read: (buffer) => new Int32Array(new Uint16Array(buffer)) }],
  ['I8', { bytes: 1, becomes: 'int32', read: (buffer) => new Int32Array(new Int8Array(buffer)) }],
  ['U8', { bytes: 1, becomes: 'int32', read: (buffer) => new Int32Array(new Uint8Array(buffer)) }],
  ['BOOL', { bytes: 1, becomes: 'int32', read: (buffer) => new Int32Array(new Uint8Array(buffer)) }],
]);

/** Rounds to the nearest float32; a finite value must stay finite. */
function readFloat64(buffer: ArrayBuffer): Float32Array | null {
  const wide = new Float64Array(buffer);
  const values = new Float32Array(wide);
  return values.some((value, i) => Math.abs(value) === Infinity && Number.isFinite(wide[i])) ? null : values;
}

function narrow(wide: BigInt64Array | BigUint64Array | Uint32Array): Int32Array | null {
  const values = new Int32Array(wide.length);
  for (let i = 0; i < wide.length; i++) {
    values[i] = Number(BigInt.asIntN(32, BigInt(wide[i])));
    if (BigInt(values[i]) !== BigInt(wide[i])) return null;
  }
  return values;
}

/** Turns 16-bit patterns into float32 through the bits of each. */
function widen(buffer: ArrayBuffer, bitsOf: (half: number) => number): Float32Array {
  const halves = new Uint16Array(buffer);
  const bits = new Int32Array(halves.length);
  for (let i = 0; i < bits.length; i++) bits[i] = bitsOf(halves[i]);
  return new Float32Array(bits.buffer);
}

/**
 * float16 (1 sign, 5 exponent, 10 fraction bits) to float32 (1, 8, 23), exactly, also for subnormals and NaN.
 */
function float16Bits(half: number): number {
  const sign = (half & 0x8000) << 16;
  const exponent = (half >> 10) & 0x1f;
  const fraction = half & 0x3ff;
  if (exponent === 0x1f) return sign | 0x7f800000 | (fraction << 13);
  if (exponent !== 0) return sign | ((exponent + 112) << 23) | (fraction << 13);
  if (fraction === 0) return sign;
  // Subnormal: fraction · 2⁻²⁴; move its highest bit to the hidden place, bit 10.
  const shift = Math.clz32(fraction) - 21;
  return sign | ((113 - shift) << 23) | (((fraction << shift) & 0x3ff) << 13);
}
