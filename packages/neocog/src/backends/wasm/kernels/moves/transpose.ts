// Copies between arrays of which one is contiguous along one axis and the other along another, such as channels-first and
// channels-last: squares of 4 × 4 floats through registers, so that both sides see whole vectors. An item is a strip of the
// longer axis, short enough that all lines it touches stay in the first caches.

import { address, type Func, i32, type Local, type Scope, v128 } from '../../assembler/index.ts';
import { type Kernel, type KernelFunction, kernelParams } from '../kernel.ts';
import { storeLanes } from '../lanes.ts';
import { cellsOf, type LoopAxis, type LoopNest, nestKey } from '../loops/loopNest.ts';
import {
  advance,
  callWholeOrLast,
  cellsAlong,
  copyPlace,
  originOf,
  overItems,
  type Place,
  placeAt,
} from '../loops/loopNestCode.ts';
import { i32Params } from '../pointers.ts';
import { floatBytes, lanes } from '../sizes.ts';
import { transposeSquare } from '../transpose.ts';

/** The axes along which the one side and the other are contiguous. */
interface Sides {
  readonly along: LoopAxis;
  readonly across: LoopAxis;
}

/** Movers of a copy: input 0, output 0. */
const [source, target] = [0, 1];

/** `across` is contiguous where the copy reads, `along` where it writes. */
function sidesOf({ axes }: LoopNest): Sides | null {
  const across = axes.find(({ steps }) => steps[source] === floatBytes);
  const along = axes.find(({ steps }) => steps[target] === floatBytes);
  return along && across && along !== across && across.steps[target] !== floatBytes
    ? { along, across }
    : null;
}

export const isTransposition = (nest: LoopNest): boolean => sidesOf(nest) !== null;

/** Cells of the longer axis in an item. */
const stripCells = 64;
/** Floats of a unit, at least: below, handing it out would cost more than its work. */
const leastFloats = 1024;

export function transposeKernel(nest: LoopNest): Kernel {
  const { along, across } = sidesOf(nest) as Sides;
  const outer = nest.axes.filter((axis) => axis !== along && axis !== across);
  const long = along.size > across.size ? along : across;
  const strips = Math.ceil(long.size / stripCells);
  const stripAxis = { ...long, size: strips, steps: long.steps.map((step) => step * stripCells) };
  const items = cellsOf(outer) * strips;
  const floats = cellsOf(nest.axes) / items;
  const group = Math.max(1, Math.min(Math.floor(leastFloats / floats), items >> 4));
  const operands = ['in0', 'out0'];
  return {
    key: `transpose ${nestKey(nest)}`,
    operands,
    units: Math.ceil(items / group),
    scratchBytes: 0,
    emit(scope) {
      const cut = (size: number): Sides => ({
        along: long === along ? { ...along, size } : along,
        across: long === across ? { ...across, size } : across,
      });
      const rest = long.size % stripCells;
      const strip = (label: string, size: number) => stripFunction(scope.within(`.${label}`), cut(size));
      const whole = long.size >= stripCells && strip('strip', stripCells);
      const last = rest > 0 && strip('last', rest);
      return scope.func(kernelParams(operands), (f, p) => {
        const site = { f, p, nest };
        const origin = originOf(site);
        overItems(site, { items, group }, (item) => {
          const [from, to] = placeAt({ ...site, origin }, [...outer, stripAxis], item);
          const isLast = i32.eq(i32.remU(item, strips), strips - 1);
          callWholeOrLast(f, { whole, last, isLast }, { from, to });
        });
      });
    },
  };
}

/** Squares side by side: a line of 64 bytes on the side where lines are further apart. */
const lineSquares = 4;

const stripParams: Record<string, 'i32'> = i32Params(['from', 'to']);

function stripFunction(scope: Scope, { along, across }: Sides): KernelFunction {
  const farReads = Math.abs(along.steps[source]) >= Math.abs(across.steps[target]);
  const [outer, inner] = farReads ? [along, across] : [across, along];
  return scope.func(stripParams, (f, p) => {
    overCells(f, { axis: outer, count: lanes, start: [p.from, p.to] }, (outerCount, start) =>
      overCells(f, { axis: inner, count: lanes * lineSquares, start }, (innerCount, place) => {
        const squares = Math.ceil(innerCount / lanes);
        for (let s = 0; s < squares; s++) {
          const count = Math.min(lanes, innerCount - s * lanes);
          const [rows, columns] = farReads ? [outerCount, count] : [count, outerCount];
          const skip = (mover: number): number => s * lanes * inner.steps[mover];
          turnSquare(f, { along, across, place, rows, columns, read: skip(source), write: skip(target) });
        }
      }),
    );
  });
}

/** So many cells of an axis at a time, from a place on. */
interface Cells {
  readonly axis: LoopAxis;
  readonly count: number;
  readonly start: Place;
}

/** Runs `body` for each of them, and for what is left. */
function overCells(
  f: Func,
  { axis, count, start }: Cells,
  body: (cells: number, place: Place) => void,
): void {
  const place = copyPlace(f, start);
  const whole = Math.floor(axis.size / count);
  if (whole > 0)
    f.repeat(whole, () => {
      body(count, place);
      advance(f, place, cellsAlong(axis, count));
    });
  if (axis.size % count > 0) body(axis.size % count, place);
}

/** Up to 4 × 4 floats: `rows` cells of `along`, `columns` of `across`, some bytes behind the place. */
interface Square extends Sides {
  readonly place: Place;
  readonly rows: number;
  readonly columns: number;
  readonly read: number;
  readonly write: number;
}

function turnSquare(f: Func, { along, across, place, rows, columns, read, write }: Square): void {
  const [from, to] = place as [Local<'i32'>, Local<'i32'>];
  const loaded = Array.from({ length: rows }, (_, i) =>
    f.keep(v128.load(address(from, read + i * along.steps[source])), 'row'),
  );
  const square = [0, 1, 2, 3].map((i) => loaded[Math.min(i, rows - 1)]);
  const turned = transposeSquare(f, square).slice(0, columns);
  turned.forEach((column, c) =>
    storeLanes(f, column, { at: to, count: rows, offset: write + c * across.steps[target] }),
  );
}
