// Numbers and short texts of all ranks, as sums: each rank leaves zeros in the places of the others.

import type { World } from 'neocog';

/** A row of each rank, as float32 keeps it. */
export async function gatherNumbers(world: World, numbers: readonly number[]): Promise<number[][]> {
  const each = numbers.length;
  const all = new Float32Array(each * world.size);
  all.set(numbers, world.rank * each);
  await world.beginSum(all).wait();
  return Array.from({ length: world.size }, (_, rank) => [...all.subarray(rank * each, (rank + 1) * each)]);
}

/** Letters of a text that travel: as many as the name of a host may have. */
const mostLetters = 64;

/** The texts of all ranks, up to 64 letters of each. */
export async function gatherTexts(world: World, text: string): Promise<string[]> {
  const codes = Array.from({ length: mostLetters }, (_, i) => (i < text.length ? text.charCodeAt(i) : 0));
  const rows = await gatherNumbers(world, codes);
  return rows.map((row) => String.fromCharCode(...row.filter((code) => code > 0)));
}
