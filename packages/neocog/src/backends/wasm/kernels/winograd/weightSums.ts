// The sums of a weight gradient in memory, [part][group][point][block of lanes][out channel][lane], and their way back to
// weights: the parts added in order, then dW = Gᵀ M G.

import { transposed } from '../../../../geometry/filtering.ts';
import {
  address,
  affine,
  type Code,
  type Func,
  f32x4,
  type Local,
  type Scope,
  v128,
} from '../../assembler/index.ts';
import type { Vector } from '../../fused/math.ts';
import { type Kernel, unitFunction } from '../kernel.ts';
import { i32Params } from '../pointers.ts';
import { floatBytes, vectorBytes } from '../sizes.ts';
import { transposeSquare } from '../transpose.ts';
import { applyBothSides } from './apply.ts';
import {
  type BlockPlace,
  blockCount,
  firstLane,
  inRun,
  type LaneRun,
  laneRuns,
  laneWidth,
  weightPlaces,
} from './laneBlocks.ts';
import { points, tapCount, type WinogradShape } from './shape.ts';
import { each } from './split.ts';
import { divideBy } from './tiles.ts';

export interface WeightSums {
  readonly s: WinogradShape;
  readonly runs: readonly LaneRun[];
  /** Bytes of one point of a group, and where a run begins in it. */
  readonly point: number;
  readonly start: (run: LaneRun) => number;
  /** Bytes of one part. */
  readonly part: number;
}

/** Bytes of a block: one point, all out channels. */
export const blockBytes = (s: WinogradShape, run: LaneRun): number =>
  s.target.channels * laneWidth(run) * floatBytes;

export function weightSums(s: WinogradShape): WeightSums {
  const runs = laneRuns(s.source.channels, s.engine);
  const { total, start } = weightPlaces(runs, (run) => blockBytes(s, run));
  return { s, runs, point: total, start, part: s.groups * points(s) * total };
}

/** Where the sums of a block lie. `plane`: group and point. */
export function sumsOffset(c: WeightSums, { run, index }: BlockPlace, plane: Local<'i32'>): Code<'i32'> {
  const inPlane = affine([index, blockBytes(c.s, run)], c.start(run));
  return affine([plane, c.point], inPlane);
}

/** Adds the sums of parts 1 … to those of part 0. Unit = group, point. */
export function addPartsKernel(c: WeightSums, parts: number): Kernel {
  const operands = ['sums'];
  return {
    key: `${c.s.key} add ${parts} parts`,
    operands,
    units: c.s.groups * points(c.s),
    scratchBytes: 0,
    emit(scope) {
      const add = scope.within('Point').func(i32Params(['sums']), (f, { sums }) => {
        f.repeat(c.point / vectorBytes, () => {
          const sum = f.keep(v128.load(sums), 'sum');
          for (let part = 1; part < parts; part++)
            f.set(sum, f32x4.add(sum, v128.load(address(sums, part * c.part))));
          f.run(v128.store(sums, sum));
          f.increase(sums, vectorBytes);
        });
      });
      return unitFunction(scope, operands, (f, p, unit) =>
        f.run(f.call(add, { sums: address(p.sums, [unit, c.point]) })),
      );
    },
  };
}

/** Sums to row-major weights. Unit = group, out channel. */
export function finishKernel(c: WeightSums): Kernel {
  const { s, runs } = c;
  const operands = ['sums', 'w'];
  const outs = s.target.channels;
  return {
    key: `${s.key} finish`,
    operands,
    units: s.groups * outs,
    scratchBytes: finishScratch(s),
    emit(scope) {
      const functions = runs.map((run, i) => finishBlock(scope.within(`Block${i}`), c, run));
      return unitFunction(scope, operands, (f, p, unit) => {
        const [group, out] = divideBy(f, unit, { by: outs, names: ['group', 'out'] });
        const plane = f.keep(affine([group, points(s)]), 'plane');
        const filterBytes = s.source.channels * tapCount(s) * floatBytes;
        const filter = f.keep(address(p.w, [unit, filterBytes]), 'filter');
        f.range('block', 0, blockCount(runs), 1, (number) =>
          inRun(f, { runs, number }, (block) => {
            const row = affine([out, laneWidth(block.run) * floatBytes]);
            const sums = address(p.sums, row, sumsOffset(c, block, plane));
            const to = address(filter, [firstLane(block), tapCount(s) * floatBytes]);
            f.run(f.call(functions[runs.indexOf(block.run)], { sums, to, scratch: p.scratch }));
          }),
        );
      });
    },
  };
}

/** Bytes of the taps of a block of lanes. */
export const finishScratch = (s: WinogradShape): number => tapCount(s) * 4 * vectorBytes;

const finishParams = i32Params(['sums', 'to', 'scratch']);

/** One output channel's weights for a block of input channels: `lanes × taps` floats in a row. `point`: bytes between its sums. */
export function finishBlock(scope: Scope, { s, point }: Pick<WeightSums, 's' | 'point'>, run: LaneRun) {
  const vectors = Math.min(2, run.tile.vectors);
  const row = laneWidth(run) * floatBytes;
  const { inputs, taps: across } = s.filterings[1];
  const matrices = each(s.filterings, (filtering) => transposed(filtering.weight));
  return scope.func(finishParams, (f, { sums, to, scratch }) => {
    for (let first = 0; first < run.tile.vectors; first += vectors) {
      applyBothSides({ f, engine: s.engine }, matrices, {
        vectors,
        load: ({ i, j, v }) => v128.load(address(sums, (i * inputs + j) * point + (first + v) * vectorBytes)),
        store: ({ i, j, v }, value) =>
          f.run(v128.store(address(scratch, (i * across + j) * row + (first + v) * vectorBytes), value)),
      });
    }
    for (let v = 0; 4 * v < run.lanes; v++) {
      const taps = Array.from({ length: tapCount(s) }, (_, k) =>
        v128.load(address(scratch, k * row + v * vectorBytes)),
      );
      const lanes = Math.min(4, run.lanes - 4 * v);
      storeTaps(f, taps, { to, lanes, offset: 4 * v * tapCount(s) * floatBytes });
    }
  });
}

/** That many channels of taps, from `to + offset` on. */
interface TapsPlace {
  readonly to: Local<'i32'>;
  readonly lanes: number;
  readonly offset: number;
}

/** Stores vectors of up to four channels, one per tap. */
function storeTaps(f: Func, taps: readonly Vector[], { to, lanes, offset }: TapsPlace): void {
  const place = (lane: number, tap: number) => address(to, offset + (lane * taps.length + tap) * floatBytes);
  for (let tap = 0; tap < taps.length; tap++) {
    const square = tap + 4 <= taps.length ? transposeSquare(f, taps.slice(tap, tap + 4)) : null;
    const one = square ? null : f.keep(taps[tap], 'tap');
    for (let lane = 0; lane < lanes; lane++) {
      if (square) f.run(v128.store(place(lane, tap), square[lane]));
      if (one) f.run(v128.store32Lane(place(lane, tap), one, lane));
    }
    if (square) tap += 3;
  }
}
