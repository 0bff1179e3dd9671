// Damage to bytes without regard to what they mean: bits, numbers, ranges, texts of digits.

import { pick, type Random } from './random.ts';

/** `other` is a further file to take parts of. */
export type Mutation = (bytes: Uint8Array, random: Random, other: Uint8Array) => Uint8Array;

export const join = (...parts: readonly Uint8Array[]): Uint8Array => new Uint8Array(Buffer.concat(parts));

const flipBits: Mutation = (bytes, random) => {
  const copy = bytes.slice();
  for (let i = random(8); i >= 0; i--) copy[random(copy.length)] ^= 1 << random(8);
  return copy;
};

const cut: Mutation = (bytes, random) => bytes.slice(0, random(bytes.length));

const dropRange: Mutation = (bytes, random) => {
  const start = random(bytes.length);
  return join(bytes.subarray(0, start), bytes.subarray(start + random(64)));
};

const repeatRange: Mutation = (bytes, random) => {
  const start = random(bytes.length);
  return join(bytes.subarray(0, start + random(256)), bytes.subarray(start));
};

/** Once in a while many times, as what multiplies does its harm so. */
const repeatOften: Mutation = (bytes, random) => {
  const start = random(bytes.length);
  const part = bytes.subarray(start, start + 1 + random(16));
  const times = 2 ** random(12);
  return join(bytes.subarray(0, start), ...new Array<Uint8Array>(times).fill(part), bytes.subarray(start));
};

const extremeNumber: Mutation = (bytes, random) => {
  const copy = bytes.slice();
  const start = random(copy.length);
  return copy.fill(pick(random, [0, 1, 0x7f, 0x80, 0xff]), start, start + pick(random, [1, 2, 4, 8]));
};

/** A number that one field holds in the place of another: addresses, counts and sizes get mixed up. */
const moveNumber: Mutation = (bytes, random) => {
  const copy = bytes.slice();
  const width = pick(random, [1, 2, 4, 8]);
  const words = Math.floor(copy.length / width);
  if (words === 0) return copy;
  const from = width * random(words);
  return copy.copyWithin(width * random(words), from, from + width);
};

const splice: Mutation = (bytes, random, other) => {
  const [at, from] = [random(bytes.length), random(other.length)];
  return join(bytes.subarray(0, at), other.subarray(from, from + random(200)), bytes.subarray(at));
};

const oddDigits = ['0', '-1', '1', '7', '65', '999', '4294967296', '9007199254740993', '1e999', '2147483647'];

/** A number that is written as a text. */
const changeDigits: Mutation = (bytes, random) => {
  const isDigit = (byte: number): boolean => byte >= 0x30 && byte <= 0x39;
  const starts = [...bytes.keys()].filter((i) => isDigit(bytes[i]) && !isDigit(bytes[i - 1] ?? 0));
  if (starts.length === 0) return flipBits(bytes, random, bytes);
  const start = pick(random, starts);
  let end = start;
  while (isDigit(bytes[end] ?? 0)) end++;
  const digits = new TextEncoder().encode(pick(random, oddDigits));
  return join(bytes.subarray(0, start), digits, bytes.subarray(end));
};

const mutations: readonly Mutation[] = [
  ...[flipBits, cut, dropRange, repeatRange, repeatOften],
  ...[extremeNumber, moveNumber, splice, changeDigits],
];

/** One kind of damage. */
export const mutateBytes: Mutation = (bytes, random, other) =>
  bytes.length === 0 ? Uint8Array.of(random(256)) : pick(random, mutations)(bytes, random, other);
