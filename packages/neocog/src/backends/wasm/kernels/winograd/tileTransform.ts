// The transform of tiles on their way in: V = m · tile · mᵀ for all channels of all phases, read from pixels, written as planes
// [point][tile][channel]. A tile within a map of pixels is read where it lies; one at the border is first copied, with zeros,
// and so is every tile of a map that lies as planes.

import { type Func, type FuncRef, i32, type Local, type Module, v128 } from '../../assembler/index.ts';
import type { Engine } from '../../engine.ts';
import { floatBytes, vectorBytes } from '../sizes.ts';
import { applyBothSides } from './apply.ts';
import { gatherTile } from './planes.ts';
import { each, type Pair } from './shape.ts';
import {
  paddedChannels,
  pixelAddress,
  pixelBytes,
  type TileInput,
  type TilePlace,
  tilePlace,
  tileReach,
} from './tiles.ts';

/** `x`: the map at the group's first channel; `v`: the tile's place in the first plane; `patch`: scratch. */
const params = { x: 'i32', v: 'i32', tile: 'i32', patch: 'i32' } as const;
export type TileTransform = FuncRef<typeof params, 'void'>;

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
export function tileTransform(m: Module, name: string, t: TileInput, e: Engine): TileTransform {
  const { inside, outside } = tileReach(t, sidesOf(t));
  if (t.map.planes) return planesTransform(m, name, t, { inside, outside }, e);
  const transform = phasesTransform(m, `${name}Rectangle`, t, patchSteps(t), e);
  const border = outside ? borderTransform(m, name, t, transform) : null;
  return m.func(name, params, (f, p) => {
    const { image, row, column } = firstPlace(f, t, p.tile);
    const atBorder = (): void => {
      const x = pixelAddress(p.x, t.map, image, 0, 0);
      if (border) f.run(f.call(border, { x, v: p.v, row, column, patch: p.patch }));
    };
    const within = (): void => {
      const x = pixelAddress(p.x, t.map, image, row, column);
      f.run(f.call(transform, { x, v: p.v }));
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
    row: f.keep(i32.add(i32.mul(row, t.stride), t.shift[0]), 'firstRow'),
    column: f.keep(i32.add(i32.mul(column, t.stride), t.shift[1]), 'firstColumn'),
  };
}

/** From planes: gathers the tile into the patch, with zeros for cells outside, and transforms that. */
function planesTransform(
  m: Module,
  name: string,
  t: TileInput,
  { inside, outside }: { inside: boolean; outside: boolean },
  e: Engine,
): TileTransform {
  const transform = rectangleTransform(m, `${name}Patch`, t, patchSteps(t), e);
  const gather = (masked: boolean) =>
    gatherTile(m, `${name}${masked ? 'Border' : 'Inside'}`, {
      ...{ map: t.map, stride: t.stride, sides: patchSides(t), patchPixel: patchPixel(t), masked },
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
  const last = t.axes.map((a, i) => t.map.size[i] - (sidesOf(t)[i] - 1) * a.dilation);
  return i32.and(i32.ltU(row, last[0]), i32.ltU(column, last[1]));
}

const placeParams = { x: 'i32', v: 'i32' } as const;
type Transform = FuncRef<typeof placeParams, 'void'>;

/** All phases of one tile whose pixels lie `steps` apart, one after the other. */
function phasesTransform(m: Module, name: string, t: TileInput, steps: Pair, e: Engine): Transform {
  const { stride, map } = t;
  const phase = rectangleTransform(
    m,
    name,
    t,
    each(steps, (step) => step * stride),
    e,
  );
  if (stride === 1) return phase;
  return m.func(`${name}Phases`, placeParams, (f, { x, v }) => {
    f.repeat(stride, () => {
      const from = f.keep(x, 'from');
      f.repeat(stride, () => {
        f.run(f.call(phase, { x: from, v }));
        f.increase(from, steps[1]);
        f.increase(v, map.channels * floatBytes);
      });
      f.increase(x, steps[0]);
    });
  });
}

/** All channels of one tile whose pixels lie `steps` apart, two vectors at a time. */
function rectangleTransform(m: Module, name: string, t: TileInput, steps: Pair, e: Engine): Transform {
  const across = t.matrices[1].length;
  return m.func(name, placeParams, (f, { x, v }) => {
    f.repeat(paddedChannels(patchChannels(t)) / 8, () => {
      applyBothSides(
        f,
        e,
        t.matrices,
        2,
        (i, j, l) => v128.load(x, { offset: i * steps[0] + j * steps[1] + l * vectorBytes }),
        (i, j, l, value) =>
          f.run(v128.store(v, value, { offset: (i * across + j) * t.planeBytes + l * vectorBytes })),
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
  transform: Transform,
): FuncRef<typeof borderParams, 'void'> {
  const [copy, clear] = pixelFunctions(m, name, paddedChannels(t.map.channels));
  const [down, across] = patchSteps(t);
  return m.func(`${name}Border`, borderParams, (f, p) => {
    const to = f.keep(p.patch, 'to');
    const [rows, columns] = sidesOf(t);
    const row = f.keep(p.row, 'r');
    f.repeat(rows, () => {
      const column = f.keep(p.column, 'c');
      f.repeat(columns, () => {
        const known = i32.and(i32.ltU(row, t.map.size[0]), i32.ltU(column, t.map.size[1]));
        f.if(
          known,
          () => f.run(f.call(copy, { to, from: pixelAddress(p.x, t.map, 0, row, column) })),
          () => f.run(f.call(clear, { to, from: 0 })),
        );
        f.increase(to, across);
        f.increase(column, t.axes[1].dilation);
      });
      f.increase(to, down - columns * across);
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
