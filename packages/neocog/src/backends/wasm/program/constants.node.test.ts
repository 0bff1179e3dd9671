import { expect, it } from 'vitest';
import type { Kernel } from '../kernels/kernel.ts';
import { Arrays, type Room } from './arrays.ts';
import { Constants, placeBytes } from './constants.ts';
import type { Preparation } from './lowering.ts';

const [a, b, c] = [1, 2, 3].map((value) => new Float32Array(100).fill(value));
const size = placeBytes(400);

/** Rooms with arrays as they are, and one that a kernel prepares from `b`, in two parts. */
function programOf(plain: readonly Float32Array[], kernel: string | null = null) {
  const arrays = new Arrays();
  const rooms = plain.map((values) => arrays.constant(values));
  const preparations: Preparation[] = [];
  if (kernel) {
    const w = arrays.room(400, true);
    for (const _ of [0, 1]) {
      const source = arrays.room(200);
      const steps = [{ kernel: { key: kernel } as Kernel, rooms: [source, w] }];
      preparations.push({ source, values: b.subarray(0, 50), whole: b, steps });
    }
    rooms.push(w);
  }
  return { arrays, preparations, rooms };
}

it('keeps each array once in each form, and says which are to be written', () => {
  const constants = new Constants(128);
  const take = ({ rooms, ...lowered }: ReturnType<typeof programOf>) => {
    const { addresses, fresh } = constants.take(lowered);
    return rooms.map((room: Room) => [addresses.get(room), fresh.has(room)]);
  };
  expect(constants.end).toBe(128);
  expect(take(programOf([a, b], 'pack'))).toEqual([
    [128, true],
    [128 + size, true],
    [128 + 2 * size, true],
  ]);
  expect(take(programOf([b, c], 'pack'))).toEqual([
    [128 + size, false],
    [128 + 3 * size, true],
    [128 + 2 * size, false],
  ]);
  expect(take(programOf([], 'pack in another way'))).toEqual([[128 + 4 * size, true]]);
  expect(constants.end).toBe(128 + 5 * size);
});

it('gives the place of an array to others when no program has it any more', () => {
  const constants = new Constants(128);
  const [first, second] = [constants.take(programOf([a, b])), constants.take(programOf([b, c]))];
  first.release();
  first.release();
  const third = programOf([new Float32Array(99), new Float32Array(99)]);
  expect([...constants.take(third).addresses.values()]).toEqual([128, 128 + 3 * size]);
  second.release();
  expect(
    constants
      .take(programOf([b]))
      .addresses.values()
      .next().value,
  ).toBe(128 + size);
});

it('takes no program that keeps anything but constants', () => {
  const lowered = programOf([]);
  lowered.arrays.room(16, true);
  expect(() => new Constants(0).take(lowered)).toThrow('keep nothing but constants');
});
