// Elementwise formulas as data: a small closed language that every backend can evaluate and that differentiates itself.
// Nodes are interned (interned.ts), so equal formulas are the same object and shared parts are computed once; `id` names a
// formula.

import { assert } from '../errors.ts';
import { Interned } from './interned.ts';

/** Functions of one value. */
export type UnaryOp =
  | 'neg'
  | 'abs'
  | 'sign'
  | 'sqrt'
  | 'exp'
  | 'log'
  | 'log1p'
  | 'tanh'
  | 'sigmoid'
  | 'erf'
  | 'sin'
  | 'cos'
  | 'floor'
  | 'round';
/** Functions of two values. Comparisons give 1 or 0; `max` and `min` hand NaN on. */
export type BinaryOp = 'add' | 'sub' | 'mul' | 'div' | 'max' | 'min' | 'pow' | 'gt' | 'ge' | 'eq';

/** What every formula has. */
interface Numbered {
  /** Names the formula: equal formulas are one object, with one number. */
  readonly id: number;
}

/** The element of an input. */
interface InputExpr extends Numbered {
  readonly op: 'input';
  /** Which input, from 0. */
  readonly index: number;
}

/** A number. */
interface ConstExpr extends Numbered {
  readonly op: 'const';
  /** In float64. */
  readonly value: number;
}

/** A coordinate of the iteration space. */
interface PositionExpr extends Numbered {
  readonly op: 'position';
  /** Which coordinate, from 0. */
  readonly axis: number;
}

/** A function of one value. */
interface UnaryExpr extends Numbered {
  /** The function. */
  readonly op: UnaryOp;
  /** Its argument. */
  readonly a: Expr;
}

/** A function of two values. */
interface BinaryExpr extends Numbered {
  /** The function. */
  readonly op: BinaryOp;
  /** The left or first argument. */
  readonly a: Expr;
  /** The right or second argument. */
  readonly b: Expr;
}

/** One of two values. */
interface SelectExpr extends Numbered {
  readonly op: 'select';
  /** Decides: any number but 0 takes `a`. */
  readonly test: Expr;
  /** The value where `test` is not 0. */
  readonly a: Expr;
  /** The value where `test` is 0. */
  readonly b: Expr;
}

/** A formula over the elements of some inputs at one position. */
export type Expr = InputExpr | ConstExpr | PositionExpr | UnaryExpr | BinaryExpr | SelectExpr;

type WithoutId<T> = T extends unknown ? Omit<T, 'id'> : never;

const formulas = new Interned<Expr>();

const intern = (key: string, node: WithoutId<Expr>): Expr =>
  formulas.get(key) ?? formulas.add(key, Object.freeze({ ...node, id: formulas.nextId() }) as Expr);

export const input = (index: number): Expr => intern(`input ${index}`, { op: 'input', index });
export const constant = (value: number): Expr =>
  intern(`const ${Object.is(value, -0) ? '-0' : value}`, { op: 'const', value });
export const position = (axis: number): Expr => intern(`position ${axis}`, { op: 'position', axis });

const unary =
  (op: UnaryOp) =>
  (a: Expr): Expr =>
    intern(`${op} ${a.id}`, { op, a });
const binary =
  (op: BinaryOp) =>
  (a: Operand, b: Operand): Expr => {
    const [x, y] = [lift(a), lift(b)];
    return simplify(op, x, y) ?? intern(`${op} ${x.id} ${y.id}`, { op, a: x, b: y });
  };

/** A formula, or a number standing for a constant. */
export type Operand = Expr | number;
export const lift = (a: Operand): Expr => (typeof a === 'number' ? constant(a) : a);

export const neg = unary('neg');
export const abs = unary('abs');
export const sign = unary('sign');
export const sqrt = unary('sqrt');
export const exp = unary('exp');
export const log = unary('log');
export const log1p = unary('log1p');
export const tanh = unary('tanh');
export const sigmoid = unary('sigmoid');
export const erf = unary('erf');
export const sin = unary('sin');
export const cos = unary('cos');
export const floor = unary('floor');
/** The nearest whole number; of two as near, the even one. */
export const round = unary('round');
export const add = binary('add');
export const sub = binary('sub');
export const mul = binary('mul');
export const div = binary('div');
export const max = binary('max');
export const min = binary('min');
export const pow = binary('pow');
export const gt = binary('gt');
export const ge = binary('ge');
export const eq = binary('eq');
export const select = (test: Expr, a: Operand, b: Operand): Expr => {
  const [x, y] = [lift(a), lift(b)];
  return x === y ? x : intern(`select ${test.id} ${x.id} ${y.id}`, { op: 'select', test, a: x, b: y });
};

const isConstant = (e: Expr, value: number): boolean => e.op === 'const' && e.value === value;

/** Drops neutral elements, which differentiation makes plenty of. A zero factor wins even over infinities. */
function simplify(op: BinaryOp, a: Expr, b: Expr): Expr | undefined {
  if (op === 'add') return isConstant(a, 0) ? b : isConstant(b, 0) ? a : undefined;
  if (op === 'sub') return isConstant(b, 0) ? a : isConstant(a, 0) ? neg(b) : undefined;
  if (op === 'div') return isConstant(a, 0) ? a : isConstant(b, 1) ? a : undefined;
  if (op !== 'mul') return undefined;
  if (isConstant(a, 0) || isConstant(b, 1)) return a;
  return isConstant(b, 0) || isConstant(a, 1) ? b : undefined;
}

/** The operands of a node, in order. */
export function operands(e: Expr): readonly Expr[] {
  if (e.op === 'input' || e.op === 'const' || e.op === 'position') return [];
  if (e.op === 'select') return [e.test, e.a, e.b];
  return 'b' in e ? [e.a, e.b] : [e.a];
}

/** Every distinct node of a formula, operands before the nodes that use them. */
export function nodesOf(root: Expr): Expr[] {
  const seen = new Set<Expr>();
  const visit = (e: Expr): void => {
    if (seen.has(e)) return;
    for (const operand of operands(e)) visit(operand);
    seen.add(e);
  };
  visit(root);
  return [...seen];
}

/** Rebuilds a formula with each input replaced by `replace(index)`. */
export function substitute(root: Expr, replace: (index: number) => Expr): Expr {
  const done = new Map<Expr, Expr>();
  const now = (child: Expr): Expr => done.get(child) as Expr;
  for (const e of nodesOf(root)) done.set(e, e.op === 'input' ? replace(e.index) : rebuilt(e, now));
  return done.get(root) as Expr;
}

/** The same function of other operands. */
export function rebuilt(e: Expr, now: (operand: Expr) => Expr): Expr {
  if (e.op === 'input' || e.op === 'const' || e.op === 'position') return e;
  if (e.op === 'select') return select(now(e.test), now(e.a), now(e.b));
  return 'b' in e ? binary(e.op)(now(e.a), now(e.b)) : unary(e.op)(now(e.a));
}

/**
 * A formula as text, for listings: `max(x0, 0)`. Its first `most` characters are right: parts that are used twice are written
 * twice, so that the whole text may be of any length.
 */
export function formatExpr(e: Expr, most = Number.POSITIVE_INFINITY): string {
  if (e.op === 'input') return `x${e.index}`;
  if (e.op === 'const') return String(e.value);
  if (e.op === 'position') return `position(${e.axis})`;
  let text = `${e.op}(`;
  operands(e).forEach((operand, i) => {
    if (text.length < most) text += `${i > 0 ? ', ' : ''}${formatExpr(operand, most - text.length)}`;
  });
  return `${text})`;
}

/** Checks that a formula reads only inputs `0 … count − 1`. */
export function assertInputs(root: Expr, count: number): void {
  for (const e of nodesOf(root)) {
    if (e.op === 'input') assert(e.index < count, `formula reads input ${e.index} of ${count}`);
  }
}
