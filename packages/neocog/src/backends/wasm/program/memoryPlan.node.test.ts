import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { lineBytes } from '../kernels/sizes.ts';
import { planMemory, type Room } from './memoryPlan.ts';

const room = fc
  .tuple(fc.integer({ min: 0, max: 700 }), fc.integer({ min: -1, max: 9 }), fc.integer({ min: 0, max: 5 }))
  .map(([bytes, first, length]): Room => ({ bytes, first, last: first + length }));

const meet = (a: Room, b: Room): boolean => a.first <= b.last && b.first <= a.last;

describe('planMemory', () => {
  it('gives rooms that live at the same time memory of their own, aligned, from the base to the end', () => {
    const property = fc.property(fc.array(room, { maxLength: 12 }), fc.nat(5), (rooms, steps) => {
      const base = steps * lineBytes;
      const { addresses, end } = planMemory(rooms, base);
      rooms.forEach((a, i) => {
        expect(addresses[i] % lineBytes).toBe(0);
        expect(addresses[i]).toBeGreaterThanOrEqual(base);
        expect(addresses[i] + a.bytes).toBeLessThanOrEqual(end);
        rooms.slice(0, i).forEach((b, k) => {
          const apart = addresses[i] >= addresses[k] + b.bytes || addresses[k] >= addresses[i] + a.bytes;
          expect(apart || !meet(a, b)).toBe(true);
        });
      });
    });
    fc.assert(property, { numRuns: 300, seed: 1 });
  });

  it('shares memory between rooms that are never there together, touching times included', () => {
    const rooms = [
      { bytes: 100, first: 0, last: 1 },
      { bytes: 64, first: 2, last: 3 },
      { bytes: 64, first: 2, last: 2 },
      { bytes: 65, first: 3, last: 4 },
    ];
    expect(planMemory(rooms, 64)).toEqual({ addresses: [64, 192, 64, 64], end: 256 });
    const touching = [
      { bytes: 64, first: 0, last: 1 },
      { bytes: 64, first: 1, last: 2 },
    ];
    expect(planMemory(touching, 0)).toEqual({ addresses: [0, 64], end: 128 });
  });

  it('fills a gap that is large enough, and none that is smaller', () => {
    const around = (bytes: number): Room[] => [
      { bytes: 192, first: 0, last: 0 },
      { bytes: 128, first: 0, last: 1 },
      { bytes: 128, first: 1, last: 1 },
      { bytes, first: 1, last: 1 },
    ];
    expect(planMemory(around(64), 0)).toEqual({ addresses: [0, 192, 0, 128], end: 320 });
    expect(planMemory(around(65), 0)).toEqual({ addresses: [0, 192, 0, 320], end: 448 });
    expect(planMemory([], 128)).toEqual({ addresses: [], end: 128 });
  });
});
