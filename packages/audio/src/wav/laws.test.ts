import { describe, expect, it } from 'vitest';
import { fromALaw, fromMuLaw, toALaw, toMuLaw } from './laws.ts';

// Values of Python's audioop, which follows the reference code of ITU-T G.191.
describe('companding laws', () => {
  it.each<[string, (v: number) => number, number[]]>([
    ['µ-law', toMuLaw, [0, 0, 126, 255, 255, 255, 254, 254, 206, 128]],
    ['A-law', toALaw, [42, 42, 85, 213, 213, 213, 213, 213, 250, 170]],
  ])('%s bytes', (_, encode, bytes) => {
    expect([-32768, -32767, -1, 0, 1, 3, 4, 5, 1000, 32767].map(encode)).toEqual(bytes);
  });

  it.each([
    ['µ-law', toMuLaw, fromMuLaw],
    ['A-law', toALaw, fromALaw],
  ])('%s comes back from each byte', (_, encode, decode) => {
    for (let byte = 0; byte < 256; byte++) {
      const sample = decode(byte);
      expect(Math.abs(sample)).toBeLessThan(32768);
      expect(decode(encode(sample))).toBe(sample);
    }
  });

  it.each([
    ['µ-law', toMuLaw, fromMuLaw],
    ['A-law', toALaw, fromALaw],
  ])('%s takes the nearest step', (_, encode, decode) => {
    for (let sample = -32000; sample < 32000; sample += 7) {
      const off = Math.abs(decode(encode(sample)) - sample);
      expect(off).toBeLessThanOrEqual(16 + Math.abs(sample) / 32);
    }
  });
});
