// Code that walks a loop nest: from the number of an item to addresses, vectors of formulas at a place, and what of a
// formula need not be computed anew along an axis. A place is one address (or coordinate) per mover.

import { type Expr, nodesOf, operands } from '../../../../expression/expression.ts';
import { isSlow } from '../../../../expression/slow.ts';
import {
  address,
  affine,
  type Code,
  type Func,
  f32x4,
  i32,
  i32x4,
  type Local,
  type Operand,
  select,
  v128,
} from '../../assembler/index.ts';
import { emitFormula, type Known, type Leaves } from '../../fused/formula.ts';
import type { Vector } from '../../fused/math.ts';
import { type Lanes, loadLanes } from '../lanes.ts';
import { i32Params, type Pointers, type PointersFunction } from '../pointers.ts';
import { floatBytes, lanes, vectorBytes } from '../sizes.ts';
import { type Grid, type LoopAxis, type LoopNest, type Mover, nodesOfAll, type Pieces } from './loopNest.ts';

export type Place = readonly Local<'i32'>[];

/** A nest in a function, whose parameters are operands, tables among them. */
export interface NestSite {
  readonly f: Func;
  readonly p: Pointers;
  readonly nest: LoopNest;
}

/** Where a nest begins: the operands of a kernel's function; coordinates, and arrays it is not given, at 0. */
export const originOf = ({ f, p, nest }: NestSite): Place =>
  nest.movers.map(({ name, kind, start }) => {
    const given = kind === 'position' ? undefined : p[name];
    return given ? f.keep(address(given, start), name) : f.local('i32', name);
  });

/** Parameters of an inner function that takes a place. */
export const placeParams = ({ movers }: LoopNest): Record<string, 'i32'> =>
  i32Params(movers.map(({ name }) => name));

export const placeArguments = ({ movers }: LoopNest, place: Place): Pointers =>
  Object.fromEntries(movers.map(({ name }, i) => [name, place[i]]));

export const placeOf = ({ movers }: LoopNest, params: Pointers): Place =>
  movers.map(({ name }) => params[name]);

export const copyPlace = (f: Func, place: Place): Place => place.map((at) => f.keep(at, at.local));

/** What `count` cells along an axis are for each mover. */
export const cellsAlong = ({ steps }: LoopAxis, count: number): number[] => steps.map((step) => step * count);

/** Moves a place. */
export function advance(f: Func, place: Place, by: readonly number[]): void {
  by.forEach((bytes, i) => {
    if (bytes !== 0) f.increase(place[i], bytes);
  });
}

/** The place of cell number `index` of some axes, row-major, counted from `origin`. */
export function placeAt(
  { f, p, nest, origin }: NestSite & { readonly origin: Place },
  axes: readonly LoopAxis[],
  index: Local<'i32'>,
): Place {
  const place = copyPlace(f, origin);
  let rest = index;
  [...axes].reverse().forEach((axis, i) => {
    const outermost = i === axes.length - 1;
    const coordinate = outermost ? rest : f.keep(i32.remU(rest, axis.size), 'coordinate');
    if (!outermost) rest = f.keep(i32.divU(rest, axis.size), 'rest');
    axis.steps.forEach((step, m) => {
      if (step !== 0) f.increase(place[m], [coordinate, step]);
    });
    for (const { mover, operand } of axis.tables) {
      const entry = i32.load(address(p[operand], i32.shl(coordinate, 2)));
      f.increase(place[nest.movers.findIndex(({ name }) => name === mover)], entry);
    }
  });
  return place;
}

/** The rows of piece number `index mod pieces`. */
export function rowsOfPiece(f: Func, pieces: Pieces, index: Local<'i32'>): Operand<'i32'> {
  const { axis, rows, lastRows } = pieces;
  if (lastRows === rows) return rows;
  if (axis.size === 1) return lastRows;
  return f.keep(select(i32.const(lastRows), i32.const(rows), isLastPiece(pieces, index)), 'rows');
}

export const isLastPiece = ({ axis }: Pieces, index: Local<'i32'>): Operand<'i32'> =>
  axis.size === 1 ? 1 : i32.eq(i32.remU(index, axis.size), axis.size - 1);

/** Runs `body` for each item of units `from` to `to`, with `group` items to the unit. */
export function overItems(
  { f, p }: Pick<NestSite, 'f' | 'p'>,
  { items, group }: Pick<Items, 'items' | 'group'>,
  body: (item: Local<'i32'>) => void,
): void {
  const scaled = (unit: Local<'i32'>): Code<'i32'> => (group === 1 ? unit : affine([unit, group]));
  const end = f.keep(scaled(p.to), 'end');
  if (items % group !== 0) f.set(end, select(end, i32.const(items), i32.ltU(end, items)));
  f.range('item', scaled(p.from), end, 1, body);
}

/** Code for whole pieces and for a last one that is shorter; either may be missing. */
export interface WholeAndLast {
  readonly whole: PointersFunction | false;
  readonly last: PointersFunction | false;
  readonly isLast: Operand<'i32'>;
}

export function callWholeOrLast(
  f: Func,
  { whole, last, isLast }: WholeAndLast,
  args: Readonly<Record<string, Operand<'i32'>>>,
): void {
  if (whole && last)
    f.if(
      isLast,
      () => f.run(f.call(last, args)),
      () => f.run(f.call(whole, args)),
    );
  else if (whole) f.run(f.call(whole, args));
  else if (last) f.run(f.call(last, args));
}

/** What a kernel's function counts through: units are groups of items. */
export interface Items {
  readonly operands: readonly string[];
  readonly items: number;
  readonly group: number;
}

/** `vectors` neighbouring vectors along the lanes from a place on, the last one with fewer lanes at the end of the axis. */
export interface Block {
  readonly place: Place;
  readonly vectors: number;
  readonly lastLanes: number;
}

export const lanesOf = (block: Pick<Block, 'vectors' | 'lastLanes'>, vector: number): number =>
  vector === block.vectors - 1 ? block.lastLanes : lanes;

/** Lanes to be walked, in blocks of `vectors`. */
export interface Lane {
  readonly lane: LoopAxis;
  readonly vectors: number;
  readonly place: Place;
}

/** Runs `body` for each block of lanes; their place moves along. */
export function overBlocks(
  f: Func,
  { lane, vectors, place: from }: Lane,
  body: (block: Block) => void,
): void {
  const width = vectors * lanes;
  const place = copyPlace(f, from);
  const full = Math.floor(lane.size / width);
  if (full > 0)
    f.repeat(full, () => {
      body({ place, vectors, lastLanes: lanes });
      advance(f, place, cellsAlong(lane, width));
    });
  const rest = lane.size % width;
  if (rest > 0) body({ place, vectors: Math.ceil(rest / lanes), lastLanes: rest % lanes || lanes });
}

/** A vector of cells: which one from a place on, and how many of its lanes count. */
export interface Spot {
  readonly place: Place;
  readonly vector: number;
  readonly lanes: number;
}

/** Where a spot's values lie for a mover that advances by `step` bytes per lane. */
export const spotLanes = (at: Local<'i32'>, step: number, spot: Omit<Spot, 'place'>): Lanes => ({
  at,
  step,
  count: spot.lanes,
  offset: step * spot.vector * lanes,
});

/** Where the values of formulas are made. */
export interface FormulaSite {
  readonly f: Func;
  readonly nest: LoopNest;
  readonly grid: Grid;
}

function leavesAt({ f, nest, grid: { lane } }: FormulaSite, spot: Spot): Leaves {
  const find = (kind: Mover['kind'], index: number): number =>
    nest.movers.findIndex((m) => m.kind === kind && m.index === index);
  return {
    input: (index) => {
      const [mover, list] = [find('input', index), find('list', index)];
      const bits =
        list < 0
          ? load(spot.place[mover], lane.steps[mover], spot)
          : loadListed(spot.place[mover], spot.place[list], spot);
      return nest.movers[mover].type === 'int32' ? f32x4.convertI32x4S(bits) : bits;
    },
    position: (axis) => {
      const mover = find('position', axis);
      const [at, step] = [i32x4.splat(spot.place[mover]), lane.steps[mover]];
      const of = (i: number): number => step * (spot.vector * lanes + i);
      const coordinates =
        step === 0 ? at : i32x4.add(at, f.constant(v128.const4I(of(0), of(1), of(2), of(3))));
      return f32x4.convertI32x4S(coordinates);
    },
  };
}

/** Contiguous lanes may reach past the end; others are loaded one by one. */
function load(pointer: Local<'i32'>, step: number, spot: Spot): Vector {
  if (step === 0) return v128.load32Splat(pointer);
  if (step === floatBytes) return v128.load(address(pointer, spot.vector * vectorBytes));
  return loadLanes(spotLanes(pointer, step, spot));
}

/** Lanes that lie where a list says, in bytes from an address on. */
function loadListed(from: Local<'i32'>, list: Local<'i32'>, { vector, lanes: count }: Spot): Vector {
  const place = (lane: number): Code<'i32'> =>
    address(from, i32.load(address(list, vector * vectorBytes + lane * floatBytes)));
  let values: Vector = v128.load32Zero(place(0));
  for (let lane = 1; lane < count; lane++) values = v128.load32Lane(place(lane), values, lane);
  return values;
}

/** Computes, once, the parts of the formulas that stay the same along all of `axes`, besides what is known. */
function keepStill({ f, nest }: FormulaSite, axes: readonly LoopAxis[], leaves: Leaves): Known {
  const isStill = (kinds: readonly Mover['kind'][], index: number): boolean =>
    nest.movers.every(
      (m, i) => !kinds.includes(m.kind) || m.index !== index || axes.every((a) => a.steps[i] === 0),
    );
  const still = new Set<Expr>();
  const values = new Map(leaves.known ?? []);
  for (const node of nodesOfAll(nest.exprs)) {
    if (node.op === 'input' && !isStill(['input', 'list'], node.index)) continue;
    if (node.op === 'position' && !isStill(['position'], node.axis)) continue;
    if (!operands(node).every((o) => still.has(o))) continue;
    still.add(node);
    if (node.op === 'const' || values.has(node)) continue;
    values.set(node, f.keep(emitFormula(f, node, { ...leaves, known: values }), node.op));
  }
  return values;
}

/** What is known before the loop over rows: for all vectors of a block, and for each. */
export interface Invariants {
  readonly everywhere: Known;
  readonly vectors: readonly Known[];
}

const leavesOf =
  (site: FormulaSite, block: Block) =>
  (vector: number): Leaves =>
    leavesAt(site, { place: block.place, vector, lanes: lanesOf(block, vector) });

export function blockInvariants(site: FormulaSite, block: Block): Invariants {
  const { row, lane } = site.grid;
  const leaves = leavesOf(site, block);
  const everywhere = keepStill(site, [row, lane], leaves(0));
  const vectors = Array.from({ length: block.vectors }, (_, vector) =>
    keepStill(site, [row], { ...leaves(vector), known: everywhere }),
  );
  return { everywhere, vectors };
}

/**
 * The values of a block in locals, by vector and formula: nothing is stored before all is loaded, so an output may lie in
 * the place of an input.
 */
export function blockValues(site: FormulaSite, block: Block, known: Invariants): Local<'v128'>[][] {
  const { f, nest, grid } = site;
  const leaves = leavesOf(site, block);
  const alongRow = keepStill(site, [grid.lane], { ...leaves(0), known: known.everywhere });
  const shared = sharedNodes(nest.exprs);
  return known.vectors.map((own, vector) => {
    const values = new Map([...alongRow, ...own]);
    const from = { ...leaves(vector), known: values };
    for (const node of shared)
      if (!values.has(node)) values.set(node, f.keep(emitFormula(f, node, from), node.op));
    return nest.exprs.map((expr) => f.keep(emitFormula(f, expr, from), 'value'));
  });
}

/** Nodes that more than one formula holds: each is computed once. */
function sharedNodes(exprs: readonly Expr[]): Expr[] {
  const holders = new Map<Expr, number>();
  for (const expr of exprs) for (const node of nodesOf(expr)) holders.set(node, (holders.get(node) ?? 0) + 1);
  return nodesOfAll(exprs).filter((node) => node.op !== 'const' && (holders.get(node) as number) > 1);
}

const manyNodes = 24;

/** Vectors side by side: enough for the latencies of short formulas to overlap, few where the code is long. */
export function vectorsFor({ exprs }: LoopNest): number {
  const nodes = nodesOfAll(exprs);
  return nodes.length > manyNodes || nodes.some(isSlow) ? 2 : 4;
}
