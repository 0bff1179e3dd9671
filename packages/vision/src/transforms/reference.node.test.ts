// What is not random against torchvision, pixel by pixel (fixtures/transforms/make.py).

import { readFileSync } from 'node:fs';
import { Generator, type Tensor, tensor } from 'neocog';
import { describe, expect, it } from 'vitest';
import { blurImage } from './blurs.ts';
import { adjustBrightness, adjustContrast, adjustHue, adjustSaturation, toGrey } from './colours.ts';
import { centerCrop, fiveCrop, pad, resize, resizeShorter } from './crops.ts';
import { hide } from './erase.ts';
import { flipAcross, flipDown } from './flips.ts';
import { normalize } from './looks.ts';
import type { AffineParts } from './matrix.ts';
import { afterwards, crop, resizeSample } from './place.ts';
import { randChanges, trivialChanges } from './policies.ts';
import type { TransformSample } from './sample.ts';
import {
  adjustSharpness,
  equalizeTones,
  invertTones,
  posterizeTones,
  solarizeTones,
  stretchTones,
} from './tones.ts';
import { tilt, turn, warpAffine } from './turns.ts';
import type { WarpInterpolation } from './warp.ts';

interface Flat {
  readonly shape: number[];
  readonly values: number[];
}

const found = JSON.parse(
  readFileSync(new URL('../../fixtures/transforms/transforms.json', import.meta.url), 'utf8'),
);

const [height, width] = [7, 9];

/** The formulas of the fixtures. */
const levels = (channels: number, rows = height, columns = width): number[] =>
  Array.from({ length: channels * rows * columns }, (_, i) => (i * i * 3 + i * 57 + 20) % 256);
const picture = (channels: number, rows = height, columns = width): Tensor =>
  tensor(
    levels(channels, rows, columns).map((v) => v / 255),
    [channels, rows, columns],
  );
const image = picture(3);
const mask = tensor(
  Array.from({ length: height * width }, (_, i) => Math.floor((i * 5) / 9) % 7),
  [height, width],
  { dtype: 'int32' },
);
const sample: TransformSample = { image, mask };

function expectFlat(t: Tensor | undefined, { shape, values }: Flat, tolerance = 2e-5): void {
  expect(t?.shape).toEqual(shape);
  t?.data.forEach((v, i) => {
    if (!(Math.abs(v - values[i]) <= tolerance)) expect.fail(`${v} at ${i}, not ${values[i]}`);
  });
}

const named = (beginning: string): string[] =>
  Object.keys(found).filter((name) => name.startsWith(`${beginning} `));

describe('sizes and parts', () => {
  it.each(named('resizeShorter'))('%s', (name) => {
    const [, side, interpolation] = name.split(' ');
    const options = { interpolation: interpolation as 'bilinear' };
    expectFlat(resizeShorter(Number(side), options)(sample).image, found[name]);
  });

  it.each(named('centerCrop').filter((name) => !name.includes('mask')))('%s', (name) => {
    const [, h, w] = name.split(' ').map(Number);
    const cropped = centerCrop([h, w])(sample);
    expectFlat(cropped.image, found[name]);
    const { shape, values } = found[`centerCrop mask ${h} ${w}`];
    expectFlat(cropped.mask, { shape: shape.slice(1), values }, 0);
  });

  it.each<[string, () => Tensor | undefined]>([
    ['stretch 5 9', () => resize([5, 9], { fit: 'stretch' })(sample).image],
    ['fiveCrop', () => fiveCrop([4, 6])({ image }).image],
    ['pad', () => pad([2, 3, 4, 1], { fill: 0.25 })(sample).image],
    ['flipAcross', () => flipAcross(sample).image],
    ['flipDown', () => flipDown(sample).image],
    [
      'part',
      () => {
        const cut = crop('part', sample, { top: 2, left: 1, height: 4, width: 7 });
        const target = { height: 3, width: 5, interpolation: 'bilinear' } as const;
        return afterwards(sample, cut, (small) => resizeSample(small, target)).image;
      },
    ],
  ])('%s', (name, run) => {
    expectFlat(run(), found[name]);
  });
});

describe('turns', () => {
  it.each(named('rotate').filter((name) => !name.includes('mask')))('%s', (name) => {
    const [, angle, expand, interpolation] = name.split(' ');
    const options = { expand: expand === 'true', interpolation: interpolation as WarpInterpolation };
    expectFlat(turn(sample, Number(angle), options).image, found[name]);
  });

  it('rotate mask', () => {
    const { values } = found['rotate mask'];
    expectFlat(turn(sample, 25, {}).mask, { shape: [height, width], values }, 0);
  });

  it.each(found.affine as { parts: AffineParts; nearest: Flat; bilinear: Flat }[])(
    'affine $parts',
    ({ parts, nearest, bilinear }) => {
      expectFlat(warpAffine('affine', sample, parts, { interpolation: 'nearest' }).image, nearest);
      expectFlat(warpAffine('affine', sample, parts, {}).image, bilinear);
    },
  );

  it('perspective', () => {
    const corners = [
      [1.5, 1],
      [8, 0.5],
      [8.5, 6],
      [0.5, 7],
    ] as const;
    expectFlat(tilt(sample, corners, {}).image, found.perspective, 1e-4);
    expectFlat(tilt(sample, corners, { interpolation: 'nearest' }).image, found['perspective nearest']);
  });
});

describe('colours and tones', () => {
  const adjusters: Readonly<Record<string, (t: Tensor, by: number) => Tensor>> = {
    brightness: adjustBrightness,
    contrast: adjustContrast,
    'contrast grey': adjustContrast,
    saturation: adjustSaturation,
    hue: adjustHue,
    sharpness: adjustSharpness,
    posterize: posterizeTones,
  };
  const cases = Object.keys(adjusters).flatMap((kind) =>
    named(kind)
      .filter((name) => name.split(' ').length === kind.split(' ').length + 1)
      .map((name) => [name, kind] as const),
  );

  it('covers what torchvision was asked for', () => {
    expect(cases).toHaveLength(22);
  });

  it.each(cases)('%s', (name, kind) => {
    const given = kind === 'contrast grey' ? picture(1) : image;
    const by = Number(name.split(' ').at(-1));
    expectFlat(adjusters[kind](given, by), found[name]);
  });

  it.each<[string, () => Tensor]>([
    ['grey', () => toGrey(image)],
    ['invert', () => invertTones(image)],
    ['solarize', () => solarizeTones(image, 0.6)],
    [
      'autocontrast',
      () => stretchTones(tensor(image.data.map((v) => v * 0.5 + 0.2) as Float32Array, image.shape)),
    ],
    [
      'equalize',
      () => equalizeTones(tensor(picture(1, 30, 26).data.map((v) => v ** 3) as Float32Array, [1, 30, 26])),
    ],
    ['equalize small', () => equalizeTones(image)],
    ['blur 3 0.8', () => blurImage(image, 3, 0.8)],
    ['blur 7 2.0', () => blurImage(image, 7, 2)],
    ['erase', () => hide(image, { top: 2, left: 3, height: 4, width: 5 }, [0.1, 0.2, 0.3], new Generator())],
    ['normalize', () => normalize([0.4, 0.5, 0.6], [0.2, 0.3, 0.4])(sample).image],
  ])('%s', (name, run) => {
    expectFlat(run(), found[name]);
  });
});

describe('policies', () => {
  it.each([
    ['rand', randChanges],
    ['trivial', trivialChanges],
  ] as const)('%s has the changes and strengths of torchvision', (policy, changes) => {
    const space = found.spaces[policy];
    expect(Object.keys(changes)).toEqual(Object.keys(space));
    for (const [name, { at, isSigned }] of Object.entries(changes)) {
      expect(isSigned, name).toBe(space[name].signed);
      // Of translations torchvision states pixels, of solarize levels of bytes.
      const unit = { translateX: width, translateY: height, solarize: 255 }[name] ?? 1;
      const isPixels = policy === 'trivial' && name.startsWith('translate');
      for (let step = 0; step < 31; step++)
        expect(at(step, 31) * (isPixels ? 1 : unit), name).toBeCloseTo(space[name].at[step], 4);
    }
  });

  it.each(Object.keys(found.applied))('%s', (name) => {
    const [kind, sign] = name.split(' ');
    const { run, at } = randChanges[kind];
    const parts = run(sample, at(19, 31) * Number(sign), { interpolation: 'nearest' });
    expectFlat(parts.image ?? image, found.applied[name]);
  });
});
