import fc from 'fast-check';
import { expect, it } from 'vitest';
import { unpack } from './runtime.ts';
import { encodeText } from './text-code.ts';

const roundTrip = (bytes: Uint8Array): Uint8Array => {
  return unpack(encodeText(bytes), bytes.length);
};

it('gives back any bytes', () => {
  const all = Uint8Array.from({ length: 256 }, (_, i) => i);
  expect(roundTrip(all)).toEqual(all);
  expect(roundTrip(new Uint8Array())).toEqual(new Uint8Array());
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 500 }), (bytes) => {
      expect(roundTrip(bytes)).toEqual(bytes);
    }),
  );
});

it('gives back what repeats, from anywhere and from itself', () => {
  const unit = fc.uint8Array({ minLength: 1, maxLength: 60 });
  const repeated = fc.array(fc.tuple(unit, fc.integer({ min: 1, max: 9 })), { maxLength: 6 });
  fc.assert(
    fc.property(repeated, (parts) => {
      const once = parts.flatMap(([bytes, times]) => Array.from({ length: times }, () => [...bytes]).flat());
      const bytes = Uint8Array.from([...once, ...once]);
      expect(roundTrip(bytes)).toEqual(bytes);
    }),
  );
});

it('is printable ASCII without quotes, and short where bytes repeat', () => {
  const noise = Uint8Array.from({ length: 2000 }, (_, i) => (i * i * 31 + (i >> 3)) & 255);
  const bytes = Uint8Array.from({ length: 100_000 }, (_, i) => noise[i % 2000]);
  const { text, copies } = encodeText(bytes);
  expect(copies).toEqual([2000, 2000, 98_000]);
  expect(text).toMatch(/^[ !#-;=-[\]-~]*$/);
  expect(text.length).toBeLessThan(2 * 2100);
});

it('goes on with a copy after bytes that differ', () => {
  const noise = Uint8Array.from({ length: 1000 }, (_, i) => (i * i * 31 + (i >> 3)) & 255);
  const changed = noise.map((byte, i) => (i % 100 === 50 ? byte ^ 255 : byte));
  const bytes = Uint8Array.from([...noise, ...changed]);
  const { copies } = encodeText(bytes);
  expect(copies.filter((_, i) => i % 3 === 1)).toEqual([1000, ...Array(copies.length / 3 - 1).fill(0)]);
  // The first 50 that are the same are too few for a copy; nine of 99 follow, and one to the end.
  expect(copies).toHaveLength(3 * 10);
  expect(roundTrip(bytes)).toEqual(bytes);
});
