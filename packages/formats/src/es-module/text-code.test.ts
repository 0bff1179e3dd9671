import fc from 'fast-check';
import { expect, it } from 'vitest';
import { unpack } from './runtime.ts';
import { encodeText } from './text-code.ts';

const roundTrip = (bytes: Uint8Array): Uint8Array => {
  const { order, tokens } = encodeText(bytes);
  return unpack(tokens, order, bytes.length);
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
  const { tokens } = encodeText(bytes);
  expect(tokens.length).toBeLessThan(10);
  const text = tokens.filter((token) => typeof token === 'string').join('');
  expect(text).toMatch(/^[ !#-;=-[\]-~]*$/);
  expect(text.length).toBeLessThan(2 * 2100);
});
