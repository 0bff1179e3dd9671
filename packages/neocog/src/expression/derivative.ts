// Symbolic differentiation of formulas: one rule per operation, written beside its derivative.
// At points where a derivative jumps, the rules give PyTorch's convention (relu'(0) = 0, |x|'(0) = 0).

import type { BinaryOp, Expr, UnaryOp } from './expression.ts';
import * as e from './expression.ts';

/** d op(a) / d a, given the node itself (`y`) where that is cheaper. */
const unaryRules: Record<UnaryOp, (a: Expr, y: Expr) => Expr> = {
  neg: () => e.constant(-1),
  abs: (a) => e.sign(a),
  sign: () => e.constant(0),
  sqrt: (_, y) => e.div(0.5, y),
  exp: (_, y) => y,
  log: (a) => e.div(1, a),
  log1p: (a) => e.div(1, e.add(1, a)),
  tanh: (_, y) => e.sub(1, e.mul(y, y)),
  sigmoid: (_, y) => e.mul(y, e.sub(1, y)),
  erf: (a) => e.mul(2 / Math.sqrt(Math.PI), e.exp(e.neg(e.mul(a, a)))),
  sin: (a) => e.cos(a),
  cos: (a) => e.neg(e.sin(a)),
  floor: () => e.constant(0),
  round: () => e.constant(0),
};

const zero = e.constant(0);

/** d op(a, b) / d a and / d b. At a tie of max or min each operand gets half. */
const binaryRules: Record<BinaryOp, (a: Expr, b: Expr, y: Expr) => [Expr, Expr]> = {
  add: () => [e.constant(1), e.constant(1)],
  sub: () => [e.constant(1), e.constant(-1)],
  mul: (a, b) => [b, a],
  div: (_, b, y) => [e.div(1, b), e.neg(e.div(y, b))],
  max: (a, b) => [share(a, b), share(b, a)],
  min: (a, b) => [share(b, a), share(a, b)],
  pow: powerRule,
  gt: () => [zero, zero],
  ge: () => [zero, zero],
  eq: () => [zero, zero],
};

/** 0⁰ does not depend on its base, nor 0 to a power of 0 or more on its exponent. */
function powerRule(a: Expr, b: Expr, y: Expr): [Expr, Expr] {
  const still = e.mul(e.eq(a, 0), e.ge(b, 0));
  const byExponent = e.select(still, 0, e.mul(y, e.log(a)));
  if (b.op === 'const') return [e.mul(b, e.pow(a, b.value - 1)), byExponent];
  return [e.select(e.eq(b, 0), 0, e.mul(b, e.pow(a, e.sub(b, 1)))), byExponent];
}

const share = (a: Expr, b: Expr): Expr => e.select(e.gt(a, b), 1, e.select(e.eq(a, b), 0.5, 0));

/** The derivative of a formula by its input number `index`, as a formula over the same inputs. */
export function derivative(root: Expr, index: number): Expr {
  const slopes = new Map<Expr, Expr>();
  const slope = (node: Expr): Expr => slopes.get(node) ?? zero;
  for (const node of e.nodesOf(root)) slopes.set(node, slopeOf(node, index, slope));
  return slope(root);
}

function slopeOf(node: Expr, index: number, slope: (node: Expr) => Expr): Expr {
  if (node.op === 'input') return e.constant(node.index === index ? 1 : 0);
  if (node.op === 'const' || node.op === 'position') return zero;
  if (node.op === 'select') return e.select(node.test, slope(node.a), slope(node.b));
  if (!('b' in node)) {
    const da = slope(node.a);
    return da === zero ? zero : e.mul(da, unaryRules[node.op](node.a, node));
  }
  const [da, db] = [slope(node.a), slope(node.b)];
  if (da === zero && db === zero) return zero;
  const [byA, byB] = binaryRules[node.op](node.a, node.b, node);
  return e.add(e.mul(da, byA), e.mul(db, byB));
}
