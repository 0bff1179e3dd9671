// A loop nest without reduced axes as a kernel: every output element is computed on its own. Items are pieces of rows;
// within a piece the lanes go in blocks, and each block down all rows, with what stays the same along them in registers.
// Axes that are marked as reduced are walked one cell after the other within each item: an output that is an input too can
// be added to along them.

import { type Func, i32x4, type Local, type Module, type Operand } from '../../assembler/index.ts';
import { type Engine, engineKey } from '../../engine.ts';
import { type Kernel, kernelParams } from '../kernel.ts';
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
  copyPlace,
  type Items,
  isLastPiece,
  lanesOf,
  originOf,
  overBlocks,
  overItems,
  type Place,
  placeArguments,
  placeAt,
  placeOf,
  placeParams,
  rowsOfPiece,
  storeSpot,
  vectorsFor,
} from './loopNestCode.ts';

/** Output cells of an item: 16 KB, which leave room for the inputs in the first cache. */
const mostCells = 4096;
/** Below this, handing out a unit costs more than its work. */
const leastCells = 512;
/** As many units as spread evenly over any likely number of threads. */
const wantedUnits = 32;

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
  const grid = gridOf(nest, lane, vectors * lanes, (axis) => isRow(nest, axis, lane));
  const [free, serial] = [false, true].map((reduced) =>
    grid.outer.filter((axis) => axis.reduced === reduced),
  );
  const total = cellsOf(freeOf(nest).axes);
  const least = Math.ceil(leastCells / cellsOf(serial));
  const cells = Math.min(mostCells, Math.max(least, Math.ceil(total / wantedUnits)));
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
    emit: (m, name) =>
      emitMap(m, name, { nest, grid, pieces, free, serial, vectors }, { operands, items, group }),
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

function emitMap(m: Module, name: string, plan: MapPlan, work: Items) {
  const { nest, grid, pieces } = plan;
  const rows = m.func(`${name}.rows`, { ...placeParams(nest), rows: 'i32' }, (f, p) =>
    mapRows(f, plan, placeOf(nest, p), p.rows),
  );
  const last: MapPlan = { ...plan, grid: { ...grid, lane: { ...grid.lane, size: grid.tail } } };
  const tail =
    grid.tail > 0 &&
    m.func(`${name}.tail`, placeParams(nest), (f, p) => mapRows(f, last, placeOf(nest, p), 1));
  return m.func(name, kernelParams(work.operands), (f, p) => {
    const origin = originOf(f, nest, p);
    overItems(f, p, work, (item) => {
      const start = placeAt(f, nest, [...plan.free, pieces.axis], item, origin, p);
      const count = rowsOfPiece(f, pieces, item);
      overSerial(f, plan, start, p, (place) => {
        f.run(f.call(rows, { ...placeArguments(nest, place), rows: count }));
        if (!tail) return;
        f.if(isLastPiece(pieces, item), () => {
          advance(f, grid.row, place, pieces.lastRows);
          f.run(f.call(tail, placeArguments(nest, place)));
        });
      });
    });
  });
}

function overSerial(
  f: Func,
  { nest, serial }: MapPlan,
  start: Place,
  params: Readonly<Record<string, Local<'i32'>>>,
  body: (place: Place) => void,
): void {
  if (serial.length === 0) body(start);
  else f.range('step', 0, cellsOf(serial), 1, (step) => body(placeAt(f, nest, serial, step, start, params)));
}

function mapRows(f: Func, { nest, grid, vectors }: MapPlan, place: Place, rows: Operand<'i32'>): void {
  overBlocks(f, grid.lane, vectors, place, (block, at) => {
    const known = blockInvariants(f, nest, grid, block, at);
    const moving = copyPlace(f, at);
    f.repeat(rows, () => {
      const values = blockValues(f, nest, grid, block, moving, known);
      values.forEach((ofVector, vector) => {
        storeOutputs(f, nest, grid, moving, ofVector, { vector, lanes: lanesOf(block, vector) });
      });
      advance(f, grid.row, moving, 1);
    });
  });
}

function storeOutputs(
  f: Func,
  nest: LoopNest,
  { lane }: Grid,
  place: Place,
  values: readonly Local<'v128'>[],
  spot: { vector: number; lanes: number },
): void {
  nest.movers.forEach(({ kind, index, type }, i) => {
    if (kind !== 'output') return;
    const result = type === 'int32' ? i32x4.truncSatF32x4S(values[index]) : values[index];
    storeSpot(f, place[i], lane.steps[i], result, { ...spot, place });
  });
}
