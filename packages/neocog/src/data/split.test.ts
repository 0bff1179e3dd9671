import { describe, expect, it } from 'vitest';
import { ShapeError } from '../errors.ts';
import { Tensor } from '../tensor/tensor.ts';
import { DataLoader } from './dataLoader.ts';
import { type Split, type SplitOptions, stratifiedSplit } from './split.ts';
import { subset } from './subset.ts';
import { tensorDataset } from './tensorDataset.ts';

const files = (n: number): string[] => Array.from({ length: n }, (_, i) => `folder/picture ${i}.png`);
const sizes = (parts: Readonly<Record<string, number[]>>): number[] =>
  [parts.train, parts.validation, parts.test].map(({ length }) => length);
const named = (names: readonly string[], places: readonly number[]): string[] =>
  places.map((place) => names[place]).sort();

describe('stratifiedSplit', () => {
  it.each<[Split | undefined, number[]]>([
    [undefined, [80, 10, 10]],
    [0.25, [75, 25, 0]],
    [
      [0.5, 0.5],
      [50, 50, 0],
    ],
    [
      [0.6, 0.3, 0.1],
      [60, 30, 10],
    ],
    [[1], [100, 0, 0]],
    [{ test: 0.2 }, [80, 0, 20]],
    [{ train: 0.7, validation: 0.2, test: 0.1 }, [70, 20, 10]],
    [{ train: 0, test: 1 }, [0, 0, 100]],
  ])('by %j keeps every sample once', (split, expected) => {
    const parts = stratifiedSplit(files(100), null, { split });
    expect(sizes(parts)).toEqual(expected);
    const all = [...parts.train, ...parts.validation, ...parts.test].sort((a, b) => a - b);
    expect(all).toEqual(Array.from({ length: 100 }, (_, i) => i));
  });

  it('divides every class alike, and keeps one of each to train on', () => {
    const classes = [
      ...Array(50).fill('cat'),
      ...Array(30).fill('dog'),
      ...Array(7).fill('eel'),
      'fly',
      'gnu',
      'gnu',
    ];
    const parts = stratifiedSplit(files(90), classes, { split: [0.6, 0.2, 0.2], seed: 4 });
    expect(sizes(parts)).toEqual([54, 18, 18]);
    const tally = (places: readonly number[]) => {
      const counts: Record<string, number> = {};
      for (const place of places) counts[classes[place]] = (counts[classes[place]] ?? 0) + 1;
      return counts;
    };
    expect(tally(parts.train)).toMatchObject({ cat: 30, dog: 18, fly: 1 });
    expect(tally(parts.test)).toMatchObject({ cat: 10, dog: 6 });
    expect(tally(parts.train).gnu).toBeGreaterThan(0);
    expect(tally(parts.train).eel).toBeGreaterThan(3);
  });

  it('goes by names and seed, whatever the order', () => {
    const names = files(60);
    const classes = names.map((_, i) => i % 3);
    const backwards = [...names].reverse();
    const options: SplitOptions = { seed: 9 };
    const [one, other] = [
      stratifiedSplit(names, classes, options),
      stratifiedSplit(backwards, [...classes].reverse(), options),
    ];
    for (const part of ['train', 'validation', 'test'] as const)
      expect(named(backwards, other[part])).toEqual(named(names, one[part]));
    const chosen = new Set(
      [0, 1, 2, 9, 2 ** 40].map((seed) =>
        named(names, stratifiedSplit(names, classes, { seed }).test).join(),
      ),
    );
    expect(chosen.size).toBe(5);
  });

  it('keeps nearly everybody in place when samples are added', () => {
    const before = stratifiedSplit(files(200), null, { split: 0.2 });
    const after = stratifiedSplit(files(210), null, { split: 0.2 });
    const stayed = before.validation.filter((place) => after.validation.includes(place));
    expect(stayed.length).toBeGreaterThan(36);
  });

  it('takes composed and decomposed letters for the same name', () => {
    const names = Array.from({ length: 40 }, (_, i) => `\u00e9t\u00e9 ${i}`);
    const decomposed = names.map((name) => name.normalize('NFD'));
    expect(stratifiedSplit(decomposed)).toEqual(stratifiedSplit(names));
  });

  it('favours no part of the names', () => {
    const { test } = stratifiedSplit(files(1000), null, { split: [0.5, 0, 0.5] });
    const evens = test.filter((place) => place % 2 === 0).length;
    const early = test.filter((place) => place < 500).length;
    expect(Math.abs(evens - 250)).toBeLessThan(40);
    expect(Math.abs(early - 250)).toBeLessThan(40);
  });

  it.each<[unknown, RegExp]>([
    [1.5, /split is 1\.5; give fractions/],
    [[0.5, 0.6], /split is \[0\.5,0\.6\]; give fractions/],
    [[0.5, 0.2, 0.2], /sum to 1/],
    [{ train: 0.5 }, /sum to 1/],
    [{ training: 1 }, /give fractions \{ train/],
    [[], /give fractions/],
  ])('refuses the split %j', (split, message) => {
    expect(() => stratifiedSplit(files(4), null, { split } as SplitOptions)).toThrow(message);
  });

  it('refuses names without classes', () => {
    expect(() => stratifiedSplit(files(4), [1, 2, 3])).toThrow(/4 names and 3 classes/);
  });
});

describe('subset', () => {
  const whole = tensorDataset({ x: { shape: [5], data: Float32Array.of(0, 1, 2, 3, 4) } });

  it('gives the samples at some places, by their names in the whole', async () => {
    const some = subset(subset(whole, Int32Array.of(4, 3, 0)), [2, 0]);
    expect(some.length).toBe(2);
    expect(await some.get(1)).toEqual({ x: new Tensor(Float32Array.of(4), []) });
    expect(some.nameOf?.(1)).toBe('sample 4');
    for await (const { x } of new DataLoader(some)) expect([...x.data]).toEqual([0, 4]);
  });

  it('refuses places that there are not', () => {
    expect(() => subset(whole, [5])).toThrow(/no place 5 in a data set of 5/);
    expect(() => subset(whole, [-1])).toThrow(ShapeError);
  });
});
