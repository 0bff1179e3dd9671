// Sums of the weight gradient on their way out: from [position][lane] in scratch memory to the row-major tensor
// [out][in][…kernel], and the sum of several such tensors, one per part of the pixels.

import {
  address,
  affine,
  type Func,
  f32,
  f32x4,
  i32,
  type Local,
  type Scope,
  v128,
} from '../../assembler/index.ts';
import type { Vector } from '../../fused/math.ts';
import { type Kernel, kernelParams } from '../kernel.ts';
import { storeLanes } from '../lanes.ts';
import { i32Params, type Pointers } from '../pointers.ts';
import { transposeSquare } from '../transpose.ts';
import { tapsOf, type WeightGradShape } from './shape.ts';

/** A block of vectors of outs, of which the last may have fewer lanes. */
interface BlockSpec {
  readonly vectors: number;
  readonly lastLanes: number;
}

/** Where the code of its function is made. */
interface Site extends BlockSpec {
  readonly f: Func;
  /** From one out to the next in the tensor. */
  readonly rowBytes: number;
}

const params = i32Params(['w', 'sums', 'slot', 'out', 'position', 'count']);

/**
 * Writes `count` positions of a slot, from number `position` on, for one block; `out` is the block's first channel of all outs.
 * Position k·ins + c is tap k of a row of the kernel and channel c; where slots are taps it is c.
 */
export const storeFunction = (scope: Scope, s: WeightGradShape, block: BlockSpec) =>
  scope.func(params, (f, p) => {
    const taps = tapsOf(s);
    const rowBytes = s.ins * taps * 4;
    const site = { ...block, f, rowBytes };
    const row = f.keep(address(p.w, [p.out, rowBytes]), 'row');
    const tap = f.keep(affine([p.slot, s.rows ? s.inner.taps : 1]), 'tap');
    const channel = f.keep(p.position, 'channel');
    if (s.rows) {
      f.increase(tap, i32.divU(p.position, s.ins));
      f.set(channel, i32.remU(p.position, s.ins));
    }
    const from = f.keep(p.sums, 'sum');
    const to = f.keep(address(row, [affine([channel, taps], tap), 4]), 'to');
    if (taps === 1) {
      const squares = f.keep(i32.shrU(p.count, 2), 'squares');
      f.range('square', 0, squares, 1, () => {
        scatterSquares(site, from, to);
        f.increase(from, 4 * block.vectors * 16);
        f.increase(to, 16);
      });
    }
    f.range('left', 0, taps === 1 ? i32.and(p.count, 3) : p.count, 1, () => {
      scatter(site, from, to);
      f.increase(from, block.vectors * 16);
      f.increase(to, taps * 4);
      if (s.rows) nextTap(f, s, { channel, to });
    });
  });

/** Behind a tap's last channel comes the next tap. */
function nextTap(f: Func, s: WeightGradShape, { channel, to }: Pointers<'channel' | 'to'>): void {
  f.increase(channel, 1);
  f.if(i32.eq(channel, s.ins), () => {
    f.set(channel, 0);
    f.increase(to, 4 - s.ins * tapsOf(s) * 4);
  });
}

const lanesOf = ({ vectors, lastLanes }: Site, v: number): number => (v === vectors - 1 ? lastLanes : 4);

/** The lanes of one position, each to its row of the tensor. */
function scatter(site: Site, from: Local<'i32'>, to: Local<'i32'>): void {
  const { f, vectors, rowBytes: step } = site;
  for (let v = 0; v < vectors; v++) {
    const lanes = { at: to, count: lanesOf(site, v), step, offset: v * 4 * step };
    storeLanes(f, v128.load(address(from, v * 16)), lanes);
  }
}

/** The lanes of four positions, which are neighbours in each row of the tensor. */
function scatterSquares(site: Site, from: Local<'i32'>, to: Local<'i32'>): void {
  const { f, vectors, rowBytes } = site;
  for (let v = 0; v < vectors; v++) {
    const at = (position: number) => address(from, (position * vectors + v) * 16);
    const square = [0, 1, 2, 3].map((i) => v128.load(at(i)));
    transposeSquare(f, square)
      .slice(0, lanesOf(site, v))
      .forEach((row, lane) => f.run(v128.store(address(to, (v * 4 + lane) * rowBytes), row)));
  }
}

/** Floats of a unit of the addition of parts. */
const unitFloats = 2048;

/** Adds `parts` arrays of `length` floats, `stride` apart, in order. Operands: workspace0, w. */
export function addPartsKernel(parts: number, length: number, stride: number): Kernel {
  const operands = ['workspace0', 'w'];
  return {
    key: `sum of ${parts} × ${length} floats, ${stride} apart`,
    operands,
    units: Math.ceil(length / unitFloats),
    scratchBytes: 0,
    emit: (scope) =>
      scope.func(kernelParams(operands), (f, p) => {
        const vectorEnd = f.keep(affine([p.to, unitFloats]), 'end');
        const whole = length - (length % 4);
        f.if(i32.gtS(vectorEnd, whole), () => f.set(vectorEnd, whole));
        const place = (array: Local<'i32'>, i: Local<'i32'>) => f.keep(address(array, [i, 4]), 'at');
        f.range('i', affine([p.from, unitFloats]), vectorEnd, 4, (i) => {
          const from = place(p.workspace0, i);
          let sum: Vector = v128.load(from);
          for (let k = 1; k < parts; k++) sum = f32x4.add(sum, v128.load(address(from, k * stride * 4)));
          f.run(v128.store(place(p.w, i), sum));
        });
        /** The floats behind the last whole vector. */
        const rest = (): void => {
          for (let i = whole; i < length; i++) {
            const part = (k: number) => f32.load(address(p.workspace0, (i + k * stride) * 4));
            let sum = part(0);
            for (let k = 1; k < parts; k++) sum = f32.add(sum, part(k));
            f.run(f32.store(address(p.w, i * 4), sum));
          }
        };
        if (whole < length) f.if(i32.gtS(affine([p.to, unitFloats]), whole), rest);
      }),
  };
}
