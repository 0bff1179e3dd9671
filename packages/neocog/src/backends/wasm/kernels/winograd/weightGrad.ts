// The steps of a weight gradient: dW = Gᵀ [ Σ over tiles (A dy Aᵀ) ⊙ (Bᵀ x B) ] G.
//
//   by points   x and dy, tile by tile, into planes of two workspaces; then unit = point × block of lanes: a product of
//               matrices over all tiles
//   by blocks   x and dy as before; then unit = some out channels × block of lanes: their products at all points into scratch, and
//               from there to weights. For few tiles, which fit into the second cache: of many channels sums would be far
//               more than all else
//   by parts    unit = a fixed part of the tiles: transforms a block of them into scratch and adds its products to sums of
//               its own, block by block; then the sums of all parts are added. For many tiles and few channels: nothing but
//               sums goes through memory
//   at last     sums back to 3×3 weights
//
// In memory sums lie as [group][point][block of lanes][out channel][lane], lanes being input channels. How tiles are parted depends on
// the geometry alone, and every sum is taken in one order.

import { transposed } from '../../../../geometry/filtering.ts';
import { address, affine, i32, type Operand, type Scope, select } from '../../assembler/index.ts';
import type { ConvOperand } from '../convPlan.ts';
import { type Kernel, type Step, unitFunction } from '../kernel.ts';
import { clearBytes, i32Params } from '../pointers.ts';
import { floatBytes, lineBytes, toLines } from '../sizes.ts';
import { blockCount, firstLane, inRun, type LaneRun, laneWidth } from './laneBlocks.ts';
import { type Products, products } from './products.ts';
import { points, tapCount, type WinogradShape } from './shape.ts';
import { each } from './split.ts';
import { transformKernel } from './tileKernel.ts';
import {
  blockPlace,
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
  finishBlock,
  finishKernel,
  finishScratch,
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

/** Rows that are so many bytes long, or a multiple, begin in few sets of the first cache, which hold the terms of no long sum. */
const setsBytes = 1024;

/** `tiles`: how many lie in one plane. */
function contextOf(s: WinogradShape, tiles: number): Context {
  const gap = (channels: number): number =>
    (paddedChannels(channels) * floatBytes) % setsBytes === 0 ? lineBytes / floatBytes : 0;
  const planes = (channels: number) => ({
    planeBytes: planeBytes(tiles * (paddedChannels(channels) + gap(channels))),
    rowGap: gap(channels),
  });
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
    x: { ...x, ...common, ...planes(source.channels) },
    dy: { ...dy, ...common, ...planes(target.channels) },
  };
}

interface Over extends Pick<Products, 'depth' | 'points' | 'heights' | 'accumulate'> {
  /** Bytes between the sums of two points. */
  readonly plane: number;
}

/** The products over tiles, into the sums of one block of lanes. */
const productsOver = (scope: Scope, c: Context & { run: LaneRun }, { plane, ...over }: Over) =>
  products(scope, {
    pairs: false,
    ...over,
    vectors: c.run.tile.vectors,
    ahead: 0,
    engine: c.s.engine,
    a: { row: floatBytes, term: rowBytes(c.dy), plane: c.dy.planeBytes },
    b: { term: rowBytes(c.x), plane: c.x.planeBytes },
    sums: { row: laneWidth(c.run) * floatBytes, plane },
  });

/** All out channels, added to sums in memory. */
const addedTo = (scope: Scope, c: Context & { run: LaneRun }, over: Pick<Products, 'depth' | 'points'>) => {
  const outs = tileBlocks(c.s.target.channels, c.s.target.channels);
  const heights = heightsOf(outs, c.run.tile.pixels);
  return productsOver(scope, c, { ...over, heights, accumulate: true, plane: c.sums.point });
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

/** Out channels of a unit: their sums, dy and x of one block of lanes stay in the second cache. */
const blockOuts = 48;

/** Unit = group, some out channels, block of lanes: sums that share a part of dy follow each other. */
function blocksKernel(c: Context): Kernel {
  const { s } = c;
  const { runs } = c.sums;
  const outs = tileBlocks(s.target.channels, blockOuts);
  const filterBytes = s.source.channels * tapCount(s) * floatBytes;
  const pointBytes = (run: LaneRun): number => outs.most * laneWidth(run) * floatBytes;
  const sumsBytes = points(s) * Math.max(...runs.map(pointBytes));
  const operands = ['dy', 'x', 'w'];
  return {
    key: `${s.key} blocks`,
    operands,
    units: s.groups * outs.count * blockCount(runs),
    scratchBytes: sumsBytes + finishScratch(s),
    emit(scope) {
      const functions = runs.map((run, i) => {
        const within = scope.within(`Block${i}`);
        const point = pointBytes(run);
        const heights = heightsOf(outs, run.tile.pixels);
        return {
          multiply: productsOver(
            within,
            { ...c, run },
            { depth: s.tiles, points: points(s), heights, accumulate: false, plane: point },
          ),
          finish: finishBlock(within.within('Finish'), { s, point }, run),
        };
      });
      return unitFunction(scope, operands, (f, p, unit) => {
        const [part, number] = divideBy(f, unit, { by: blockCount(runs), names: ['part', 'number'] });
        const [group, block] = divideBy(f, part, { by: outs.count, names: ['group', 'outBlock'] });
        const { first, size } = blockPlace(f, outs, block);
        const taps = f.keep(affine(p.scratch, sumsBytes), 'taps');
        inRun(f, { runs, number }, (lanes) => {
          const { multiply, finish } = functions[runs.indexOf(lanes.run)];
          const lane = f.keep(firstLane(lanes), 'lane');
          const a = address(p.dy, [group, groupBytes(c.dy)], [first, floatBytes]);
          const b = address(p.x, [group, groupBytes(c.x)], [lane, floatBytes]);
          const large = i32.ltS(block, outs.larger);
          f.run(f.call(multiply, { a, b, sums: p.scratch, large, ahead: 0 }));
          const sums = f.keep(p.scratch, 'row');
          const out = affine([group, s.target.channels], first);
          const to = f.keep(address(p.w, [out, filterBytes], [lane, tapCount(s) * floatBytes]), 'to');
          f.repeat(size, () => {
            f.run(f.call(finish, { sums, to, scratch: taps }));
            f.increase(sums, laneWidth(lanes.run) * floatBytes);
            f.increase(to, filterBytes);
          });
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
    addedTo(scope.within(`Products${i}`), { ...c, run }, { depth, points: 1 }),
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
    addedTo(scope.within(`Block${i}`), { ...c, run }, { depth, points: points(s) }),
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

function stepsByPlanes(s: WinogradShape): GradSteps {
  const c = contextOf(s, s.tiles);
  const tiles = (of: 'x' | 'dy'): Kernel => transformKernel(s, `tiles of ${of}`, c[of]);
  const planes = [s.groups * groupBytes(c.x), s.groups * groupBytes(c.dy)];
  const transforms: Step<ConvOperand>[] = [
    { kernel: tiles('x'), operands: ['x', 'workspace0'] },
    { kernel: tiles('dy'), operands: ['y', 'workspace1'] },
  ];
  if (goesByBlocks(s)) {
    const blocks: Step<ConvOperand> = {
      kernel: blocksKernel(c),
      operands: ['workspace1', 'workspace0', 'w'],
    };
    return { workspaces: planes, steps: [...transforms, blocks] };
  }
  return {
    workspaces: [...planes, c.sums.part],
    steps: [
      ...transforms,
      { kernel: productsKernel(c), operands: ['workspace1', 'workspace0', 'workspace2'] },
      { kernel: finishKernel(c.sums), operands: ['workspace2', 'w'] },
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
 * How many parts the tiles are dealt out in, or 0 for going by planes: parts pay where their sums are small enough for the
 * caches (up to 128 channels to 128), and need tiles enough to give several threads work.
 */
export function partsFor(s: WinogradShape): number {
  const sums = points(s) * s.source.channels * s.target.channels * floatBytes;
  const parts = Math.floor(s.tiles / 128);
  return sums <= 2.5 * 2 ** 20 && parts >= 4 ? Math.min(8, parts) : 0;
}

/** Bytes of dy and x for some out channels and a few lanes that stay in the second cache beside their sums. */
const blockPlaneBytes = 3 * 2 ** 17;

/** Whether tiles are few enough for going by blocks: then sums never leave the caches. */
export const goesByBlocks = (s: WinogradShape): boolean =>
  partsFor(s) === 0 && points(s) * s.tiles * (blockOuts + 16) * floatBytes <= blockPlaneBytes;

export function weightGradSteps(s: WinogradShape): GradSteps {
  const parts = partsFor(s);
  return parts > 0 ? stepsByParts(s, parts) : stepsByPlanes(s);
}
