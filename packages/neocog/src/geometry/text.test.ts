// Lines of text: fixed examples, round trips over generated geometries, and what a reader of a bad line is
// told.

import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { FormatError, ShapeError } from '../errors.ts';
import { convGeometry, convTransposeGeometry } from './conv.ts';
import { type Pair, paddingModes, type Rank } from './options.ts';
import { poolGeometry } from './pool.ts';
import { formatConv, formatPool, parseConv, parsePool } from './text.ts';

const convTexts = [
  'n1 g1 c64>64 56x56 k3x3 s1 d1 p1',
  'n8 g4 c8>16 17 k5 s2 d3 p0:2',
  'n0 g1 c3>4 9x8 k3x1 s2x1 d1x2 p1x2',
  'n1 g1 c3>4 9x8 k3x3 s1 d1 p0:1x2:2',
  'n1 g1 c3>4 9x8x7 k1x2x3 s1 d1 p1 reflect',
  'n1 g1 c1>1 9x9 k3x3 s1 d2 p0 o4x4',
  'n1 g1 c1>1 9x9 k3x3 s1 d2 p0 circular o4x5',
];
const poolTexts = [
  'n1 c64 56x56 k3x3 s2 d1 p1',
  'n1 c1 8 k3 s2 d1 p0 o4',
  'n2 c3 5x6x7 k2x2x3 s2x2x3 d1 p0:1x1:0x0:0',
];

const rank = fc.constantFrom<Rank>(1, 2, 3);
const perAxis = (r: Rank, least: number, most: number) =>
  fc.array(fc.integer({ min: least, max: most }), { minLength: r, maxLength: r });
const pads = (r: Rank, most: number) =>
  fc.array(fc.tuple(fc.nat(most), fc.nat(most)) as fc.Arbitrary<Pair>, { minLength: r, maxLength: r });

const request = rank.chain((r) =>
  fc.record({
    rank: fc.constant(r),
    batch: fc.nat(3),
    groups: fc.integer({ min: 1, max: 3 }),
    size: perAxis(r, 1, 12),
    kernel: perAxis(r, 1, 4),
    stride: perAxis(r, 1, 3),
    dilation: perAxis(r, 1, 3),
    padding: pads(r, 2),
    outputPadding: perAxis(r, 0, 2),
    paddingMode: fc.constantFrom(...paddingModes),
    ceilMode: fc.boolean(),
  }),
);

/** The geometry, or undefined where the generated sizes do not fit together. */
function attempt<T>(make: () => T): T | undefined {
  try {
    return make();
  } catch (error) {
    if (error instanceof ShapeError) return undefined;
    throw error;
  }
}

function expectRoundTrip<T>(g: T | undefined, format: (g: T) => string, parse: (text: string) => T): void {
  fc.pre(g !== undefined);
  const text = format(g);
  expect(parse(text)).toEqual(g);
  expect(format(parse(text))).toBe(text);
}

describe('formatConv and parseConv', () => {
  it.each(convTexts)('keeps %s', (text) => {
    expect(formatConv(parseConv(text))).toBe(text);
  });

  it('brings convolutions back', () => {
    fc.assert(
      fc.property(request, (r) => {
        const [input, weight] = [
          [r.batch, 2 * r.groups, ...r.size],
          [3 * r.groups, 2, ...r.kernel],
        ];
        expectRoundTrip(
          attempt(() => convGeometry({ fn: 'conv', rank: r.rank }, { input, weight }, r)),
          formatConv,
          parseConv,
        );
      }),
    );
  });

  it('brings transposed convolutions back, with the cells that output padding leaves unseen', () => {
    fc.assert(
      fc.property(request, (r) => {
        const [input, weight] = [
          [r.batch, 2 * r.groups, ...r.size],
          [2 * r.groups, 3, ...r.kernel],
        ];
        const make = () => convTransposeGeometry({ fn: 'transpose', rank: r.rank }, { input, weight }, r);
        expectRoundTrip(attempt(make), formatConv, parseConv);
      }),
    );
  });

  it('freezes what it reads', () => {
    const g = parseConv('n1 g1 c1>1 9x9 k3x3 s1 d2 p0 o4x4');
    expect([g, g.axes, g.axes[0]].every(Object.isFrozen)).toBe(true);
  });

  it.each([
    ['conv2d 3x3', 'write it like n1 g1 c64>64'],
    ['n1 g3 c64>64 56x56 k3x3 s1 d1 p1', 'groups is 3 for 64 channels'],
    ['n1 g0 c64>64 56x56 k3x3 s1 d1 p1', 'groups is 0 for 64 channels'],
    ['n1 g1 c1>1 56x56 k3x3x3 s1 d1 p1', 'kernel has 3 parts for 2 axes'],
    ['n1 g1 c1>1 5x5x5x5 k3 s1 d1 p1', '4 axes; give 1, 2 or 3'],
    ['n1 g1 c1>1 56x56 k3x3 s1 d1 p1:', 'write it like p1'],
    ['n1 g1 c1>1 56x56 k3x3 s1 d1 p1 mirror', "'mirror' is no padding mode"],
    ['n1 g1 c1>1 56x56 k3x3 s0 d1 p1', 'stride is [0,0]'],
    ['n1 g1 c1>1 5x5 k7x7 s1 d1 p0', 'the kernel spans 7 cells'],
    ['n1 g1 c1>1 5x5 k3x3 s1 d1 p0 o4x3', 'output is 4, but the sizes allow 1 to 3'],
    ['n1 g1 c1>1 5x5 k3x3 s1 d1 p0 o1x0', 'output is 0, but the sizes allow 1 to 3'],
  ])('refuses %s', (text, message) => {
    expect(() => parseConv(text)).toThrow(FormatError);
    expect(() => parseConv(text)).toThrow(message);
  });
});

describe('formatPool and parsePool', () => {
  it.each(poolTexts)('keeps %s', (text) => {
    expect(formatPool(parsePool(text))).toBe(text);
  });

  it('brings pooling windows back', () => {
    fc.assert(
      fc.property(request, (r) => {
        const make = () =>
          poolGeometry({ fn: 'pool', rank: r.rank }, { input: [r.batch, 3, ...r.size], kernel: r.kernel }, r);
        expectRoundTrip(attempt(make), formatPool, parsePool);
      }),
    );
  });

  it.each([
    ['n1 g1 c1 5x5 k3x3 s1 d1 p0', 'not a pooling window'],
    ['n1 c1 8 k3 s2 d1 p0 o5', 'output is 5, but the sizes allow 3 to 4'],
    ['n1 c1 8 k3 s2 d1 p2', 'more than half of kernel 3'],
    ['n1 c1 2 k3 s2 d1 p0 o0', 'output is 0, but the sizes allow 1'],
  ])('refuses %s', (text, message) => {
    expect(() => parsePool(text)).toThrow(FormatError);
    expect(() => parsePool(text)).toThrow(message);
  });
});
