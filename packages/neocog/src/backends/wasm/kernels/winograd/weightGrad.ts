// The steps of a weight gradient: dW = Gᵀ [ Σ over tiles (A dy Aᵀ) ⊙ (Bᵀ x B) ] G.
//
//   1, 2  x and dy, tile by tile, into planes [point][tile][channel] of two workspaces
//   3     for each point a product of matrices over all tiles: sums [point][block of lanes][out channel][lane], lanes
//         being input channels
//   4     sums back to 3×3 weights
//
// Every unit of 3 owns its sums and walks the tiles in order, so that the result does not depend on how units are dealt.

import { type Func, i32, type Local, type Module, v128 } from '../../assembler/index.ts';
import type { Engine } from '../../engine.ts';
import type { Vector } from '../../fused/math.ts';
import type { ConvOperand, ConvTask } from '../convPlan.ts';
import { type Kernel, kernelParams, type Step } from '../kernel.ts';
import { storeLanes } from '../lanes.ts';
import { applyBothSides } from './apply.ts';
import { blockCount, inRun, type LaneRun, laneRuns, laneWidth, weightPlaces } from './laneBlocks.ts';
import { transposed } from './matrices.ts';
import { products } from './products.ts';
import type { WinogradShape } from './shape.ts';
import { transformKernel } from './tileKernel.ts';
import type { TileInput } from './tileTransform.ts';
import { floatBytes, heightsOf, paddedChannels, planeBytes, tileBlocks, vectorBytes } from './tiles.ts';
import { tapCount, transposeSquare } from './weights.ts';

/** Tiles whose products are added in registers: their rows stay in the first cache from one register tile to the next. */
const depthTiles = 192;

interface Context {
  readonly s: WinogradShape;
  readonly e: Engine;
  /** x and dy as they are transformed. */
  readonly x: TileInput;
  readonly dy: TileInput;
  readonly runs: readonly LaneRun[];
  /** Bytes of the sums of one point. */
  readonly sums: { readonly total: number; readonly start: (run: LaneRun) => number };
}

const points = (s: WinogradShape): number => s.filtering.inputs ** 2;
const rowBytes = (t: TileInput): number => paddedChannels(t.map.channels) * floatBytes;
const groupBytes = (t: TileInput): number => t.matrix.length ** 2 * t.planeBytes;
const blockBytes = (s: WinogradShape, run: LaneRun): number => s.target.channels * laneWidth(run) * floatBytes;

function contextOf(task: ConvTask, s: WinogradShape): Context {
  const plane = (channels: number): number => planeBytes(s.tiles * paddedChannels(channels));
  const { source, target, axes, filtering } = s;
  const runs = laneRuns(source.channels, task.engine);
  return {
    s,
    e: task.engine,
    x: {
      ...{ map: source, axes, shift: [-s.pad[0], -s.pad[1]], matrix: filtering.input },
      planeBytes: plane(source.channels),
    },
    dy: {
      ...{ map: target, axes, shift: [0, 0], matrix: transposed(filtering.output) },
      planeBytes: plane(target.channels),
    },
    runs,
    sums: weightPlaces(runs, (run) => blockBytes(s, run)),
  };
}

/** Unit = group, point, block of lanes. */
function productsKernel(c: Context): Kernel {
  const { s, runs } = c;
  const blocks = blockCount(runs);
  const operands = ['dy', 'x', 'sums'];
  return {
    key: `${s.key} products`,
    operands,
    units: s.groups * points(s) * blocks,
    scratchBytes: 0,
    emit(m, name) {
      const functions = runs.map((run, i) => overTiles(m, `${name}Block${i}`, c, run));
      return m.func(name, kernelParams(operands), (f, p) => {
        f.range('unit', p.from, p.to, 1, (unit) => {
          const plane = f.keep(i32.divU(unit, blocks), 'plane');
          const block = f.keep(i32.sub(unit, i32.mul(plane, blocks)), 'block');
          const a = i32.add(p.dy, i32.mul(plane, c.dy.planeBytes));
          inRun(f, runs, block, (run, index) => {
            const lane = i32.add(i32.mul(index, laneWidth(run)), run.channel);
            const b = i32.add(p.x, i32.add(i32.mul(plane, c.x.planeBytes), i32.mul(lane, floatBytes)));
            const sums = i32.add(p.sums, sumsOffset(c, run, plane, index));
            f.run(f.call(functions[runs.indexOf(run)], { a, b, sums }));
          });
        });
      });
    },
  };
}

/** Where the sums of a block lie. `plane`: group and point. */
function sumsOffset(c: Context, run: LaneRun, plane: Local<'i32'>, index: Local<'i32'>) {
  const inPlane = i32.add(i32.mul(index, blockBytes(c.s, run)), c.sums.start(run));
  return i32.add(i32.mul(plane, c.sums.total), inPlane);
}

/** The sums of one block of lanes over all tiles, a stretch of tiles at a time. */
function overTiles(m: Module, name: string, c: Context, run: LaneRun) {
  const { s, x, dy } = c;
  const row = laneWidth(run) * floatBytes;
  const whole = Math.floor(s.tiles / depthTiles);
  const stretches = [
    { depth: depthTiles, count: whole },
    { depth: s.tiles % depthTiles, count: 1 },
  ].filter((d) => d.depth * d.count > 0);
  const functions = stretches.map(({ depth }, i) =>
    products(
      m,
      `${name}Products${i}`,
      {
        ...{ points: 1, depth, vectors: run.tile.vectors, accumulate: true },
        heights: heightsOf(tileBlocks(s.target.channels, s.target.channels), run.tile.pixels),
        a: { row: floatBytes, term: rowBytes(dy), plane: 0 },
        b: { term: rowBytes(x), plane: 0 },
        sums: { row, plane: 0 },
      },
      c.e,
    ),
  );
  return m.func(name, { a: 'i32', b: 'i32', sums: 'i32' }, (f, { a, b, sums }) => {
    const to = f.keep(sums, 'to');
    f.repeat(blockBytes(s, run) / vectorBytes, () => {
      f.run(v128.store(to, v128.const4F(0, 0, 0, 0)));
      f.increase(to, vectorBytes);
    });
    stretches.forEach(({ depth, count }, i) => {
      f.repeat(count, () => {
        f.run(f.call(functions[i], { a, b, sums, large: 0 }));
        f.increase(a, depth * rowBytes(dy));
        f.increase(b, depth * rowBytes(x));
      });
    });
  });
}

/** Sums to row-major weights. Unit = group, out channel. */
function finishKernel(c: Context): Kernel {
  const { s, runs } = c;
  const operands = ['sums', 'w'];
  const outs = s.target.channels;
  return {
    key: `${s.key} finish`,
    operands,
    units: s.groups * outs,
    scratchBytes: tapCount * 4 * vectorBytes,
    emit(m, name) {
      const functions = runs.map((run, i) => finishBlock(m, `${name}Block${i}`, c, run));
      return m.func(name, kernelParams(operands), (f, p) => {
        f.range('unit', p.from, p.to, 1, (unit) => {
          const group = f.keep(i32.divU(unit, outs), 'group');
          const out = f.keep(i32.sub(unit, i32.mul(group, outs)), 'out');
          const plane = f.keep(i32.mul(group, points(s)), 'plane');
          const filter = f.keep(i32.add(p.w, i32.mul(unit, s.source.channels * tapCount * floatBytes)), 'filter');
          f.range('block', 0, blockCount(runs), 1, (block) =>
            inRun(f, runs, block, (run, index) => {
              const row = i32.mul(out, laneWidth(run) * floatBytes);
              const sums = i32.add(i32.add(p.sums, row), sumsOffset(c, run, plane, index));
              const lane = i32.add(i32.mul(index, laneWidth(run)), run.channel);
              const to = i32.add(filter, i32.mul(lane, tapCount * floatBytes));
              f.run(f.call(functions[runs.indexOf(run)], { sums, to, scratch: p.scratch }));
            }),
          );
        });
      });
    },
  };
}

/** One output channel's weights for a block of input channels: `lanes × 9` floats in a row. */
function finishBlock(m: Module, name: string, c: Context, run: LaneRun) {
  const { s, e } = c;
  const beside = Math.min(2, run.tile.vectors);
  const row = laneWidth(run) * floatBytes;
  return m.func(name, { sums: 'i32', to: 'i32', scratch: 'i32' }, (f, { sums, to, scratch }) => {
    for (let first = 0; first < run.tile.vectors; first += beside) {
      applyBothSides(
        f,
        e,
        transposed(s.filtering.weight),
        beside,
        (i, j, v) =>
          v128.load(sums, { offset: (i * s.filtering.inputs + j) * c.sums.total + (first + v) * vectorBytes }),
        (i, j, v, value) =>
          f.run(v128.store(scratch, value, { offset: (i * 3 + j) * row + (first + v) * vectorBytes })),
      );
    }
    for (let v = 0; 4 * v < run.lanes; v++) {
      const taps = Array.from({ length: tapCount }, (_, k) =>
        v128.load(scratch, { offset: k * row + v * vectorBytes }),
      );
      storeTaps(f, to, taps, Math.min(4, run.lanes - 4 * v), 4 * v * tapCount * floatBytes);
    }
  });
}

/** Nine vectors of up to four channels as that many channels of nine taps, from `to + offset` on. */
function storeTaps(f: Func, to: Local<'i32'>, taps: readonly Vector[], lanes: number, offset: number): void {
  const [first, second] = [transposeSquare(f, taps.slice(0, 4)), transposeSquare(f, taps.slice(4, 8))];
  const last = f.keep(taps[8], 'last');
  for (let lane = 0; lane < lanes; lane++) {
    const at = offset + lane * tapCount * floatBytes;
    storeLanes(f, to, first[lane], 4, at);
    storeLanes(f, to, second[lane], 4, at + vectorBytes);
    f.run(v128.store32Lane(to, last, lane, { offset: at + 2 * vectorBytes }));
  }
}

export function weightGradSteps(
  task: ConvTask,
  s: WinogradShape,
): { workspaces: readonly number[]; steps: readonly Step<ConvOperand>[] } {
  const c = contextOf(task, s);
  const tiles = (of: 'x' | 'dy'): Kernel =>
    transformKernel(`${s.key} tiles of ${of}`, c[of], s.groups, s.tiles, c.e);
  return {
    workspaces: [s.groups * groupBytes(c.x), s.groups * groupBytes(c.dy), s.groups * points(s) * c.sums.total],
    steps: [
      { kernel: tiles('x'), operands: ['x', 'workspace0'] },
      { kernel: tiles('dy'), operands: ['y', 'workspace1'] },
      { kernel: productsKernel(c), operands: ['workspace1', 'workspace0', 'workspace2'] },
      { kernel: finishKernel(c), operands: ['workspace2', 'w'] },
    ],
  };
}
