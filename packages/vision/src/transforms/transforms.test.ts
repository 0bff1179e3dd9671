// What all transforms have in common, and what they draw: the same seed gives the same, nothing given is changed, and workers make the
// same of a recipe.

import { Generator, ShapeError, type Tensor, tensor, zeros } from 'neocog';
import { describe, expect, it } from 'vitest';
import { geometric, height, noise, width } from '../../test/samples.ts';
import { transforms } from '../index.ts';
import { makeTransform } from './made.ts';
import type { TransformSample } from './sample.ts';
import type { Transform, TransformCall } from './transform.ts';

const looks: readonly [string, Transform][] = [
  ['colorJitter', transforms.colorJitter({ brightness: 0.5, contrast: 0.5, saturation: 0.5, hue: 0.2 })],
  ['gray', transforms.gray(1)],
  ['invert', transforms.invert(1)],
  ['equalize', transforms.equalize(1)],
  ['autocontrast', transforms.autocontrast(1)],
  ['posterize', transforms.posterize(2, 1)],
  ['solarize', transforms.solarize(0.5, 1)],
  ['sharpness', transforms.sharpness(3, 1)],
  ['blur', transforms.blur(5)],
  ['erase', transforms.erase({ p: 1 })],
  ['normalize', transforms.normalize(0.5, 0.25)],
];

describe('looks', () => {
  it.each(looks)('%s changes the picture alone, of 1, 3 and 4 channels', (name, transform) => {
    for (const channels of [1, 3, 4]) {
      const sample = noise(channels);
      const made = transform(sample, new Generator(3));
      expect(made.image.shape).toEqual(sample.image.shape);
      expect({ ...made, image: 0 }).toEqual({ ...sample, image: 0 });
      if (name !== 'gray' || channels !== 1) expect(made.image.data).not.toEqual(sample.image.data);
      const opacity = (t: Tensor) => t.data.subarray(3 * height * width);
      if (channels === 4 && !/blur|erase|normalize/.test(name))
        expect(opacity(made.image)).toEqual(opacity(sample.image));
    }
  });

  it('jitters within the bounds', () => {
    const half = { image: tensor(new Float32Array(12).fill(0.5), [3, 2, 2]) };
    const found = Array.from({ length: 60 }, (_, seed) => {
      const jitter = transforms.colorJitter({ brightness: 0.4 });
      return jitter(half, new Generator(seed)).image.data[0];
    });
    expect(Math.min(...found)).toBeGreaterThanOrEqual(0.3);
    expect(Math.min(...found)).toBeLessThan(0.33);
    expect(Math.max(...found)).toBeLessThanOrEqual(0.7);
    expect(Math.max(...found)).toBeGreaterThan(0.67);
    const fixed = transforms.colorJitter({ brightness: [0.5, 0.5] });
    expect(fixed(half, new Generator()).image.data[0]).toBe(0.25);
    const none = transforms.colorJitter();
    expect(none(half, new Generator()).image.data).toEqual(half.image.data);
  });

  it.each<[string, (p: number) => Transform]>([
    ['horizontalFlip', (p) => transforms.horizontalFlip(p)],
    ['verticalFlip', (p) => transforms.verticalFlip(p)],
    ['invert', (p) => transforms.invert(p)],
    ['gray', (p) => transforms.gray(p)],
    ['perspective', (p) => transforms.perspective({ p })],
    ['erase', (p) => transforms.erase({ p })],
    ['randomApply', (p) => transforms.randomApply(transforms.pad(1), p)],
  ])('%s happens as often as it should', (_, make) => {
    const sample = noise();
    const random = new Generator(8);
    const count = (p: number) => {
      const transform = make(p);
      return Array.from({ length: 200 }, () => transform(sample, random)).filter(
        ({ image }) => image.shape[1] !== height || image.data.some((v, i) => v !== sample.image.data[i]),
      ).length;
    };
    expect(count(0)).toBe(0);
    expect(count(1)).toBe(200);
    expect(Math.abs(count(0.3) - 60)).toBeLessThan(25);
  });

  it('erases a part of the size that was asked for', () => {
    const erase = transforms.erase({ p: 1, scale: [0.1, 0.2], ratio: [0.5, 2], value: [2, 3, 4] });
    for (let seed = 0; seed < 20; seed++) {
      const { image } = erase({ image: zeros([3, 40, 50]) }, new Generator(seed));
      const area = image.data.filter((v) => v === 3).length;
      expect(area).toBeGreaterThan(0.09 * 2000);
      expect(area).toBeLessThan(0.21 * 2000);
      expect(image.data.filter((v) => v === 4)).toHaveLength(area);
    }
    const noisy = transforms.erase({ p: 1, value: 'random' })(
      { image: zeros([1, 40, 50]) },
      new Generator(2),
    );
    const found = [...noisy.image.data].filter((v) => v !== 0);
    expect(Math.abs(found.reduce((a, b) => a + b, 0) / found.length)).toBeLessThan(0.3);
  });

  it('takes parts of the area and proportions that were asked for', () => {
    // Each pixel holds its column, so that a resized part tells its width.
    const columns = Float32Array.from({ length: 100 * 100 }, (_, i) => i % 100);
    const rows = Float32Array.from({ length: 100 * 100 }, (_, i) => Math.floor(i / 100));
    const rule = { scale: [0.2, 0.5], ratio: [0.5, 2] } as const;
    const crop = transforms.randomResizedCrop(2, { ...rule, interpolation: 'nearest' });
    for (let seed = 0; seed < 40; seed++) {
      const [w, h] = [columns, rows].map((values, axis) => {
        const { data } = crop({ image: tensor(values, [1, 100, 100]) }, new Generator(seed)).image;
        return 2 * (axis === 0 ? data[1] - data[0] : data[2] - data[0]);
      });
      expect((w * h) / 1e4).toBeGreaterThan(0.17);
      expect((w * h) / 1e4).toBeLessThan(0.54);
      expect(w / h).toBeGreaterThan(0.45);
      expect(w / h).toBeLessThan(2.2);
    }
    const narrow = { image: zeros([1, 100, 4]) };
    const whole = transforms.randomResizedCrop(8, { scale: [1, 1], ratio: [1, 1] });
    expect(whole(narrow, new Generator()).image.shape).toEqual([1, 8, 8]);
  });
});

const composed = transforms.compose([
  transforms.randomResizedCrop(16),
  transforms.randomChoice([transforms.horizontalFlip(), transforms.rotate(30)]),
  transforms.randomApply(transforms.blur(3), 0.7),
  transforms.trivialAugment(),
  transforms.normalize(0.5, 0.5),
]);

const all: readonly [string, Transform][] = [
  ...geometric,
  ...looks,
  ['perspective', transforms.perspective({ p: 1 })],
  ['randAugment', transforms.randAugment()],
  ['trivialAugment', transforms.trivialAugment()],
  ['composed', composed],
  ['fiveCrop', ((sample, _) => transforms.fiveCrop(10)({ image: sample.image })) as Transform],
];

describe('every transform', () => {
  it.each(all)('%s repeats by seed, and leaves what it was given', (_, transform) => {
    const given = noise();
    const run = (seed: number) => transform(given, new Generator(seed));
    expect(run(5)).toEqual(run(5));
    expect(given).toEqual(noise());
  });

  it.each(all.filter(([name]) => name !== 'fiveCrop'))('%s is made by its recipe', (_, transform) => {
    const { recipe } = transform;
    expect(recipe?.module).toMatch(/\/transforms\/made\.ts/);
    expect(recipe?.name).toBe('makeTransform');
    const made = makeTransform(structuredClone(recipe?.value) as TransformCall);
    expect(made(noise(), new Generator(6))).toEqual(transform(noise(), new Generator(6)));
  });

  it('of functions of yours has no recipe', () => {
    const own = (<S extends TransformSample>(sample: S): S => sample) as Transform;
    const mixed = transforms.compose([own, transforms.pad(1)]);
    expect(mixed.recipe).toBeUndefined();
    expect(mixed(noise()).image.shape).toEqual([3, height + 2, width + 2]);
    expect(() => makeTransform(['nothing'])).toThrow("there is no 'nothing'");
  });

  it.each(all)('%s refuses what is no sample', (name, transform) => {
    const wrong = [
      null,
      5,
      {},
      { image: null },
      { image: zeros([3, 4, 4], { dtype: 'int32' }) },
      { image: zeros([4, 4]) },
      { image: zeros([3, 0, 4]) },
      { image: zeros([3, 4, 4]), mask: zeros([4, 4]) },
      { image: zeros([3, 4, 4]), mask: zeros([4, 5], { dtype: 'int32' }) },
      { image: zeros([3, 4, 4]), boxes: zeros([4]) },
      { image: zeros([3, 4, 4]), points: zeros([2, 4]) },
    ];
    for (const sample of wrong.slice(0, name === 'fiveCrop' ? 7 : undefined))
      if (name !== 'fiveCrop' || sample)
        expect(() => transform(sample as never, new Generator())).toThrow(ShapeError);
  });

  it('draws from a generator', () => {
    expect(() => transforms.horizontalFlip()(noise())).toThrow(
      'horizontalFlip: random is undefined; give a Generator',
    );
    expect(() => composed(noise())).toThrow('random is undefined');
    expect(transforms.resize(4)(noise()).image.shape).toEqual([3, 4, 4]);
  });

  it.each<[string, () => unknown]>([
    ['rotate: degrees is [5,1]; give a finite number', () => transforms.rotate([5, 1])],
    [
      "randomResizedCrop: option 'area' is unknown",
      () => transforms.randomResizedCrop(8, { area: 1 } as never),
    ],
    ['normalize: std is [1,0]; give', () => transforms.normalize(0, [1, 0])],
    ['normalize: mean has 2 values for 3 channels', () => transforms.normalize([1, 2], 1)(noise())],
    ['blur: kernel is 4; give an odd whole number', () => transforms.blur(4)],
    ['fiveCrop: five pictures have no one mask', () => transforms.fiveCrop(4)(noise())],
    [
      'fiveCrop: the picture is 4×4, smaller than 5×5',
      () => transforms.fiveCrop(5)({ image: zeros([1, 4, 4]) }),
    ],
    ['compose: transforms is [1]', () => transforms.compose([1 as never])],
    ['randomChoice: transforms is []; give a list of at least one', () => transforms.randomChoice([])],
    ['pad: fill has 2 values for 3 channels', () => transforms.pad(1, { fill: [1, 2] })(noise())],
  ])('%s', (message, attempt) => {
    expect(attempt).toThrow(message);
    expect(attempt).toThrow(ShapeError);
  });
});
