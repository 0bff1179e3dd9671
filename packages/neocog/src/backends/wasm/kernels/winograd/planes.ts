// Tiles of maps that lie as planes, [image][channel][row][column], gathered into patches of pixels: four channels by four
// columns at a time through registers, or the phases of a channel's cells, which lie side by side in rows. For maps without
// dilation.

import {
  address,
  affine,
  type Code,
  type Func,
  i8x16,
  i32,
  i32x4,
  type Local,
  type Scope,
  select,
  v128,
} from '../../assembler/index.ts';
import type { Vector } from '../../fused/math.ts';
import { i32Params, type Pointers, type PointersFunction } from '../pointers.ts';
import { floatBytes, vectorBytes } from '../sizes.ts';
import { firstHalves, lastHalves, transposeSquare } from '../transpose.ts';
import type { PixelMap } from './shape.ts';
import type { Pair } from './split.ts';
import { channelBytes, pixelDistance } from './tiles.ts';

/** A rectangle of cells on its way from planes into a patch of pixels. */
export interface Gather {
  readonly map: PixelMap;
  /** Pixels of the patch. */
  readonly sides: Pair;
  /** 1, 2 or 4 phases along each axis, of which each becomes a channel of the patch. */
  readonly stride: number;
  /** Bytes from one pixel of the patch to the next. */
  readonly patchPixel: number;
  /** Whether cells may lie outside of the map, where they are zero. */
  readonly masked: boolean;
}

const gatherParams = i32Params(['x', 'patch', 'row', 'column']);

/** `x`: the image's first plane of the group; `row`, `column`: the first cell. */
export type GatherFunction = PointersFunction<'x' | 'patch' | 'row' | 'column'>;

export function gatherTile(scope: Scope, g: Gather): GatherFunction {
  const { channels } = g.map;
  const together = g.stride === 1 ? 4 : 1;
  return scope.func(gatherParams, (f, p) => {
    const cells = g.masked ? maskedCells(f, g, p) : plainCells(f, g, p);
    const [plane, to] = [f.keep(p.x, 'plane'), f.keep(p.patch, 'to')];
    const gather = (planes: number): void => {
      for (let row = 0; row < g.sides[0]; row++)
        if (g.stride === 1) gatherChannels({ f, g, row, to }, cells(row, plane), planes);
        else gatherPhases({ f, g, row, to }, (a) => cells(row * g.stride + a, plane));
    };
    if (channels >= together)
      f.repeat(Math.floor(channels / together), () => {
        gather(together);
        f.increase(plane, together * channelBytes(g.map));
        f.increase(to, together * g.stride ** 2 * floatBytes);
      });
    if (channels % together > 0) gather(channels % together);
  });
}

/** Four cells of a row, from a column on, of the channel that is `channel` bytes away. */
type Row = (column: number, channel: number) => Vector;
type Cells = (row: number, plane: Local<'i32'>) => Row;
type FirstCell = Pointers<'row' | 'column'>;

function plainCells(f: Func, { map }: Gather, { row, column }: FirstCell): Cells {
  const first = f.keep(pixelDistance(map, { row, column }), 'first');
  return (r, plane) => {
    const at = f.keep(address(plane, first), 'at');
    return (c, channel) => v128.load(address(at, channel + (r * map.size[1] + c) * floatBytes));
  };
}

/** Rows and vectors outside are read as the nearest ones; then what is outside is masked. */
function maskedCells(f: Func, g: Gather, { row, column }: FirstCell): Cells {
  const { map, sides, stride } = g;
  const [height, width] = map.size;
  const known = firstColumns(g).map((c) => {
    const lane = i32x4.add(i32x4.splat(column), v128.const4I(c, c + 1, c + 2, c + 3));
    const at = f.keep(lane, 'lane');
    const inside = v128.and(
      i32x4.gtS(at, i32x4.splat(i32.const(-1))),
      i32x4.ltS(at, i32x4.splat(i32.const(width))),
    );
    // Nearest: beside the row, where a vector reads no further than four cells.
    const nearest = f.keep(clamp(f, affine(column, c), [-4, width]), 'nearest');
    return { c, mask: f.keep(inside, 'inside'), nearest };
  });
  const rows = Array.from({ length: sides[0] * stride }, (_, r) => {
    const at = f.keep(affine(row, r), 'at');
    const isKnown = f.keep(i32.ltU(at, height), 'isKnown');
    const nearest = f.keep(clamp(f, at, [0, height - 1]), 'nearest');
    const mask = f.keep(i32x4.splat(affine(0, [isKnown, -1])), 'mask');
    const vectors = known.map(({ c, mask: lanes, nearest: first }) => {
      const offset = f.keep(pixelDistance(map, { row: nearest, column: first }), 'offset');
      return [c, { offset, mask: f.keep(v128.and(lanes, mask), 'mask') }] as const;
    });
    return new Map(vectors);
  });
  return (r, plane) => (c, channel) => {
    const { offset, mask } = rows[r].get(c) as { offset: Local<'i32'>; mask: Local<'v128'> };
    return v128.and(v128.load(address(plane, offset, channel)), mask);
  };
}

/** At least `least`, at most `most`. */
function clamp(f: Func, value: Code<'i32'>, [least, most]: Pair): Code<'i32'> {
  const low = f.keep(value, 'value');
  const high = f.keep(select<'i32'>(low, i32.const(most), i32.ltS(low, most)), 'high');
  return select<'i32'>(high, i32.const(least), i32.gtS(high, least));
}

/** Where the loads of a row begin: the last one ends at the row's end. */
function firstColumns({ sides, stride }: Gather): number[] {
  const cells = sides[1] * stride;
  return Array.from({ length: Math.ceil(cells / 4) }, (_, i) => Math.max(0, Math.min(4 * i, cells - 4)));
}

const pixelOffset = ({ sides, patchPixel }: Gather, row: number, column: number): number =>
  (row * sides[1] + column) * patchPixel;

/** A row of the patch on its way there. */
interface PatchRow {
  readonly f: Func;
  readonly g: Gather;
  readonly row: number;
  readonly to: Local<'i32'>;
}

/** One row of cells of up to four channels, to the patch. Channels beyond the last repeat it. */
function gatherChannels({ f, g, row, to }: PatchRow, cells: Row, channels: number): void {
  let stored = 0;
  for (const first of firstColumns(g)) {
    const planes = [0, 1, 2, 3].map((c) => cells(first, Math.min(c, channels - 1) * channelBytes(g.map)));
    const pixels = transposeSquare(f, planes);
    for (; stored < Math.min(first + 4, g.sides[1]); stored++)
      f.run(v128.store(address(to, pixelOffset(g, row, stored)), pixels[stored - first]));
  }
}

/** The phases of one row of pixels of one channel, to the patch: those of two rows of cells or of four. */
function gatherPhases({ f, g, row, to }: PatchRow, cellsOf: (phase: number) => Row): void {
  const firsts = firstColumns(g);
  const rows = Array.from({ length: g.stride }, (_, a) => {
    const cells = cellsOf(a);
    return firsts.map((c) => f.keep(cells(c, 0), 'cells'));
  });
  for (let column = 0; column < g.sides[1]; column++) {
    const offset = pixelOffset(g, row, column);
    if (g.stride === 4) {
      rows.forEach((cells, a) => f.run(v128.store(address(to, offset + a * vectorBytes), cells[column])));
    } else {
      const i = Math.min(Math.floor(column / 2), firsts.length - 1);
      const halves = firsts[i] === 2 * column ? firstHalves : lastHalves;
      const [above, below] = rows.map((cells) => cells[i]);
      f.run(v128.store(address(to, offset), i8x16.shuffle(above, below, halves)));
    }
  }
}
