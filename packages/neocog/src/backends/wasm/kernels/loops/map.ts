// A loop nest without reduced axes as a kernel: every output element is computed on its own. Items are pieces of rows;
// within a piece the lanes go in blocks, and each block down all rows, with what stays the same along them in registers.
// Axes that are marked as reduced are walked one cell after the other within each item: an output that is an input too can
// be added to along them.

import { i32x4, type Local, type Operand, type Scope } from '../../assembler/index.ts';
import { type Engine, engineKey, enoughUnits } from '../../engine.ts';
import { type Kernel, type KernelFunction, kernelParams } from '../kernel.ts';
import { storeLanes } from '../lanes.ts';
import { lanes } from '../sizes.ts';
import {
  cellsOf,
  chooseLane,
  type Grid,
  gridOf,
  type LoopAxis,
  type LoopNest,
  nestKey,
  type Pieces,
  piecesOf,
} from './loopNest.ts';
import {
  advance,
  blockInvariants,
  blockValues,
  cellsAlong,
  copyPlace,
  type Items,
  isLastPiece,
  lanesOf,
  type NestSite,
  originOf,
  overBlocks,
  overItems,
  type Place,
  placeArguments,
  placeAt,
  placeOf,
  placeParams,
  rowsOfPiece,
  type Spot,
  spotLanes,
  vectorsFor,
} from './loopNestCode.ts';

/** Output cells of an item: 16 KB, which leave room for the inputs in the first cache. */
const mostCells = 4096;
/** Below this, handing out a unit costs more than its work. */
const leastCells = 512;

interface MapPlan {
  readonly nest: LoopNest;
  readonly grid: Grid;
  readonly pieces: Pieces;
  /** The axes that items count through, and those within an item. */
  readonly free: readonly LoopAxis[];
  readonly serial: readonly LoopAxis[];
  readonly vectors: number;
}

export function mapKernel(nest: LoopNest, engine: Engine): Kernel {
  const vectors = vectorsFor(nest);
  const lane = chooseLane(freeOf(nest), ({ kind }) => (kind === 'output' ? 2 : 1));
  const grid = gridOf(nest, { lane, width: vectors * lanes }, (axis) => isRow(nest, axis, lane));
  const [free, serial] = [false, true].map((reduced) =>
    grid.outer.filter((axis) => axis.reduced === reduced),
  );
  const total = cellsOf(freeOf(nest).axes);
  const least = Math.ceil(leastCells / cellsOf(serial));
  const cells = Math.min(mostCells, Math.max(least, Math.ceil(total / enoughUnits)));
  const pieces = piecesOf(grid.row, Math.max(1, Math.min(grid.row.size, Math.floor(cells / grid.lane.size))));
  const items = cellsOf(free) * pieces.axis.size;
  const group = Math.max(1, Math.floor((cells * items) / total));
  const tables = nest.axes.flatMap(({ tables }) => tables.map(({ operand }) => operand));
  const arrays = nest.movers.flatMap(({ kind, name }) => (kind === 'position' ? [] : [name]));
  const operands = [...arrays, ...new Set(tables)];
  return {
    key: `map ${nestKey(nest)} ${engineKey(engine)}`,
    operands,
    units: Math.ceil(items / group),
    scratchBytes: 0,
    emit: (scope) =>
      emitMap(scope, { nest, grid, pieces, free, serial, vectors }, { operands, items, group }),
  };
}

/** From this length on, lanes that follow each other in memory are better than what can be kept in registers down rows. */
const longLanes = 256;

/** Down rows goes what has something to keep there; long lanes without are cut into rows themselves. */
function isRow({ movers }: LoopNest, axis: LoopAxis, lane: LoopAxis | undefined): boolean {
  if (axis.reduced) return false;
  if (!lane || axis === lane || lane.size < longLanes) return true;
  return movers.some(({ kind }, i) => kind === 'input' && axis.steps[i] === 0 && lane.steps[i] !== 0);
}

const freeOf = (nest: LoopNest): LoopNest => ({ ...nest, axes: nest.axes.filter((axis) => !axis.reduced) });

/** Where the code of a map is made. */
type Site = MapPlan & NestSite;

function emitMap(scope: Scope, plan: MapPlan, work: Items): KernelFunction {
  const { nest, grid, pieces } = plan;
  const rows = scope
    .within('.rows')
    .func({ ...placeParams(nest), rows: 'i32' }, (f, p) =>
      mapRows({ ...plan, f, p }, placeOf(nest, p), p.rows),
    );
  const last: MapPlan = { ...plan, grid: { ...grid, lane: { ...grid.lane, size: grid.tail } } };
  const tail =
    grid.tail > 0 &&
    scope.within('.tail').func(placeParams(nest), (f, p) => mapRows({ ...last, f, p }, placeOf(nest, p), 1));
  return scope.func(kernelParams(work.operands), (f, p) => {
    const site = { ...plan, f, p };
    const origin = originOf(site);
    overItems(site, work, (item) => {
      const start = placeAt({ ...site, origin }, [...plan.free, pieces.axis], item);
      const count = rowsOfPiece(f, pieces, item);
      overSerial(site, start, (place) => {
        f.run(f.call(rows, { ...placeArguments(nest, place), rows: count }));
        if (!tail) return;
        f.if(isLastPiece(pieces, item), () => {
          advance(f, place, cellsAlong(grid.row, pieces.lastRows));
          f.run(f.call(tail, placeArguments(nest, place)));
        });
      });
    });
  });
}

function overSerial(site: Site, origin: Place, body: (place: Place) => void): void {
  const { f, serial } = site;
  if (serial.length === 0) body(origin);
  else f.range('step', 0, cellsOf(serial), 1, (step) => body(placeAt({ ...site, origin }, serial, step)));
}

function mapRows(site: Site, from: Place, rows: Operand<'i32'>): void {
  const { f, grid, vectors } = site;
  overBlocks(f, { lane: grid.lane, vectors, place: from }, (block) => {
    const known = blockInvariants(site, block);
    const place = copyPlace(f, block.place);
    f.repeat(rows, () => {
      const values = blockValues(site, { ...block, place }, known);
      values.forEach((ofVector, vector) => {
        storeOutputs(site, ofVector, { place, vector, lanes: lanesOf(block, vector) });
      });
      advance(f, place, cellsAlong(grid.row, 1));
    });
  });
}

function storeOutputs({ f, nest, grid }: Site, values: readonly Local<'v128'>[], spot: Spot): void {
  nest.movers.forEach(({ kind, index, type }, i) => {
    if (kind !== 'output') return;
    const result = type === 'int32' ? i32x4.truncSatF32x4S(values[index]) : values[index];
    storeLanes(f, result, spotLanes(spot.place[i], grid.lane.steps[i], spot));
  });
}
