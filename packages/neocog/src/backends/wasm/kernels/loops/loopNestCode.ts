// Code that walks a loop nest: from the number of an item to addresses, vectors of formulas at a place, and what of a
// formula need not be computed anew along an axis. A place is one address (or coordinate) per mover.

import { type Expr, nodesOf, operands } from '../../../../expression/expression.ts';
import { isSlow } from '../../../../expression/slow.ts';
import {
  type Code,
  type Func,
  type FuncRef,
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
import { gatherLanes, scatterLanes } from '../lanes.ts';
import { floatBytes, lanes, vectorBytes } from '../sizes.ts';
import { type Grid, type LoopAxis, type LoopNest, type Mover, nodesOfAll, type Pieces } from './loopNest.ts';

export type Place = readonly Local<'i32'>[];
type Params = Readonly<Record<string, Local<'i32'>>>;

/** Where a nest begins: the operands of a kernel's function; coordinates, and arrays it is not given, at 0. */
export const originOf = (f: Func, { movers }: LoopNest, params: Params): Place =>
  movers.map(({ name, kind, start }) => {
    const given = kind === 'position' ? undefined : params[name];
    return given ? f.keep(i32.add(given, start), name) : f.local('i32', name);
  });

/** Parameters of an inner function that takes a place. */
export const placeParams = ({ movers }: LoopNest): Record<string, 'i32'> =>
  Object.fromEntries(movers.map(({ name }) => [name, 'i32' as const]));

export const placeArguments = ({ movers }: LoopNest, place: Place): Record<string, Local<'i32'>> =>
  Object.fromEntries(movers.map(({ name }, i) => [name, place[i]]));

export const placeOf = ({ movers }: LoopNest, params: Params): Place =>
  movers.map(({ name }) => params[name]);

export const copyPlace = (f: Func, place: Place): Place => place.map((at) => f.keep(at, at.local));

/** Moves a place by `count` cells along an axis. */
export function advance(f: Func, { steps }: LoopAxis, place: Place, count: number): void {
  steps.forEach((step, i) => {
    if (step * count !== 0) f.increase(place[i], step * count);
  });
}

/** The place of cell number `index` of some axes, row-major. `params` has the tables. */
export function placeAt(
  f: Func,
  { movers }: LoopNest,
  axes: readonly LoopAxis[],
  index: Local<'i32'>,
  origin: Place,
  params: Params,
): Place {
  const place = copyPlace(f, origin);
  let rest = index;
  [...axes].reverse().forEach((axis, i) => {
    const outermost = i === axes.length - 1;
    const coordinate = outermost ? rest : f.keep(i32.remU(rest, axis.size), 'coordinate');
    if (!outermost) rest = f.keep(i32.divU(rest, axis.size), 'rest');
    axis.steps.forEach((step, m) => {
      if (step !== 0) f.increase(place[m], i32.mul(coordinate, step));
    });
    for (const { mover, operand } of axis.tables) {
      const entry = i32.load(i32.add(params[operand], i32.shl(coordinate, 2)));
      f.increase(place[movers.findIndex(({ name }) => name === mover)], entry);
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
  f: Func,
  params: Params,
  { items, group }: Pick<Items, 'items' | 'group'>,
  body: (item: Local<'i32'>) => void,
): void {
  const scaled = (unit: Local<'i32'>): Code<'i32'> => (group === 1 ? unit : i32.mul(unit, group));
  const end = f.keep(scaled(params.to), 'end');
  if (items % group !== 0) f.set(end, select(end, i32.const(items), i32.ltU(end, items)));
  f.range('item', scaled(params.from), end, 1, body);
}

/** Code for whole pieces and for a last one that is shorter; either may be missing. */
export interface WholeAndLast {
  readonly whole: FuncRef<Record<string, 'i32'>, 'void'> | false;
  readonly last: FuncRef<Record<string, 'i32'>, 'void'> | false;
}

export function callWholeOrLast(
  f: Func,
  { whole, last }: WholeAndLast,
  isLast: Operand<'i32'>,
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

/** `vectors` neighbouring vectors along the lanes, the last one with fewer lanes at the end of the axis. */
export interface Block {
  readonly vectors: number;
  readonly lastLanes: number;
}

export const lanesOf = (block: Block, vector: number): number =>
  vector === block.vectors - 1 ? block.lastLanes : lanes;

/** Runs `body` for each block of lanes; `at` moves along. */
export function overBlocks(
  f: Func,
  lane: LoopAxis,
  vectors: number,
  place: Place,
  body: (block: Block, at: Place) => void,
): void {
  const width = vectors * lanes;
  const at = copyPlace(f, place);
  const full = Math.floor(lane.size / width);
  if (full > 0)
    f.repeat(full, () => {
      body({ vectors, lastLanes: lanes }, at);
      advance(f, lane, at, width);
    });
  const rest = lane.size % width;
  if (rest > 0) body({ vectors: Math.ceil(rest / lanes), lastLanes: rest % lanes || lanes }, at);
}

/** A vector of cells: which one from a place on, and how many of its lanes count. */
export interface Spot {
  readonly place: Place;
  readonly vector: number;
  readonly lanes: number;
}

export function leavesAt(f: Func, nest: LoopNest, lane: LoopAxis, spot: Spot): Leaves {
  const find = (kind: Mover['kind'], index: number): number =>
    nest.movers.findIndex((m) => m.kind === kind && m.index === index);
  return {
    input: (index) => {
      const mover = find('input', index);
      const bits = load(spot.place[mover], lane.steps[mover], spot);
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
function load(pointer: Local<'i32'>, step: number, { vector, lanes: count }: Spot): Vector {
  if (step === 0) return v128.load32Splat(pointer);
  if (step === floatBytes) return v128.load(pointer, { offset: vector * vectorBytes });
  return gatherLanes(pointer, count, step, step * vector * lanes);
}

/** Stores the lanes of a spot to a mover that advances by `step` bytes per lane. */
export function storeSpot(f: Func, pointer: Local<'i32'>, step: number, value: Vector, spot: Spot): void {
  scatterLanes(f, pointer, value, spot.lanes, step, step * spot.vector * lanes);
}

/** Computes, once, the parts of the formulas that stay the same along all of `axes`. */
export function keepStill(
  f: Func,
  nest: LoopNest,
  axes: readonly LoopAxis[],
  leaves: Leaves,
  known: Known = new Map(),
): Known {
  const isStill = (kind: Mover['kind'], index: number): boolean =>
    nest.movers.every((m, i) => m.kind !== kind || m.index !== index || axes.every((a) => a.steps[i] === 0));
  const still = new Set<Expr>();
  const values = new Map(known);
  for (const node of nodesOfAll(nest.exprs)) {
    if (node.op === 'input' && !isStill('input', node.index)) continue;
    if (node.op === 'position' && !isStill('position', node.axis)) continue;
    if (!operands(node).every((o) => still.has(o))) continue;
    still.add(node);
    if (node.op === 'const' || values.has(node)) continue;
    values.set(node, f.keep(emitFormula(f, node, leaves, values), node.op));
  }
  return values;
}

/** What is known before the loop over rows: for all vectors of a block, and for each. */
export interface Invariants {
  readonly everywhere: Known;
  readonly vectors: readonly Known[];
}

const spotOf = (block: Block, place: Place, vector: number): Spot => ({
  place,
  vector,
  lanes: lanesOf(block, vector),
});

export function blockInvariants(f: Func, nest: LoopNest, grid: Grid, block: Block, place: Place): Invariants {
  const { row, lane } = grid;
  const leaves = (vector: number): Leaves => leavesAt(f, nest, lane, spotOf(block, place, vector));
  const everywhere = keepStill(f, nest, [row, lane], leaves(0));
  const vectors = Array.from({ length: block.vectors }, (_, vector) =>
    keepStill(f, nest, [row], leaves(vector), everywhere),
  );
  return { everywhere, vectors };
}

/**
 * The values of a block in locals, by vector and formula: nothing is stored before all is loaded, so an output may lie in
 * the place of an input.
 */
export function blockValues(
  f: Func,
  nest: LoopNest,
  { lane }: Grid,
  block: Block,
  place: Place,
  known: Invariants,
): Local<'v128'>[][] {
  const leaves = (vector: number): Leaves => leavesAt(f, nest, lane, spotOf(block, place, vector));
  const alongRow = keepStill(f, nest, [lane], leaves(0), known.everywhere);
  const shared = sharedNodes(nest.exprs);
  return known.vectors.map((own, vector) => {
    const values = new Map([...alongRow, ...own]);
    for (const node of shared)
      if (!values.has(node)) values.set(node, f.keep(emitFormula(f, node, leaves(vector), values), node.op));
    return nest.exprs.map((expr) => f.keep(emitFormula(f, expr, leaves(vector), values), 'value'));
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
