// Limits before a rounding and behind it: the same values, and one pair of limits.

import { expect, it } from 'vitest';
import { Generator } from '../tensor/random.ts';
import { pullBounds } from './bounds.ts';
import { binary, unary } from './evaluate.ts';
import type { Expr } from './expression.ts';
import * as e from './expression.ts';

/** In float32. */
function valueAt(expr: Expr, x: number): number {
  const value = (of: Expr): number => valueAt(of, x);
  if (expr.op === 'input') return x;
  if (expr.op === 'const') return Math.fround(expr.value);
  if (expr.op === 'position') throw new Error('no position');
  if (expr.op === 'select') return value(expr.test) !== 0 ? value(expr.a) : value(expr.b);
  if ('b' in expr) return Math.fround(binary[expr.op](value(expr.a), value(expr.b)));
  if (expr.op === 'erf') throw new Error('no erf');
  return Math.fround(unary[expr.op](value(expr.a)));
}

const x = e.input(0);
const relu = e.select(e.ge(0, x), 0, x);
const relu6 = e.select(e.ge(0, x), 0, e.select(e.ge(x, 6), 6, x));
const low = e.select(e.gt(e.constant(-1), x), -1, x);
const clamp = e.select(e.gt(low, 2.5), 2.5, low);

const toByte = (a: Expr): Expr => e.min(e.max(a, -128), 127);

const pulled: Record<string, { expr: Expr; limits: [number, number] }> = {
  'relu, divided': { expr: toByte(e.round(e.div(relu, 0.03))), limits: [0, 127] },
  'relu6, multiplied': { expr: toByte(e.round(e.mul(relu6, 20))), limits: [0, 120] },
  'relu6 beyond the type': { expr: toByte(e.round(e.div(relu6, 0.03))), limits: [0, 127] },
  'clamp, a half up to even': { expr: toByte(e.round(e.div(clamp, 1))), limits: [-1, 2] },
  'max and min': { expr: toByte(e.round(e.mul(e.min(e.max(x, -0.5), 0.25), 10))), limits: [-5, 2] },
};

for (const [name, { expr, limits }] of Object.entries(pulled))
  it(`${name}: limits fall together`, () => {
    const now = pullBounds(expr);
    expect(now).toMatchObject({
      op: 'min',
      b: { value: limits[1] },
      a: { op: 'max', b: { value: limits[0] } },
    });
    // Nothing is left between the input and the rounding but the scale.
    expect(e.nodesOf(now).map(({ op }) => op)).not.toContain('select');
    const random = new Generator(1);
    const some = [-Infinity, Infinity, -1, 0, -0, 2.5, 6, 0.25, -0.5, 0.015, 0.045];
    for (let i = 0; i < 2000; i++) some.push(random.normal() * 5);
    for (const at of some.map(Math.fround)) expect(valueAt(now, at) + 0, `${at}`).toBe(valueAt(expr, at) + 0);
    expect(valueAt(now, Number.NaN)).toEqual(valueAt(expr, Number.NaN));
  });

const kept: Record<string, Expr> = {
  'no rounding': toByte(e.div(relu, 0.03)),
  'a scale that is computed': toByte(e.round(e.div(relu, e.input(1)))),
  'a scale below 0': toByte(e.round(e.mul(relu, -2))),
  'no limit before': toByte(e.round(e.div(x, 0.03))),
  'a limit of something else': toByte(e.round(e.div(e.select(e.ge(0, e.input(1)), 0, x), 0.03))),
  'limits that leave nothing': e.min(e.max(e.round(e.mul(e.max(x, 3), 1)), -5), 2),
};

for (const [name, expr] of Object.entries(kept))
  it(`${name}: the formula stays`, () => expect(pullBounds(expr)).toBe(expr));
