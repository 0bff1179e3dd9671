// Work in pieces of random size and order: what a kernel promises to be free to do is what the tests do to it.

import type { Generator } from '../packages/neocog/src/tensor/random.ts';

export interface Piece {
  readonly from: number;
  readonly to: number;
}

/** All of so many units, each once. */
export function pieces(units: number, random: Generator): Piece[] {
  const cut: Piece[] = [];
  for (let from = 0; from < units; ) {
    const to = Math.min(units, from + 1 + random.integer(Math.max(1, Math.ceil(units / 3))));
    cut.push({ from, to });
    from = to;
  }
  return [...random.permutation(cut.length)].map((i) => cut[i] as Piece);
}
