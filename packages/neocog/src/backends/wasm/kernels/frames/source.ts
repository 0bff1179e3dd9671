// The rows of a frame as they are resized: its own where it has what is needed, gray for a network of gray pictures or red, green
// and blue of opaque pixels; otherwise rows that are made of them when they are read.

import { grayWeights } from '../../../../geometry/frames/picture.ts';
import {
  address,
  type Code,
  type Func,
  type FuncRef,
  i8x16,
  i16x8,
  i32,
  i32x4,
  type Local,
  type Scope,
  v128,
} from '../../assembler/index.ts';
import type { Vector } from '../../fused/math.ts';
import { i32Params, type Pointers } from '../pointers.ts';
import { eightBytes, pickBytes, pickWords } from './bytes.ts';
import { blockPixels, type FrameShape, headerWord } from './shape.ts';

const sourceParams = i32Params(['own', 'frames', 'row']);
const rowParams = i32Params(['from', 'to', 'blocks']);
type RowPointers = Pointers<keyof typeof rowParams>;
type RowFunction = FuncRef<typeof rowParams, 'void'>;

/** The address of a row of the image whose header is `own`. */
export type SourceFunction = FuncRef<typeof sourceParams, 'i32'>;

export function emitSource(scope: Scope, s: FrameShape): SourceFunction {
  const opaque = emitOpaque(scope.within('.opaque'));
  const row = (
    name: string,
    bytes: number,
    change: (f: Func, pixels: Local<'v128'>) => Code<'v128'>,
  ): RowFunction =>
    scope.within(`.${name}`).func(rowParams, (f, p) => convertRow(f, p, { s, bytes, change }));
  const gray = (bytes: number) => (f: Func, pixels: Vector) => grays(f, pixels, bytes);
  const over = (f: Func, pixels: Vector): Local<'v128'> =>
    f.keep(blended(f, pixels, s.input.background), 'blended');
  const functions = s.isGray
    ? {
        clear: row('fromRgba', 4, gray(4)),
        blend: row('blend', 4, (f, x) => gray(4)(f, over(f, x))),
        three: row('fromRgb', 3, gray(3)),
      }
    : {
        blend: row('blend', 4, over),
        three: row('fromRgb', 3, (f, x) => spread(f, x, 3)),
        one: row('fromGray', 1, (f, x) => spread(f, x, 1)),
      };
  return scope.func(sourceParams, (f, p) => {
    const place = (start: Code<'i32'>, stride: Code<'i32'>): Code<'i32'> =>
      address(p.frames, start, [p.row, stride]);
    const from = f.keep(place(headerWord(p.own, 'from'), headerWord(p.own, 'fromStride')), 'from');
    const result = f.keep(from, 'result');
    const [bytes, blocks] = [
      f.keep(headerWord(p.own, 'bytes'), 'bytes'),
      f.keep(headerWord(p.own, 'blocks'), 'blocks'),
    ];
    const convert = (by: RowFunction): void => {
      f.set(result, place(headerWord(p.own, 'converted'), headerWord(p.own, 'convertedStride')));
      f.run(f.call(by, { from, to: result, blocks }));
    };
    f.if(i32.eq(bytes, 4), () =>
      f.if(
        f.call(opaque, { from, blocks }),
        () => functions.clear && convert(functions.clear),
        () => convert(functions.blend),
      ),
    );
    f.if(i32.eq(bytes, 3), () => convert(functions.three));
    const { one } = functions;
    if (one) f.if(i32.eq(bytes, 1), () => convert(one));
    return result;
  });
}

/** Whether all pixels of some blocks are opaque. */
const emitOpaque = (scope: Scope) =>
  scope.func(i32Params(['from', 'blocks']), (f, p) => {
    const all = f.keep(v128.const4I(-1, -1, -1, -1), 'all');
    f.repeat(p.blocks, () => {
      f.set(all, v128.and(all, v128.load(p.from)));
      f.increase(p.from, 4 * blockPixels);
    });
    const opaque = 255 << 24;
    const missing = v128.andnot(f.constant(v128.const4I(opaque, opaque, opaque, opaque), 'opaque'), all);
    return i32.eqz(v128.anyTrue(missing));
  });

interface Conversion {
  readonly s: FrameShape;
  readonly bytes: number;
  /** Of four pixels: numbers of gray, or bytes. */
  readonly change: (f: Func, pixels: Local<'v128'>) => Code<'v128'>;
}

function convertRow(f: Func, p: RowPointers, { s, bytes, change }: Conversion): void {
  f.repeat(p.blocks, () => {
    const pixels = f.keep(bytes === 1 ? v128.load32Zero(p.from) : v128.load(p.from), 'pixels');
    if (s.isGray) {
      const numbers = f.keep(change(f, pixels), 'grays');
      f.run(v128.store32Lane(p.to, eightBytes(f, numbers, numbers), 0));
    } else f.run(v128.store(p.to, change(f, pixels)));
    f.increase(p.from, blockPixels * bytes);
    f.increase(p.to, blockPixels * s.bytes);
  });
}

/** Pixels of one or three bytes in four. */
const spread = (f: Func, pixels: Vector, bytes: 1 | 3): Code<'v128'> =>
  pickBytes(
    f,
    pixels,
    [0, 1, 2, 3].flatMap((pixel) =>
      [0, 1, 2].map((c) => (bytes === 1 ? pixel : 3 * pixel + c)).concat(pixel),
    ),
  );

const words = (f: Func, low: number, high = low): Code<'v128'> => {
  const word = (high << 16) | low;
  return f.constant(v128.const4I(word, word, word, word), 'words');
};

/** Red and green, green and blue: green is in both with half its weight, which would not fit in 16 bits. */
function grays(f: Func, pixels: Vector, bytes: number): Code<'v128'> {
  const { red, green, blue, half, bits } = grayWeights;
  const pairs = (first: number): Code<'v128'> =>
    pickWords(
      f,
      pixels,
      [0, 1, 2, 3].flatMap((pixel) => [pixel * bytes + first, pixel * bytes + first + 1]),
    );
  const sum = i32x4.add(
    i32x4.dotI16x8S(pairs(0), words(f, red, green / 2)),
    i32x4.dotI16x8S(pairs(1), words(f, green / 2, blue)),
  );
  return i32x4.shrU(i32x4.add(sum, f.constant(v128.const4I(half, half, half, half), 'half')), bits);
}

/** Pixels over a colour: (over · alpha + under · (255 − alpha)) / 255, to the nearest. */
function blended(f: Func, pixels: Vector, [red, green, blue]: readonly number[]): Code<'v128'> {
  const under = f.constant(v128.const4I((green << 16) | red, blue, (green << 16) | red, blue), 'under');
  const [low, high] = [i16x8.extendLowI8x16U(pixels), i16x8.extendHighI8x16U(pixels)].map((over, i) => {
    const places = [0, 1].flatMap((pixel) => new Array<number>(4).fill(8 * i + 4 * pixel + 3));
    const alpha = f.keep(pickWords(f, pixels, places), 'alpha');
    const rest = i16x8.sub(words(f, 255), alpha);
    const sum = i16x8.add(i16x8.mul(over, alpha), i16x8.mul(under, rest));
    const rounded = f.keep(i16x8.add(sum, words(f, 128)), 'sum');
    return i16x8.shrU(i16x8.add(rounded, i16x8.shrU(rounded, 8)), 8);
  });
  return i8x16.narrowI16x8U(low, high);
}
