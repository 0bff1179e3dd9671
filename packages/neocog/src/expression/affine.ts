// A formula as `scale · x + shift` in one of its inputs, where it is that.

import * as e from './expression.ts';
import { type Expr, nodesOf } from './expression.ts';

export interface Affine {
  /** Neither reads the input. */
  readonly scale: Expr;
  readonly shift: Expr;
}

/** Whether a formula reads an input. */
export const reads = (expr: Expr, index: number): boolean =>
  nodesOf(expr).some((node) => node.op === 'input' && node.index === index);

/** The two coefficients of input `index`, or null if the formula bends. */
export function affineIn(expr: Expr, index: number): Affine | null {
  if (expr.op === 'input' && expr.index === index) return { scale: e.constant(1), shift: e.constant(0) };
  if (!reads(expr, index)) return { scale: e.constant(0), shift: expr };
  if (expr.op === 'neg') return scaled(affineIn(expr.a, index), e.constant(-1));
  if (expr.op === 'add' || expr.op === 'sub') {
    const [a, b] = [affineIn(expr.a, index), affineIn(expr.b, index)];
    const combine = expr.op === 'add' ? e.add : e.sub;
    return a && b && { scale: combine(a.scale, b.scale), shift: combine(a.shift, b.shift) };
  }
  if (expr.op === 'mul') {
    const [inner, factor] = reads(expr.a, index) ? [expr.a, expr.b] : [expr.b, expr.a];
    return reads(factor, index) ? null : scaled(affineIn(inner, index), factor);
  }
  if (expr.op === 'div' && !reads(expr.b, index)) {
    const inner = affineIn(expr.a, index);
    return inner && { scale: e.div(inner.scale, expr.b), shift: e.div(inner.shift, expr.b) };
  }
  return null;
}

const scaled = (inner: Affine | null, factor: Expr): Affine | null =>
  inner && { scale: e.mul(inner.scale, factor), shift: e.mul(inner.shift, factor) };
