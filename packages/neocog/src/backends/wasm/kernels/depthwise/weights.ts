// Weights of depthwise kernels on their way in and out: from the row-major tensor [out][…kernel] to blocks of lanes
// [block][tap][vector of block][4 lanes], and gradients in such blocks, one per part of the pixels, back to the tensor.

import { address, affine, type Func, f32x4, i32, type Local, v128 } from '../../assembler/index.ts';
import type { Vector } from '../../fused/math.ts';
import { type Kernel, kernelParams } from '../kernel.ts';
import { loadLanes, storeLanes } from '../lanes.ts';
import type { CodeSite } from '../pointers.ts';
import { type DepthwiseShape, tapsOf, vectorsOf, weightBytesOf } from './shape.ts';

/** Units: vectors of lanes. */
export function depthwisePrepareKernel(s: DepthwiseShape): Kernel {
  const operands = ['weights', 'w'];
  return {
    key: `depthwise weights ${weightsKey(s)}`,
    operands,
    units: vectorsOf(s),
    scratchBytes: 0,
    emit: (scope) =>
      scope.func(kernelParams(operands), (f, p) =>
        overVectorTaps({ f, p, s }, ({ plain, block, count }) => {
          const at = f.keep(address(p.weights, plain), 'lanes');
          const lanes = loadLanes({ at, count, step: tapsOf(s) * 4 });
          f.run(v128.store(address(p.w, block), lanes));
        }),
      ),
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
    emit: (scope) =>
      scope.func(kernelParams(operands), (f, p) =>
        overVectorTaps({ f, p, s }, ({ plain, block, count }) => {
          const from = f.keep(address(p.workspace0, block), 'blocks');
          const part = (k: number): Vector => v128.load(address(from, k * weightBytesOf(s)));
          let sum = part(0);
          for (let k = 1; k < parts; k++) sum = f32x4.add(sum, part(k));
          const at = f.keep(address(p.w, plain), 'lanes');
          storeLanes(f, sum, { at, count, step: tapsOf(s) * 4 });
        }),
      ),
  };
}

const weightsKey = (s: DepthwiseShape): string => `${s.channels} ${tapsOf(s)} ${s.vectors}`;

type Site = CodeSite<DepthwiseShape>;

/** A vector of one tap: its place in the tensor, its place in the blocks, and how many of its lanes exist. */
interface VectorTap {
  readonly plain: Local<'i32'>;
  readonly block: Local<'i32'>;
  readonly count: number;
}

/**
 * Every tap of vectors `from` to `to`. Where a lane collects several outputs, their rows of the tensor lie behind each other as
 * its taps.
 */
function overVectorTaps(site: Site, body: (tap: VectorTap) => void): void {
  const { f, p, s } = site;
  const last = vectorsOf(s) - 1;
  const partial = s.channels - 4 * last;
  f.range('vector', p.from, p.to, 1, (vector) => {
    const visit = (count: number): void => overTaps(site, vector, (at) => body({ ...at, count }));
    if (partial === 4) visit(4);
    else
      f.if(
        i32.ltU(vector, last),
        () => visit(4),
        () => visit(partial),
      );
  });
}

function overTaps({ f, s }: Site, vector: Local<'i32'>, body: (at: Omit<VectorTap, 'count'>) => void): void {
  const plain = f.keep(affine([vector, 16 * tapsOf(s)]), 'plain');
  const { place: block, step } = blockPlace(f, s, vector);
  f.repeat(tapsOf(s), () => {
    body({ plain, block });
    f.increase(plain, 4);
    f.increase(block, step);
  });
}

/** Where a vector's first tap lies in the blocks, and how far it is to the next tap. */
function blockPlace(f: Func, s: DepthwiseShape, vector: Local<'i32'>) {
  const { vectors } = s;
  const full = Math.floor(vectorsOf(s) / vectors) * vectors;
  const first = f.keep(affine([i32.divU(vector, vectors), vectors]), 'firstOfBlock');
  const step = f.keep(i32.const(16 * vectors), 'step');
  if (full < vectorsOf(s)) f.if(i32.geU(first, full), () => f.set(step, 16 * (vectorsOf(s) - full)));
  const within = affine([affine(vector, [first, -1]), 16]);
  return { place: f.keep(affine([first, 16 * tapsOf(s)], within), 'place'), step };
}
