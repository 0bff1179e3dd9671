// Pixels of floats, which hold whole numbers, as pixels of 16-bit whole numbers, two channels to a word.

import { address, affine, i32, less, v128 } from '../../assembler/index.ts';
import { type Kernel, unitFunction } from '../kernel.ts';
import { narrowed } from '../lanes.ts';
import { floatBytes, vectorBytes } from '../sizes.ts';

export interface PairsShape {
  /** Of all images. */
  readonly cells: number;
  readonly groups: number;
  /** Of a group. Its first one has a word of its own. */
  readonly channels: number;
  /** Floats per pixel of what is read. */
  readonly floats: number;
  /** Words per pixel of what is written: whole vectors for the last group. */
  readonly words: number;
}

const cellsOfUnit = 64;

export function pairsKernel(s: PairsShape): Kernel {
  const operands = ['floats', 'pairs'];
  const words = Math.ceil(s.channels / 2);
  return {
    key: `pairs ${JSON.stringify(s)}`,
    operands,
    units: Math.ceil(s.cells / cellsOfUnit),
    scratchBytes: 0,
    emit: (scope) =>
      unitFunction(scope, operands, (f, p, unit) => {
        const first = f.keep(affine([unit, cellsOfUnit]), 'first');
        const last = f.keep(less(affine(first, cellsOfUnit), i32.const(s.cells)), 'last');
        f.range('cell', first, last, 1, (cell) => {
          const from = f.keep(address(p.floats, [cell, s.floats * floatBytes]), 'fromGroup');
          const to = f.keep(address(p.pairs, [cell, s.words * floatBytes]), 'toGroup');
          f.repeat(s.groups, () => {
            const [floats, pairs] = [f.keep(from, 'from'), f.keep(to, 'to')];
            // The lanes behind a group's last channel hold anything: the next group writes over them, or nothing reads them.
            f.repeat(Math.ceil(s.channels / 8), () => {
              const [low, high] = [0, vectorBytes].map((at) => v128.load(address(floats, at)));
              f.run(v128.store(address(pairs, 0), narrowed(low, high)));
              f.increase(floats, 2 * vectorBytes);
              f.increase(pairs, vectorBytes);
            });
            f.increase(from, s.channels * floatBytes);
            f.increase(to, words * floatBytes);
          });
        });
      }),
  };
}
