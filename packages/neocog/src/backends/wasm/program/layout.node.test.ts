// Which arrays of a program may share memory: those that are never there together, and no others.

import { describe, expect, it } from 'vitest';
import type { Kernel } from '../kernels/kernel.ts';
import { slackBytes } from '../kernels/kernel.ts';
import { Arrays, type Room } from './arrays.ts';
import { layOut } from './layout.ts';
import type { Lowered, Preparation } from './lowering.ts';

/** A step that is there for its rooms only. */
const step = (...rooms: Room[]) => ({ kernel: { key: 'none' } as Kernel, rooms, entry: 0 });

/** Where the rooms of a program lie that has only steps. */
function lay(arrays: Arrays, lowered: Partial<Lowered>) {
  const layout = layOut({
    ...{ arrays, steps: [], stops: [], entries: [], preparations: [], inputs: [], outputs: [] },
    ...lowered,
  });
  return { ...layout, at: (room: Room): number => layout.addresses.get(room) ?? Number.NaN };
}

/** A chain: each step reads one room and writes the next. */
function chain(count: number, bytes = 256) {
  const arrays = new Arrays();
  const rooms = Array.from({ length: count }, () => arrays.room(bytes));
  const steps = rooms.slice(1).map((room, i) => step(rooms[i], room));
  return { arrays, rooms, steps };
}

describe('layOut', () => {
  it('shares the memory of rooms two steps apart, never of those that meet in a step', () => {
    const { arrays, rooms, steps } = chain(5);
    const { at, end, constants } = lay(arrays, { steps, inputs: [rooms[0]], outputs: [rooms[4]] });
    rooms.slice(1).forEach((room, i) => {
      expect(Math.abs(at(room) - at(rooms[i]))).toBeGreaterThanOrEqual(256 + slackBytes);
    });
    expect(end - constants).toBe(2 * (256 + slackBytes));
  });

  it('keeps inputs from before the first step, and outputs until after the last', () => {
    const arrays = new Arrays();
    const [late, early, other] = [arrays.room(256), arrays.room(256), arrays.room(256)];
    const steps = [step(early), step(other), step(late)];
    const size = 256 + slackBytes;
    const used = (lowered: Partial<Lowered>): number => {
      const { end, constants } = lay(arrays, { steps, ...lowered });
      return (end - constants) / size;
    };
    expect(used({})).toBe(1);
    expect(used({ inputs: [late] })).toBe(2);
    expect(used({ outputs: [early] })).toBe(2);
    expect(used({ inputs: [late], outputs: [early] })).toBe(3);
  });

  it('gives lasting rooms places of their own, below all others, with slack before the first and behind each', () => {
    const { arrays, rooms, steps } = chain(3);
    const lasting = [100, 4, 64].map((bytes) => arrays.room(bytes, true));
    const { at, constants } = lay(arrays, { steps });
    let free = slackBytes;
    for (const room of lasting) {
      expect(at(room)).toBeGreaterThanOrEqual(free);
      expect(at(room) % 64).toBe(0);
      free = at(room) + room.bytes + slackBytes;
    }
    expect(constants).toBeGreaterThanOrEqual(free);
    for (const room of rooms) expect(at(room)).toBeGreaterThanOrEqual(constants);
  });

  it('puts parts of a region where the region has them', () => {
    const arrays = new Arrays();
    arrays.room(10, true);
    const value = (id: number, size: number) =>
      ({ id, size, dtype: 'float32', source: 'state', data: new Float32Array(size) }) as const;
    const [a, b] = [value(0, 3), value(1, 5)];
    const region = arrays.region([a, b]);
    const { at } = lay(arrays, {});
    const [first, second] = [a, b].map((v) => at(arrays.formsOf(v)[0].room));
    expect([first, second]).toEqual([at(region), at(region) + 16]);
  });

  it('gives no place to rooms that nothing uses', () => {
    const { arrays, steps } = chain(2);
    const unused = arrays.room(1 << 20);
    const { addresses, end } = lay(arrays, { steps });
    expect(addresses.has(unused)).toBe(false);
    expect(end).toBeLessThan(1 << 20);
  });

  it('hands weights over behind the lasting rooms, with memory for the largest', () => {
    const { arrays, rooms, steps } = chain(2);
    const sources = [arrays.room(64), arrays.room(1 << 16)];
    const preparations = sources.map(
      (source): Preparation => ({
        ...{ source, values: new Float32Array(1), whole: new Float32Array(1), steps: [] },
      }),
    );
    const { at, constants, end } = lay(arrays, { steps, preparations });
    expect(sources.map(at)).toEqual([constants, constants]);
    expect(end).toBe(constants + (1 << 16) + slackBytes);
    expect(lay(arrays, { steps }).end).toBeLessThan(end);
    expect(rooms.map(at).every((address) => address >= constants)).toBe(true);
  });
});
