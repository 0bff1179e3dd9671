// The rows of the window that fall inside the source, for one row of results: a list in scratch memory, made once per unit
// and walked by every tile. Any number of outer axes, strides, dilations and phases of an input gradient come down to it.

import type { SumAxis } from '../../../../geometry/sumAxis.ts';
import { address, affine, type Func, i32, type Local, type Operand } from '../../assembler/index.ts';
import { type CodeSite, entryBytes, type Pointers } from '../pointers.ts';
import { type DepthwiseShape, outerTaps, sourceSteps } from './shape.ts';

/** An entry: where the source row lies in its image, and where the weights of a one-vector block lie, in bytes. */
export const tapListBytes = (s: DepthwiseShape): number => outerTaps(s) * entryBytes;

type Site = CodeSite<DepthwiseShape>;

/** The coordinates of row number `row` of the result along the outer axes. */
function rowCoordinates({ f, s }: Site, row: Local<'i32'>): Local<'i32'>[] {
  const left = f.keep(row, 'rowLeft');
  const coordinates = [...s.outer].reverse().map(({ results }, i) => {
    if (i === s.outer.length - 1) return left;
    const coordinate = f.keep(i32.remU(left, results), 'coordinate');
    f.set(left, i32.divU(left, results));
    return coordinate;
  });
  return coordinates.reverse();
}

/** Writes the list of row number `row` of the result to `scratch` and gives its end. */
export function emitTapList(site: Site, row: Local<'i32'>): Local<'i32'> {
  const { f, p, s } = site;
  const coordinates = rowCoordinates(site, row);
  const end = f.keep(p.scratch, 'listEnd');
  const steps = sourceSteps(s).cells;
  const nest = (depth: number, source: Operand<'i32'>, index: Operand<'i32'>): void => {
    const axis = s.outer[depth];
    if (!axis) {
      f.run(i32.store(end, source));
      f.run(i32.store(address(end, 4), affine([index, s.inner.taps * 16])));
      f.increase(end, entryBytes);
      return;
    }
    f.range('step', 0, axis.taps, 1, (step) => {
      const tap = upwards(f, axis, step);
      const { cell, inside } = sourceCell(f, axis, { result: coordinates[depth], tap });
      f.if(inside, () => {
        const next = f.keep(affine(source, [cell, steps[depth]]), 'source');
        nest(depth + 1, next, f.keep(affine([index, axis.taps], tap), 'index'));
      });
    });
  };
  if (s.lanes !== 'collect') nest(0, 0, 0);
  else f.range('j', 0, s.multiplier, 1, (j) => nest(0, f.keep(affine([j, 4]), 'source'), j));
  return end;
}

/** Taps in the order of the source cells that they read, as the direct kernels take them. */
const upwards = (f: Func, { taps, tapStep }: SumAxis, step: Local<'i32'>): Local<'i32'> =>
  tapStep < 0 ? f.keep(affine(taps - 1, [step, -1]), 'tap') : step;

/** The source cell that `tap` reads for a result, and whether there is one. */
function sourceCell(f: Func, a: SumAxis, { result, tap }: Pointers<'result' | 'tap'>) {
  const first = affine([result, a.step], a.start);
  const place = f.keep(affine(first, [tap, a.tapStep]), 'place');
  const cell = a.divide === 1 ? place : f.keep(i32.divS(place, a.divide), 'cell');
  const known = i32.ltU(cell, a.sources);
  const whole = i32.eq(affine([cell, a.divide]), place);
  return { cell, inside: a.divide === 1 ? known : i32.and(known, whole) };
}
