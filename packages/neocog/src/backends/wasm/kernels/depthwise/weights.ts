// Weights of depthwise kernels on their way in and out: from the row-major tensor [out][…kernel] to blocks of lanes
// [block][tap][vector of block][4 lanes], and gradients in such blocks, one per part of the pixels, back to the tensor.

import { type Func, f32x4, i32, type Local, v128 } from '../../assembler/index.ts';
import type { Vector } from '../../fused/math.ts';
import { type Kernel, kernelParams } from '../kernel.ts';
import { gatherLanes, scatterLanes } from '../lanes.ts';
import { type DepthwiseShape, tapsOf, vectorsOf, weightBytesOf } from './shape.ts';

/** Units: vectors of lanes. */
export function depthwisePrepareKernel(s: DepthwiseShape): Kernel {
  const operands = ['weights', 'w'];
  return {
    key: `depthwise weights ${weightsKey(s)}`,
    operands,
    units: vectorsOf(s),
    scratchBytes: 0,
    emit: (m, name) =>
      m.func(name, kernelParams(operands), (f, p) => {
        overVectorTaps(f, s, p.from, p.to, (plain, block, lanes) => {
          f.run(
            v128.store(
              i32.add(p.w, block),
              gatherLanes(f.keep(i32.add(p.weights, plain), 'lanes'), lanes, tapsOf(s) * 4),
            ),
          );
        });
      }),
  };
}

/** Adds `parts` gradients in blocks, in order, and writes them row-major. Operands: workspace0, w. */
export function depthwiseCollectKernel(s: DepthwiseShape, parts: number): Kernel {
  const operands = ['workspace0', 'w'];
  return {
    key: `depthwise weight sums ${parts} ${weightsKey(s)}`,
    operands,
    units: vectorsOf(s),
    scratchBytes: 0,
    emit: (m, name) =>
      m.func(name, kernelParams(operands), (f, p) => {
        overVectorTaps(f, s, p.from, p.to, (plain, block, lanes) => {
          const from = f.keep(i32.add(p.workspace0, block), 'blocks');
          const part = (k: number): Vector => v128.load(from, { offset: k * weightBytesOf(s) });
          let sum = part(0);
          for (let k = 1; k < parts; k++) sum = f32x4.add(sum, part(k));
          scatterLanes(f, f.keep(i32.add(p.w, plain), 'lanes'), sum, lanes, tapsOf(s) * 4);
        });
      }),
  };
}

const weightsKey = (s: DepthwiseShape): string => `${s.channels} ${tapsOf(s)} ${s.vectors}`;

/**
 * Every tap of vectors `from` to `to`: its place in the tensor, its place in the blocks, and how many lanes exist. Where a
 * lane collects several outputs, their rows of the tensor lie behind each other as its taps.
 */
function overVectorTaps(
  f: Func,
  s: DepthwiseShape,
  from: Local<'i32'>,
  to: Local<'i32'>,
  body: (plain: Local<'i32'>, block: Local<'i32'>, lanes: number) => void,
): void {
  const last = vectorsOf(s) - 1;
  const partial = s.channels - 4 * last;
  f.range('vector', from, to, 1, (vector) => {
    const visit = (lanes: number): void => overTaps(f, s, vector, (...at) => body(...at, lanes));
    if (partial === 4) visit(4);
    else
      f.if(
        i32.ltU(vector, last),
        () => visit(4),
        () => visit(partial),
      );
  });
}

function overTaps(
  f: Func,
  s: DepthwiseShape,
  vector: Local<'i32'>,
  body: (plain: Local<'i32'>, block: Local<'i32'>) => void,
): void {
  const plain = f.keep(i32.mul(vector, 16 * tapsOf(s)), 'plain');
  const { place, step } = blockPlace(f, s, vector);
  f.repeat(tapsOf(s), () => {
    body(plain, place);
    f.increase(plain, 4);
    f.increase(place, step);
  });
}

/** Where a vector's first tap lies in the blocks, and how far it is to the next tap. */
function blockPlace(f: Func, s: DepthwiseShape, vector: Local<'i32'>) {
  const { vectors } = s;
  const full = Math.floor(vectorsOf(s) / vectors) * vectors;
  const first = f.keep(i32.mul(i32.divU(vector, vectors), vectors), 'firstOfBlock');
  const step = f.keep(i32.const(16 * vectors), 'step');
  if (full < vectorsOf(s)) f.if(i32.geU(first, full), () => f.set(step, 16 * (vectorsOf(s) - full)));
  const within = i32.mul(i32.sub(vector, first), 16);
  return { place: f.keep(i32.add(i32.mul(first, 16 * tapsOf(s)), within), 'place'), step };
}
