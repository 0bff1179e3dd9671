// The transform of tiles on their way in: V = m · tile · mᵀ for all channels, read from pixels, written as planes
// [point][tile][channel]. A tile within a map of pixels is read where it lies; one at the border is first copied, with zeros,
// and so is every tile of a map that lies as planes.

import { type Func, type FuncRef, i32, type Local, type Module, v128 } from '../../assembler/index.ts';
import type { Engine } from '../../engine.ts';
import { applyBothSides } from './apply.ts';
import type { Matrix } from './matrices.ts';
import { gatherTile } from './planes.ts';
import type { Pair, PixelMap, TileAxis } from './shape.ts';
import {
  floatBytes,
  paddedChannels,
  pixelAddress,
  pixelBytes,
  type TilePlace,
  tilePlace,
  tileReach,
  vectorBytes,
} from './tiles.ts';

export interface TileInput {
  readonly map: PixelMap;
  readonly axes: Pair<TileAxis>;
  /** A tile reads from its first cell plus this. */
  readonly shift: Pair;
  /** Of side `matrix[0].length` in, `matrix.length` out. */
  readonly matrix: Matrix;
  /** From one point's plane to the next. */
  readonly planeBytes: number;
}

/** `x`: the map at the group's first channel; `v`: the tile's place in the first plane; `patch`: scratch. */
const params = { x: 'i32', v: 'i32', tile: 'i32', patch: 'i32' } as const;
export type TileTransform = FuncRef<typeof params, 'void'>;

const sideOf = (t: TileInput): number => t.matrix[0].length;

/** Bytes from one pixel of a patch to the next: one more vector pair than channels, so that pixels share no cache set. */
const patchPixel = (t: TileInput): number => (paddedChannels(t.map.channels) + 16) * floatBytes;

export const patchBytes = (t: TileInput): number => sideOf(t) ** 2 * patchPixel(t);

/** Adds the function that transforms one tile. */
export function tileTransform(m: Module, name: string, t: TileInput, e: Engine): TileTransform {
  const { inside, outside } = tileReach(t, t.map, t.shift, sideOf(t));
  if (t.map.planes) return planesTransform(m, name, t, { inside, outside }, e);
  const pixel = pixelBytes(t.map);
  const steps = [t.axes[0].dilation * t.map.size[1] * pixel, t.axes[1].dilation * pixel] as const;
  const direct = inside ? squareTransform(m, `${name}Inside`, t, steps, e) : null;
  const border = outside ? borderTransform(m, name, t, patchTransform(m, name, t, e)) : null;
  return m.func(name, params, (f, p) => {
    const { image, row, column } = firstPlace(f, t, p.tile);
    const atBorder = (): void => {
      const x = pixelAddress(p.x, t.map, image, 0, 0);
      if (border) f.run(f.call(border, { x, v: p.v, row, column, patch: p.patch }));
    };
    const within = (): void => {
      const x = pixelAddress(p.x, t.map, image, row, column);
      if (direct) f.run(f.call(direct, { x, v: p.v }));
    };
    if (direct && border) f.if(isInside(t, row, column), within, atBorder);
    else if (direct) within();
    else atBorder();
  });
}

/** The first cell that a tile reads, which may lie before the map. */
function firstPlace(f: Func, t: TileInput, tile: Local<'i32'>): TilePlace {
  const { image, row, column } = tilePlace(f, t.axes, tile);
  return {
    image,
    row: f.keep(i32.add(row, t.shift[0]), 'firstRow'),
    column: f.keep(i32.add(column, t.shift[1]), 'firstColumn'),
  };
}

function patchTransform(m: Module, name: string, t: TileInput, e: Engine) {
  return squareTransform(m, `${name}Patch`, t, [sideOf(t) * patchPixel(t), patchPixel(t)], e);
}

/** From planes: gathers the tile into the patch, with zeros for cells outside, and transforms that. */
function planesTransform(
  m: Module,
  name: string,
  t: TileInput,
  { inside, outside }: { inside: boolean; outside: boolean },
  e: Engine,
): TileTransform {
  const transform = patchTransform(m, name, t, e);
  const gather = (masked: boolean) =>
    gatherTile(m, `${name}${masked ? 'Border' : 'Inside'}`, {
      ...{ map: t.map, side: sideOf(t), patchPixel: patchPixel(t), masked },
    });
  const [plain, masked] = [inside ? gather(false) : null, outside ? gather(true) : null];
  return m.func(name, params, (f, p) => {
    const { image, row, column } = firstPlace(f, t, p.tile);
    const x = f.keep(pixelAddress(p.x, t.map, image, 0, 0), 'firstPlane');
    const by = (g: typeof plain) => () => {
      if (g) f.run(f.call(g, { x, patch: p.patch, row, column }));
    };
    if (plain && masked) f.if(isInside(t, row, column), by(plain), by(masked));
    else by(plain ?? masked)();
    f.run(f.call(transform, { x: p.patch, v: p.v }));
  });
}

function isInside(t: TileInput, row: Local<'i32'>, column: Local<'i32'>) {
  const last = t.axes.map((a, i) => t.map.size[i] - (sideOf(t) - 1) * a.dilation);
  return i32.and(i32.ltU(row, last[0]), i32.ltU(column, last[1]));
}

const squareParams = { x: 'i32', v: 'i32' } as const;

/** All channels of one tile whose pixels lie `steps` apart, two vectors at a time. */
function squareTransform(
  m: Module,
  name: string,
  t: TileInput,
  steps: Pair,
  e: Engine,
): FuncRef<typeof squareParams, 'void'> {
  const points = t.matrix.length;
  return m.func(name, squareParams, (f, { x, v }) => {
    f.repeat(paddedChannels(t.map.channels) / 8, () => {
      applyBothSides(
        f,
        e,
        t.matrix,
        2,
        (i, j, l) => v128.load(x, { offset: i * steps[0] + j * steps[1] + l * vectorBytes }),
        (i, j, l, value) =>
          f.run(v128.store(v, value, { offset: (i * points + j) * t.planeBytes + l * vectorBytes })),
      );
      f.increase(x, 2 * vectorBytes);
      f.increase(v, 2 * vectorBytes);
    });
  });
}

const borderParams = { x: 'i32', v: 'i32', row: 'i32', column: 'i32', patch: 'i32' } as const;

/** Copies the tile's pixels, zeros for those outside the map, and transforms the copy. `x`: the image. */
function borderTransform(
  m: Module,
  name: string,
  t: TileInput,
  transform: FuncRef<typeof squareParams, 'void'>,
): FuncRef<typeof borderParams, 'void'> {
  const [copy, clear] = pixelFunctions(m, name, paddedChannels(t.map.channels));
  return m.func(`${name}Border`, borderParams, (f, p) => {
    const to = f.keep(p.patch, 'to');
    const side = sideOf(t);
    const row = f.keep(p.row, 'r');
    f.repeat(side, () => {
      const column = f.keep(p.column, 'c');
      f.repeat(side, () => {
        const known = i32.and(i32.ltU(row, t.map.size[0]), i32.ltU(column, t.map.size[1]));
        f.if(
          known,
          () => f.run(f.call(copy, { to, from: pixelAddress(p.x, t.map, 0, row, column) })),
          () => f.run(f.call(clear, { to, from: 0 })),
        );
        f.increase(to, patchPixel(t));
        f.increase(column, t.axes[1].dilation);
      });
      f.increase(row, t.axes[0].dilation);
    });
    f.run(f.call(transform, { x: p.patch, v: p.v }));
  });
}

const pixelParams = { to: 'i32', from: 'i32' } as const;
type PixelFunction = FuncRef<typeof pixelParams, 'void'>;

/** Copies and clears `channels` floats. */
function pixelFunctions(m: Module, name: string, channels: number): [PixelFunction, PixelFunction] {
  const over = (
    suffix: string,
    value: (from: Local<'i32'>, offset: number) => ReturnType<typeof v128.load>,
  ) =>
    m.func(`${name}${suffix}`, pixelParams, (f, { to, from }) => {
      f.repeat(channels / 8, () => {
        for (const offset of [0, vectorBytes]) f.run(v128.store(to, value(from, offset), { offset }));
        f.increase(to, 2 * vectorBytes);
        f.increase(from, 2 * vectorBytes);
      });
    });
  return [
    over('Copy', (from, offset) => v128.load(from, { offset })),
    over('Clear', () => v128.const4F(0, 0, 0, 0)),
  ];
}
