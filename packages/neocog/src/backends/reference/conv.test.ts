// The three kernels against the definition written as one loop over all indices, and against each other: they
// are adjoint. Data are small integers, so that every sum is exact and equality means equality.

import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { ShapeError } from '../../errors.ts';
import {
  convGeometry,
  convTransposeGeometry,
  inputShape,
  outputShape,
  weightShape,
} from '../../geometry/conv.ts';
import { type Pair, paddingModes, type Rank } from '../../geometry/options.ts';
import { formatConv, parseConv } from '../../geometry/text.ts';
import type { ConvGeometry } from '../../geometry/types.ts';
import { product } from '../../geometry/window.ts';
import { conv, convInputGrad, convWeightGrad } from './conv.ts';

/** Integers from −4 to 4 that look random and depend on the seed only. */
function integers(length: number, seed: number): Float32Array {
  let state = seed + 1;
  return Float32Array.from({ length }, () => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return ((state >>> 16) % 9) - 4;
  });
}

function dot(a: Float32Array | Float64Array, b: Float32Array | Float64Array): number {
  expect(a.length).toBe(b.length);
  let sum = 0;
  for (let i = 0; i < a.length; i++) sum += a[i] * b[i];
  return sum;
}

const list = (rank: Rank, least: number, most: number) =>
  fc.array(fc.integer({ min: least, max: most }), { minLength: rank, maxLength: rank });

/** Requests of every rank, among which the sizes of most fit together. */
const request = fc.constantFrom<Rank>(1, 2, 3).chain((rank) =>
  fc.record({
    rank: fc.constant(rank),
    batch: fc.integer({ min: 1, max: 2 }),
    groups: fc.integer({ min: 1, max: 3 }),
    inGroup: fc.integer({ min: 1, max: 3 }),
    outGroup: fc.integer({ min: 1, max: 3 }),
    size: list(rank, 2, 7 - rank),
    kernel: list(rank, 1, 3),
    stride: list(rank, 1, 3),
    dilation: list(rank, 1, 2),
    padding: fc.array(fc.tuple(fc.nat(3), fc.nat(3)) as fc.Arbitrary<Pair>, {
      minLength: rank,
      maxLength: rank,
    }),
    paddingMode: fc.constantFrom(...paddingModes),
    transposed: fc.boolean(),
  }),
);
type Request = typeof request extends fc.Arbitrary<infer T> ? T : never;

function makeGeometry(r: Request): ConvGeometry | null {
  const [ic, oc] = [r.groups * r.inGroup, r.groups * r.outGroup];
  try {
    return r.transposed
      ? convTransposeGeometry(
          { fn: 't', rank: r.rank },
          { input: [r.batch, oc, ...r.size], weight: [oc, r.inGroup, ...r.kernel] },
          r,
        )
      : convGeometry(
          { fn: 'c', rank: r.rank },
          { input: [r.batch, ic, ...r.size], weight: [oc, r.inGroup, ...r.kernel] },
          r,
        );
  } catch (error) {
    if (error instanceof ShapeError) return null;
    throw error;
  }
}

describe('conv, convInputGrad and convWeightGrad', () => {
  it('are adjoint: ⟨conv(x, w), y⟩ = ⟨x, inputGrad(y, w)⟩ = ⟨w, weightGrad(x, y)⟩', () => {
    fc.assert(
      fc.property(request, fc.nat(), (r, seed) => {
        const g = makeGeometry(r);
        fc.pre(g !== null);
        const x = integers(product(inputShape(g)), seed);
        const w = integers(product(weightShape(g)), seed + 1);
        const y = integers(product(outputShape(g)), seed + 2);
        const form = dot(conv(g, x, w, null), y);
        expect(dot(x, convInputGrad(g, y, w, null)), formatConv(g)).toBe(form);
        expect(dot(w, convWeightGrad(g, x, y)), formatConv(g)).toBe(form);
      }),
      { numRuns: 400 },
    );
  });

  it('sum what the definition says', () => {
    const g = parseConv('n2 g2 c4>6 7x6 k3x2 s2x1 d1x3 p1:0x0:2');
    const [x, w] = [integers(product(inputShape(g)), 1), integers(product(weightShape(g)), 2)];
    expect(new Float32Array(conv(g, x, w, null))).toEqual(defineConv(g, x, w));
  });

  it('start from the bias of each channel', () => {
    const g = parseConv('n2 g1 c2>3 4 k2 s1 d1 p0');
    const [x, w] = [new Float32Array(16), new Float32Array(12)];
    const [forward, back] = [
      conv(g, x, w, Float32Array.of(1, 2, 3)),
      convInputGrad(g, new Float32Array(18), w, Float32Array.of(4, 5)),
    ];
    expect([...forward]).toEqual([1, 1, 1, 2, 2, 2, 3, 3, 3, 1, 1, 1, 2, 2, 2, 3, 3, 3]);
    expect([...back]).toEqual([4, 4, 4, 4, 5, 5, 5, 5, 4, 4, 4, 4, 5, 5, 5, 5]);
  });

  it('shift with their input on a torus', () => {
    const g = parseConv('n1 g1 c1>1 6x5 k3x3 s1 d1 p1 circular');
    const [x, w] = [integers(30, 5), integers(9, 6)];
    const shift = (plane: ArrayLike<number>) =>
      Float64Array.from(plane, (_, i) => plane[((Math.floor(i / 5) + 2) % 6) * 5 + (((i % 5) + 1) % 5)]);
    expect(conv(g, Float32Array.from(shift(x)), w, null)).toEqual(shift(conv(g, x, w, null)));
  });

  it('round once: a sum of parts below one float32 step still counts', () => {
    const g = parseConv('n1 g1 c1>1 3 k3 s1 d1 p0');
    const tiny = 2 ** -25;
    expect([...conv(g, Float32Array.of(1, tiny, tiny * 3), Float32Array.of(1, 1, 1), null)]).toEqual([
      1 + 2 ** -23,
    ]);
  });

  it('take an empty batch', () => {
    const g = parseConv('n0 g1 c1>2 5 k3 s1 d1 p0');
    expect(conv(g, new Float32Array(0), new Float32Array(6), null)).toHaveLength(0);
    expect(convWeightGrad(g, new Float32Array(0), new Float32Array(0))).toEqual(new Float32Array(6));
  });

  it('stop at arrays of the wrong length', () => {
    const g = parseConv('n1 g1 c1>1 5 k3 s1 d1 p0');
    expect(() => conv(g, new Float32Array(4), new Float32Array(3), null)).toThrow('neocog bug');
  });
});

/**
 * y[n, oc, oh, ow] = Σ w[oc, c, kh, kw] · x[n, ic, oh·stride − pad + kh·dilation, …], by the book, for 2-D
 * and zeros.
 */
function defineConv(g: ConvGeometry, x: Float32Array, w: Float32Array): Float32Array {
  const [h, v] = g.axes;
  const [inGroup, outGroup] = [g.inChannels / g.groups, g.outChannels / g.groups];
  return Float32Array.from({ length: product(outputShape(g)) }, (_, at) => {
    const [ow, oh] = [at % v.output, Math.floor(at / v.output) % h.output];
    const [oc, n] = [
      Math.floor(at / (v.output * h.output)) % g.outChannels,
      Math.floor(at / product(outputShape(g).slice(1))),
    ];
    let sum = 0;
    for (let c = 0; c < inGroup; c++)
      for (let kh = 0; kh < h.kernel; kh++)
        for (let kw = 0; kw < v.kernel; kw++) {
          const ih = oh * h.stride - h.padBefore + kh * h.dilation;
          const iw = ow * v.stride - v.padBefore + kw * v.dilation;
          if (ih < 0 || ih >= h.input || iw < 0 || iw >= v.input) continue;
          const ic = Math.floor(oc / outGroup) * inGroup + c;
          const cell = x[((n * g.inChannels + ic) * h.input + ih) * v.input + iw];
          sum += cell * w[((oc * inGroup + c) * h.kernel + kh) * v.kernel + kw];
        }
    return sum;
  });
}
