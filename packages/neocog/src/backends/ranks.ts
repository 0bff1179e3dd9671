// What ranks tell each other beside arrays: small numbers, texts, and whether they agree. All of it as sums, the one thing that a
// world does with values.

import { NeocogError } from '../errors.ts';
import type { Values } from './work.ts';
import type { World } from './world.ts';

/** The numbers of all ranks, as float32 keeps them: a row for each rank. */
export async function gatherNumbers(world: World, numbers: readonly number[]): Promise<Float32Array[]> {
  const each = numbers.length;
  const all = new Float32Array(each * world.size);
  all.set(numbers, world.rank * each);
  await world.beginSum(all).wait();
  return Array.from({ length: world.size }, (_, rank) => all.subarray(rank * each, (rank + 1) * each));
}

/** The sums over all ranks; whole numbers up to 2²⁴ are exact. */
export async function sumNumbers(world: World, numbers: readonly number[]): Promise<Float32Array> {
  const sums = Float32Array.from(numbers);
  await world.beginSum(sums).wait();
  return sums;
}

/** The texts of all ranks. */
export async function gatherTexts(world: World, text: string): Promise<string[]> {
  const lengths = await gatherNumbers(world, [text.length]);
  const longest = Math.max(...lengths.map(([length]) => length));
  const codes = Array.from({ length: longest }, (_, i) => (i < text.length ? text.charCodeAt(i) : 0));
  const all = await gatherNumbers(world, codes);
  return all.map((row, rank) => String.fromCharCode(...row.subarray(0, lengths[rank][0])));
}

/** 32 bits of some values: different values hardly ever have the same. */
export function hashValues(arrays: Iterable<Values>): number {
  let hash = 0x811c9dc5;
  for (const values of arrays) {
    const words = new Int32Array(values.buffer, values.byteOffset, values.length);
    for (let i = 0; i < words.length; i++) {
      hash = Math.imul(hash ^ words[i], 0x9e3779b1);
      hash ^= hash >>> 15;
    }
  }
  return hash >>> 0;
}

export const hashText = (text: string): number =>
  hashValues([Int32Array.from(text, (letter) => letter.codePointAt(0) as number)]);

/** The ranks whose hash is not that of rank 0. */
export async function strayRanks(world: World, hash: number): Promise<number[]> {
  const rows = await gatherNumbers(world, [hash >>> 16, hash & 0xffff]);
  return rows.flatMap(([high, low], rank) => (high === rows[0][0] && low === rows[0][1] ? [] : [rank]));
}

/** What all ranks must have alike: a text that shows it, and what to do where it differs. */
export interface Fact {
  readonly what: string;
  readonly text: string;
  readonly remedy: string;
  /** Whether the text says nothing to a reader. */
  readonly isHidden?: boolean;
}

/** @throws NeocogError on all ranks if they differ in a fact; the sentence names the first rank that does */
export async function needAlike(world: World, fn: string, facts: readonly Fact[]): Promise<void> {
  for (const { what, text, remedy, isHidden } of facts) {
    const [stray] = await strayRanks(world, hashText(text));
    if (stray === undefined) continue;
    const texts = isHidden ? [] : await gatherTexts(world, text);
    const [first, other] = [texts[0], texts[stray]].map((each) => (each === undefined ? '' : ` ${each}`));
    const given = isHidden ? `another ${what} than rank 0` : `${what}${other}, rank 0 has${first}`;
    throw new NeocogError(`${fn}: rank ${stray} has ${given}; ${remedy}`);
  }
}
