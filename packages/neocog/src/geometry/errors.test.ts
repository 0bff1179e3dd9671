// Every sentence with which a geometry is refused, once each; and the reference cases that must be refused.

import { describe, expect, it } from 'vitest';
import golden from '../../../../test/golden/errors.json' with { type: 'json' };
import { ShapeError, UnsupportedError } from '../errors.ts';
import { convGeometry, convTransposeGeometry } from './conv.ts';
import type { ConvOptions, ConvTransposeOptions, PerAxis, PoolOptions, Rank } from './options.ts';
import { poolGeometry, poolScales } from './pool.ts';

const conv = (options: object, input = [1, 4, 8, 8], weight = [6, 4, 3, 3]) =>
  convGeometry({ fn: 'conv2d', rank: 2 }, { input, weight }, options);
const transpose = (options: object, input = [1, 4, 8, 8], weight = [4, 6, 3, 3]) =>
  convTransposeGeometry({ fn: 'convTranspose2d', rank: 2 }, { input, weight }, options);
const pool = (kernel: PerAxis, options: PoolOptions = {}, input = [1, 4, 8, 8]) =>
  poolGeometry({ fn: 'maxPool2d', rank: 2 }, { input, kernel }, options);

const refusals: [message: string, make: () => unknown][] = [
  [
    'conv2d: input has 3 channels, but weight expects 4 (input [1,3,8,8], weight [6,4,3,3]); give a weight whose second axis is 3',
    () => conv({}, [1, 3, 8, 8]),
  ],
  ["if the input is channels-last, pass layout: 'channels-last'", () => conv({}, [1, 8, 8, 4])],
  [
    "weight expects 2 × 2 groups (input [1,8,8,4], weight [6,2,3,3]); if the input is channels-last, pass layout: 'channels-last'",
    () => conv({ groups: 2 }, [1, 8, 8, 4], [6, 2, 3, 3]),
  ],
  [
    'weight expects 2 × 2 groups (input [1,8,8,2], weight [6,2,3,3]); give a weight whose second axis is 4',
    () => conv({ groups: 2 }, [1, 8, 8, 2], [6, 2, 3, 3]),
  ],
  ['groups is 3, but input has 4 channels', () => conv({ groups: 3 })],
  ['groups is 2, but weight has 5 output channels', () => conv({ groups: 2 }, [1, 4, 8, 8], [5, 2, 3, 3])],
  ['input has 3 axes, not 4 (input [4,8,8]', () => conv({}, [4, 8, 8])],
  ['reshape it to [batch, channels, height, width]', () => conv({}, [4, 8, 8])],
  ['weight has 5 axes, not 4', () => conv({}, [1, 4, 8, 8], [6, 4, 3, 3, 3])],
  ['input has batch -1', () => conv({}, [-1, 4, 8, 8])],
  ['input has channels 0', () => conv({}, [1, 0, 8, 8])],
  ['input has width 2.5', () => conv({}, [1, 4, 8, 2.5])],
  ['weight has height 0', () => conv({}, [1, 4, 8, 8], [6, 4, 0, 3])],
  ['weight has out channels 0', () => conv({}, [1, 4, 8, 8], [0, 4, 3, 3])],
  ['stride is 0', () => conv({ stride: 0 })],
  ['stride is [1,NaN]', () => conv({ stride: [1, Number.NaN] })],
  ["stride is '2'", () => conv({ stride: '2' })],
  ['dilation is Infinity', () => conv({ dilation: Infinity })],
  ['dilation is [2]', () => conv({ dilation: [2] })],
  ['give a whole number of at least 1, or a list [height, width] of them', () => conv({ stride: -1 })],
  ['padding is -1', () => conv({ padding: -1 })],
  ['padding is [1,1,1,1]', () => conv({ padding: [1, 1, 1, 1] })],
  ['or a list of 2 [before, after] pairs', () => conv({ padding: [1, 1, 1, 1] })],
  [
    'padding is [[0,1],[2,-1]]',
    () =>
      conv({
        padding: [
          [0, 1],
          [2, -1],
        ],
      }),
  ],
  ['or a list of 2 [before, after] pairs, or one of', () => conv({ padding: [[0, 1]] })],
  ["padding is 'sam'", () => conv({ padding: 'sam' })],
  ["or one of 'valid', 'same', 'same-lower', 'full', 'causal'", () => conv({ padding: 'toString' })],
  ["paddingMode is 'mirror'", () => conv({ paddingMode: 'mirror' })],
  [
    "give one of 'zeros', 'reflect', 'symmetric', 'replicate', 'circular'",
    () => conv({ paddingMode: 'wrap' }),
  ],
  ['groups is 0', () => conv({ groups: 0 })],
  ['groups is 1.5', () => conv({ groups: 1.5 })],
  [
    "padding is 8 on height 8, but paddingMode 'reflect' allows at most 7",
    () => conv({ padding: 8, paddingMode: 'reflect' }),
  ],
  [
    "padding is 9 on height 8, but paddingMode 'symmetric' allows at most 8",
    () => conv({ padding: 9, paddingMode: 'symmetric' }),
  ],
  [
    "padding is 9 on width 8, but paddingMode 'circular' allows at most 8",
    () => conv({ padding: [0, 9], paddingMode: 'circular' }),
  ],
  [
    'the kernel spans 9 cells of height (3 taps, dilation 4), but the padded input has 8 (0 + 8 + 0)',
    () => conv({ dilation: 4 }),
  ],
  ['the padded height is 2147483652 cells', () => conv({ padding: 2 ** 30 }, [1, 4, 4, 4])],
  ['the input [65536,4,256,256] has more than 2^31 − 1 elements', () => conv({}, [65536, 4, 256, 256])],
  [
    'more than 2^53 multiplications',
    () => conv({ padding: 'same' }, [1, 1, 46340, 46340], [1, 1, 46339, 46339]),
  ],
  ['input has 4 channels, but weight expects 6', () => transpose({}, [1, 4, 8, 8], [6, 4, 3, 3])],
  ['groups is 3, but input has 4 channels', () => transpose({ groups: 3 })],
  ['outputPadding is 1 on height', () => transpose({ outputPadding: 1 })],
  ['give at most 1, which is below max(stride, dilation)', () => transpose({ outputPadding: 2, stride: 2 })],
  ['outputPadding is -1', () => transpose({ outputPadding: -1 })],
  [
    'outputSize and outputPadding are both given',
    () => transpose({ stride: 2, outputPadding: 1, outputSize: [9, 9] }),
  ],
  ['outputSize [30,30] is out of reach', () => transpose({ stride: 2, outputSize: [30, 30] })],
  ['stride and padding allow height 17 to 18', () => transpose({ stride: 2, outputSize: [30, 30] })],
  [
    'stride and padding allow height 1 to 2',
    () => transpose({ stride: 4, padding: 1, outputSize: [5, 5] }, [1, 4, 1, 1], [4, 6, 1, 1]),
  ],
  [
    "padding 'same' allows height 15 to 16",
    () => transpose({ stride: 2, padding: 'same', outputSize: [17, 17] }),
  ],
  ['outputSize is [9]', () => transpose({ outputSize: [9] })],
  ['the output would have height 0', () => transpose({ padding: 5 })],
  [
    'conv2d: input has 3 channels, but weight expects 4 (input [1,3,8,8], weight [6,4,3,3], in channels-first order); ',
    () => conv({ layout: 'channels-last' }, [1, 3, 8, 8]),
  ],
  [
    'convTranspose2d: input has 4 channels, but weight expects 6 (input [1,4,8,8], weight [6,4,3,3], in channels-first order); ',
    () => transpose({ layout: 'channels-last' }, [1, 4, 8, 8], [6, 4, 3, 3]),
  ],
  [
    'maxPool2d: input has 3 axes, not 4 (input [4,8,8], kernel 2, in channels-first order); ',
    () => pool(2, { layout: 'channels-last' }, [4, 8, 8]),
  ],
  [
    'maxPool2d: input has 3 axes, not 4 (input [4,8,8], kernel 2); ',
    () => pool(2, { layout: 'channels-first' }, [4, 8, 8]),
  ],
  ['kernel is 0', () => pool(0)],
  ['padding is 2 on height, more than half of kernel 3', () => pool(3, { padding: 2 })],
  [
    'window 0 on height covers only padding',
    () => pool([2, 1], { padding: [1, 0], dilation: [9, 1], stride: 1 }),
  ],
  ['the kernel spans 9 cells of height', () => pool(9)],
  ['divisorOverride is 0', () => poolScales(pool(2), { divisorOverride: 0 })],
];

describe('refusals', () => {
  it.each(refusals)('%s', (message, make) => {
    expect(make).toThrow(ShapeError);
    expect(make).toThrow(message);
  });

  it('begin at a length of 2³¹ with padding', () => {
    const along = (before: number, after: number) => () =>
      convGeometry(
        { fn: 'conv1d', rank: 1 },
        { input: [1, 1, 2 ** 31 - 3], weight: [1, 1, 3] },
        { padding: [[before, after]] },
      );
    expect(along(1, 1)().axes[0].output).toBe(2 ** 31 - 3);
    expect(along(1, 2)).toThrow('the padded length is 2147483648 cells, more than 2^31 − 1');
  });

  it("names the remedy where 'same' and output padding contradict each other", () => {
    const make = () => transpose({ stride: 2, padding: 'same', outputPadding: 1 });
    expect(make).toThrow(UnsupportedError);
    expect(make).toThrow('give outputSize instead');
  });
});

const number = (value: unknown): unknown =>
  value === 'NaN' ? Number.NaN : value === 'Infinity' ? Infinity : value;

/** Runs the geometry of a reference case. */
function attempt(op: string, raw: Record<string, unknown>): void {
  const p = Object.fromEntries(Object.entries(raw).map(([key, value]) => [key, number(value)]));
  const [rank, input, weight] = [p.rank as Rank, p.inputShape as number[], p.weightShape as number[]];
  if (op.startsWith('convTranspose'))
    convTransposeGeometry({ fn: op, rank }, { input, weight }, p as ConvTransposeOptions);
  else if (op.startsWith('conv')) convGeometry({ fn: op, rank }, { input, weight }, p as ConvOptions);
  else {
    const g = poolGeometry({ fn: op, rank }, { input, kernel: p.kernel as PerAxis }, p as PoolOptions);
    poolScales(g, { divisorOverride: p.divisor_override as number | undefined });
  }
}

// Two kinds of case are not refused here: biases are the operations' business, and 'same' with a stride is
// defined as ceil(in / stride) outputs where PyTorch gives up.
const elsewhere = (why: string): boolean =>
  why.startsWith('bias') || why === "'same' padding with stride over 1";

describe('reference cases that must raise', () => {
  const cases = golden.cases.filter((c) => /^(conv|maxPool|avgPool)/.test(c.op) && !elsewhere(c.why));
  it.each(cases.map((c) => [c.id, c.op, c.why, c.params] as const))('%s %s: %s', (_, op, __, params) => {
    expect(() => attempt(op, params)).toThrow(ShapeError);
  });
});
