// Where values lie, and where loops over them find their points: held to the definition, element by element.

import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  cutAxis,
  type Form,
  floatsOf,
  formKey,
  type Located,
  type LoopAxis,
  locate,
  type Pixels,
  pitchFor,
  pixels,
  samePixels,
  spreadPixels,
} from './form.ts';

/** The place of an element of the row-major order. */
function placeOf(form: Form, element: number): number {
  if (!form) return element;
  const { channels, plane, pitch } = form;
  const [image, channel] = [Math.floor(element / (channels * plane)), Math.floor(element / plane) % channels];
  return (image * plane + (element % plane)) * pitch + channel;
}

/** What a loop's points give, the last axis fastest. */
const points = (start: number, axes: readonly LoopAxis[]): number[] =>
  axes.reduce(
    (all, { size, step }) =>
      all.flatMap((place) =>
        Array.from({ length: size }, (_, i) => place + (typeof step === 'number' ? step * i : step[i])),
      ),
    [start],
  );

/** A loop where it was located, after all cuts; null where it was refused. */
function pointsIn(form: Form, axes: readonly LoopAxis[], start = 0): number[] | null {
  const found = locate(form, axes, start);
  if (!found) return null;
  if (!('steps' in found)) return pointsIn(form, cutAxis(axes, found, cutStep), start);
  const { steps } = found as Located;
  return points(
    found.start,
    axes.map(({ size }, d) => ({ size, step: steps[d] })),
  );
}

const cutStep = ({ size, step }: LoopAxis, inner: number): [LoopAxis, LoopAxis] => [
  { size: size / inner, step: (step as number) * inner },
  { size: inner, step },
];

const form = { images: 2, channels: 6, plane: 12, pitch: 8 };

describe('pixels', () => {
  it.each([
    [1, 9, 1],
    [3, 9, 3],
    [4, 9, 4],
    [5, 9, 8],
    [5, 1, 5],
  ])('of %i channels and %i cells are %i floats apart', (channels, plane, pitch) => {
    expect(pitchFor(channels, plane)).toBe(pitch);
    expect(pixels(2, channels, plane)).toEqual({ images: 2, channels, plane, pitch });
  });

  it('that are spread are no multiple of 64 floats apart, where there are several', () => {
    const pitches = [60, 64, 66, 126, 128].map((channels) => spreadPixels(1, channels, 4).pitch);
    expect(pitches).toEqual([60, 80, 68, 144, 144]);
    expect([1, 2].map((plane) => spreadPixels(1, 64, plane).pitch)).toEqual([64, 80]);
  });

  it('are the same cells at any pitch', () => {
    expect(samePixels(form, { ...form, pitch: 16 })).toBe(true);
    expect(samePixels(null, null)).toBe(true);
    expect(samePixels(form, null)).toBe(false);
    for (const name of ['images', 'channels', 'plane'] as const)
      expect(samePixels(form, { ...form, [name]: 1 }), name).toBe(false);
  });

  it('are row-major where they have one cell or one channel, and no gap', () => {
    const rowMajor: Form[] = [
      null,
      { images: 3, channels: 5, plane: 1, pitch: 5 },
      { images: 3, channels: 1, plane: 7, pitch: 1 },
    ];
    for (const same of rowMajor) expect(formKey(same)).toBe('row-major');
    const others: Pixels[] = [
      form,
      { ...form, images: 3 },
      { ...form, channels: 5 },
      { ...form, plane: 6 },
      { ...form, pitch: 12 },
      { images: 3, channels: 5, plane: 1, pitch: 8 },
      { images: 3, channels: 1, plane: 7, pitch: 4 },
    ];
    expect(new Set(['row-major', ...others.map(formKey)]).size).toBe(others.length + 1);
  });

  it('take a pitch for each cell', () => {
    expect(floatsOf(form, 144)).toBe(2 * 12 * 8);
    expect(floatsOf(null, 144)).toBe(144);
  });
});

describe('locate', () => {
  /** Tables, steps back, repetitions, starts within and cuts. */
  const loops: [string, LoopAxis[], number][] = [
    ['all of it', [{ size: 144, step: 1 }], 0],
    [
      'images, channels, cells',
      [
        { size: 2, step: 72 },
        { size: 6, step: 12 },
        { size: 12, step: 1 },
      ],
      0,
    ],
    [
      'a window of rows of 4',
      [
        { size: 2, step: 72 },
        { size: 3, step: 12 },
        { size: 2, step: 4 },
        { size: 3, step: 1 },
      ],
      72 * 0 + 12 * 2 + 4 + 1,
    ],
    [
      'images and channels as one',
      [
        { size: 12, step: 12 },
        { size: 12, step: 1 },
      ],
      0,
    ],
    [
      'channels backwards',
      [
        { size: 6, step: -12 },
        { size: 12, step: 1 },
      ],
      60,
    ],
    [
      'one channel for all',
      [
        { size: 5, step: 0 },
        { size: 12, step: 1 },
      ],
      24,
    ],
    [
      'tables of channels and of cells',
      [
        { size: 2, step: 72 },
        { size: 3, step: Int32Array.of(48, 0, 12) },
        { size: 3, step: Int32Array.of(11, 0, 0) },
      ],
      0,
    ],
    [
      'a list of one place',
      [
        { size: 2, step: 72 },
        { size: 1, step: Int32Array.of(36) },
        { size: 1, step: Int32Array.of(5) },
      ],
      12,
    ],
    [
      'an axis of one, whatever its step',
      [
        { size: 1, step: 7 },
        { size: 6, step: 12 },
      ],
      0,
    ],
  ];

  it.each(loops)('finds %s', (_, axes, start) => {
    const expected = points(start, axes).map((element) => placeOf(form, element));
    expect(pointsIn(form, axes, start)).toEqual(expected);
    expect(locate(null, axes, start)).toEqual({ start, steps: axes.map(({ step }) => step) });
  });

  it.each<[string, LoopAxis[], number]>([
    ['runs over the end of a channel', [{ size: 5, step: 3 }], 0],
    [
      'runs over it from where it begins',
      [
        { size: 6, step: 12 },
        { size: 12, step: 1 },
      ],
      1,
    ],
    ['runs before the beginning of a channel', [{ size: 3, step: -1 }], 13],
    ['has a table over channels that are no steps of cells', [{ size: 2, step: Int32Array.of(0, 13) }], 0],
    ['goes through channels in steps that cut cells', [{ size: 3, step: 18 }], 0],
    ['goes behind the last image', [{ size: 3, step: 72 }], 0],
  ])('refuses a loop that %s', (_, axes, start) => {
    expect(pointsIn(form, axes, start)).toBeNull();
  });

  it('never finds a point elsewhere than the definition', () => {
    const axis = fc.record({
      size: fc.integer({ min: 1, max: 6 }),
      step: fc.constantFrom(0, 1, 2, 3, 4, 6, 12, 24, 36, 72, -1, -12, -72),
    });
    let found = 0;
    const property = fc.property(
      fc.array(axis, { minLength: 1, maxLength: 3 }),
      fc.nat(143),
      (axes, start) => {
        const elements = points(start, axes);
        fc.pre(elements.every((element) => element >= 0 && element < 144));
        const located = pointsIn(form, axes, start);
        if (!located) return;
        found++;
        expect(located).toEqual(elements.map((element) => placeOf(form, element)));
      },
    );
    fc.assert(property, { numRuns: 500, seed: 1 });
    expect(found).toBeGreaterThan(200);
  });
});
