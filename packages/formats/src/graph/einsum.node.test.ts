// Equations of einsum: what is one, and sums of products held to their definition.

import { ShapeError, Tensor } from 'neocog';
import { describe, expect, it } from 'vitest';
import { einsum, parseEquation } from './einsum.ts';

const counting = (...shape: number[]): Tensor =>
  new Tensor(
    Float32Array.from({ length: shape.reduce((a, b) => a * b, 1) }, (_, i) => i + 1),
    shape,
  );

function valuesOf(text: string, ...operands: Tensor[]): [shape: number[], values: number[]] {
  const y = einsum(parseEquation(text)!, operands);
  return [[...y.shape], [...y.data]];
}

describe('an equation', () => {
  it.each([
    ['ij,jk->ik', ['ij', 'jk'], 'ik'],
    [' b i j , j k ', ['bij', 'jk'], 'bik'],
    ['zy', ['zy'], 'yz'],
    ['b...a', ['b...a'], '...ab'],
    ['ii', ['ii'], ''],
    ['ij->', ['ij'], ''],
  ])('%s', (text, terms, result) => {
    expect(parseEquation(text)).toEqual({ terms, result });
  });

  it.each(['i1->i', 'ij->k', 'ij->ii', '......->', 'i->j...', 'i..j'])('%s is none', (text) => {
    expect(parseEquation(text)).toBeNull();
  });

  it('has at most a hundred operands', () => {
    expect(parseEquation(new Array(100).fill('i').join())).not.toBeNull();
    expect(parseEquation(new Array(101).fill('i').join())).toBeNull();
  });
});

describe('a letter that stands twice in a term', () => {
  it('is a diagonal', () => {
    expect(valuesOf('ii->i', counting(3, 3))).toEqual([[3], [1, 5, 9]]);
    expect(valuesOf('ii', counting(3, 3))).toEqual([[], [15]]);
    expect(valuesOf('iji->ij', counting(2, 3, 2))).toEqual([
      [2, 3],
      [1, 3, 5, 8, 10, 12],
    ]);
    expect(valuesOf('ii,i->i', counting(2, 2), counting(2))).toEqual([[2], [1, 8]]);
  });

  it.each([
    [[2, 3], 'axis i has sizes 2 and 3 in one operand'],
    [[3, 2], 'axis i has sizes 3 and 2 in one operand'],
    [[1, 3], 'axis i has sizes 1 and 3 in one operand'],
  ])('needs one size: %j has two', (shape, message) => {
    expect(() => valuesOf('ii->i', counting(...shape))).toThrow(ShapeError);
    expect(() => valuesOf('ii->i', counting(...shape))).toThrow(message);
  });
});

describe('sums of products', () => {
  it('of two, with axes before, between and after', () => {
    expect(valuesOf('ij,kj->ki', counting(2, 2), counting(3, 2))).toEqual([
      [3, 2],
      [5, 11, 11, 25, 17, 39],
    ]);
    expect(valuesOf('i,j->ji', counting(2), counting(3))).toEqual([
      [3, 2],
      [1, 2, 2, 4, 3, 6],
    ]);
    expect(valuesOf('bi,bi->b', counting(2, 2), counting(2, 2))).toEqual([[2], [5, 25]]);
  });

  it('keep an axis for a later operand', () => {
    // Σ_j a_j b_j c_j is not (Σ a b) Σ c.
    expect(valuesOf('j,j,j->', counting(2), counting(2), counting(2))).toEqual([[], [9]]);
    expect(valuesOf('i,j,ij->', counting(2), counting(2), counting(2, 2))).toEqual([[], [1 + 4 + 6 + 16]]);
  });

  it('broadcast the axes of dots, and axes of one cell', () => {
    expect(valuesOf('...i,i->...', counting(2, 1, 2), counting(2))).toEqual([
      [2, 1],
      [5, 11],
    ]);
    expect(valuesOf('...i,...i->...i', counting(2, 2), counting(2))).toEqual([
      [2, 2],
      [1, 4, 3, 8],
    ]);
    expect(valuesOf('ij,ij->ij', counting(2, 1), counting(1, 2))).toEqual([
      [2, 2],
      [1, 2, 2, 4],
    ]);
  });

  it('of operands that do not fit are refused', () => {
    expect(() => valuesOf('i,i', counting(2))).toThrow(
      'einsum: the equation has 2 operands, but there are 1',
    );
    expect(() => valuesOf('ij', counting(2))).toThrow(
      'an operand has shape [2], but the equation names 2 axes',
    );
    expect(() => valuesOf('i,i', counting(2), counting(3))).toThrow('axis i has sizes 2 and 3');
  });
});
