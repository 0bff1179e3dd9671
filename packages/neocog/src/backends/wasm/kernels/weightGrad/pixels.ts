// The pixels that a slot sums over, for one band: a list of where x and y lie. Taps outside the input are left out by leaving
// out their pixels; where slots are rows of the kernel, x is copied to scratch memory with zeros around it instead.

import type { SumAxis } from '../../../../geometry/sumAxis.ts';
import { product, rowMajor } from '../../../../geometry/window.ts';
import {
  address,
  affine,
  type Func,
  greater,
  i32,
  type Local,
  less,
  type Operand,
  select,
  v128,
} from '../../assembler/index.ts';
import { divide } from '../kernel.ts';
import { entryBytes, fillZero, overEntries, type Pointers } from '../pointers.ts';
import { divisionOf, stripsOf, unitRun, unitVectors, type WeightGradShape } from './shape.ts';

/** Bytes of a band's list. */
export const listBytes = (s: WeightGradShape): number => {
  const { columns, perBand } = stripsOf(s);
  return columns * perBand * entryBytes;
};

/** Columns of x under one strip. */
const stripSources = (s: WeightGradShape): number => (stripsOf(s).columns - 1) * s.inner.step + s.inner.taps;

/** Bytes of a band's copy of one group of x; copies are made of whole vectors. */
export const copyBytes = (s: WeightGradShape): number =>
  s.rows ? stripsOf(s).perBand * stripSources(s) * s.ins * 4 + 16 : 0;

/** Bytes of a pixel in a packed band: what a unit needs of it. */
const packedPixel = (s: WeightGradShape, array: 'x' | 'y'): number =>
  16 * (array === 'x' ? Math.ceil(unitRun(s) / 4) : unitVectors(s));

export const packedBytes = (s: WeightGradShape, array: 'x' | 'y'): number =>
  s.packs[array] ? (listBytes(s) / entryBytes) * packedPixel(s, array) : 0;

/** What a unit sums over, and where it may put a copy of it. All groups have the same list. */
export interface SlotPlace {
  /** The first group's first channel in the first pixel of all images. */
  readonly x: Local<'i32'>;
  /** How many groups, ins floats apart in x, and `copyBytes` in the copy. */
  readonly groups: Local<'i32'>;
  /** The slot's tap along each outer axis, and along the inner one, where slots are taps. */
  readonly outerTaps: readonly Local<'i32'>[];
  readonly innerTap: Local<'i32'>;
  readonly list: Local<'i32'>;
  readonly copy: Local<'i32'>;
}

/** The taps of slot number `slot`. */
export function slotTaps(f: Func, s: WeightGradShape, slot: Local<'i32'>) {
  const taps = [...s.outer, ...(s.rows ? [] : [s.inner])].map((a) => a.taps);
  const split = coordinates(f, slot, taps);
  return {
    outerTaps: split.slice(0, s.outer.length),
    innerTap: s.rows ? f.keep(i32.const(0), 'innerTap') : split[s.outer.length],
  };
}

/** Takes a number apart into coordinates, the last one fastest. */
function coordinates(f: Func, value: Local<'i32'>, sizes: readonly number[]): Local<'i32'>[] {
  let left = value;
  const split: Local<'i32'>[] = [];
  for (const size of [...sizes].reverse()) {
    const [quotient, remainder] = divide(f, left, size);
    split.unshift(remainder);
    left = quotient;
  }
  return split;
}

/** Where the code of a unit's lists is made. */
interface Site {
  readonly f: Func;
  readonly s: WeightGradShape;
  readonly place: SlotPlace;
}

/** Lists the pixels of strips `from` to `to`; gives the list's end. */
export function emitList(site: Site, from: Local<'i32'>, to: Local<'i32'>): Local<'i32'> {
  const { f, s, place: p } = site;
  const { perRow, columns } = stripsOf(s);
  const end = f.keep(p.list, 'listEnd');
  const copy = f.keep(p.copy, 'copyAt');
  f.range('strip', from, to, 1, (strip) => {
    const [row, part] = divide(f, strip, perRow);
    const first = f.keep(affine([part, columns]), 'firstColumn');
    const last = f.keep(less(affine(first, columns), s.inner.results), 'lastColumn');
    const y = f.keep(affine([row, s.inner.results * s.yPitch * 4]), 'yRow');
    sourceRow(site, row, (x) => {
      if (s.rows) listCopied(site, { x, y, first, last, end, copy });
      else listTap(site, { x, y, first, last, end });
    });
  });
  return end;
}

/** `body` with where the row of x under a row of y begins, from `place.x`, if it is inside along every outer axis. */
function sourceRow({ f, s, place: p }: Site, row: Local<'i32'>, body: (x: Local<'i32'>) => void): void {
  const [image, ...cells] = coordinates(f, row, [s.batch, ...s.outer.map((a) => a.results)]);
  const sizes = [...s.outer, s.inner].map((a) => a.sources);
  const steps = rowMajor(sizes, s.xPitch * 4);
  const nest = (depth: number, x: Local<'i32'>): void => {
    const axis = s.outer[depth];
    if (!axis) {
      body(x);
      return;
    }
    const cell = f.keep(sourceOf(axis, cells[depth], p.outerTaps[depth]), 'cell');
    f.if(i32.ltU(cell, axis.sources), () => {
      nest(depth + 1, f.keep(affine(x, [cell, steps[depth]]), 'xRow'));
    });
  };
  nest(0, f.keep(affine([image, product(sizes) * s.xPitch * 4]), 'xImage'));
}

const sourceOf = (a: SumAxis, result: Operand<'i32'>, tap: Operand<'i32'>) =>
  affine([result, a.step], a.start, [tap, a.tapStep]);

type Strip = Pointers<'x' | 'y' | 'first' | 'last' | 'end'>;

/** Those columns of a strip whose source is inside. */
function listTap(site: Site, strip: Strip): void {
  const { f, s, place: p } = site;
  const a = s.inner;
  // Source of column 0; results from ⌈−source / step⌉ to ⌈(sources − source) / step⌉ are inside.
  const source = f.keep(sourceOf(a, 0, p.innerTap), 'source0');
  const ceil = (n: Operand<'i32'>) => {
    const above = f.keep(affine(n, a.step - 1), 'above');
    return select(i32.divS(above, a.step), i32.const(0), i32.gtS(above, 0));
  };
  const from = f.keep(ceil(affine(0, [source, -1])), 'inside');
  const to = f.keep(ceil(affine(a.sources, [source, -1])), 'outside');
  f.set(from, greater(from, strip.first));
  f.set(to, less(to, strip.last));
  const cell = affine([from, a.step], source);
  const x = f.keep(affine(strip.x, [cell, s.xPitch * 4]), 'xAt');
  const y = f.keep(affine(strip.y, [from, s.yPitch * 4]), 'yAt');
  listPixels(site, { from, to, end: strip.end, x, y }, a.step * s.xPitch * 4);
}

type Pixels = Pointers<'from' | 'to' | 'end' | 'x' | 'y'>;

function listPixels({ f, s }: Site, { from, to, end, x, y }: Pixels, xStep: number): void {
  f.range('column', from, to, 1, () => {
    f.run(i32.store(end, x));
    f.run(i32.store(address(end, 4), y));
    f.increase(end, entryBytes);
    f.increase(x, xStep);
    f.increase(y, s.yPitch * 4);
  });
}

/** Copies the source of a strip, zeros outside, and lists all of its columns. */
function listCopied(site: Site, strip: Strip & Pointers<'copy'>): void {
  const { f, s, place: p } = site;
  const { inner, ins } = s;
  const pixelBytes = ins * 4;
  const { copy, first, last } = strip;
  const x = f.keep(affine(copy, [p.copy, -1]), 'xAt');
  const count = affine([affine(last, [first, -1], -1), inner.step], inner.taps);
  const bytes = f.keep(affine([count, pixelBytes]), 'bytes');
  const copyEnd = f.keep(address(copy, bytes), 'copyEnd');
  const source = f.keep(sourceOf(inner, first, 0), 'source0');
  const from = f.keep(greater(source, 0), 'inside');
  const to = f.keep(less(affine(source, count), inner.sources), 'outside');
  f.set(to, greater(to, from));
  const at = (cell: Local<'i32'>) => address(copy, [affine(cell, [source, -1]), pixelBytes]);
  const [copyFrom, copyTo] = [f.keep(at(from), 'copyFrom'), f.keep(at(to), 'copyTo')];
  f.set(copyFrom, select(copyFrom, copyEnd, i32.ltU(copyFrom, copyEnd)));
  f.set(copyTo, select(copyTo, copyEnd, i32.ltU(copyTo, copyEnd)));
  const inside = affine(strip.x, [from, s.xPitch * 4]);
  const places = {
    from: f.keep(address(p.x, inside), 'copySource'),
    start: f.keep(copy, 'start'),
    copyFrom,
    copyTo,
  };
  f.repeat(divisionOf(s).unitGroups === 1 ? 1 : p.groups, () => {
    fillZero(f, places.start, copyFrom);
    copyPixels(site, { source: places.from, to: copyFrom, end: copyTo });
    fillZero(f, copyTo, copyEnd);
    f.increase(places.from, s.ins * 4);
    for (const place of [places.start, copyFrom, copyTo, copyEnd]) f.increase(place, copyBytes(s));
  });
  const y = f.keep(affine(strip.y, [first, s.yPitch * 4]), 'yAt');
  listPixels(site, { from: first, to: last, end: strip.end, x, y }, inner.step * pixelBytes);
  f.increase(copy, bytes);
}

/** Pixel after pixel in whole vectors; each overwrites what the one before wrote too much. */
function copyPixels({ f, s }: Site, { source, to, end }: Pointers<'source' | 'to' | 'end'>): void {
  const from = f.keep(source, 'from');
  const at = f.keep(to, 'copyTarget');
  const [ins, pitch] = s.xPitch === s.ins ? [4, 4] : [s.ins, s.xPitch];
  f.while(i32.ltU(at, end), () => {
    for (let i = 0; i < ins; i += 4) f.run(v128.store(address(at, i * 4), v128.load(address(from, i * 4))));
    f.increase(at, ins * 4);
    f.increase(from, pitch * 4);
  });
}

/** Copies what a unit needs of all listed pixels, from `from` on, together to `to`, and lists the copies instead. */
export function packPixels(
  { f, s }: Site,
  array: 'x' | 'y',
  p: Pointers<'list' | 'listEnd' | 'from' | 'to'>,
): void {
  const packed = f.keep(i32.const(0), 'packed');
  overEntries(f, p, (entry) => {
    const place = address(entry, array === 'x' ? 0 : 4);
    const from = f.keep(address(p.from, i32.load(place)), 'pixel');
    const to = f.keep(address(p.to, packed), 'copy');
    for (let offset = 0; offset < packedPixel(s, array); offset += 16)
      f.run(v128.store(address(to, offset), v128.load(address(from, offset))));
    f.run(i32.store(place, packed));
    f.increase(packed, packedPixel(s, array));
  });
}
