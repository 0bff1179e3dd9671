// The first half of a resize: the rows of a frame that are needed, each with as many pixels as the picture has, in bytes. Where the
// frame is narrower than the picture, its sides have the background.

import { backgroundBytes } from '../../../../geometry/frames/picture.ts';
import {
  address,
  affine,
  type Code,
  type Func,
  i8x16,
  i32,
  i32x4,
  type Local,
  less,
  type Scope,
  v128,
} from '../../assembler/index.ts';
import type { Vector } from '../../fused/math.ts';
import { type Kernel, unitFunction } from '../kernel.ts';
import { i32Params, type Pointers } from '../pointers.ts';
import { firstHalves, lastHalves } from '../transpose.ts';
import { addPairs, eightBytes, pairWeights, pickWords, roundedSums, startSums } from './bytes.ts';
import {
  entryHead,
  type FrameShape,
  type HeaderField,
  headerWord,
  modes,
  pairBytes,
  partsOf,
  unitRows,
} from './shape.ts';
import { emitSource } from './source.ts';

const rowParams = i32Params(['from', 'to', 'fromNext', 'toNext', 'table', 'turns', 'columns']);
type RowPointers = Pointers<keyof typeof rowParams>;

const sideParams = i32Params(['at', 'words']);

export function columnsKernel(s: FrameShape): Kernel {
  const { images, channels, width } = s.input;
  const operands = ['header', 'frames'];
  const parts = partsOf(s.input);
  return {
    key: `frames columns ${images} to ${channels}×${width} on ${s.input.background}`,
    operands,
    units: images * parts,
    scratchBytes: 0,
    emit(scope) {
      const code = emitRows(scope, s);
      return unitFunction(scope, operands, (f, p, unit) => {
        const { own, first, end } = unitRows(f, unit, { header: p.header, parts });
        f.if(i32.eq(headerWord(own, 'mode'), modes.resize), () => {
          const image = imageOf(f, { own, frames: p.frames }, s);
          // Two rows at a time, since they have their weights in common. The last may be alone: it is both then.
          f.range('rowAt', first, end, 2, (at) => {
            const next = f.keep(less(affine(at, 1), affine(end, -1)), 'next');
            twoRows(f, { image, s, code }, [at, next]);
          });
        });
      });
    },
  };
}

const emitRows = (scope: Scope, s: FrameShape) => ({
  source: emitSource(scope.within('.source'), s),
  sides: emitSides(scope.within('.sides'), backgroundBytes(s.input)),
  rows: scope.within('.rows').func(rowParams, (f, p) => (s.isGray ? grayRows(f, p) : colourRows(f, p))),
});

/** What the rows of an image have in common. */
function imageOf(f: Func, { own, frames }: Pointers<'own' | 'frames'>, s: FrameShape) {
  const word = (name: HeaderField) => f.keep(headerWord(own, name), name);
  const [left, columns, pairs] = [word('left'), word('columns'), word('acrossPairs')];
  return {
    ...{ own, frames, left, columns },
    right: f.keep(affine(left, columns), 'right'),
    turns: f.keep(s.isGray ? i32.shrU(pairs, 1) : pairs, 'turns'),
    table: f.keep(address(frames, headerWord(own, 'across')), 'table'),
    between: f.keep(address(frames, headerWord(own, 'between')), 'between'),
  };
}

interface RowSite {
  readonly image: ReturnType<typeof imageOf>;
  readonly s: FrameShape;
  readonly code: ReturnType<typeof emitRows>;
}

function twoRows(f: Func, { image, s, code }: RowSite, rows: readonly Local<'i32'>[]): void {
  const { own, frames, left, right, between, table, turns, columns } = image;
  const [a, b] = rows.map((row) => {
    const to = f.keep(address(between, [row, s.betweenStride]), 'to');
    const behind = (pixels: Code<'i32'>): Code<'i32'> => address(to, [pixels, s.bytes]);
    f.run(f.call(code.sides, { at: to, words: wordsOf(left, s) }));
    return {
      from: f.pointer('from', frames, f.call(code.source, { own, frames, row })),
      to: behind(left),
      end: behind(right),
    };
  });
  f.run(f.call(code.rows, { from: a.from, to: a.to, fromNext: b.from, toNext: b.to, table, turns, columns }));
  const rest = wordsOf(affine(s.input.width, [right, -1]), s);
  for (const { end } of [a, b]) f.run(f.call(code.sides, { at: end, words: rest }));
}

/** Words that hold so many pixels: the last may go over the end of a gray row. */
const wordsOf = (pixels: Code<'i32'>, { isGray }: FrameShape): Code<'i32'> =>
  !isGray ? pixels : i32.shrU(affine(pixels, 3), 2);

const emitSides = (scope: Scope, ground: readonly number[]) =>
  scope.func(sideParams, (f, p) => {
    const [word] = new Int32Array(Uint8Array.from({ length: 4 }, (_, i) => ground[i % ground.length]).buffer);
    f.range('word', 0, p.words, 1, () => {
      f.run(i32.store(p.at, word));
      f.increase(p.at, 4);
    });
  });

/** Runs `body` for each pair of taps of the next entry, and moves on to the one after it. */
function overTaps(
  f: Func,
  p: RowPointers,
  turn: { pixelBytes: number; taps: number },
  body: (rows: readonly Local<'i32'>[]) => void,
): void {
  const start = f.keep(i32.load(p.table), 'start');
  const rows = [p.from, p.fromNext].map((row) => f.keep(address(row, start), 'at'));
  f.increase(p.table, entryHead);
  f.repeat(p.turns, () => {
    body(rows);
    for (const row of rows) f.increase(row, turn.taps * turn.pixelBytes);
    f.increase(p.table, (turn.taps / 2) * pairBytes);
  });
}

/** Two pixels at a time: of each byte of them a pair of words. */
function colourRows(f: Func, p: RowPointers): void {
  const places = [0, 1, 2, 3].flatMap((c) => [c, 4 + c]);
  f.repeat(p.columns, () => {
    const sums = startSums(f, 2);
    overTaps(f, p, { pixelBytes: 4, taps: 2 }, (rows) => {
      const weights = pairWeights(f, p.table);
      rows.forEach((row, i) => {
        addPairs(f, sums[i], f.keep(pickWords(f, v128.load64Splat(row), places), 'pairs'), weights);
      });
    });
    const [a, b] = sums.map(({ high, low }) => roundedSums(high, low));
    storeWords(f, p, eightBytes(f, a, b));
  });
}

/** Four bytes to either row. */
function storeWords(f: Func, p: RowPointers, bytes: Vector): void {
  const kept = f.keep(bytes, 'bytes');
  [p.to, p.toNext].forEach((to, row) => {
    f.run(v128.store32Lane(to, kept, row));
    f.increase(to, 4);
  });
}

/** Every second word of two vectors. */
const every = (first: number): number[] =>
  [0, 8, 16, 24].flatMap((at) => [0, 1, 2, 3].map((byte) => at + first + byte));

/** Four outputs at a time, as the table has them: four taps and both halves of their weights by one instruction. */
function grayRows(f: Func, p: RowPointers): void {
  f.repeat(i32.shrU(affine(p.columns, 3), 2), () => {
    const outputs = Array.from({ length: 4 }, () => {
      const sums = [0, 1].map(() => f.keep(v128.const4I(0, 0, 0, 0), 'sum'));
      overTaps(f, p, { pixelBytes: 1, taps: 4 }, (rows) => {
        const weights = f.keep(v128.load(p.table), 'weights');
        rows.forEach((row, i) => {
          const four = pickWords(f, v128.load32Zero(row), [0, 1, 0, 1, 2, 3, 2, 3]);
          f.set(sums[i], i32x4.add(sums[i], i32x4.dotI16x8S(four, weights)));
        });
      });
      return sums;
    });
    const [a, b] = [0, 1].map((row) =>
      graySums(
        f,
        outputs.map((sums) => sums[row]),
      ),
    );
    storeWords(f, p, eightBytes(f, a, b));
  });
}

/** Of each output upper and lower halves of two pairs: their sums, and of these the outputs side by side. */
function graySums(f: Func, [a, b, c, d]: readonly Vector[]): Code<'v128'> {
  const added = (x: Vector, y: Vector): Code<'v128'> =>
    i32x4.add(i8x16.shuffle(x, y, firstHalves), i8x16.shuffle(x, y, lastHalves));
  const [ab, cd] = [f.keep(added(a, b), 'ab'), f.keep(added(c, d), 'cd')];
  const low = i32x4.add(i8x16.shuffle(ab, cd, every(4)), startSums(f, 1)[0].low);
  return f.keep(roundedSums(i8x16.shuffle(ab, cd, every(0)), low), 'rounded');
}
