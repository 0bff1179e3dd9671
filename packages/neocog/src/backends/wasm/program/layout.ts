// Where the rooms of a program lie in its memory.

import { slackBytes } from '../kernels/kernel.ts';
import type { Room } from './arrays.ts';
import type { Lowered } from './lowering.ts';
import { planMemory } from './memoryPlan.ts';

/** Kernels may read a little before the first array too. */
const firstAddress = slackBytes;

export interface Layout {
  readonly addresses: ReadonlyMap<Room, number>;
  readonly constants: number;
  readonly end: number;
}

/** Lasting rooms first, side by side; then temporary ones, which share. */
export function layOut({
  arrays,
  steps,
  stops,
  preparations,
  inputs,
  outputs,
}: Omit<Lowered, 'frames'>): Layout {
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
  const addresses = new Map<Room, number>();
  let constants = firstAddress;
  for (const room of arrays.rooms) {
    if (room.within) addresses.set(room, (addresses.get(room.within.room) as number) + room.within.offset);
    if (!room.lasting || room.within || room.grows) continue;
    addresses.set(room, constants);
    constants += Math.ceil((room.bytes + slackBytes) / 64) * 64;
  }
  const temporary = arrays.rooms.filter((room) => !room.lasting && lives.has(room));
  const rooms = temporary.map((room) => ({
    bytes: room.bytes + slackBytes,
    ...(lives.get(room) as { first: number; last: number }),
  }));
  const plan = planMemory(rooms, constants);
  temporary.forEach((room, i) => {
    addresses.set(room, plan.addresses[i]);
  });
  // Weights are handed over, one tensor at a time, where activations will be.
  const handed = Math.max(0, ...preparations.map((p) => p.source.bytes + slackBytes));
  for (const { source } of preparations) addresses.set(source, constants);
  return { addresses, constants, end: Math.max(plan.end, constants + handed) };
}
