import { expect, test } from 'vitest';
import { Digest } from './digest.ts';

const [p1, p2] = [0x9e3779b185ebca87n, 0xc2b2ae3d27d4eb4fn];
const word = (value: bigint): bigint => BigInt.asUintN(64, value);
const rotl31 = (value: bigint): bigint => word((value << 31n) | (value >> 33n));

/** By the specification of XXH64, with whole numbers of JavaScript. */
function plainly(contents: readonly Uint8Array[]): string {
  const accumulators = [p1 + p2, p2, 0n, -p1].map(word);
  const takeIn = (bytes: Uint8Array): void => {
    const whole = new Uint8Array(Math.ceil(bytes.length / 32) * 32);
    whole.set(bytes);
    const words = new BigUint64Array(whole.buffer);
    words.forEach((next, i) => {
      accumulators[i % 4] = word(rotl31(word(accumulators[i % 4] + next * p2)) * p1);
    });
  };
  for (const bytes of contents) {
    takeIn(bytes);
    takeIn(new Uint8Array(Float64Array.of(bytes.length).buffer));
  }
  return accumulators.map((acc) => acc.toString(16).padStart(16, '0')).join('');
}

const bytesOf = (length: number): Uint8Array => Uint8Array.from({ length }, (_, i) => (i * 167 + 13) >> 1);
const digestOf = (...contents: Uint8Array[]): string =>
  contents.reduce((digest, bytes) => digest.add(bytes), new Digest()).text();

test.each([0, 1, 31, 32, 33, 1000])('of %i bytes it is the accumulators of XXH64', (length) => {
  expect(digestOf(bytesOf(length))).toBe(plainly([bytesOf(length)]));
});

test('of several contents, one longer than what is taken in at a time', () => {
  const contents = [bytesOf(5), bytesOf(400_001), bytesOf(64)];
  expect(digestOf(...contents)).toBe(plainly(contents));
});

test('contents divided otherwise have another digest', () => {
  const bytes = bytesOf(64);
  const divided = digestOf(bytes.subarray(0, 32), bytes.subarray(32));
  expect(divided).not.toBe(digestOf(bytes));
  expect(digestOf(new Uint8Array(3))).not.toBe(digestOf(new Uint8Array(4)));
});

test('any bit matters', () => {
  const whole = digestOf(bytesOf(96));
  for (let bit = 0; bit < 96 * 8; bit++) {
    const changed = bytesOf(96);
    changed[bit >> 3] ^= 1 << (bit & 7);
    expect(digestOf(changed)).not.toBe(whole);
  }
});
