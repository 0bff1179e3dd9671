// Damage to a pickle that keeps its operations whole: they come twice, go, change places, or stand in for each other.
// Lengths of arguments: CPython's Lib/pickletools.py.

import { join, mutateBytes } from './bytes.ts';
import { pick, type Random } from './random.ts';

/** Bytes of an argument after the operation's code; a text up to a line's end counts the lines, negative. */
const fixed: ReadonlyMap<number, number> = new Map([
  ...[0x80, 0x4b, 0x68, 0x71].map((code): [number, number] => [code, 1]),
  [0x4d, 2],
  ...[0x4a, 0x6a, 0x72].map((code): [number, number] => [code, 4]),
  ...[0x47, 0x95].map((code): [number, number] => [code, 8]),
  [0x63, -2],
]);

/** Bytes of the number that says how long an argument is. */
const counted: ReadonlyMap<number, number> = new Map([
  ...[0x55, 0x8c, 0x43, 0x8a].map((code): [number, number] => [code, 1]),
  ...[0x54, 0x58, 0x42, 0x8b].map((code): [number, number] => [code, 4]),
  ...[0x8d, 0x8e, 0x96].map((code): [number, number] => [code, 8]),
]);

function operationsOf(pickle: Uint8Array): Uint8Array[] {
  const found: Uint8Array[] = [];
  for (let at = 0; at < pickle.length; ) {
    const end = Math.min(pickle.length, at + 1 + argumentLength(pickle, at));
    found.push(pickle.subarray(at, end));
    at = end;
  }
  return found;
}

function argumentLength(pickle: Uint8Array, at: number): number {
  const code = pickle[at];
  const width = counted.get(code) ?? 0;
  const length = fixed.get(code) ?? 0;
  if (width > 0) {
    return width + pickle.subarray(at + 1, at + 1 + width).reduceRight((sum, byte) => sum * 256 + byte, 0);
  }
  if (length >= 0) return length;
  let end = at;
  for (let line = length; line < 0; line++) {
    end = pickle.indexOf(0x0a, end + 1);
    if (end < 0) return pickle.length;
  }
  return end - at;
}

/** MARK, POP, DUP, lists, dicts, calls, recalls: operations without or with a small argument. */
const loose: readonly number[] = [
  ...[0x28, 0x30, 0x31, 0x32, 0x4e, 0x29, 0x5d, 0x7d, 0x8f, 0x61, 0x65, 0x73, 0x75, 0x90, 0x91],
  ...[0x85, 0x86, 0x87, 0x74, 0x6c, 0x52, 0x81, 0x92, 0x62, 0x51, 0x93, 0x94],
];

export function mutatePickle(pickle: Uint8Array, random: Random, other: Uint8Array): Uint8Array {
  if (random(3) === 0) return mutateBytes(pickle, random, other);
  const list = operationsOf(pickle);
  const [at, from] = [random(list.length), random(list.length)];
  const part = list.slice(from, from + 1 + random(8));
  const ways = [
    () => list.toSpliced(at, 0, ...new Array(2 ** random(10)).fill(part).flat()),
    () => list.toSpliced(at, 1 + random(4)),
    () => list.toSpliced(at, 1, Uint8Array.of(pick(random, loose))),
    () => list.toSpliced(at, 0, Uint8Array.of(0x68, random(64))),
    () => list.with(at, list[from]),
  ];
  return join(...pick(random, ways)());
}
