// The kernel of the weight gradient: units that own a part of the result, each summing band after band of pixels, in order,
// into sums in scratch memory, which it writes out row-major at its end.

import {
  address,
  affine,
  type Func,
  greater,
  i32,
  type Local,
  less,
  type Operand,
  type Scope,
} from '../../assembler/index.ts';
import { divide, type Kernel, unitFunction } from '../kernel.ts';
import { type CodeSite, copyPointers, fillZero, type Pointers } from '../pointers.ts';
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
    emit(scope) {
      const blocks = blockKinds(scope, s);
      return unitFunction(scope, operands, (f, p, number) => doUnit({ f, p, s, blocks }, number));
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

function blockKinds(scope: Scope, s: WeightGradShape): Blocks {
  const { full, rest } = outBlocks(s);
  const { large, small } = runTiles(s);
  const adds = severalBands(s);
  const make = (block: { vectors: number; lastLanes: number }, kind: string): BlockKind => {
    const { vectors } = block;
    const tile = (pixels: number): TileFunction =>
      tileFunction(scope.within(`${kind}${pixels}x${vectors}`), s, { pixels, vectors, adds });
    const larger = tile(large);
    return {
      vectors,
      large: larger,
      small: small === large ? larger : tile(small),
      store: storeFunction(scope.within(`${kind}Store`), s, block),
    };
  };
  const block = full > 0 ? make({ vectors: s.tile.vectors, lastLanes: 4 }, 'Tile') : null;
  return { full, block, rest: rest && make(rest, 'Rest') };
}

/** Where the code of a unit is made. */
interface Site extends CodeSite<WeightGradShape> {
  readonly blocks: Blocks;
}

/** What a unit owns: groups, tiles of the run and blocks of outs, from and to, and where they lie. */
interface Unit extends Site {
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

function doUnit(site: Site, number: Local<'i32'>): void {
  const { f, p, s } = site;
  const d = divisionOf(s);
  const [a, outPart] = divide(f, number, d.outParts);
  const [b, runPart] = divide(f, a, d.runParts);
  const [c, slot] = divide(f, b, slotsOf(s));
  const [part, groupPart] = divide(f, c, d.groupParts);
  const unit = unitOf(site, { outPart, runPart, slot, groupPart });
  if (severalBands(s))
    fillZero(f, p.scratch, f.keep(address(p.scratch, d.unitGroups * groupSums(s)), 'sumsEnd'));
  const { count, perBand } = stripsOf(s);
  const [first, last] = dealt(f, { name: 'strip', count, parts: d.parts }, part);
  f.range('band', first, last, perBand, (from) => {
    const to = f.keep(less(affine(from, perBand), last), 'bandEnd');
    const end = emitList(unit, from, to);
    sumBand(unit, packBand(unit, end), end);
  });
  storeUnit(unit, { w: f.keep(address(p.w, [part, partFloats(s) * 4]), 'wPart'), slot });
}

/** Things dealt to parts. */
interface Deal {
  readonly name: string;
  readonly count: number;
  readonly parts: number;
}

/** Those of part k: from and to. */
function dealt(f: Func, { name, count, parts }: Deal, k: Local<'i32'>) {
  const bound = (i: Operand<'i32'>) => i32.divU(affine([i, count]), parts);
  return [f.keep(bound(k), `${name}From`), f.keep(bound(affine(k, 1)), `${name}To`)] as const;
}

function unitOf(site: Site, parts: Pointers<'outPart' | 'runPart' | 'slot' | 'groupPart'>): Unit {
  const { f, p, s, blocks } = site;
  const d = divisionOf(s);
  const tiles = { name: 'tile', count: runTiles(s).count, parts: d.runParts };
  const [tileFrom, tileTo] = dealt(f, tiles, parts.runPart);
  const outs = { name: 'block', count: blocks.full + (blocks.rest ? 1 : 0), parts: d.outParts };
  const [blockFrom, blockTo] = dealt(f, outs, parts.outPart);
  const groupFrom = f.keep(affine([parts.groupPart, d.unitGroups]), 'groupFrom');
  const groups = f.keep(affine(s.groups, [groupFrom, -1]), 'groups');
  f.set(groups, less(groups, d.unitGroups));
  const scratch = (name: 'list' | 'x' | 'y') => f.keep(address(p.scratch, placesOf(s)[name]), name);
  const place = {
    x: f.keep(address(p.x, [groupFrom, s.ins * 4]), 'xGroups'),
    ...{ groups, list: scratch('list'), copy: scratch('x') },
    ...slotTaps(f, s, parts.slot),
  };
  const y = f.keep(address(p.y, [groupFrom, s.outs * 4]), 'yGroups');
  const yCopy = scratch('y');
  const owned = { groupFrom, tileFrom, tileTo, blockFrom, blockTo };
  return { ...site, ...owned, sums: p.scratch, place, y, yCopy };
}

type Places = Pointers<'xBand' | 'yBand'>;

/** Where a band's x of the first position and y of the first lane begin, after packing what needs it. */
function packBand(u: Unit, listEnd: Local<'i32'>): Places {
  const { f, s, place } = u;
  const position = positionOf(f, s, u.tileFrom);
  const xBand = f.keep(address(s.rows ? place.copy : place.x, [position, 4]), 'xBand');
  const yBand = f.keep(address(u.y, [u.blockFrom, s.tile.vectors * 16]), 'yBand');
  const packed = (array: 'x' | 'y', from: Local<'i32'>, to: Local<'i32'>): Local<'i32'> => {
    packPixels(u, array, { list: place.list, listEnd, from, to });
    return f.keep(to, `${array}Packed`);
  };
  return {
    xBand: s.packs.x ? packed('x', xBand, place.copy) : xBand,
    yBand: s.packs.y ? packed('y', yBand, u.yCopy) : yBand,
  };
}

/** All tiles of a unit over the pixels of one band. */
function sumBand(u: Unit, group: Places, listEnd: Local<'i32'>): void {
  const { f, s, place } = u;
  overGroups(u, (ofGroup) => {
    const y = f.keep(group.yBand, 'yBlock');
    overBlocks({ ...u, sums: ofGroup }, ({ kind, sums }) => {
      sumBlock(u, kind, { xBand: group.xBand, yBand: y, sums, list: place.list, listEnd });
      f.increase(y, kind.vectors * 16);
    });
    f.increase(group.xBand, s.rows ? copyBytes(s) : s.ins * 4);
    f.increase(group.yBand, s.outs * 4);
  });
}

/** All tiles of one block of outs. */
function sumBlock(
  { f, s, tileFrom, tileTo }: Unit,
  kind: BlockKind,
  from: Pointers<'xBand' | 'yBand' | 'sums' | 'list' | 'listEnd'>,
): void {
  const sizes = runTiles(s);
  const { count, larger } = sizes;
  const p = { ...from, ...copyPointers(f, from, ['xBand', 'sums']) };
  const tiles = (first: Operand<'i32'>, last: Operand<'i32'>, size: 'large' | 'small'): void =>
    f.range('tile', first, last, 1, () => {
      f.run(f.call(kind[size], p));
      f.increase(p.xBand, sizes[size] * 4);
      f.increase(p.sums, sizes[size] * kind.vectors * 16);
    });
  tiles(tileFrom, less(tileTo, larger), 'large');
  if (larger < count) tiles(greater(tileFrom, larger), tileTo, 'small');
}

/** `body` for each group of a unit, with where its sums begin. */
function overGroups({ f, s, sums, place }: Unit, body: (sums: Local<'i32'>) => void): void {
  const ofGroup = f.keep(sums, 'sumsGroup');
  f.repeat(divisionOf(s).unitGroups === 1 ? 1 : place.groups, () => {
    body(ofGroup);
    f.increase(ofGroup, groupSums(s));
  });
}

/** The first position of tile number `tile`. */
function positionOf(f: Func, s: WeightGradShape, tile: Local<'i32'>): Local<'i32'> {
  const { larger, large, small } = runTiles(s);
  const before = affine([less(tile, larger), large - small]);
  return f.keep(affine([tile, small], before), 'position');
}

interface BlockPlace {
  readonly kind: BlockKind;
  readonly sums: Local<'i32'>;
  readonly lane: Local<'i32'>;
}

/** `body` for every block of a unit: its functions, its sums and its first lane. */
function overBlocks(u: Unit, body: (place: BlockPlace) => void): void {
  const { f, s, blockFrom, blockTo } = u;
  const { full, block, rest } = u.blocks;
  const sums = f.keep(u.sums, 'sumsBlock');
  const lanes = s.tile.vectors * 4;
  if (block) {
    f.range('block', blockFrom, less(blockTo, full), 1, (b) => {
      body({ kind: block, sums, lane: f.keep(affine([b, lanes]), 'lane') });
      f.increase(sums, blockBytes(s));
    });
  }
  if (rest) {
    f.if(i32.gtS(blockTo, full), () =>
      body({ kind: rest, sums, lane: f.keep(i32.const(full * lanes), 'lane') }),
    );
  }
}

/** Writes a unit's sums to their places in the tensor. */
function storeUnit(u: Unit, target: Pointers<'w' | 'slot'>): void {
  const { f, s } = u;
  const position = positionOf(f, s, u.tileFrom);
  const count = f.keep(affine(positionOf(f, s, u.tileTo), [position, -1]), 'count');
  const out = f.keep(affine([u.groupFrom, s.outs]), 'out');
  overGroups(u, (ofGroup) => {
    overBlocks({ ...u, sums: ofGroup }, ({ kind, sums, lane }) =>
      f.run(f.call(kind.store, { ...target, out: affine(out, lane), sums, position, count })),
    );
    f.increase(out, s.outs);
  });
}
