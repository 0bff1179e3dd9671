// The kernel of the weight gradient: units that own a part of the result, each summing band after band of pixels, in order,
// into sums in scratch memory, which it writes out row-major at its end.

import { type Func, i32, type Local, type Module, type Operand, select, v128 } from '../assembler/index.ts';
import { divide } from './depthwiseBlocks.ts';
import { type Kernel, kernelParams } from './kernel.ts';
import { copyBytes, emitList, listBytes, type SlotPlace, slotTaps } from './weightGradPixels.ts';
import {
  divisionOf,
  outBlocks,
  runTiles,
  slotsOf,
  stripsOf,
  type WeightGradShape,
  weightsOf,
} from './weightGradShape.ts';
import { storeFunction } from './weightGradStore.ts';
import { sumsPitch, type TileFunction, tileFunction } from './weightGradTile.ts';

/** Operands: x, y, w: row-major weights, one array behind the other for each part of the pixels. */
export function weightGradKernel(s: WeightGradShape, key: string): Kernel {
  const operands = ['x', 'y', 'w'];
  return {
    key,
    operands,
    units: divisionOf(s).units,
    scratchBytes: sumsBytes(s) + listBytes(s) + copyBytes(s),
    emit: (m, name) => {
      const blocks = blockKinds(m, name, s);
      return m.func(name, kernelParams(operands), (f, p) => {
        f.range('unit', p.from, p.to, 1, (unit) => emitUnit(f, s, blocks, p, unit));
      });
    },
  };
}

/** Floats from one part's weights to the next's. */
export const partFloats = (s: WeightGradShape): number => Math.ceil(weightsOf(s) / 4) * 4;

/** Most positions of a unit. */
function unitRun(s: WeightGradShape): number {
  const { count, large } = runTiles(s);
  return Math.ceil(count / divisionOf(s).runParts) * large;
}

const blockBytes = (s: WeightGradShape): number => unitRun(s) * sumsPitch(s, s.tile.vectors) * 16;

/** [block of outs][position][vector of block] */
function sumsBytes(s: WeightGradShape): number {
  const { full, rest } = outBlocks(s);
  return Math.ceil((full + (rest ? 1 : 0)) / divisionOf(s).outParts) * blockBytes(s);
}

/** Whether the strips of a part make several bands, so that sums are added to. */
function severalBands(s: WeightGradShape): boolean {
  const { count, perBand } = stripsOf(s);
  return Math.ceil(count / divisionOf(s).parts) > perBand;
}

/** The functions for blocks of one width. */
interface BlockKind {
  readonly vectors: number;
  readonly large: TileFunction;
  readonly small: TileFunction;
  readonly store: ReturnType<typeof storeFunction>;
}

interface Blocks {
  readonly full: number;
  readonly block: BlockKind | null;
  readonly rest: BlockKind | null;
}

function blockKinds(m: Module, name: string, s: WeightGradShape): Blocks {
  const { full, rest } = outBlocks(s);
  const { large, small } = runTiles(s);
  const make = (vectors: number, lastLanes: number, kind: string): BlockKind => {
    const tile = (pixels: number): TileFunction =>
      tileFunction(m, `${name}${kind}${pixels}x${vectors}`, s, { pixels, vectors }, severalBands(s));
    const larger = tile(large);
    return {
      vectors,
      large: larger,
      small: small === large ? larger : tile(small),
      store: storeFunction(m, `${name}${kind}Store`, s, vectors, lastLanes),
    };
  };
  const block = full > 0 ? make(s.tile.vectors, 4, 'Tile') : null;
  return { full, block, rest: rest && make(rest.vectors, rest.lastLanes, 'Rest') };
}

type Pointers = Record<string, Local<'i32'>>;

/** What a unit owns: tiles of the run and blocks of outs, from and to, and where they lie. */
interface Unit {
  readonly tileFrom: Local<'i32'>;
  readonly tileTo: Local<'i32'>;
  readonly blockFrom: Local<'i32'>;
  readonly blockTo: Local<'i32'>;
  readonly sums: Local<'i32'>;
  readonly place: SlotPlace;
  /** The group's first channel in y. */
  readonly y: Local<'i32'>;
}

function emitUnit(f: Func, s: WeightGradShape, blocks: Blocks, p: Pointers, number: Local<'i32'>): void {
  const d = divisionOf(s);
  const [a, outPart] = divide(f, number, d.outParts);
  const [b, runPart] = divide(f, a, d.runParts);
  const [c, slot] = divide(f, b, slotsOf(s));
  const [part, group] = divide(f, c, s.groups);
  const dealt = (count: number, parts: number, k: Operand<'i32'>, name: string) =>
    f.keep(i32.divU(i32.mul(k, count), parts), name);
  const both = (count: number, parts: number, k: Local<'i32'>, name: string) =>
    [dealt(count, parts, k, `${name}From`), dealt(count, parts, i32.add(k, 1), `${name}To`)] as const;
  const tiles = both(runTiles(s).count, d.runParts, runPart, 'tile');
  const outs = both(blocks.full + (blocks.rest ? 1 : 0), d.outParts, outPart, 'block');
  const x = f.keep(i32.add(p.x, i32.mul(group, s.ins * 4)), 'xGroup');
  const list = f.keep(i32.add(p.scratch, sumsBytes(s)), 'list');
  const copy = f.keep(i32.add(list, listBytes(s)), 'copy');
  const unit: Unit = {
    ...{ tileFrom: tiles[0], tileTo: tiles[1], blockFrom: outs[0], blockTo: outs[1] },
    sums: p.scratch,
    place: { x, list, copy, ...slotTaps(f, s, slot) },
    y: f.keep(i32.add(p.y, i32.mul(group, s.outs * 4)), 'yGroup'),
  };
  if (severalBands(s)) clear(f, p.scratch, sumsBytes(s));
  const strips = both(stripsOf(s).count, d.parts, part, 'strip');
  overBands(f, s, strips, (from, to) => {
    const end = emitList(f, s, unit.place, from, to);
    sumBand(f, s, blocks, unit, end);
  });
  const w = i32.add(p.w, i32.mul(part, partFloats(s) * 4));
  storeUnit(f, s, blocks, unit, { w: f.keep(w, 'wPart'), group, slot });
}

function clear(f: Func, from: Local<'i32'>, bytes: number): void {
  const at = f.keep(from, 'clearAt');
  f.repeat(bytes / 16, () => {
    f.run(v128.store(at, v128.const4F(0, 0, 0, 0)));
    f.increase(at, 16);
  });
}

function overBands(
  f: Func,
  s: WeightGradShape,
  [from, to]: readonly [Local<'i32'>, Local<'i32'>],
  body: (from: Local<'i32'>, to: Local<'i32'>) => void,
): void {
  const { perBand } = stripsOf(s);
  f.range('band', from, to, perBand, (band) => {
    const end = i32.add(band, perBand);
    body(band, f.keep(select(end, to, i32.ltS(end, to)), 'bandEnd'));
  });
}

/** All tiles of a unit over the pixels of one band. */
function sumBand(f: Func, s: WeightGradShape, blocks: Blocks, u: Unit, listEnd: Local<'i32'>): void {
  overBlocks(f, s, blocks, u, ({ kind, sums, lane }) => {
    const y = f.keep(i32.add(u.y, i32.mul(lane, 4)), 'yBlock');
    const { larger, large, small } = runTiles(s);
    const at = f.keep(sums, 'sumsAt');
    const x = f.keep(
      i32.add(s.rows ? u.place.copy : u.place.x, i32.mul(positionOf(f, s, u.tileFrom), 4)),
      'x',
    );
    const tiles = (from: Operand<'i32'>, to: Operand<'i32'>, size: number, call: TileFunction): void =>
      f.range('tile', from, to, 1, () => {
        f.run(f.call(call, { x, y, sums: at, list: u.place.list, listEnd }));
        f.increase(x, size * 4);
        f.increase(at, size * sumsPitch(s, kind.vectors) * 16);
      });
    tiles(u.tileFrom, smaller(u.tileTo, larger), large, kind.large);
    if (small !== large || larger < runTiles(s).count)
      tiles(atLeast(u.tileFrom, larger), u.tileTo, small, kind.small);
  });
}

const smaller = (a: Local<'i32'>, b: number) => select(a, i32.const(b), i32.ltS(a, b));
const atLeast = (a: Local<'i32'>, b: number) => select(a, i32.const(b), i32.gtS(a, b));

/** The first position of tile number `tile`. */
function positionOf(f: Func, s: WeightGradShape, tile: Local<'i32'>): Local<'i32'> {
  const { larger, large, small } = runTiles(s);
  const before = i32.mul(smaller(tile, larger), large - small);
  return f.keep(i32.add(i32.mul(tile, small), before), 'position');
}

interface BlockPlace {
  readonly kind: BlockKind;
  readonly sums: Local<'i32'>;
  readonly lane: Local<'i32'>;
}

/** `body` for every block of a unit: its functions, its sums and its first lane. */
function overBlocks(
  f: Func,
  s: WeightGradShape,
  { full, block, rest }: Blocks,
  u: Unit,
  body: (place: BlockPlace) => void,
): void {
  const sums = f.keep(u.sums, 'sumsBlock');
  const lanes = s.tile.vectors * 4;
  if (block) {
    f.range('block', u.blockFrom, smaller(u.blockTo, full), 1, (b) => {
      body({ kind: block, sums, lane: f.keep(i32.mul(b, lanes), 'lane') });
      f.increase(sums, blockBytes(s));
    });
  }
  if (rest) {
    f.if(i32.gtS(u.blockTo, full), () =>
      body({ kind: rest, sums, lane: f.keep(i32.const(full * lanes), 'lane') }),
    );
  }
}

interface Target {
  readonly w: Local<'i32'>;
  readonly group: Local<'i32'>;
  readonly slot: Local<'i32'>;
}

/** Writes a unit's sums to their places in the tensor. */
function storeUnit(f: Func, s: WeightGradShape, blocks: Blocks, u: Unit, t: Target): void {
  const position = positionOf(f, s, u.tileFrom);
  const count = f.keep(i32.sub(positionOf(f, s, u.tileTo), position), 'count');
  overBlocks(f, s, blocks, u, ({ kind, sums, lane }) => {
    const out = i32.add(i32.mul(t.group, s.outs), lane);
    const { group: _, ...to } = { ...t, out, sums, position, count };
    f.run(f.call(kind.store, to));
  });
}
