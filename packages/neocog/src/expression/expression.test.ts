// The language of formulas by itself: what is dropped when one is made, its text, derivatives against differences of values
// and at kinks, and formulas as scale and shift.

import { describe, expect, it } from 'vitest';
import { affineIn, reads } from './affine.ts';
import { derivative } from './derivative.ts';
import { evaluate as valueOfFormula } from './evaluate.ts';
import type { Expr } from './expression.ts';
import * as e from './expression.ts';
import { isSlow } from './slow.ts';

const [x, y] = [e.input(0), e.input(1)];
const c = e.constant;

/** A formula's value, node by node. */
const evaluate = (root: Expr, ...inputs: number[]): number => valueOfFormula(root, inputs);

describe('making formulas', () => {
  it('knows equal ones as one', () => {
    expect(e.add(e.mul(x, 2), y)).toBe(e.add(e.mul(x, 2), y));
    expect(e.add(x, y)).not.toBe(e.add(y, x));
    expect(c(0)).not.toBe(c(-0));
    expect(e.position(1)).not.toBe(e.position(0));
  });

  it('drops what changes nothing', () => {
    const same: [Expr, Expr][] = [
      [e.add(x, 0), x],
      [e.add(0, x), x],
      [e.sub(x, 0), x],
      [e.sub(0, x), e.neg(x)],
      [e.mul(x, 1), x],
      [e.mul(1, x), x],
      [e.mul(x, 0), c(0)],
      [e.mul(0, x), c(0)],
      [e.div(x, 1), x],
      [e.div(0, x), c(0)],
      [e.select(e.gt(x, 0), y, y), y],
    ];
    for (const [made, wanted] of same) expect(made).toBe(wanted);
  });

  it('keeps the rest', () => {
    const kept = [e.add(x, 1), e.sub(1, x), e.mul(x, 2), e.div(1, x), e.div(x, 0), e.max(x, 0), e.pow(x, 1)];
    for (const formula of kept) expect(e.operands(formula)).toHaveLength(2);
    expect(e.select(x, y, 0).op).toBe('select');
  });

  it('writes them', () => {
    const formula = e.select(e.gt(x, 0), e.add(e.exp(x), e.position(2)), e.mul(y, -0.5));
    expect(e.formatExpr(formula)).toBe('select(gt(x0, 0), add(exp(x0), position(2)), mul(x1, -0.5))');
  });

  it('writes the beginning of one whose text has no end', () => {
    let formula = x;
    for (let i = 0; i < 100; i++) formula = e.select(e.ge(0, formula), 0, formula);
    const begin = 'select(ge(0, select(ge(0, select(ge(0, ';
    expect(e.formatExpr(formula, begin.length)).toContain(begin);
    expect(e.formatExpr(formula, 80).length).toBeLessThan(2000);
  });

  it('lists and replaces parts', () => {
    const formula = e.mul(e.add(x, y), e.add(x, y));
    expect(e.nodesOf(formula)).toEqual([x, y, e.add(x, y), formula]);
    expect(e.substitute(formula, (i) => e.input(i + 1))).toBe(
      e.mul(e.add(y, e.input(2)), e.add(y, e.input(2))),
    );
    const chosen = e.select(x, e.neg(x), c(3));
    expect(e.substitute(chosen, () => y)).toBe(e.select(y, e.neg(y), c(3)));
    expect(() => e.assertInputs(formula, 2)).not.toThrow();
    expect(() => e.assertInputs(formula, 1)).toThrow('formula reads input 1 of 1');
  });

  it('tells slow functions', () => {
    for (const slow of [
      e.exp(x),
      e.log(x),
      e.log1p(x),
      e.tanh(x),
      e.sigmoid(x),
      e.erf(x),
      e.sin(x),
      e.cos(x),
    ])
      expect(isSlow(slow)).toBe(true);
    expect(isSlow(e.pow(x, y))).toBe(true);
    for (const fast of [e.sqrt(x), e.abs(x), e.div(x, y), e.floor(x)]) expect(isSlow(fast)).toBe(false);
  });
});

describe('derivative', () => {
  const smooth: [string, Expr][] = [
    ...(['neg', 'abs', 'sqrt', 'exp', 'log', 'log1p', 'tanh', 'sigmoid', 'sin', 'cos'] as const).map(
      (op): [string, Expr] => [op, e[op](x)],
    ),
    ...(['add', 'sub', 'mul', 'div', 'max', 'min', 'pow'] as const).map((op): [string, Expr] => [
      op,
      e[op](x, y),
    ]),
    ['pow by a number', e.pow(x, 2.5)],
    ['pow of a number', e.pow(1.7, x)],
    ['select', e.select(e.gt(x, y), e.mul(x, x), e.mul(x, y))],
    ['a chain', e.exp(e.neg(e.mul(x, e.sin(e.add(x, y)))))],
  ];

  it.each(smooth)('of %s is the slope of its values', (_, formula) => {
    for (const at of [
      [0.7, 1.3],
      [1.9, 0.4],
    ] as const) {
      for (const index of [0, 1]) {
        const moved = (by: number): number =>
          evaluate(formula, at[0] + (index ? 0 : by), at[1] + (index ? by : 0));
        const slope = (moved(1e-5) - moved(-1e-5)) / 2e-5;
        expect(evaluate(derivative(formula, index), ...at)).toBeCloseTo(slope, 7);
      }
    }
  });

  const kinks: [string, Expr, number[], [number, number]][] = [
    ['abs at 0', e.abs(x), [0, 0], [0, 0]],
    ['sign', e.sign(x), [2, 0], [0, 0]],
    ['floor', e.floor(x), [2.5, 0], [0, 0]],
    ['max of equals', e.max(x, y), [1, 1], [0.5, 0.5]],
    ['min of equals', e.min(x, y), [1, 1], [0.5, 0.5]],
    ['max where x is larger', e.max(x, y), [2, 1], [1, 0]],
    ['min where x is larger', e.min(x, y), [2, 1], [0, 1]],
    ['comparisons', e.add(e.add(e.gt(x, y), e.ge(x, y)), e.eq(x, y)), [1, 1], [0, 0]],
    ['0 to the power of 0', e.pow(x, y), [0, 0], [0, 0]],
    ['0 to a power', e.pow(x, y), [0, 2], [0, 0]],
    ['0 to the power of 1', e.pow(x, y), [0, 1], [1, 0]],
    ['a power of 0', e.pow(x, y), [3, 0], [0, Math.log(3)]],
  ];

  it.each(kinks)('of %s', (_, formula, at, slopes) => {
    const found = [0, 1].map((index) => evaluate(derivative(formula, index), ...at));
    found.forEach((slope, i) => void expect(slope).toBeCloseTo(slopes[i], 12));
  });

  it('of erf is the bell', () => {
    const bell = derivative(e.erf(x), 0);
    expect(evaluate(bell, 0.8)).toBeCloseTo((2 / Math.sqrt(Math.PI)) * Math.exp(-0.64), 12);
  });

  it('of what does not read the input is the constant 0', () => {
    for (const formula of [y, c(3), e.position(0), e.mul(y, e.exp(y)), e.select(e.gt(x, 0), y, 2)])
      expect(derivative(formula, 0)).toBe(c(0));
  });
});

describe('affineIn', () => {
  const straight: [Expr, number][] = [
    [x, 0],
    [y, 0],
    [e.neg(x), 0],
    [e.add(e.mul(x, 3), y), 0],
    [e.sub(y, e.mul(2, x)), 0],
    [e.mul(e.exp(y), e.sub(x, 4)), 0],
    [e.mul(e.sub(x, 4), e.exp(y)), 0],
    [e.div(e.add(x, y), e.add(1, e.mul(y, y))), 0],
    [e.add(e.mul(x, y), x), 1],
    [e.sub(x, e.neg(e.add(x, y))), 0],
  ];

  it.each(straight.map(([formula, index]) => [e.formatExpr(formula), formula, index] as const))(
    'takes %s apart',
    (_, formula, index) => {
      const found = affineIn(formula, index);
      expect(found).not.toBeNull();
      if (!found) return;
      for (const part of [found.scale, found.shift]) expect(reads(part, index)).toBe(false);
      for (const at of [
        [1.5, 0.3],
        [-2, 1.25],
      ] as const) {
        const together = evaluate(found.scale, ...at) * at[index] + evaluate(found.shift, ...at);
        expect(together).toBeCloseTo(evaluate(formula, ...at), 12);
      }
    },
  );

  it.each(
    [
      e.mul(x, x),
      e.exp(x),
      e.div(y, x),
      e.max(x, y),
      e.add(x, e.abs(x)),
      e.select(e.gt(x, 0), x, y),
      e.neg(e.sqrt(x)),
      e.div(e.exp(x), 2),
      e.sub(e.mul(x, x), x),
    ].map((formula) => [e.formatExpr(formula), formula] as const),
  )('refuses %s', (_, formula) => {
    expect(affineIn(formula, 0)).toBeNull();
  });
});
