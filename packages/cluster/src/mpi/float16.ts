// Numbers of 16 bits (IEEE 754 binary16), rounded to the nearest, ties to even; what is too large becomes infinite.

const floats = new Float32Array(1);
const words = new Uint32Array(floats.buffer);

/** The 16 bits that are nearest to a number. */
function bitsOf(value: number): number {
  floats[0] = value;
  const word = words[0];
  const sign = (word >>> 16) & 0x8000;
  const magnitude = word & 0x7fffffff;
  if (magnitude >= 0x7f800000) return sign | 0x7c00 | (magnitude > 0x7f800000 ? 0x200 : 0);
  if (magnitude >= 0x477ff000) return sign | 0x7c00;
  if (magnitude < 0x38800000) return sign | smallBits(magnitude);
  const rounded = magnitude + 0xfff + ((magnitude >>> 13) & 1);
  return sign | ((rounded - 0x38000000) >>> 13);
}

/** Below 2⁻¹⁴ numbers are multiples of 2⁻²⁴. */
function smallBits(magnitude: number): number {
  words[0] = magnitude;
  const units = floats[0] * 2 ** 24;
  const low = Math.floor(units);
  const rest = units - low;
  return rest > 0.5 || (rest === 0.5 && low % 2 === 1) ? low + 1 : low;
}

/** The number of each 16 bits. */
const values = Float32Array.from({ length: 65536 }, (_, bits) => {
  const [sign, exponent, part] = [bits & 0x8000 ? -1 : 1, (bits >>> 10) & 31, bits & 1023];
  if (exponent === 0) return sign * part * 2 ** -24;
  if (exponent === 31) return part === 0 ? sign * Number.POSITIVE_INFINITY : Number.NaN;
  return sign * (1 + part / 1024) * 2 ** (exponent - 15);
});

export function toFloat16(from: Float32Array, to: Uint16Array): void {
  for (let i = 0; i < from.length; i++) to[i] = bitsOf(from[i]);
}

export function fromFloat16(from: Uint16Array, to: Float32Array): void {
  for (let i = 0; i < from.length; i++) to[i] = values[from[i]];
}

/** Adds numbers of 16 bits to others. */
export function addFloat16(from: Uint16Array, to: Float32Array): void {
  for (let i = 0; i < from.length; i++) to[i] += values[from[i]];
}
