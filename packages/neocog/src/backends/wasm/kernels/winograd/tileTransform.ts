// The transform of tiles on their way in: V = m · tile · mᵀ for all channels of all parts, read from pixels, written as planes
// [point][tile][channel]. A tile within a map of pixels is read where it lies; one at the border is first copied, with zeros,
// and so is every tile of a map that lies as planes.

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
  v128,
} from '../../assembler/index.ts';
import type { Vector } from '../../fused/math.ts';
import { narrowed } from '../lanes.ts';
import { clearBytes, i32Params, type PointersFunction } from '../pointers.ts';
import { floatBytes, vectorBytes } from '../sizes.ts';
import { applyBothSides } from './apply.ts';
import { gatherTile } from './planes.ts';
import { gathersPhases, partsOfSlice } from './shape.ts';
import { each, type Pair } from './split.ts';
import {
  paddedChannels,
  pixelBytes,
  pixelDistance,
  pointsOf,
  type TileInput,
  tilePlace,
  tileReach,
} from './tiles.ts';

/** `x`: the map at the group's first channel; `v`: the tile's place in the first plane; `patch`: scratch. */
const params = i32Params(['x', 'v', 'tile', 'patch']);
export type TileTransform = PointersFunction<'x' | 'v' | 'tile' | 'patch'>;

/** The cells of a slice that a tile reads: from the first cell of its first part to the last of its last. */
export const cellsOf = ({
  matrices,
  sides,
  parts,
}: Pick<TileInput, 'matrices' | 'sides' | 'parts'>): Pair => {
  const along = (axis: 0 | 1): number =>
    sides.reduce(
      (cells, side, i) => cells + (side.axis === axis ? (matrices[i][0].length - 1) * side.step : 0),
      1 + (parts[axis].count - 1) * parts[axis].apart,
    );
  return [along(0), along(1)];
};

/** The pixels of a patch, with the phases as channels if they are gathered so. */
const patchSides = (t: TileInput): Pair =>
  gathersPhases(t.map, t) ? each(t.matrices, (m) => m[0].length) : cellsOf(t);

const patchChannels = (t: TileInput): number =>
  t.map.channels * (gathersPhases(t.map, t) ? partsOfSlice(t) : 1);

/** Bytes from one pixel of a packed patch to the next: one more vector pair than channels, so that pixels share no cache set. */
const patchPixel = (t: TileInput): number => (paddedChannels(patchChannels(t)) + 16) * floatBytes;

/**
 * Bytes from one row of a patch to the next and from one pixel to the next: as in the map, so that one function transforms
 * both; packed where no tile is read from the map.
 */
function patchSteps(t: TileInput): Pair {
  if (t.map.planes || !tileReach(t, cellsOf(t)).inside)
    return [patchSides(t)[1] * patchPixel(t), patchPixel(t)];
  const pixel = pixelBytes(t.map);
  return [t.axes[0].dilation * t.map.size[1] * pixel, t.axes[1].dilation * pixel];
}

export function patchBytes(t: TileInput): number {
  const [steps, [rows, columns]] = [patchSteps(t), patchSides(t)];
  return (rows - 1) * steps[0] + (columns - 1) * steps[1] + patchPixel(t);
}

/** Adds the function that transforms one tile. */
export function tileTransform(scope: Scope, t: TileInput): TileTransform {
  const transform = (t.map.planes ? planesTransform : pixelsTransform)(scope, t);
  return scope.func(params, (f, p) => {
    const { image, slice, row, column } = tilePlace(f, t, p.tile);
    const firstRow = f.keep(affine([row, t.stride[0]], t.shift[0]), 'firstRow');
    const firstColumn = f.keep(affine([column, t.stride[1]], t.shift[1]), 'firstColumn');
    const at = { v: p.v, patch: p.patch, row: firstRow, column: firstColumn };
    const ofSlice = (number: Operand<'i32'>) => () => {
      const x = address(p.x, pixelDistance(t.map, { image, slice: number }));
      f.run(f.call(transform, { ...at, x }));
    };
    const { taps, stride, dilation, pad } = t.sliceTaps;
    if (taps * stride * t.map.slices === 1) {
      ofSlice(0)();
      return;
    }
    const number = f.keep(affine([slice, stride], -pad), 'sourceSlice');
    f.repeat(taps, () => {
      f.if(i32.ltU(number, t.map.slices), ofSlice(number), () => clearSlice(f, t, p.v));
      f.increase(p.v, partsOfSlice(t) * t.map.channels * floatBytes);
      f.increase(number, dilation);
    });
  });
}

/** What a tile sees of a slice before the first or behind the last. */
function clearSlice(f: Func, t: TileInput, v: Local<'i32'>): void {
  const point = f.keep(v, 'point');
  const vectors = Math.ceil((partsOfSlice(t) * t.map.channels) / 4);
  f.repeat(pointsOf(t), () => {
    clearBytes(f, point, vectors * vectorBytes);
    f.increase(point, t.planeBytes);
  });
}

/** `x`: the slice at the group's first channel; `row`, `column`: the first cell, which may lie before the map. */
const sliceParams = i32Params(['x', 'v', 'row', 'column', 'patch']);
type SliceTransform = PointersFunction<'x' | 'v' | 'row' | 'column' | 'patch'>;

function pixelsTransform(scope: Scope, t: TileInput): SliceTransform {
  const { inside, outside } = tileReach(t, cellsOf(t));
  const transform = partsTransform(scope.within('Rectangle'), t);
  const border = outside ? borderTransform(scope, t, transform) : null;
  return scope.within('Slice').func(sliceParams, (f, p) => {
    const { row, column } = p;
    const atBorder = (): void => {
      if (border) f.run(f.call(border, p));
    };
    const within = (): void => {
      const cells = address(p.x, pixelDistance(t.map, { row, column }));
      f.run(f.call(transform, { cells, v: p.v }));
    };
    if (inside && border) f.if(isInside(t, row, column), within, atBorder);
    else if (inside) within();
    else atBorder();
  });
}

/** From planes: gathers the tile into the patch, with zeros for cells outside, and transforms that. */
function planesTransform(scope: Scope, t: TileInput): SliceTransform {
  const { inside, outside } = tileReach(t, cellsOf(t));
  const transform = gathersPhases(t.map, t)
    ? rectangleTransform(scope.within('Patch'), t, patchSteps(t))
    : partsTransform(scope.within('Patch'), t);
  const gather = (masked: boolean) =>
    gatherTile(scope.within(masked ? 'Border' : 'Inside'), {
      ...{ map: t.map, stride: t.stride[0], sides: patchSides(t), patchPixel: patchPixel(t), masked },
    });
  const [plain, masked] = [inside ? gather(false) : null, outside ? gather(true) : null];
  return scope.within('Slice').func(sliceParams, (f, { x, patch, row, column, v }) => {
    const by = (g: typeof plain) => () => {
      if (g) f.run(f.call(g, { x, patch, row, column }));
    };
    if (plain && masked) f.if(isInside(t, row, column), by(plain), by(masked));
    else by(plain ?? masked)();
    f.run(f.call(transform, { cells: patch, v }));
  });
}

function isInside(t: TileInput, row: Local<'i32'>, column: Local<'i32'>) {
  const last = t.axes.map((a, i) => t.map.size[i] - (cellsOf(t)[i] - 1) * a.dilation);
  return i32.and(i32.ltU(row, last[0]), i32.ltU(column, last[1]));
}

/** `cells`: the first of a tile's, in x or in a patch. */
const placeParams = i32Params(['cells', 'v']);
type Transform = PointersFunction<'cells' | 'v'>;

/** All parts of one tile, one after the other. */
function partsTransform(scope: Scope, t: TileInput): Transform {
  const [down, across] = t.parts;
  const steps = patchSteps(t);
  const part = rectangleTransform(scope, t, [
    t.sides[0].step * steps[t.sides[0].axis],
    t.sides[1].step * steps[t.sides[1].axis],
  ]);
  if (partsOfSlice(t) === 1) return part;
  return scope.within('Parts').func(placeParams, (f, { cells, v }) => {
    f.repeat(down.count, () => {
      const from = f.keep(cells, 'from');
      f.repeat(across.count, () => {
        f.run(f.call(part, { cells: from, v }));
        f.increase(from, across.apart * steps[1]);
        f.increase(v, t.map.channels * floatBytes);
      });
      f.increase(cells, down.apart * steps[0]);
    });
  });
}

/**
 * All channels of one tile whose pixels lie `steps` apart: two vectors at a time where V8 joins them or where two become one, else one, of
 * which more values stay in registers.
 */
function rectangleTransform(scope: Scope, t: TileInput, steps: Pair): Transform {
  const across = t.matrices[1].length;
  return scope.func(placeParams, (f, { cells, v }) => {
    const vectors = t.pairs || t.engine.wide ? 2 : 1;
    f.repeat(paddedChannels(patchChannels(t)) / (4 * vectors), () => {
      const beside: Vector[] = [];
      applyBothSides({ f, engine: t.engine }, t.matrices, {
        vectors,
        load: (at) => v128.load(address(cells, at.i * steps[0] + at.j * steps[1] + at.v * vectorBytes)),
        store(at, value) {
          const point = (at.i * across + at.j) * t.planeBytes;
          beside[at.v] = value;
          if (!t.pairs) f.run(v128.store(address(v, point + at.v * vectorBytes), value));
          else if (at.v === 1) f.run(v128.store(address(v, point), narrowed(beside[0], value)));
        },
      });
      f.increase(cells, vectors * vectorBytes);
      f.increase(v, t.pairs ? vectorBytes : vectors * vectorBytes);
    });
  });
}

/** Copies the tile's pixels, zeros for those outside the map, and transforms the copy. */
const borderTransform = (scope: Scope, t: TileInput, transform: Transform): SliceTransform =>
  (isOneStretch(t) ? byStretches : byPixels)(scope, t, transform);

/** Whether the pixels of a tile's row touch, in the map and in the patch, and are whole pairs of vectors of one group. */
const isOneStretch = (t: TileInput): boolean =>
  patchSteps(t)[1] === pixelBytes(t.map) &&
  t.axes[1].dilation === 1 &&
  t.map.pitch === paddedChannels(t.map.channels);

/** Of each row one stretch is copied, and what lies before and behind it is cleared. */
function byStretches(scope: Scope, t: TileInput, transform: Transform): SliceTransform {
  const copy = stretchFunction(scope.within('Copy'), (from, offset) => v128.load(address(from, offset)));
  const clear = stretchFunction(scope.within('Clear'), () => v128.const4F(0, 0, 0, 0));
  const [down, pixel] = patchSteps(t);
  const [rows, columns] = cellsOf(t);
  const width = t.map.size[1];
  return scope.within('Border').func(sliceParams, (f, { x, v, row: first, column, patch }) => {
    // Of the tile's columns, those from `before` to `after` lie on the map; none where the two are equal.
    const before = f.keep(less(greater(affine([column, -1]), 0), columns), 'before');
    const left = f.keep(affine(width, [column, -1]), 'left');
    const after = f.keep(less(greater(left, before), columns), 'after');
    const [row, to] = [f.keep(first, 'r'), f.keep(patch, 'to')];
    f.repeat(rows, () => {
      const end = f.keep(affine(to, columns * pixel), 'end');
      f.if(
        i32.ltU(row, t.map.size[0]),
        () => {
          const from = f.keep(affine(to, [before, pixel]), 'from');
          const behind = f.keep(affine(to, [after, pixel]), 'behind');
          const firstCell = f.keep(affine(column, before), 'c');
          const cells = address(x, pixelDistance(t.map, { row, column: firstCell }));
          f.run(f.call(clear, { to, end: from, from: 0 }));
          f.run(f.call(copy, { to: from, end: behind, from: cells }));
          f.run(f.call(clear, { to: behind, end, from: 0 }));
        },
        () => f.run(f.call(clear, { to, end, from: 0 })),
      );
      f.increase(to, down);
      f.increase(row, t.axes[0].dilation);
    });
    f.run(f.call(transform, { cells: patch, v }));
  });
}

/** Fills memory from `to` on until `end` is reached, two vectors at a time. */
const stretchFunction = (scope: Scope, value: (from: Local<'i32'>, offset: number) => Vector) =>
  scope.func(i32Params(['to', 'end', 'from']), (f, { to, end, from }) => {
    f.while(i32.ltU(to, end), () => {
      for (const offset of [0, vectorBytes]) f.run(v128.store(address(to, offset), value(from, offset)));
      f.increase(to, 2 * vectorBytes);
      f.increase(from, 2 * vectorBytes);
    });
  });

function byPixels(scope: Scope, t: TileInput, transform: Transform): SliceTransform {
  const [copy, clear] = pixelFunctions(scope, paddedChannels(t.map.channels));
  const [down, across] = patchSteps(t);
  return scope.within('Border').func(sliceParams, (f, p) => {
    const to = f.keep(p.patch, 'to');
    const [rows, columns] = cellsOf(t);
    const row = f.keep(p.row, 'r');
    f.repeat(rows, () => {
      const column = f.keep(p.column, 'c');
      f.repeat(columns, () => {
        const known = i32.and(i32.ltU(row, t.map.size[0]), i32.ltU(column, t.map.size[1]));
        f.if(
          known,
          () => f.run(f.call(copy, { to, from: address(p.x, pixelDistance(t.map, { row, column })) })),
          () => f.run(f.call(clear, { to, from: 0 })),
        );
        f.increase(to, across);
        f.increase(column, t.axes[1].dilation);
      });
      f.increase(to, down - columns * across);
      f.increase(row, t.axes[0].dilation);
    });
    f.run(f.call(transform, { cells: p.patch, v: p.v }));
  });
}

const pixelParams = i32Params(['to', 'from']);

/** Copies and clears `channels` floats. */
function pixelFunctions(scope: Scope, channels: number) {
  const over = (suffix: string, value: (from: Local<'i32'>, offset: number) => Vector) =>
    scope.within(suffix).func(pixelParams, (f, { to, from }) => {
      f.repeat(channels / 8, () => {
        for (const offset of [0, vectorBytes]) f.run(v128.store(address(to, offset), value(from, offset)));
        f.increase(to, 2 * vectorBytes);
        f.increase(from, 2 * vectorBytes);
      });
    });
  return [
    over('Copy', (from, offset) => v128.load(address(from, offset))),
    over('Clear', () => v128.const4F(0, 0, 0, 0)),
  ] as const;
}
