// A small constant matrix times a vector, and two from both sides times a rectangle of vectors, as straight-line code.
// Points come in pairs ±a, so rows (or columns) come in pairs that differ only in signs: what they share is computed once.

import type { Matrix } from '../../../../geometry/filtering.ts';
import { type Func, f32x4, i32x4, type Local, v128 } from '../../assembler/index.ts';
import { type Engine, multiplyAdd } from '../../engine.ts';
import { splat, type Vector } from '../../fused/math.ts';
import type { Pair } from './split.ts';

type Values = readonly Local<'v128'>[];
type Row = readonly number[];

/** Where code is made, and for which engine. */
interface Site {
  readonly f: Func;
  readonly engine: Engine;
  /** Whether values and coefficients are whole numbers of 32 bits; sums beyond them wrap around. */
  readonly whole?: boolean;
}

const addition = ({ whole }: Site) => (whole ? i32x4 : f32x4);

/** c · x */
function times({ f, whole }: Site, c: number, x: Vector): Vector {
  if (!whole) return f32x4.mul(splat(f, c), x);
  const bits = Math.log2(c);
  return Number.isInteger(bits) ? i32x4.shl(x, bits) : i32x4.mul(x, v128.const4I(c, c, c, c));
}

/** Σ row[i] · x[i]. A coefficient of ±1 costs no multiplication. */
function combine(site: Site, row: Row, x: Values): Vector {
  const terms = row.map((c, i) => ({ c, x: x[i] })).filter((t) => t.c !== 0);
  const start = Math.max(
    0,
    terms.findIndex((t) => t.c === 1),
  );
  const first = terms[start];
  let sum = first.c === 1 ? first.x : times(site, first.c, first.x);
  terms.forEach((term, i) => {
    if (i !== start) sum = accumulate(site, term, sum);
  });
  return sum;
}

function accumulate(site: Site, { c, x }: { c: number; x: Vector }, sum: Vector): Vector {
  const { add, sub } = addition(site);
  if (c === 1) return add(sum, x);
  if (c === -1) return sub(sum, x);
  if (site.whole) return c > 0 ? add(sum, times(site, c, x)) : sub(sum, times(site, -c, x));
  return multiplyAdd(site.engine)(splat(site.f, c), x, sum);
}

/** Where two rows agree and where they are opposite. */
interface Mirrored {
  readonly same: Row;
  readonly opposite: Row;
}

/** Null unless each happens and nothing else does. */
function mirror(a: Row, b: Row | undefined): Mirrored | null {
  if (!b || a.some((c, i) => Math.abs(c) !== Math.abs(b[i]))) return null;
  const same = a.map((c, i) => (c === b[i] ? c : 0));
  const opposite = a.map((c, i) => (c === b[i] ? 0 : c));
  return same.some((c) => c !== 0) && opposite.some((c) => c !== 0) ? { same, opposite } : null;
}

/** Two mirrored rows: even + c·odd and even − c·odd. */
function mirroredRows(site: Site, { same, opposite }: Mirrored, values: Values): [Vector, Vector] {
  const even = site.f.keep(combine(site, same, values), 'even');
  const last = opposite.findLast((c) => c !== 0) as number;
  const scaled = opposite.map((c) => c / last);
  const x = site.f.keep(combine(site, scaled, values), 'odd');
  return [accumulate(site, { c: last, x }, even), accumulate(site, { c: -last, x }, even)];
}

function byRows(site: Site, m: Matrix, x: Values): Vector[] {
  const out: Vector[] = [];
  while (out.length < m.length) {
    const row = m[out.length];
    // What mirrored rows share may be no whole number.
    const pair = site.whole ? null : mirror(row, m[out.length + 1]);
    out.push(...(pair ? mirroredRows(site, pair, x) : [combine(site, row, x)]));
  }
  return out;
}

/** Replaces mirrored columns by the sum and the difference of their inputs. */
function foldColumns(site: Site, m: Matrix, x: Values): { matrix: Matrix; x: Values } {
  const { f } = site;
  const { add, sub } = addition(site);
  const columns = m[0].map((_, j) => m.map((row) => row[j]));
  const [folded, values]: [Row[], Local<'v128'>[]] = [[], []];
  for (let j = 0; j < columns.length; j++) {
    const pair = mirror(columns[j], columns[j + 1]);
    if (!pair) {
      folded.push(columns[j]);
      values.push(x[j]);
      continue;
    }
    folded.push(pair.same, pair.opposite);
    values.push(f.keep(add(x[j], x[j + 1]), 'sum'), f.keep(sub(x[j], x[j + 1]), 'difference'));
    j++;
  }
  return { matrix: m.map((_, i) => folded.map((column) => column[i])), x: values };
}

/** m · x, kept in locals. */
function apply(site: Site, m: Matrix, x: Values): Local<'v128'>[] {
  const folded = foldColumns(site, m, x);
  return byRows(site, folded.matrix, folded.x).map((v) => site.f.keep(v, 'value'));
}

/** Element (i, j) of a rectangle, of the vectors side by side the `v`-th. */
export interface Element {
  readonly i: number;
  readonly j: number;
  readonly v: number;
}

/** What comes in, and what is done with what comes out. */
export interface Rectangle {
  /** Side by side: several, since V8 joins pairs that are adjacent in memory to 256 bits. */
  readonly vectors: number;
  load(at: Element): Vector;
  store(at: Element, value: Vector): void;
}

/** a · X · bᵀ for a rectangle X of `a[0].length` by `b[0].length`. */
export function applyBothSides(site: Site, [a, b]: Pair<Matrix>, { vectors, load, store }: Rectangle): void {
  const beside = Array.from({ length: vectors }, (_, v) => v);
  const columns = b[0].map((_, j) => {
    const x = beside.map((v) => a[0].map((_, i) => site.f.keep(load({ i, j, v }), 'x')));
    return x.map((column) => apply(site, a, column));
  });
  a.forEach((_, i) => {
    const rows = beside.map((v) => {
      const row = columns.map((column) => column[v][i]);
      return apply(site, b, row);
    });
    b.forEach((_, j) => {
      for (const v of beside) store({ i, j, v }, rows[v][j]);
    });
  });
}
