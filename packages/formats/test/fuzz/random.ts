// Random numbers from a seed, so that every damaged file can be made again.

/** Whole numbers from 0 up to, not including, `below`. */
export type Random = (below: number) => number;

/** mulberry32; see https://github.com/cprosche/mulberry32. */
export function randomFrom(seed: number): Random {
  let state = seed;
  return (below) => {
    state = (state + 0x6d2b79f5) | 0;
    let t = Math.imul(state ^ (state >>> 15), 1 | state);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) % below;
  };
}

export const pick = <T>(random: Random, items: readonly T[]): T => items[random(items.length)];
