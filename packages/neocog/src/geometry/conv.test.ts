// Output sizes against windows counted one by one, the named paddings, transposed sizes, and the textbooks'
// examples.

import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  convGeometry,
  convTransposeGeometry,
  inputShape,
  multiplyAdds,
  outputShape,
  weightShape,
} from './conv.ts';
import type { ConvOptions, ConvTransposeOptions, Padding } from './options.ts';
import type { WindowAxis } from './types.ts';

const conv1 = (input: number, kernel: number, options: ConvOptions = {}): WindowAxis =>
  convGeometry({ fn: 'conv1d', rank: 1 }, { input: [1, 1, input], weight: [1, 1, kernel] }, options).axes[0];
const transpose1 = (input: number, kernel: number, options: ConvTransposeOptions = {}): WindowAxis =>
  convTransposeGeometry(
    { fn: 'convTranspose1d', rank: 1 },
    { input: [1, 1, input], weight: [1, 1, kernel] },
    options,
  ).axes[0];

/** Windows that fit, found by sliding one cell at a time. */
function countWindows(a: Omit<WindowAxis, 'output'>): number {
  let count = 0;
  for (let start = -a.padBefore; start < a.input + a.padAfter; start++) {
    const last = start + (a.kernel - 1) * a.dilation;
    if ((start + a.padBefore) % a.stride === 0 && last < a.input + a.padAfter) count++;
  }
  return count;
}

const ranges = { input: 8, kernel: 4, stride: 3, dilation: 3, pad: 2 };

/** Every small axis, in the order of its fields. */
function* smallAxes(): Generator<Omit<WindowAxis, 'output'>> {
  for (let input = 1; input <= ranges.input; input++)
    for (let kernel = 1; kernel <= ranges.kernel; kernel++)
      for (let stride = 1; stride <= ranges.stride; stride++)
        for (let dilation = 1; dilation <= ranges.dilation; dilation++)
          for (let padBefore = 0; padBefore <= ranges.pad; padBefore++)
            for (let padAfter = 0; padAfter <= ranges.pad; padAfter++)
              yield { input, kernel, stride, dilation, padBefore, padAfter };
}

describe('convGeometry', () => {
  it('counts the windows of every small axis', () => {
    for (const a of smallAxes()) {
      const make = () => conv1(a.input, a.kernel, { ...a, padding: [[a.padBefore, a.padAfter]] });
      const windows = countWindows(a);
      if (windows === 0) expect(make, JSON.stringify(a)).toThrow('the kernel spans');
      else expect(make(), JSON.stringify(a)).toEqual({ ...a, output: windows });
    }
  });

  it("gives ceil(in / stride) outputs with 'same' and puts the odd cell where the name says", () => {
    for (const { input, kernel, stride, dilation } of smallAxes()) {
      const upper = conv1(input, kernel, { stride, dilation, padding: 'same' });
      const lower = conv1(input, kernel, { stride, dilation, padding: 'same-lower' });
      expect(upper.output).toBe(Math.ceil(input / stride));
      expect(lower.output).toBe(upper.output);
      expect(upper.padAfter - upper.padBefore).toBeOneOf([0, 1]);
      expect([lower.padBefore, lower.padAfter]).toEqual([upper.padAfter, upper.padBefore]);
    }
  });

  it("shows every input cell to every tap with 'full'", () => {
    for (const { input, kernel, dilation } of smallAxes()) {
      const axis = conv1(input, kernel, { dilation, padding: 'full' });
      expect(axis.output).toBe(input + (kernel - 1) * dilation);
    }
  });

  it("looks only at the past with 'causal'", () => {
    const axis = conv1(10, 3, { dilation: 4, padding: 'causal' });
    expect([axis.padBefore, axis.padAfter, axis.output]).toEqual([8, 0, 10]);
  });

  it('takes a number, a list or pairs', () => {
    const pads = (padding: Padding) =>
      convGeometry(
        { fn: 'conv2d', rank: 2 },
        { input: [1, 1, 9, 9], weight: [1, 1, 3, 3] },
        { padding },
      ).axes.map((a) => [a.padBefore, a.padAfter]);
    expect(pads(2)).toEqual([
      [2, 2],
      [2, 2],
    ]);
    expect(pads([1, 2])).toEqual([
      [1, 1],
      [2, 2],
    ]);
    expect(
      pads([
        [0, 1],
        [2, 3],
      ]),
    ).toEqual([
      [0, 1],
      [2, 3],
    ]);
  });

  it('has the shapes and counts of the textbook examples', () => {
    const six = convGeometry(
      { fn: 'conv2d', rank: 2 },
      { input: [1, 3, 32, 32], weight: [6, 3, 5, 5] },
      { padding: 'same' },
    );
    expect(outputShape(six)).toEqual([1, 6, 32, 32]);
    const first = convGeometry(
      { fn: 'conv2d', rank: 2 },
      { input: [1, 3, 224, 224], weight: [64, 3, 3, 3] },
      { padding: 1 },
    );
    expect(outputShape(first)).toEqual([1, 64, 224, 224]);
    expect(multiplyAdds(first)).toBe(224 * 224 * 64 * 27);
    const depthwise = convGeometry(
      { fn: 'conv2d', rank: 2 },
      { input: [2, 8, 5, 5], weight: [16, 1, 3, 3] },
      { groups: 8 },
    );
    expect([inputShape(depthwise), weightShape(depthwise)]).toEqual([
      [2, 8, 5, 5],
      [16, 1, 3, 3],
    ]);
    expect(multiplyAdds(depthwise)).toBe(2 * 16 * 9 * 9);
  });

  it('allows an empty batch and freezes what it returns', () => {
    const g = convGeometry({ fn: 'conv2d', rank: 2 }, { input: [0, 3, 8, 8], weight: [4, 3, 3, 3] });
    expect(outputShape(g)).toEqual([0, 4, 6, 6]);
    expect([g, g.axes, g.axes[0]].every(Object.isFrozen)).toBe(true);
  });
});

describe('convTransposeGeometry', () => {
  it('is (W − 1)·S − P + K_eff + output padding, and the convolution of that size comes back', () => {
    for (const a of smallAxes()) {
      const size = (a.input - 1) * a.stride - a.padBefore - a.padAfter + (a.kernel - 1) * a.dilation + 1;
      for (let extra = 0; extra < Math.max(a.stride, a.dilation); extra++) {
        if (size + extra < 1) continue;
        const options = {
          stride: a.stride,
          dilation: a.dilation,
          padding: [[a.padBefore, a.padAfter]] as const,
        };
        const axis = transpose1(a.input, a.kernel, { ...options, outputPadding: extra });
        expect([axis.input, axis.output]).toEqual([size + extra, a.input]);
        expect(transpose1(a.input, a.kernel, { ...options, outputSize: [size + extra] })).toEqual(axis);
        if (extra < a.stride) expect(conv1(size + extra, a.kernel, options)).toEqual(axis);
      }
    }
  });

  it('reads a named padding as that of the convolution on its output', () => {
    for (const { input, kernel, stride, dilation } of smallAxes()) {
      for (const padding of ['valid', 'same', 'same-lower', 'full', 'causal'] as const) {
        const size = { valid: 0, full: -2, causal: -1 } as const;
        const extent = (kernel - 1) * dilation + 1;
        const expected = padding.startsWith('same')
          ? input * stride
          : (input - 1) * stride + extent + size[padding as keyof typeof size] * (extent - 1);
        if (expected < 1) continue;
        const axis = transpose1(input, kernel, { stride, dilation, padding });
        expect(axis.input).toBe(expected);
        expect(conv1(axis.input, kernel, { stride, dilation, padding })).toEqual(axis);
      }
    }
  });

  it("accepts with 'same' every size that the convolution maps to the input", () => {
    fc.assert(
      fc.property(
        fc.nat(20),
        fc.integer({ min: 1, max: 5 }),
        fc.integer({ min: 1, max: 4 }),
        (n, kernel, stride) => {
          const [size, options] = [n + 1, { stride, padding: 'same' as const }];
          const axis = transpose1(Math.ceil(size / stride), kernel, { ...options, outputSize: [size] });
          expect(axis).toEqual(conv1(size, kernel, options));
        },
      ),
    );
  });

  it('swaps the channels: the convolution reads what the transposed one writes', () => {
    const g = convTransposeGeometry(
      { fn: 'convTranspose2d', rank: 2 },
      { input: [1, 8, 4, 4], weight: [8, 3, 2, 2] },
      {
        groups: 2,
        stride: 2,
      },
    );
    expect([inputShape(g), outputShape(g), weightShape(g)]).toEqual([
      [1, 6, 8, 8],
      [1, 8, 4, 4],
      [8, 3, 2, 2],
    ]);
  });
});
