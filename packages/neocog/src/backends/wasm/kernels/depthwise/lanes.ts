// How a vector of source channels is loaded. With as many outputs as inputs it lies in memory as it is needed; with a
// multiplier its lanes are gathered one by one.

import {
  address,
  affine,
  type Func,
  i32,
  type Local,
  type Operand,
  select,
  v128,
} from '../../assembler/index.ts';
import type { Vector } from '../../fused/math.ts';
import { i32Params, type Pointers } from '../pointers.ts';
import type { DepthwiseShape } from './shape.ts';

/** Parameters of a row function: byte offsets of lanes 1 to 3 from lane 0 of the source. None where lanes touch. */
export const lanePlaces = (s: DepthwiseShape): Record<string, 'i32'> =>
  i32Params(s.lanes === 'same' ? [] : ['lane1', 'lane2', 'lane3']);

/** From the image's first source channel to the one of result lane `lane`, in bytes. */
export function sourceLane(s: DepthwiseShape, lane: Operand<'i32'>) {
  if (s.lanes === 'same') return affine([lane, 4]);
  if (s.lanes === 'spread') return affine([i32.divU(lane, s.multiplier), 4]);
  return affine([lane, s.multiplier * 4]);
}

/** The values of `lanePlaces` for the vector that begins at `lane`. Lanes beyond the channels repeat the last one. */
export function placeLanes(f: Func, s: DepthwiseShape, lane: Local<'i32'>): Pointers {
  const first = f.keep(sourceLane(s, lane), 'firstLane');
  return Object.fromEntries(
    Object.keys(lanePlaces(s)).map((name, i) => {
      const at = f.keep(affine(lane, i + 1), name);
      f.set(at, select(at, i32.const(s.channels - 1), i32.ltU(at, s.channels)));
      f.set(at, affine(sourceLane(s, at), [first, -1]));
      return [name, at];
    }),
  );
}

/** Vector `vector` of a block's source, `column` pixels behind the pointer. */
export function loadSource(
  { p, s }: { p: Pointers; s: DepthwiseShape },
  column: number,
  vector: number,
): Vector {
  const offset = column * s.sourcePitch * 4;
  if (s.lanes === 'same') return v128.load(address(p.source, offset + vector * 16));
  return Object.keys(lanePlaces(s)).reduce<Vector>(
    (lanes, name, i) => v128.load32Lane(address(p.source, p[name], offset), lanes, i + 1),
    v128.load32Zero(address(p.source, offset)),
  );
}
