// The 15 relationships of Dumoulin & Visin, "A guide to convolution arithmetic for deep learning" (arXiv 1603.07285v2),
// by their numbers there: 1–6 convolution, 7 pooling, 8–14 transposed convolution, 15 dilation. Each over all small sizes,
// in arithmetic and on tensors; for the transposed ones the equivalent convolution that the paper describes gives the
// same values, not only the same size. i, k, s, p, d, o are the paper's input, kernel, stride, padding, dilation, output.

import { avgPool2d, conv2d, convTranspose2d, explain, maxPool2d, type Tensor, tensor, zeros } from 'neocog';
import { describe, expect, it } from 'vitest';
import { whole } from './samples.ts';

interface Sizes {
  readonly i: number;
  readonly k: number;
  readonly s: number;
  readonly p: number;
  readonly d: number;
}

const upTo = (last: number, first = 1): number[] =>
  Array.from({ length: last - first + 1 }, (_, n) => first + n);

/** Every combination of small sizes for which `fits` holds. */
function allSizes(fits: (sizes: Sizes) => boolean, largest = { i: 9, k: 5, s: 3, p: 5, d: 3 }): Sizes[] {
  const all = upTo(largest.i).flatMap((i) =>
    upTo(largest.k).flatMap((k) =>
      upTo(largest.s).flatMap((s) =>
        upTo(largest.p, 0).flatMap((p) => upTo(largest.d).map((d) => ({ i, k, s, p, d }))),
      ),
    ),
  );
  const chosen = all.filter(fits);
  expect(chosen.length, 'sizes to check').toBeGreaterThan(4);
  return chosen;
}

const label = (sizes: Sizes): string => JSON.stringify(sizes);

/** Fewer sizes, for tensors: each is a kernel of its own. */
const few = { i: 6, k: 4, s: 3, p: 2, d: 2 };

/**
 * Checks that a convolution has `o` outputs per axis, in arithmetic for all sizes and on a tensor for few. Where there are
 * none, both refuse.
 */
function expectOutputs(fits: (sizes: Sizes) => boolean, o: (sizes: Sizes) => number): void {
  for (const sizes of allSizes(fits)) {
    const { i, k, s, p, d } = sizes;
    const make = () =>
      explain.conv2d({ input: [1, 1, i, i], filters: 1, kernel: k, stride: s, padding: p, dilation: d });
    if (o(sizes) < 1) expect(make, label(sizes)).toThrow('the kernel spans');
    else expect(make().outputShape, label(sizes)).toEqual([1, 1, o(sizes), o(sizes)]);
  }
  for (const sizes of allSizes(fits, few)) {
    const { i, k, s, p, d } = sizes;
    const make = () =>
      conv2d(zeros([1, 1, i, i]), zeros([1, 1, k, k]), { stride: s, padding: p, dilation: d }).shape;
    if (o(sizes) < 1) expect(make, label(sizes)).toThrow('the kernel spans');
    else expect(make(), label(sizes)).toEqual([1, 1, o(sizes), o(sizes)]);
  }
}

/** s − 1 zeros between the cells, and `a` more after the last ones, in both axes. x `[1, 1, n, n]`. */
function stretch(x: Tensor, s: number, a: number): Tensor {
  const n = x.shape[2];
  const size = s * (n - 1) + 1 + a;
  const data = new Float32Array(size * size);
  for (let row = 0; row < n; row++) {
    for (let column = 0; column < n; column++) data[row * s * size + column * s] = x.data[row * n + column];
  }
  return tensor(data, [1, 1, size, size]);
}

/** The kernel turned around: the paper's transposed convolution multiplies by the transposed matrix. */
const turned = (w: Tensor): Tensor => tensor(Float32Array.from(w.data).reverse(), w.shape);

/** A convolution, and what the paper says of the transposed one that belongs to it. */
interface Transposed {
  /** i′: what the convolution writes, the transposed one reads. */
  readonly reads: number;
  /** o′ */
  readonly writes: number;
  /** p′ of the equivalent convolution; its stride is 1 and its kernel that of the convolution. */
  readonly pads: number;
  /** Zeros added after the stretched input. */
  readonly a: number;
}

/** Checks a transposed convolution's size for all sizes, and its values against the equivalent convolution for few. */
function expectTransposed(fits: (sizes: Sizes) => boolean, claim: (sizes: Sizes) => Transposed): void {
  const convolves = ({ i, k, p }: Sizes): boolean => k <= i + 2 * p;
  for (const sizes of allSizes((each) => each.d === 1 && convolves(each) && fits(each))) {
    const { reads, writes, a } = claim(sizes);
    const { k: kernel, s: stride, p: padding } = sizes;
    const options = { kernel, stride, padding, outputPadding: a };
    const layer = explain.convTranspose2d({ input: [1, 1, reads, reads], filters: 1, ...options });
    expect(layer.outputShape, label(sizes)).toEqual([1, 1, writes, writes]);
  }
  for (const sizes of allSizes((each) => each.d === 1 && convolves(each) && fits(each), few)) {
    const { reads, writes, pads, a } = claim(sizes);
    const { k, s: stride, p: padding } = sizes;
    const [x, w] = [whole(1, [1, 1, reads, reads]), whole(2, [1, 1, k, k])];
    const y = convTranspose2d(x, w, { stride, padding, outputPadding: a });
    expect(y.shape, label(sizes)).toEqual([1, 1, writes, writes]);
    expect(y.data, label(sizes)).toEqual(conv2d(stretch(x, stride, a), turned(w), { padding: pads }).data);
  }
}

/** The size that the convolution writes: relationship 6. */
const convolved = ({ i, k, s, p }: Sizes): number => Math.floor((i + 2 * p - k) / s) + 1;

describe('convolution', () => {
  it('relationship 1: no zero padding, unit strides', () => {
    expectOutputs(
      ({ s, p, d }) => s === 1 && p === 0 && d === 1,
      ({ i, k }) => i - k + 1,
    );
  });

  it('relationship 2: zero padding, unit strides', () => {
    expectOutputs(
      ({ s, d }) => s === 1 && d === 1,
      ({ i, k, p }) => i - k + 2 * p + 1,
    );
  });

  it('relationship 3: half (same) padding', () => {
    expectOutputs(
      ({ k, s, p, d }) => k % 2 === 1 && s === 1 && p === Math.floor(k / 2) && d === 1,
      ({ i }) => i,
    );
    const named = explain.conv2d({ input: [1, 1, 5, 5], filters: 1, kernel: 3, padding: 'same' });
    expect(named.axes[0].padding).toEqual([1, 1]);
  });

  it('relationship 4: full padding', () => {
    expectOutputs(
      ({ k, s, p, d }) => p === k - 1 && s === 1 && d === 1,
      ({ i, k }) => i + (k - 1),
    );
    const named = explain.conv2d({ input: [1, 1, 5, 5], filters: 1, kernel: 3, padding: 'full' });
    expect(named.outputShape).toEqual([1, 1, 7, 7]);
  });

  it('relationship 5: no zero padding, non-unit strides', () => {
    expectOutputs(
      ({ p, d }) => p === 0 && d === 1,
      ({ i, k, s }) => Math.floor((i - k) / s) + 1,
    );
  });

  it('relationship 6: zero padding, non-unit strides', () => {
    expectOutputs(({ d }) => d === 1, convolved);
  });

  it('relationship 6, remark: input sizes i to i + s − 1 share an output size if s divides i + 2p − k', () => {
    const dividing = allSizes(({ i, k, s, p, d }) => d === 1 && k <= i + 2 * p && (i + 2 * p - k) % s === 0);
    for (const sizes of dividing) {
      for (const a of upTo(sizes.s - 1, 0)) {
        expect(convolved({ ...sizes, i: sizes.i + a })).toBe(convolved(sizes));
      }
      expect(convolved({ ...sizes, i: sizes.i + sizes.s })).toBe(convolved(sizes) + 1);
    }
  });
});

describe('pooling', () => {
  it('relationship 7: pooling of any type', () => {
    for (const { i, k, s } of allSizes((each) => each.p === 0 && each.d === 1 && each.k <= each.i)) {
      const shape = [1, 1, Math.floor((i - k) / s) + 1, Math.floor((i - k) / s) + 1];
      const layer = { input: [1, 1, i, i], kernel: k, stride: s };
      expect(explain.maxPool2d(layer).outputShape).toEqual(shape);
      expect(explain.avgPool2d(layer).outputShape).toEqual(shape);
      if (i > few.i || k > few.k) continue;
      expect(maxPool2d(zeros([1, 1, i, i]), k, { stride: s }).shape).toEqual(shape);
      expect(avgPool2d(zeros([1, 1, i, i]), k, { stride: s }).shape).toEqual(shape);
    }
  });
});

describe('transposed convolution', () => {
  it('relationship 8: no zero padding, unit strides, transposed', () => {
    expectTransposed(
      ({ s, p }) => s === 1 && p === 0,
      (sizes) => {
        const [reads, { k }] = [convolved(sizes), sizes];
        return { reads, writes: reads + (k - 1), pads: k - 1, a: 0 };
      },
    );
  });

  it('relationship 9: zero padding, unit strides, transposed', () => {
    expectTransposed(
      ({ k, s, p }) => s === 1 && p <= k - 1,
      (sizes) => {
        const [reads, { k, p }] = [convolved(sizes), sizes];
        return { reads, writes: reads + (k - 1) - 2 * p, pads: k - p - 1, a: 0 };
      },
    );
  });

  it('relationship 10: half (same) padding, transposed', () => {
    expectTransposed(
      ({ k, s, p }) => k % 2 === 1 && s === 1 && p === Math.floor(k / 2),
      (sizes) => ({ reads: convolved(sizes), writes: convolved(sizes), pads: sizes.p, a: 0 }),
    );
  });

  it('relationship 11: full padding, transposed', () => {
    expectTransposed(
      ({ k, s, p }) => s === 1 && p === k - 1,
      (sizes) => ({ reads: convolved(sizes), writes: convolved(sizes) - (sizes.k - 1), pads: 0, a: 0 }),
    );
  });

  it('relationship 12: no zero padding, non-unit strides, transposed', () => {
    expectTransposed(
      ({ i, k, s, p }) => p === 0 && (i - k) % s === 0,
      (sizes) => {
        const [reads, { k, s }] = [convolved(sizes), sizes];
        return { reads, writes: s * (reads - 1) + k, pads: k - 1, a: 0 };
      },
    );
  });

  it('relationship 13: zero padding, non-unit strides, transposed', () => {
    expectTransposed(
      ({ i, k, s, p }) => p <= k - 1 && (i + 2 * p - k) % s === 0,
      (sizes) => {
        const [reads, { k, s, p }] = [convolved(sizes), sizes];
        return { reads, writes: s * (reads - 1) + k - 2 * p, pads: k - p - 1, a: 0 };
      },
    );
  });

  it('relationship 14: zero padding, non-unit strides, transposed, for any input size', () => {
    expectTransposed(
      ({ k, p }) => p <= k - 1,
      (sizes) => {
        const [reads, { i, k, s, p }] = [convolved(sizes), sizes];
        const a = (i + 2 * p - k) % s;
        const writes = s * (reads - 1) + a + k - 2 * p;
        expect(writes, 'the shape that the convolution started from').toBe(i);
        return { reads, writes, pads: k - p - 1, a };
      },
    );
  });
});

describe('dilated convolution', () => {
  it('relationship 15: dilation', () => {
    expectOutputs(
      () => true,
      ({ i, k, s, p, d }) => Math.floor((i + 2 * p - k - (k - 1) * (d - 1)) / s) + 1,
    );
  });
});
