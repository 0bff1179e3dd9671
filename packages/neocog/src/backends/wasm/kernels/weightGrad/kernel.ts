// The kernel of the weight gradient: units that own a part of the result, each summing band after band of pixels, in order,
// into sums in scratch memory, which it writes out row-major at its end.

import {
  type Func,
  greater,
  i32,
  type Local,
  less,
  type Module,
  type Operand,
} from '../../assembler/index.ts';
import { divide } from '../depthwise/blocks.ts';
import { type Kernel, unitFunction } from '../kernel.ts';
import { copyPointers, fillZero } from '../pointers.ts';
import {
  copyBytes,
  emitList,
  listBytes,
  packedBytes,
  packPixels,
  type SlotPlace,
  slotTaps,
} from './pixels.ts';
import {
  divisionOf,
  outBlocks,
  runTiles,
  slotsOf,
  stripsOf,
  unitRun,
  unitVectors,
  type WeightGradShape,
  weightsOf,
} from './shape.ts';
import { storeFunction } from './store.ts';
import { type TileFunction, tileFunction } from './tile.ts';

/** Operands: x, y, w: row-major weights, one array behind the other for each part of the pixels. */
export function weightGradKernel(s: WeightGradShape, key: string): Kernel {
  const operands = ['x', 'y', 'w'];
  return {
    key,
    operands,
    units: divisionOf(s).units,
    scratchBytes: placesOf(s).end,
    emit: (m, name) => {
      const blocks = blockKinds(m, name, s);
      return unitFunction(m, name, operands, (f, p, unit) => emitUnit(f, s, blocks, p, unit));
    },
  };
}

/** Floats from one part's weights to the next's. */
export const partFloats = (s: WeightGradShape): number => Math.ceil(weightsOf(s) / 4) * 4;

/** Bytes of a block's sums: [position][vector]. */
const blockBytes = (s: WeightGradShape): number => unitRun(s) * s.tile.vectors * 16;
/** Of one group's sums: [block of outs][position][vector]. */
const groupSums = (s: WeightGradShape): number => (unitVectors(s) / s.tile.vectors) * blockBytes(s);

/** Where things begin in scratch memory, behind the sums of all groups. */
function placesOf(s: WeightGradShape) {
  const { unitGroups } = divisionOf(s);
  const list = unitGroups * groupSums(s);
  const x = list + listBytes(s);
  const y = x + unitGroups * copyBytes(s) + packedBytes(s, 'x');
  return { list, x, y, end: y + packedBytes(s, 'y') };
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

/** What a unit owns: groups, tiles of the run and blocks of outs, from and to, and where they lie. */
interface Unit {
  readonly groupFrom: Local<'i32'>;
  readonly tileFrom: Local<'i32'>;
  readonly tileTo: Local<'i32'>;
  readonly blockFrom: Local<'i32'>;
  readonly blockTo: Local<'i32'>;
  /** [group][block of outs][position][vector of block] */
  readonly sums: Local<'i32'>;
  readonly place: SlotPlace;
  /** The first group's first channel in y. */
  readonly y: Local<'i32'>;
  /** Where y may be packed. */
  readonly yCopy: Local<'i32'>;
}

function emitUnit(f: Func, s: WeightGradShape, blocks: Blocks, p: Pointers, number: Local<'i32'>): void {
  const d = divisionOf(s);
  const [a, outPart] = divide(f, number, d.outParts);
  const [b, runPart] = divide(f, a, d.runParts);
  const [c, slot] = divide(f, b, slotsOf(s));
  const [part, groupPart] = divide(f, c, d.groupParts);
  const unit = unitOf(f, s, blocks, p, { outPart, runPart, slot, groupPart });
  if (severalBands(s))
    fillZero(f, p.scratch, f.keep(i32.add(p.scratch, d.unitGroups * groupSums(s)), 'sumsEnd'));
  overBands(f, s, dealt(f, stripsOf(s).count, d.parts, part, 'strip'), (from, to) => {
    const end = emitList(f, s, unit.place, from, to);
    sumBand(f, s, blocks, unit, packBand(f, s, unit, end), end);
  });
  const w = f.keep(i32.add(p.w, i32.mul(part, partFloats(s) * 4)), 'wPart');
  storeUnit(f, s, blocks, unit, { w, slot });
}

/** Of `count` things dealt to `parts`, those of part k: from and to. */
function dealt(f: Func, count: number, parts: number, k: Local<'i32'>, name: string) {
  const bound = (i: Operand<'i32'>) => i32.divU(i32.mul(i, count), parts);
  return [f.keep(bound(k), `${name}From`), f.keep(bound(i32.add(k, 1)), `${name}To`)] as const;
}

function unitOf(
  f: Func,
  s: WeightGradShape,
  blocks: Blocks,
  p: Pointers,
  parts: Record<'outPart' | 'runPart' | 'slot' | 'groupPart', Local<'i32'>>,
): Unit {
  const d = divisionOf(s);
  const [tileFrom, tileTo] = dealt(f, runTiles(s).count, d.runParts, parts.runPart, 'tile');
  const [blockFrom, blockTo] = dealt(
    f,
    blocks.full + (blocks.rest ? 1 : 0),
    d.outParts,
    parts.outPart,
    'block',
  );
  const groupFrom = f.keep(i32.mul(parts.groupPart, d.unitGroups), 'groupFrom');
  const groups = f.keep(i32.sub(s.groups, groupFrom), 'groups');
  f.set(groups, less(groups, d.unitGroups));
  const scratch = (name: 'list' | 'x' | 'y') => f.keep(i32.add(p.scratch, placesOf(s)[name]), name);
  const place = {
    x: f.keep(i32.add(p.x, i32.mul(groupFrom, s.ins * 4)), 'xGroups'),
    ...{ groups, list: scratch('list'), copy: scratch('x') },
    ...slotTaps(f, s, parts.slot),
  };
  const y = f.keep(i32.add(p.y, i32.mul(groupFrom, s.outs * 4)), 'yGroups');
  const yCopy = scratch('y');
  return { groupFrom, tileFrom, tileTo, blockFrom, blockTo, sums: p.scratch, place, y, yCopy };
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
    body(band, f.keep(less(end, to), 'bandEnd'));
  });
}

type Places = Readonly<Record<'x' | 'y', Local<'i32'>>>;

/** Where a band's x of the first position and y of the first lane begin, after packing what needs it. */
function packBand(f: Func, s: WeightGradShape, u: Unit, listEnd: Local<'i32'>): Places {
  const x = f.keep(s.rows ? u.place.copy : u.place.x, 'xBand');
  const y = f.keep(u.y, 'yBand');
  f.increase(x, i32.mul(positionOf(f, s, u.tileFrom), 4));
  f.increase(y, i32.mul(u.blockFrom, s.tile.vectors * 16));
  const { list } = u.place;
  if (s.packs.x) {
    packPixels(f, s, 'x', { list, listEnd, from: x, to: u.place.copy });
    f.set(x, u.place.copy);
  }
  if (s.packs.y) {
    packPixels(f, s, 'y', { list, listEnd, from: y, to: u.yCopy });
    f.set(y, u.yCopy);
  }
  return { x, y };
}

/** All tiles of a unit over the pixels of one band. */
function sumBand(
  f: Func,
  s: WeightGradShape,
  blocks: Blocks,
  u: Unit,
  group: Places,
  listEnd: Local<'i32'>,
): void {
  overGroups(f, s, u, (sumsGroup) => {
    const y = f.keep(group.y, 'yBlock');
    overBlocks(f, s, blocks, { ...u, sums: sumsGroup }, ({ kind, sums }) => {
      sumBlock(f, s, u, kind, { x: group.x, y, sums, list: u.place.list, listEnd });
      f.increase(y, kind.vectors * 16);
    });
    f.increase(group.x, s.rows ? copyBytes(s) : s.ins * 4);
    f.increase(group.y, s.outs * 4);
  });
}

/** All tiles of one block of outs. */
function sumBlock(
  f: Func,
  s: WeightGradShape,
  u: Unit,
  kind: BlockKind,
  from: Record<'x' | 'y' | 'sums' | 'list' | 'listEnd', Local<'i32'>>,
): void {
  const { count, larger, large, small } = runTiles(s);
  const p = { ...from, ...copyPointers(f, from, ['x', 'sums']) };
  const tiles = (first: Operand<'i32'>, last: Operand<'i32'>, size: number, call: TileFunction): void =>
    f.range('tile', first, last, 1, () => {
      f.run(f.call(call, p));
      f.increase(p.x, size * 4);
      f.increase(p.sums, size * kind.vectors * 16);
    });
  tiles(u.tileFrom, less(u.tileTo, larger), large, kind.large);
  if (larger < count) tiles(greater(u.tileFrom, larger), u.tileTo, small, kind.small);
}

/** `body` for each group of a unit, with where its sums begin. */
function overGroups(f: Func, s: WeightGradShape, u: Unit, body: (sums: Local<'i32'>) => void): void {
  const sums = f.keep(u.sums, 'sumsGroup');
  f.repeat(divisionOf(s).unitGroups === 1 ? 1 : u.place.groups, () => {
    body(sums);
    f.increase(sums, groupSums(s));
  });
}

/** The first position of tile number `tile`. */
function positionOf(f: Func, s: WeightGradShape, tile: Local<'i32'>): Local<'i32'> {
  const { larger, large, small } = runTiles(s);
  const before = i32.mul(less(tile, larger), large - small);
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
    f.range('block', u.blockFrom, less(u.blockTo, full), 1, (b) => {
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

/** Writes a unit's sums to their places in the tensor. */
function storeUnit(
  f: Func,
  s: WeightGradShape,
  blocks: Blocks,
  u: Unit,
  target: { readonly w: Local<'i32'>; readonly slot: Local<'i32'> },
): void {
  const position = positionOf(f, s, u.tileFrom);
  const count = f.keep(i32.sub(positionOf(f, s, u.tileTo), position), 'count');
  const out = f.keep(i32.mul(u.groupFrom, s.outs), 'out');
  overGroups(f, s, u, (sumsGroup) => {
    overBlocks(f, s, blocks, { ...u, sums: sumsGroup }, ({ kind, sums, lane }) =>
      f.run(f.call(kind.store, { ...target, out: i32.add(out, lane), sums, position, count })),
    );
    f.increase(out, s.outs);
  });
}
