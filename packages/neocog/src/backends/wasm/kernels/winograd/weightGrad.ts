// The steps of a weight gradient: dW = Gᵀ [ Σ over tiles (A dy Aᵀ) ⊙ (Bᵀ x B) ] G.
//
//   by points   x and dy, tile by tile, into planes of two workspaces; then unit = point × block of lanes: a product of
//               matrices over all tiles
//   by parts    unit = a fixed part of the tiles: transforms a block of them into scratch and adds its products to sums of
//               its own, block by block; then the sums of all parts are added. For many tiles and few channels: nothing but
//               sums goes through memory
//   at last     sums back to 3×3 weights
//
// Sums lie as [group][point][block of lanes][out channel][lane], lanes being input channels. How tiles are parted depends on
// the geometry alone, and every sum is taken in one order.

import { transposed } from '../../../../geometry/filtering.ts';
import { address, affine, i32, type Operand, type Scope, select } from '../../assembler/index.ts';
import type { ConvOperand } from '../convPlan.ts';
import { type Kernel, type Step, unitFunction } from '../kernel.ts';
import { clearBytes, i32Params } from '../pointers.ts';
import { floatBytes, toLines } from '../sizes.ts';
import { blockCount, firstLane, inRun, type LaneRun, laneWidth } from './laneBlocks.ts';
import { type Products, products } from './products.ts';
import { points, type WinogradShape } from './shape.ts';
import { each } from './split.ts';
import { transformKernel } from './tileKernel.ts';
import {
  divideBy,
  heightsOf,
  paddedChannels,
  planeBytes,
  pointsOf,
  rowBytes,
  type TileInput,
  tileBlocks,
} from './tiles.ts';
import { patchBytes, tileTransform } from './tileTransform.ts';
import {
  addPartsKernel,
  blockBytes,
  finishKernel,
  sumsOffset,
  type WeightSums,
  weightSums,
} from './weightSums.ts';

/** Tiles whose products are added in registers: their rows stay in the first cache from one register tile to the next. */
const depthTiles = 192;

/** Of part of them, in scratch: the transforms of x and dy, and the sums they are added to, stay in the second cache. */
const partTiles = 24;

interface Context {
  readonly s: WinogradShape;
  /** x and dy as they are transformed. */
  readonly x: TileInput;
  readonly dy: TileInput;
  readonly sums: WeightSums;
}

const groupBytes = (t: TileInput): number => pointsOf(t) * t.planeBytes;

/** `tiles`: how many lie in one plane. */
function contextOf(s: WinogradShape, tiles: number): Context {
  const plane = (channels: number): number => planeBytes(tiles * paddedChannels(channels));
  const { source, target, axes, filterings, stride, sides, parts, sliceTaps, engine } = s;
  const x = {
    ...{ map: source, shift: each(s.pad, (pad) => -pad), matrices: each(filterings, (f) => f.input) },
    sliceTaps,
  };
  const dy = {
    ...{ map: target, shift: [0, 0] as const, matrices: each(filterings, (f) => transposed(f.output)) },
    sliceTaps: { taps: 1, stride: 1, dilation: 1, pad: 0 },
  };
  const common = { axes, slices: target.slices, stride, sides, parts, engine };
  return {
    s,
    sums: weightSums(s),
    x: { ...x, ...common, planeBytes: plane(source.channels) },
    dy: { ...dy, ...common, planeBytes: plane(target.channels) },
  };
}

/** Adds the products over tiles to the sums of one block of lanes. */
const productsOver = (
  scope: Scope,
  c: Context & { run: LaneRun },
  over: Pick<Products, 'depth' | 'points'>,
) => {
  const { s, run } = c;
  const outs = s.target.channels;
  return products(scope, {
    pairs: false,
    ...over,
    vectors: run.tile.vectors,
    accumulate: true,
    ahead: 0,
    engine: s.engine,
    heights: heightsOf(tileBlocks(outs, outs), run.tile.pixels),
    a: { row: floatBytes, term: rowBytes(c.dy), plane: c.dy.planeBytes },
    b: { term: rowBytes(c.x), plane: c.x.planeBytes },
    sums: { row: laneWidth(run) * floatBytes, plane: c.sums.point },
  });
};

/** Unit = group, point, block of lanes. */
function productsKernel(c: Context): Kernel {
  const { s } = c;
  const { runs } = c.sums;
  const blocks = blockCount(runs);
  const operands = ['dy', 'x', 'sums'];
  return {
    key: `${s.key} products`,
    operands,
    units: s.groups * points(s) * blocks,
    scratchBytes: 0,
    emit(scope) {
      const functions = runs.map((run, i) => overTiles(scope.within(`Block${i}`), c, run));
      return unitFunction(scope, operands, (f, p, unit) => {
        const [plane, number] = divideBy(f, unit, { by: blocks, names: ['plane', 'number'] });
        const a = address(p.dy, [plane, c.dy.planeBytes]);
        inRun(f, { runs, number }, (block) => {
          const lane = firstLane(block);
          const b = address(p.x, [plane, c.x.planeBytes], [lane, floatBytes]);
          const sums = address(p.sums, sumsOffset(c.sums, block, plane));
          f.run(f.call(functions[runs.indexOf(block.run)], { a, b, sums }));
        });
      });
    },
  };
}

const sumParams = i32Params(['a', 'b', 'sums']);

/** The sums of one block of lanes over all tiles, a stretch of tiles at a time. */
function overTiles(scope: Scope, c: Context, run: LaneRun) {
  const stretches = [
    { depth: depthTiles, count: Math.floor(c.s.tiles / depthTiles) },
    { depth: c.s.tiles % depthTiles, count: 1 },
  ].filter((d) => d.depth * d.count > 0);
  const functions = stretches.map(({ depth }, i) =>
    productsOver(scope.within(`Products${i}`), { ...c, run }, { depth, points: 1 }),
  );
  return scope.func(sumParams, (f, p) => {
    clearBytes(f, p.sums, blockBytes(c.s, run));
    stretches.forEach(({ depth, count }, i) => {
      f.repeat(count, () => {
        f.run(f.call(functions[i], { ...p, large: 0, ahead: 0 }));
        f.increase(p.a, depth * rowBytes(c.dy));
        f.increase(p.b, depth * rowBytes(c.x));
      });
    });
  });
}

/** Bytes of a block's transforms. */
const blockPlanes = (c: Context): Record<'x' | 'dy', number> => ({
  x: toLines(groupBytes(c.x)),
  dy: toLines(groupBytes(c.dy)),
});

/** Unit = part, group. */
function partsKernel(c: Context, parts: number): Kernel {
  const { s } = c;
  const operands = ['x', 'dy', 'sums'];
  const room = blockPlanes(c);
  const blocks = Math.ceil(s.tiles / partTiles);
  return {
    key: `${s.key} ${parts} parts`,
    operands,
    units: parts * s.groups,
    scratchBytes: room.x + room.dy + Math.max(patchBytes(c.x), patchBytes(c.dy)),
    emit(scope) {
      const block = blockOfTiles(scope, c);
      return unitFunction(scope, operands, (f, p, unit) => {
        const [part, group] = divideBy(f, unit, { by: s.groups, names: ['part', 'group'] });
        const sums = f.keep(address(p.sums, [unit, points(s) * c.sums.point]), 'sums');
        const x = f.keep(address(p.x, [group, s.source.channels * floatBytes]), 'xGroup');
        const dy = f.keep(address(p.dy, [group, s.target.channels * floatBytes]), 'dyGroup');
        clearBytes(f, sums, points(s) * c.sums.point);
        const bound = (n: Operand<'i32'>) => affine([i32.divU(affine([n, blocks]), parts), partTiles]);
        const end = f.keep(bound(affine(part, 1)), 'end');
        f.range('first', bound(part), end, partTiles, (first) => {
          f.run(f.call(block, { x, dy, sums, first, scratch: p.scratch }));
        });
      });
    },
  };
}

const tilesParams = i32Params(['x', 'dy', 'sums', 'first', 'scratch']);

/** Transforms a block of tiles and adds its products; the last block of all may be shorter. */
function blockOfTiles(scope: Scope, c: Context) {
  const { s } = c;
  const room = blockPlanes(c);
  const transforms = {
    x: tileTransform(scope.within('X'), c.x),
    dy: tileTransform(scope.within('Dy'), c.dy),
  };
  const multiply = (depth: number) =>
    depth > 0 ? pointsAndLanes(scope.within(`Depth${depth}`), c, depth) : null;
  const whole = multiply(Math.min(partTiles, s.tiles));
  const rest = s.tiles > partTiles ? multiply(s.tiles % partTiles) : null;
  return scope.within('Tiles').func(tilesParams, (f, p) => {
    const dyPlanes = f.keep(address(p.scratch, room.x), 'dyPlanes');
    const patch = f.keep(affine(dyPlanes, room.dy), 'patch');
    const left = f.keep(affine(s.tiles, [p.first, -1]), 'tilesLeft');
    const size = f.keep(select<'i32'>(left, i32.const(partTiles), i32.ltS(left, partTiles)), 'size');
    for (const [of, planes] of [
      ['x', p.scratch],
      ['dy', dyPlanes],
    ] as const) {
      const [tile, v] = [f.keep(p.first, 'tile'), f.keep(planes, 'v')];
      f.repeat(size, () => {
        f.run(f.call(transforms[of], { x: p[of], v, tile, patch }));
        f.increase(v, rowBytes(c[of]));
        f.increase(tile, 1);
      });
    }
    const args = { a: dyPlanes, b: p.scratch, sums: p.sums };
    const call = (f2: typeof whole) => () => {
      if (f2) f.run(f.call(f2, args));
    };
    if (rest) f.if(i32.eq(size, partTiles), call(whole), call(rest));
    else call(whole)();
  });
}

/** All points and blocks of lanes over `depth` tiles. */
function pointsAndLanes(scope: Scope, c: Context, depth: number) {
  const { s, sums: layout } = c;
  const functions = layout.runs.map((run, i) =>
    productsOver(scope.within(`Block${i}`), { ...c, run }, { depth, points: points(s) }),
  );
  return scope.func(sumParams, (f, p) => {
    layout.runs.forEach((run, i) => {
      f.repeat(run.count, () => {
        f.run(f.call(functions[i], { ...p, large: 0, ahead: 0 }));
        f.increase(p.b, laneWidth(run) * floatBytes);
        f.increase(p.sums, blockBytes(s, run));
      });
    });
  });
}

interface GradSteps {
  readonly workspaces: readonly number[];
  readonly steps: readonly Step<ConvOperand>[];
}

function stepsByPoints(s: WinogradShape): GradSteps {
  const c = contextOf(s, s.tiles);
  const tiles = (of: 'x' | 'dy'): Kernel => transformKernel(s, `tiles of ${of}`, c[of]);
  return {
    workspaces: [c.sums.part, s.groups * groupBytes(c.x), s.groups * groupBytes(c.dy)],
    steps: [
      { kernel: tiles('x'), operands: ['x', 'workspace1'] },
      { kernel: tiles('dy'), operands: ['y', 'workspace2'] },
      { kernel: productsKernel(c), operands: ['workspace2', 'workspace1', 'workspace0'] },
      { kernel: finishKernel(c.sums), operands: ['workspace0', 'w'] },
    ],
  };
}

function stepsByParts(s: WinogradShape, parts: number): GradSteps {
  const c = contextOf(s, partTiles);
  const add: Step<ConvOperand> = { kernel: addPartsKernel(c.sums, parts), operands: ['workspace0'] };
  return {
    workspaces: [parts * c.sums.part],
    steps: [
      { kernel: partsKernel(c, parts), operands: ['x', 'y', 'workspace0'] },
      ...(parts > 1 ? [add] : []),
      { kernel: finishKernel(c.sums), operands: ['workspace0', 'w'] },
    ],
  };
}

/**
 * How many parts the tiles are dealt out in, or 0 for going by points: parts pay where their sums are small enough for the
 * caches (up to 128 channels to 128), and need tiles enough to give several threads work.
 */
export function partsFor(s: WinogradShape): number {
  const sums = points(s) * s.source.channels * s.target.channels * floatBytes;
  const parts = Math.floor(s.tiles / 128);
  return sums <= 2.5 * 2 ** 20 && parts >= 4 ? Math.min(8, parts) : 0;
}

export function weightGradSteps(s: WinogradShape): GradSteps {
  const parts = partsFor(s);
  return parts > 0 ? stepsByParts(s, parts) : stepsByPoints(s);
}
