// The transform of tiles on their way in: V = m · tile · mᵀ for all channels of all phases, read from pixels, written as planes
// [point][tile][channel]. A tile within a map of pixels is read where it lies; one at the border is first copied, with zeros,
// and so is every tile of a map that lies as planes.

import { address, affine, type Func, i32, type Local, type Scope, v128 } from '../../assembler/index.ts';
import type { Vector } from '../../fused/math.ts';
import { narrowed } from '../lanes.ts';
import { i32Params, type PointersFunction } from '../pointers.ts';
import { floatBytes, vectorBytes } from '../sizes.ts';
import { applyBothSides } from './apply.ts';
import { gatherTile } from './planes.ts';
import { each, type Pair } from './shape.ts';
import {
  paddedChannels,
  pixelBytes,
  pixelDistance,
  type TileInput,
  type TilePlace,
  tilePlace,
  tileReach,
} from './tiles.ts';

/** `x`: the map at the group's first channel; `v`: the tile's place in the first plane; `patch`: scratch. */
const params = i32Params(['x', 'v', 'tile', 'patch']);
export type TileTransform = PointersFunction<'x' | 'v' | 'tile' | 'patch'>;

/** The cells of a map that a tile reads. */
const sidesOf = (t: TileInput): Pair => each(t.matrices, (m) => m[0].length * t.stride);

/** The pixels of a patch, with the phases as channels if they come from planes. */
const patchSides = (t: TileInput): Pair => (t.map.planes ? each(t.matrices, (m) => m[0].length) : sidesOf(t));

const patchChannels = ({ map, stride }: TileInput): number => map.channels * (map.planes ? stride ** 2 : 1);

/** Bytes from one pixel of a packed patch to the next: one more vector pair than channels, so that pixels share no cache set. */
const patchPixel = (t: TileInput): number => (paddedChannels(patchChannels(t)) + 16) * floatBytes;

/**
 * Bytes from one row of a patch to the next and from one pixel to the next: as in the map, so that one function transforms
 * both; packed where no tile is read from the map.
 */
function patchSteps(t: TileInput): Pair {
  if (t.map.planes || !tileReach(t, sidesOf(t)).inside)
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
  if (t.map.planes) return planesTransform(scope, t);
  const { inside, outside } = tileReach(t, sidesOf(t));
  const transform = phasesTransform(scope.within('Rectangle'), t);
  const border = outside ? borderTransform(scope, t, transform) : null;
  return scope.func(params, (f, p) => {
    const { image, row, column } = firstPlace(f, t, p.tile);
    const atBorder = (): void => {
      const x = address(p.x, pixelDistance(t.map, { image }));
      if (border) f.run(f.call(border, { x, v: p.v, row, column, patch: p.patch }));
    };
    const within = (): void => {
      const cells = address(p.x, pixelDistance(t.map, { image, row, column }));
      f.run(f.call(transform, { cells, v: p.v }));
    };
    if (inside && border) f.if(isInside(t, row, column), within, atBorder);
    else if (inside) within();
    else atBorder();
  });
}

/** The first cell that a tile reads, which may lie before the map. */
function firstPlace(f: Func, t: TileInput, tile: Local<'i32'>): TilePlace {
  const { image, row, column } = tilePlace(f, t.axes, tile);
  return {
    image,
    row: f.keep(affine([row, t.stride], t.shift[0]), 'firstRow'),
    column: f.keep(affine([column, t.stride], t.shift[1]), 'firstColumn'),
  };
}

/** From planes: gathers the tile into the patch, with zeros for cells outside, and transforms that. */
function planesTransform(scope: Scope, t: TileInput): TileTransform {
  const { inside, outside } = tileReach(t, sidesOf(t));
  const transform = rectangleTransform(scope.within('Patch'), t, patchSteps(t));
  const gather = (masked: boolean) =>
    gatherTile(scope.within(masked ? 'Border' : 'Inside'), {
      ...{ map: t.map, stride: t.stride, sides: patchSides(t), patchPixel: patchPixel(t), masked },
    });
  const [plain, masked] = [inside ? gather(false) : null, outside ? gather(true) : null];
  return scope.func(params, (f, p) => {
    const { image, row, column } = firstPlace(f, t, p.tile);
    const x = f.keep(address(p.x, pixelDistance(t.map, { image })), 'firstPlane');
    const by = (g: typeof plain) => () => {
      if (g) f.run(f.call(g, { x, patch: p.patch, row, column }));
    };
    if (plain && masked) f.if(isInside(t, row, column), by(plain), by(masked));
    else by(plain ?? masked)();
    f.run(f.call(transform, { cells: p.patch, v: p.v }));
  });
}

function isInside(t: TileInput, row: Local<'i32'>, column: Local<'i32'>) {
  const last = t.axes.map((a, i) => t.map.size[i] - (sidesOf(t)[i] - 1) * a.dilation);
  return i32.and(i32.ltU(row, last[0]), i32.ltU(column, last[1]));
}

/** `cells`: the first of a tile's, in x or in a patch. */
const placeParams = i32Params(['cells', 'v']);
type Transform = PointersFunction<'cells' | 'v'>;

/** All phases of one tile, one after the other. */
function phasesTransform(scope: Scope, t: TileInput): Transform {
  const { stride, map } = t;
  const steps = patchSteps(t);
  const apart = each(steps, (step) => step * stride);
  const phase = rectangleTransform(scope, t, apart);
  if (stride === 1) return phase;
  return scope.within('Phases').func(placeParams, (f, { cells, v }) => {
    f.repeat(stride, () => {
      const from = f.keep(cells, 'from');
      f.repeat(stride, () => {
        f.run(f.call(phase, { cells: from, v }));
        f.increase(from, steps[1]);
        f.increase(v, map.channels * floatBytes);
      });
      f.increase(cells, steps[0]);
    });
  });
}

/** All channels of one tile whose pixels lie `steps` apart, two vectors at a time. */
function rectangleTransform(scope: Scope, t: TileInput, steps: Pair): Transform {
  const across = t.matrices[1].length;
  return scope.func(placeParams, (f, { cells, v }) => {
    f.repeat(paddedChannels(patchChannels(t)) / 8, () => {
      const beside: Vector[] = [];
      applyBothSides({ f, engine: t.engine }, t.matrices, {
        vectors: 2,
        load: (at) => v128.load(address(cells, at.i * steps[0] + at.j * steps[1] + at.v * vectorBytes)),
        store(at, value) {
          const point = (at.i * across + at.j) * t.planeBytes;
          beside[at.v] = value;
          if (!t.pairs) f.run(v128.store(address(v, point + at.v * vectorBytes), value));
          else if (at.v === 1) f.run(v128.store(address(v, point), narrowed(beside[0], value)));
        },
      });
      f.increase(cells, 2 * vectorBytes);
      f.increase(v, t.pairs ? vectorBytes : 2 * vectorBytes);
    });
  });
}

const borderParams = i32Params(['x', 'v', 'row', 'column', 'patch']);

/** Copies the tile's pixels, zeros for those outside the map, and transforms the copy. `x`: the image. */
function borderTransform(scope: Scope, t: TileInput, transform: Transform) {
  const [copy, clear] = pixelFunctions(scope, paddedChannels(t.map.channels));
  const [down, across] = patchSteps(t);
  return scope.within('Border').func(borderParams, (f, p) => {
    const to = f.keep(p.patch, 'to');
    const [rows, columns] = sidesOf(t);
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
