// Where each array of a program lies. Arrays whose lifetimes do not overlap share memory.

import { toLines } from '../kernels/sizes.ts';

/** An array with the first and last step at which it is in use. */
export interface Room {
  readonly bytes: number;
  readonly first: number;
  readonly last: number;
}

/**
 * An address for each room from `base` on, and the end of the last. Largest first, each at the lowest place that is free all
 * its life: Pisarchyk and Lee, "Efficient Memory Management for Deep Neural Net Inference", 2020 (greedy by size).
 */
export function planMemory(rooms: readonly Room[], base: number): { addresses: number[]; end: number } {
  const addresses = new Array<number>(rooms.length).fill(base);
  const order = rooms.map((_, i) => i).sort((a, b) => rooms[b].bytes - rooms[a].bytes || a - b);
  const placed: number[] = [];
  for (const i of order) {
    const room = rooms[i];
    const busy = placed
      .filter((j) => rooms[j].first <= room.last && rooms[j].last >= room.first)
      .sort((a, b) => addresses[a] - addresses[b]);
    let address = base;
    for (const j of busy) {
      if (address + toLines(room.bytes) <= addresses[j]) break;
      address = Math.max(address, addresses[j] + toLines(rooms[j].bytes));
    }
    addresses[i] = address;
    placed.push(i);
  }
  const end = rooms.reduce((most, room, i) => Math.max(most, addresses[i] + toLines(room.bytes)), base);
  return { addresses, end };
}
