// The second half of a resize, and the values: each row of the picture from the rows between that weigh in it, or from a row of the
// frame where nothing is resized. A value is (byte − shift) · factor, rounded after either step: no engine fuses the two.

import { backgroundBytes, channelBytes } from '../../../../geometry/frames/picture.ts';
import {
  address,
  affine,
  type Code,
  type Func,
  f32x4,
  i8x16,
  i16x8,
  i32,
  type Local,
  type Scope,
  v128,
} from '../../assembler/index.ts';
import { splat, type Vector } from '../../fused/math.ts';
import { divide, type Kernel, unitFunction } from '../kernel.ts';
import { storeLanes } from '../lanes.ts';
import { i32Params, type Pointers } from '../pointers.ts';
import { floatBytes, vectorBytes } from '../sizes.ts';
import { addPairs, pairWeights, pickBytes, roundedSums, startSums, toBytes } from './bytes.ts';
import { entryHead, type FrameShape, headerBytes, headerWord, modes, pairBytes } from './shape.ts';
import { emitSource } from './source.ts';

const sumParams = i32Params(['from', 'weights', 'pairs', 'to']);
const copyParams = i32Params(['from', 'to']);
const groundParams = i32Params(['to']);

export function rowsKernel(s: FrameShape): Kernel {
  const { images, channels, width, height, shift, factor } = s.input;
  const operands = ['header', 'frames', 'out0'];
  const values = `(${channelBytes(s.input)} − ${shift}) · ${factor} on ${s.input.background}`;
  return {
    key: `frames rows ${images} to ${channels}×${height}×${width} by ${values}`,
    operands,
    units: images * height,
    scratchBytes: 0,
    emit(scope) {
      const code = emitRows(scope, s);
      return unitFunction(scope, operands, (f, p, unit) => {
        const [image, row] = divide(f, unit, height);
        const own = f.keep(address(p.header, [image, headerBytes]), 'own');
        const before = affine([image, channels * height], row);
        const to = f.keep(address(p.out0, [before, width * floatBytes]), 'to');
        const mode = f.keep(headerWord(own, 'mode'), 'mode');
        f.if(i32.eq(mode, modes.copy), () => {
          const from = f.call(code.source, { own, frames: p.frames, row });
          f.run(f.call(code.copies, { from, to }));
        });
        f.if(i32.eq(mode, modes.resize), () => resizedRow(f, { own, frames: p.frames, row, to }, code));
      });
    },
  };
}

const emitRows = (scope: Scope, s: FrameShape) => ({
  source: emitSource(scope.within('.source'), s),
  sums: scope.within('.sums').func(sumParams, (f, p) => sumRow(f, p, s)),
  copies: scope.within('.copies').func(copyParams, (f, p) => copyRow(f, p, s)),
  grounds: scope.within('.grounds').func(groundParams, (f, p) => groundRow(f, p, s)),
});

/** A row with pixels of the frame, or one above or below it. */
function resizedRow(
  f: Func,
  { own, frames, row, to }: Pointers<'own' | 'frames' | 'row' | 'to'>,
  code: ReturnType<typeof emitRows>,
): void {
  const inside = f.keep(affine(row, [headerWord(own, 'top'), -1]), 'inside');
  const sum = (): void => {
    const pairs = f.keep(headerWord(own, 'downPairs'), 'pairs');
    const entryBytes = affine([pairs, pairBytes], entryHead);
    const entry = f.keep(address(frames, headerWord(own, 'down'), [inside, entryBytes]), 'entry');
    const from = address(frames, headerWord(own, 'between'), i32.load(entry));
    f.run(f.call(code.sums, { from, weights: address(entry, entryHead), pairs, to }));
  };
  f.if(i32.ltU(inside, headerWord(own, 'height')), sum, () => f.run(f.call(code.grounds, { to })));
}

/** Pixels side by side on their way to values. */
interface Values {
  readonly to: Local<'i32'>;
  /** 1 to 4. */
  readonly count: number;
  /** Bytes behind `to`. */
  readonly offset?: number;
  /** Where a byte of a pixel is in the vector. */
  place(pixel: number, byte: number): number;
}

/** The values of up to four pixels, into the plane of each channel. */
function storeValues(f: Func, bytes: Vector, s: FrameShape, { to, count, offset = 0, place }: Values): void {
  const { width, height, shift, factor } = s.input;
  channelBytes(s.input).forEach((byte, c) => {
    const places = [0, 1, 2, 3].flatMap((pixel) => [place(pixel, byte), null, null, null]);
    const number = f32x4.convertI32x4S(pickBytes(f, bytes, places));
    const shifted = shift[c] === 0 ? number : f32x4.sub(number, splat(f, shift[c]));
    const value = factor[c] === 1 ? shifted : f32x4.mul(shifted, splat(f, factor[c]));
    storeLanes(f, value, { at: to, count, offset: offset + c * width * height * floatBytes });
  });
}

/** Runs `body` for so many columns at a time, and for those that are left. */
function overColumns(
  f: Func,
  width: number,
  { columns, move }: { columns: number; move: () => void },
  body: (count: number) => void,
): void {
  const whole = Math.floor(width / columns);
  if (whole > 0)
    f.repeat(whole, () => {
      body(columns);
      move();
    });
  if (width % columns > 0) body(width % columns);
}

/** Sixteen bytes at a time: four pixels, or as many gray ones. */
function sumRow(f: Func, p: Pointers<keyof typeof sumParams>, s: FrameShape): void {
  const columns = vectorBytes / s.bytes;
  const move = (): void => {
    f.increase(p.from, vectorBytes);
    f.increase(p.to, columns * floatBytes);
  };
  overColumns(f, s.input.width, { columns, move }, (count) => {
    const bytes = f.keep(summed(f, p, s.betweenStride), 'bytes');
    for (let first = 0; first < count; first += 4)
      storeValues(f, bytes, s, {
        to: p.to,
        count: Math.min(4, count - first),
        offset: first * floatBytes,
        place: (pixel, byte) => (first + pixel) * s.bytes + byte,
      });
  });
}

const interleaved = (first: number): number[] =>
  Array.from({ length: 16 }, (_, i) => first + (i >> 1) + (i % 2) * 16);

/** Sums of sixteen columns of bytes, as bytes. */
function summed(f: Func, p: Pointers<keyof typeof sumParams>, stride: number): Code<'v128'> {
  const sums = startSums(f, 4);
  const [at, weights] = [f.keep(p.from, 'at'), f.keep(p.weights, 'weight')];
  f.repeat(p.pairs, () => {
    const [a, b] = [0, stride].map((offset) => f.keep(v128.load(address(at, offset)), 'row'));
    const both = pairWeights(f, weights);
    [0, 8].forEach((first, i) => {
      const pairs = f.keep(i8x16.shuffle(a, b, interleaved(first)), 'pairs');
      addPairs(f, sums[2 * i], f.keep(i16x8.extendLowI8x16U(pairs), 'words'), both);
      addPairs(f, sums[2 * i + 1], f.keep(i16x8.extendHighI8x16U(pairs), 'words'), both);
    });
    f.increase(at, 2 * stride);
    f.increase(weights, pairBytes);
  });
  return toBytes(sums.map(({ high, low }) => f.keep(roundedSums(high, low), 'rounded')));
}

/** Four pixels at a time, as they are in the frame. */
function copyRow(f: Func, p: Pointers<keyof typeof copyParams>, s: FrameShape): void {
  const move = (): void => {
    f.increase(p.from, 4 * s.bytes);
    f.increase(p.to, vectorBytes);
  };
  overColumns(f, s.input.width, { columns: 4, move }, (count) => {
    const bytes = f.keep(s.isGray ? v128.load32Zero(p.from) : v128.load(p.from), 'bytes');
    storeValues(f, bytes, s, { to: p.to, count, place: (pixel, byte) => pixel * s.bytes + byte });
  });
}

/** Above and below a frame. */
function groundRow(f: Func, p: Pointers<keyof typeof groundParams>, s: FrameShape): void {
  const ground = backgroundBytes(s.input);
  const [word] = new Int32Array(Uint8Array.from({ length: 4 }, (_, i) => ground[i % ground.length]).buffer);
  const bytes = f.keep(v128.const4I(word, word, word, word), 'bytes');
  overColumns(f, s.input.width, { columns: 4, move: () => f.increase(p.to, vectorBytes) }, (count) =>
    storeValues(f, bytes, s, { to: p.to, count, place: (_, byte) => byte }),
  );
}
