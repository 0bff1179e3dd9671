import { describe, expect, it } from 'vitest';
import { type Stored, storedBytes, widen } from './runtime.ts';
import { encodeConstant, storedAs, type WeightStorage } from './stored.ts';

/** Values as they come back, and what they were stored as. */
function roundTrip(
  values: Float32Array,
  rows: number,
  storage: WeightStorage,
): { kind: string; back: Float32Array } {
  const constant = { values, rows };
  const stored: Stored = storedAs(constant, storage);
  const bytes = Uint8Array.from(encodeConstant(constant, stored));
  expect(bytes).toHaveLength(storedBytes(stored));
  return { kind: stored[0], back: widen(stored, bytes) as Float32Array };
}

const half = (...values: number[]): number[] => [...roundTrip(Float32Array.from(values), 1, 'float16').back];

describe('float16', () => {
  it('keeps every float16 value', () => {
    // All patterns but those of infinities and NaN, made by the definition.
    const value = (sign: number, exponent: number, fraction: number): number =>
      sign * (exponent === 0 ? fraction * 2 ** -24 : (1024 + fraction) * 2 ** (exponent - 25));
    const all: number[] = [];
    for (let e = 0; e < 31; e++) for (let f = 0; f < 1024; f++) all.push(value(1, e, f), value(-1, e, f));
    expect(half(...all)).toEqual(all);
  });

  it('rounds to the nearest, ties to even', () => {
    const unit = 2 ** -10;
    expect(half(1 + unit / 2, 1 + 1.5 * unit, 1 + 0.51 * unit, -1 - 0.49 * unit)).toEqual([
      1,
      1 + 2 * unit,
      1 + unit,
      -1,
    ]);
    const least = 2 ** -24;
    expect(half(0.5 * least, 0.51 * least, 1.5 * least, 1e-30)).toEqual([0, least, 2 * least, 0]);
    expect(half(65519, 1023.9 * least)).toEqual([65504, 1024 * least]);
  });

  it('leaves weights alone that do not fit', () => {
    for (const value of [65520, Infinity, Number.NaN]) {
      const values = Float32Array.of(1e-9, value);
      expect(roundTrip(values, 1, 'float16')).toEqual({ kind: 'float32', back: values });
    }
  });
});

describe('int8', () => {
  it('is off by half a step of each row at most', () => {
    const values = Float32Array.from({ length: 60 }, (_, i) => Math.sin(i) * 10 ** Math.floor(i / 20 - 1));
    const { kind, back } = roundTrip(values, 3, 'int8');
    expect(kind).toBe('int8');
    for (let row = 0; row < 3; row++) {
      const [own, got] = [values, back].map((all) => all.subarray(20 * row, 20 * (row + 1)));
      const step = Math.max(...own.map(Math.abs)) / 127;
      own.forEach((value, i) => {
        expect(Math.abs(value - got[i])).toBeLessThanOrEqual(step * 0.5001);
      });
      expect(Math.max(...own.map((value, i) => Math.abs(value - got[i])))).toBeGreaterThan(step / 10);
    }
  });

  it('keeps rows of zeros, and weights that are not finite', () => {
    const values = Float32Array.of(0, 0, 1, -127);
    expect(roundTrip(values, 2, 'int8').back).toEqual(values);
    const infinite = Float32Array.of(1, Infinity);
    expect(roundTrip(infinite, 1, 'int8')).toEqual({ kind: 'float32', back: infinite });
  });
});

describe('quantised weights', () => {
  // The largest of each row is 127.
  const codes = Float32Array.from({ length: 40 }, (_, i) => ((i * 37) % 255) - 127).fill(127, 19, 21);

  it('take a byte each, and lose nothing', () => {
    const scaled = codes.map((code, i) => code * Math.fround(i < 20 ? 0.0123 : 4e-5));
    for (const values of [codes, scaled])
      expect(roundTrip(values, 2, 'float32')).toEqual({ kind: 'int8', back: values });
  });

  it('are not what only looks like them', () => {
    for (const [i, value] of [
      [3, 0.5],
      [3, 128],
      [3, Number.NaN],
      [3, Number.POSITIVE_INFINITY],
    ] as const)
      expect(roundTrip(codes.with(i, value), 2, 'float32').kind).toBe('float32');
  });
});

it('stores biases and tables as they are', () => {
  expect(storedAs({ values: new Float32Array(3), rows: null }, 'int8')).toEqual(['float32', 3, 0]);
  expect(storedAs({ values: new Int32Array(3), rows: null }, 'float16')).toEqual(['int32', 3, 0]);
});
