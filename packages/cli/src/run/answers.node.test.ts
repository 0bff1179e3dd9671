import { Tensor } from 'neocog';
import { describe, expect, it } from 'vitest';
import { looksInverted } from '../commands/run.ts';
import { describeAnswers, rank, sharesOf } from './answers.ts';

const row = (values: readonly number[], shape: readonly number[] = [1, values.length]): Tensor =>
  new Tensor(Float32Array.from(values), shape);

const softmax = (values: readonly number[]): number[] => {
  const powers = values.map(Math.exp);
  const sum = powers.reduce((a, b) => a + b);
  return powers.map((power) => power / sum);
};

/** The shares of a row as numbers, to five digits. */
const shares = (t: Tensor): number[] | undefined =>
  sharesOf(t) && [...sharesOf(t)!].map((v) => Math.round(v * 1e5) / 1e5);
const rounded = (values: readonly number[]): number[] => values.map((v) => Math.round(v * 1e5) / 1e5);

describe('sharesOf', () => {
  it('leaves shares as they are: none negative, 1 in sum', () => {
    expect(shares(row([0.25, 0.75]))).toEqual([0.25, 0.75]);
    expect(shares(row([1, 0, 0]))).toEqual([1, 0, 0]);
    expect(shares(row([0.5, 0.4995]))).toEqual([0.5, 0.4995]);
  });

  it.each([
    ['a negative score, though the sum is 1', [1.5, -0.5]],
    ['a sum above 1', [0.75, 0.75]],
    ['a sum below 1', [0.25, 0.25]],
    ['a sum a little above 1', [0.5, 0.502]],
    ['a sum a little below 1', [0.5, 0.498]],
    ['only zeros', [0, 0]],
  ])('makes shares of scores with %s', (_, values) => {
    expect(shares(row(values))).toEqual(rounded(softmax(values)));
  });

  it('finds the classes along the axis that they are on', () => {
    const values = [2, 1, 0];
    for (const shape of [[3], [1, 3], [1, 3, 1, 1], [1, 1, 1, 3]])
      expect(shares(row(values, shape)), String(shape)).toEqual(rounded(softmax(values)));
  });

  it('knows what is no row of classes', () => {
    expect(sharesOf(row([1]))).toBeUndefined();
    expect(sharesOf(row([1, 2, 3, 4], [2, 2]))).toBeUndefined();
    expect(sharesOf(row([1, 2, 3], [1, 3, 1]))).toBeUndefined();
    expect(sharesOf(new Tensor(Int32Array.of(0, 1), [1, 2]))).toBeUndefined();
  });
});

describe('looksInverted', () => {
  it('is so where more is light than dark', () => {
    expect(looksInverted(Uint8Array.of(255, 255, 0))).toBe(true);
    expect(looksInverted(Uint8Array.of(255, 0, 0))).toBe(false);
    expect(looksInverted(Uint8Array.of(128))).toBe(true);
    expect(looksInverted(Uint8Array.of(127))).toBe(false);
    expect(looksInverted(Uint8Array.of(255, 0))).toBe(false);
  });
});

describe('answers', () => {
  it('rank by their share and print it, a bar of thirty for all', () => {
    const answers = rank(['a', 'bb', 'c'], [0.25, 0.5, 0.25]);
    expect(answers.map((answer) => answer.class)).toEqual(['bb', 'a', 'c']);
    expect(describeAnswers(answers)).toBe(
      ['bb   50.00 %  ███████████████', 'a    25.00 %  ████████', 'c    25.00 %  ████████', ''].join('\n'),
    );
  });
});
