// Where the rooms of a program lie in its memory.

import { slackBytes } from '../kernels/kernel.ts';
import type { Room } from './arrays.ts';
import { placeBytes } from './constants.ts';
import type { Lowered } from './lowering.ts';
import { planMemory } from './memoryPlan.ts';

/** Kernels may read a little before the first array too. */
export const firstAddress = slackBytes;

export interface Layout {
  readonly addresses: ReadonlyMap<Room, number>;
  /** Bytes of lasting rooms. */
  readonly constants: number;
  /** Bytes of what temporary rooms share. */
  readonly activations: number;
  readonly end: number;
}

/**
 * Lasting rooms first, side by side; then temporary ones, which share.
 *
 * @param kept where lasting rooms lie already; addresses of temporary ones, and the end, then count from a base behind them
 */
export function layOut(
  { arrays, steps, stops, preparations, inputs, outputs }: Omit<Lowered, 'frames'>,
  kept?: ReadonlyMap<Room, number>,
): Layout {
  const lives = new Map<Room, { first: number; last: number }>();
  const use = (room: Room, at: number): void => {
    const life = lives.get(room);
    if (life) lives.set(room, { first: Math.min(life.first, at), last: Math.max(life.last, at) });
    else lives.set(room, { first: at, last: at });
  };
  for (const room of inputs) use(room, -1);
  steps.forEach((step, at) => {
    for (const room of step.rooms) use(room, at);
  });
  for (const { at, begins, awaits } of stops)
    for (const room of [...begins.flatMap(({ from, to }) => [from, to]), ...awaits.map(({ to }) => to)])
      use(room, at - 0.5);
  for (const room of outputs) use(room, steps.length);
  const addresses = new Map<Room, number>(kept);
  let constants = firstAddress;
  for (const room of arrays.rooms) {
    if (room.within) addresses.set(room, (addresses.get(room.within.room) as number) + room.within.offset);
    if (!room.lasting || room.within || room.grows) continue;
    if (!kept) addresses.set(room, constants);
    constants += placeBytes(room.bytes);
  }
  const base = kept ? 0 : constants;
  const temporary = arrays.rooms.filter((room) => !room.lasting && lives.has(room));
  const rooms = temporary.map((room) => ({
    bytes: room.bytes + slackBytes,
    ...(lives.get(room) as { first: number; last: number }),
  }));
  const plan = planMemory(rooms, base);
  temporary.forEach((room, i) => {
    addresses.set(room, plan.addresses[i]);
  });
  // Weights are handed over, one tensor at a time, where activations will be.
  const handed = Math.max(0, ...preparations.map((p) => p.source.bytes + slackBytes));
  for (const { source } of preparations) addresses.set(source, base);
  const end = Math.max(plan.end, base + handed);
  return { addresses, constants, activations: end - base, end };
}
