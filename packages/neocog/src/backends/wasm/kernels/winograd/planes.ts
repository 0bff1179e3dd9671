// Tiles of maps that lie as planes, [image][channel][row][column], gathered into patches of pixels: four channels by four
// columns at a time through registers. For maps without dilation.

import {
  type Func,
  type FuncRef,
  i32,
  i32x4,
  type Local,
  type Module,
  select,
  v128,
} from '../../assembler/index.ts';
import type { Vector } from '../../fused/math.ts';
import { transposeSquare } from '../transpose.ts';
import type { PixelMap } from './shape.ts';
import { channelBytes, floatBytes, pixelAddress, vectorBytes } from './tiles.ts';

/** A square of cells on its way from planes into a patch of pixels. */
export interface Gather {
  readonly map: PixelMap;
  /** 4 or 6 cells. */
  readonly side: number;
  /** Bytes from one pixel of the patch to the next. */
  readonly patchPixel: number;
  /** Whether cells may lie outside of the map, where they are zero. */
  readonly masked: boolean;
}

const gatherParams = { x: 'i32', patch: 'i32', row: 'i32', column: 'i32' } as const;

/** `x`: the image's first plane of the group; `row`, `column`: the first cell. */
export type GatherFunction = FuncRef<typeof gatherParams, 'void'>;

export function gatherTile(m: Module, name: string, g: Gather): GatherFunction {
  const { channels } = g.map;
  return m.func(name, gatherParams, (f, p) => {
    const lines = g.masked ? maskedLines(f, g, p) : plainLines(f, g, p);
    const [plane, to] = [f.keep(p.x, 'plane'), f.keep(p.patch, 'to')];
    const quad = (lanes: number): void => {
      for (let row = 0; row < g.side; row++) gatherLine(f, g, lines(row, plane, lanes), { row, to });
    };
    if (channels >= 4)
      f.repeat(Math.floor(channels / 4), () => {
        quad(4);
        f.increase(plane, 4 * channelBytes(g.map));
        f.increase(to, vectorBytes);
      });
    if (channels % 4 > 0) quad(channels % 4);
  });
}

/** Four columns, from one on, of each of four channels. */
type Line = (column: number) => Vector[];
type Lines = (row: number, plane: Local<'i32'>, lanes: number) => Line;
type GatherLocals = { readonly [K in keyof typeof gatherParams]: Local<'i32'> };

/** Channels beyond the last repeat it. */
const channelOffsets = (map: PixelMap, lanes: number): number[] =>
  [0, 1, 2, 3].map((c) => Math.min(c, lanes - 1) * channelBytes(map));

function plainLines(f: Func, { map }: Gather, { row, column }: GatherLocals): Lines {
  const first = f.keep(pixelAddress(0, map, 0, row, column), 'first');
  return (r, plane, lanes) => {
    const at = f.keep(i32.add(plane, first), 'at');
    return (c) =>
      channelOffsets(map, lanes).map((channel) =>
        v128.load(at, { offset: channel + (r * map.size[1] + c) * floatBytes }),
      );
  };
}

/** Rows outside are read as the nearest one inside; then what is outside is masked. */
function maskedLines(f: Func, { map, side }: Gather, { row, column }: GatherLocals): Lines {
  const [height, width] = map.size;
  const known = firstColumns(side).map((c) => {
    const lane = i32x4.add(i32x4.splat(column), v128.const4I(c, c + 1, c + 2, c + 3));
    const at = f.keep(lane, 'lane');
    const inside = v128.and(
      i32x4.gtS(at, i32x4.splat(i32.const(-1))),
      i32x4.ltS(at, i32x4.splat(i32.const(width))),
    );
    return { c, mask: f.keep(inside, 'inside') };
  });
  const rows = Array.from({ length: side }, (_, r) => {
    const at = f.keep(i32.add(row, r), 'at');
    const isKnown = f.keep(i32.ltU(at, height), 'isKnown');
    const nearest = f.keep(clamp(at, height - 1), 'nearest');
    const mask = f.keep(i32x4.splat(i32.sub(0, isKnown)), 'mask');
    return {
      offset: f.keep(pixelAddress(0, map, 0, nearest, column), 'offset'),
      masks: new Map(known.map(({ c, mask: lanes }) => [c, f.keep(v128.and(lanes, mask), 'mask')])),
    };
  });
  return (r, plane, lanes) => {
    const at = f.keep(i32.add(plane, rows[r].offset), 'at');
    return (c) =>
      channelOffsets(map, lanes).map((channel) =>
        v128.and(v128.load(at, { offset: channel + c * floatBytes }), rows[r].masks.get(c) as Local<'v128'>),
      );
  };
}

/** Between 0 and `most`. */
function clamp(value: Local<'i32'>, most: number) {
  const high = select<'i32'>(value, i32.const(most), i32.ltS(value, most));
  return select<'i32'>(high, i32.const(0), i32.gtS(value, -1));
}

/** Where the loads of a line begin: the last one ends at the line's end. */
const firstColumns = (side: number): number[] => (side === 4 ? [0] : [0, side - 4]);

/** One row of cells of up to four channels, to the patch. */
function gatherLine(
  f: Func,
  { side, patchPixel }: Gather,
  line: Line,
  { row, to }: { row: number; to: Local<'i32'> },
): void {
  let stored = 0;
  for (const first of firstColumns(side)) {
    const pixels = transposeSquare(f, line(first));
    for (; stored < first + 4; stored++)
      f.run(v128.store(to, pixels[stored - first], { offset: (row * side + stored) * patchPixel }));
  }
}
