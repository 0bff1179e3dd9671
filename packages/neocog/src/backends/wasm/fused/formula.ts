// A formula as straight-line vector code: four points at a time, shared parts computed once.
// It knows nothing of loops or addresses; where inputs and positions come from, the caller says.

import { type BinaryOp, type Expr, nodesOf, operands, type UnaryOp } from '../../../expression/expression.ts';
import { type Func, f32x4, v128 } from '../assembler/index.ts';
import * as math from './math.ts';
import { splat, type Vector } from './math.ts';
import { pow, powConstant } from './power.ts';

/** Code for the leaves of a formula. */
export interface Leaves {
  /** Multiply and add as one rounding where that is faster: the last bits then depend on the engine. Default false. */
  readonly fma?: boolean;
  input(index: number): Vector;
  /** Coordinates along an axis of the loop, as floats. */
  position(axis: number): Vector;
  /** Values that are there already. */
  readonly known?: Known;
}

export type Known = ReadonlyMap<Expr, Vector>;

const unary: Record<UnaryOp, (f: Func, a: Vector) => Vector> = {
  neg: (_, a) => f32x4.neg(a),
  abs: (_, a) => f32x4.abs(a),
  sign: math.sign,
  sqrt: (_, a) => f32x4.sqrt(a),
  exp: math.exp,
  log: math.log,
  log1p: math.log1p,
  tanh: math.tanh,
  sigmoid: math.sigmoid,
  erf: math.erf,
  sin: math.sin,
  cos: math.cos,
  floor: (_, a) => f32x4.floor(a),
  round: (_, a) => f32x4.nearest(a),
};

/** Where multiplying and adding may be one rounding. */
const fusedUnary: Partial<typeof unary> = {
  sigmoid: math.fusedSigmoid,
  tanh: math.fusedTanh,
  erf: math.fusedErf,
};

const comparisons = { gt: f32x4.gt, ge: f32x4.ge, eq: f32x4.eq };

/** 1 where the comparison holds, else 0. */
const truth = (compare: (a: Vector, b: Vector) => Vector) => (f: Func, a: Vector, b: Vector) =>
  v128.and(compare(a, b), splat(f, 1));

const binary: Record<BinaryOp, (f: Func, a: Vector, b: Vector) => Vector> = {
  add: (_, a, b) => f32x4.add(a, b),
  sub: (_, a, b) => f32x4.sub(a, b),
  mul: (_, a, b) => f32x4.mul(a, b),
  div: (_, a, b) => f32x4.div(a, b),
  max: (_, a, b) => f32x4.max(a, b),
  min: (_, a, b) => f32x4.min(a, b),
  pow,
  gt: truth(comparisons.gt),
  ge: truth(comparisons.ge),
  eq: truth(comparisons.eq),
};

/** Emits the code for `root` into f. Nodes used more than once go to locals. */
export function emitFormula(f: Func, root: Expr, leaves: Leaves): Vector {
  const values = new Map(leaves.known ?? []);
  const all = { ...leaves, known: values };
  for (const { node, shared } of stepsOf(root)) {
    if (values.has(node)) continue;
    const code = emitNode(f, node, all);
    values.set(node, shared ? f.keep(code, node.op) : code);
  }
  return values.get(root) as Vector;
}

/** A node of a formula, and whether it is worth a local. */
interface FormulaStep {
  readonly node: Expr;
  readonly shared: boolean;
}

/** A kernel emits its formula again and again. */
const known = new WeakMap<Expr, readonly FormulaStep[]>();

function stepsOf(root: Expr): readonly FormulaStep[] {
  const steps = known.get(root) ?? findSteps(root);
  known.set(root, steps);
  return steps;
}

function findSteps(root: Expr): FormulaStep[] {
  const uses = new Map([[root, 1]]);
  const nodes = nodesOf(root);
  for (const node of nodes)
    for (const operand of operands(node)) uses.set(operand, (uses.get(operand) ?? 0) + 1);
  return nodes.map((node) => ({ node, shared: (uses.get(node) as number) > 1 && node.op !== 'const' }));
}

function emitNode(f: Func, node: Expr, leaves: Required<Pick<Leaves, 'known'>> & Leaves): Vector {
  const value = (e: Expr): Vector => leaves.known.get(e) as Vector;
  if (node.op === 'input') return leaves.input(node.index);
  if (node.op === 'const') return splat(f, node.value);
  if (node.op === 'position') return leaves.position(node.axis);
  if (node.op === 'select') return v128.bitselect(value(node.a), value(node.b), mask(f, node.test, value));
  if (!('b' in node)) return unaryOf(node.op, leaves)(f, value(node.a));
  if (node.op === 'max' || node.op === 'min') {
    const [a, b] = node.a.op === 'const' ? [node.b, node.a] : [node.a, node.b];
    if (b.op === 'const') return limit(f, node.op, value(a), b.value);
  }
  if (node.op === 'pow' && node.b.op === 'const') return powConstant(f, value(node.a), node.b.value);
  return binary[node.op](f, value(node.a), value(node.b));
}

const unaryOf = (op: UnaryOp, { fma }: Leaves) => (fma && fusedUnary[op]) || unary[op];

/**
 * max(x, limit) and min(x, limit). f32x4.max takes eight instructions on x64 for NaN and the signs of zeros; pmax takes one
 * and keeps x where neither is larger, and so NaN. Of the zeros, adding 0 makes the right one.
 */
function limit(f: Func, op: 'max' | 'min', x: Vector, bound: number): Vector {
  const c = splat(f, bound);
  if (Number.isNaN(bound) || (op === 'min' && Object.is(bound, -0))) return binary[op](f, x, c);
  if (op === 'min') return f32x4.pmin(x, c);
  return f32x4.pmax(Object.is(bound, 0) ? f32x4.add(x, c) : x, c);
}

/** All bits where `test` is not zero. A comparison's own mask does, without the way over 1 and 0. */
function mask(f: Func, test: Expr, value: (e: Expr) => Vector): Vector {
  if (test.op === 'gt' || test.op === 'ge' || test.op === 'eq')
    return comparisons[test.op](value(test.a), value(test.b));
  return f32x4.ne(value(test), splat(f, 0));
}
