// Limits on the way to a whole number: rounding and dividing keep the order of numbers, so a limit before them is one after them, where
// it often falls together with another.

import { roundToEven } from '../geometry/round.ts';
import type { Expr } from './expression.ts';
import * as e from './expression.ts';

/** A formula held between two numbers. */
export interface Held {
  readonly inner: Expr;
  readonly low: number;
  readonly high: number;
}

const free = (inner: Expr): Held => ({
  inner,
  low: Number.NEGATIVE_INFINITY,
  high: Number.POSITIVE_INFINITY,
});

const atLeast = (held: Held, k: number): Held => ({
  ...held,
  low: Math.max(held.low, k),
  high: Math.max(held.high, k),
});
const atMost = (held: Held, k: number): Held => ({
  ...held,
  low: Math.min(held.low, k),
  high: Math.min(held.high, k),
});

/** `min(max(…))` with numbers, and the same as relu, relu6 and clamp write it: `select(ge(k, x), k, x)`. */
export function heldOf(expr: Expr): Held {
  if (expr.op === 'max' && expr.b.op === 'const') return atLeast(heldOf(expr.a), expr.b.value);
  if (expr.op === 'min' && expr.b.op === 'const') return atMost(heldOf(expr.a), expr.b.value);
  if (expr.op !== 'select' || expr.a.op !== 'const') return free(expr);
  const { test, a: limit, b: other } = expr;
  if (test.op !== 'ge' && test.op !== 'gt') return free(expr);
  const isLow = test.a === limit;
  const compared = isLow ? test.b : test.a;
  const held = heldOf(other);
  if ((!isLow && test.b !== limit) || held.inner !== heldOf(compared).inner) return free(expr);
  return (isLow ? atLeast : atMost)(held, limit.value);
}

/** What is scaled, how a number is, and a formula. */
interface Scaling {
  readonly x: Expr;
  readonly scale: (x: number) => number;
  readonly again: (x: Expr) => Expr;
}

/** `x / c` or `x · c` of a positive number, or x itself. */
function scalingOf(expr: Expr): Scaling {
  if ((expr.op !== 'div' && expr.op !== 'mul') || expr.b.op !== 'const' || !(expr.b.value > 0))
    return { x: expr, scale: (x) => x, again: (x) => x };
  const c = Math.fround(expr.b.value);
  const [divide, by] = [expr.op === 'div', expr.b];
  return {
    x: expr.a,
    scale: (x) => Math.fround(divide ? x / c : x * c),
    again: (x) => (divide ? e.div(x, by) : e.mul(x, by)),
  };
}

/**
 * `min(max(round(x / c), low), high)`, or with `x · c`, of an x that is held between numbers: with tighter limits instead. Any other formula
 * as it is.
 */
export function pullBounds(expr: Expr): Expr {
  const { inner: rounded, low, high } = heldOf(expr);
  if (rounded.op !== 'round') return expr;
  const scaled = scalingOf(rounded.a);
  const held = heldOf(scaled.x);
  const after = (k: number): number => (Number.isFinite(k) ? roundToEven(scaled.scale(Math.fround(k))) : k);
  const [least, most] = [Math.max(low, after(held.low)), Math.min(high, after(held.high))];
  if (held.inner === scaled.x || !Number.isFinite(least + most) || least > most) return expr;
  return e.min(e.max(e.round(scaled.again(held.inner)), least), most);
}
