// A small constant matrix times a vector, and two from both sides times a rectangle of vectors, as straight-line code.
// Points come in pairs ±a, so rows (or columns) come in pairs that differ only in signs: what they share is computed once.

import type { Func } from '../../assembler/index.ts';
import { f32x4, type Local } from '../../assembler/index.ts';
import { type Engine, multiplyAdd } from '../../engine.ts';
import { splat, type Vector } from '../../fused/math.ts';
import type { Matrix } from './matrices.ts';
import type { Pair } from './shape.ts';

type Values = readonly Local<'v128'>[];
type Row = readonly number[];

/** Σ row[i] · x[i], starting from `from` if given. A coefficient of ±1 costs no multiplication. */
function combine(f: Func, e: Engine, row: Row, x: Values, from: Vector | null = null): Vector {
  const terms = row.map((c, i) => ({ c, x: x[i] })).filter((t) => t.c !== 0);
  const start = from
    ? -1
    : Math.max(
        0,
        terms.findIndex((t) => t.c === 1),
      );
  const first = terms[start];
  let sum = from ?? (first.c === 1 ? first.x : f32x4.mul(splat(f, first.c), first.x));
  terms.forEach((t, i) => {
    if (i !== start) sum = accumulate(f, e, t.c, t.x, sum);
  });
  return sum;
}

function accumulate(f: Func, e: Engine, c: number, x: Vector, sum: Vector): Vector {
  if (c === 1) return f32x4.add(sum, x);
  if (c === -1) return f32x4.sub(sum, x);
  return multiplyAdd(e)(splat(f, c), x, sum);
}

/** Where two rows agree and where they are opposite; null unless each happens and nothing else does. */
function mirror(a: Row, b: Row | undefined): { same: Row; opposite: Row } | null {
  if (!b || a.some((c, i) => Math.abs(c) !== Math.abs(b[i]))) return null;
  const same = a.map((c, i) => (c === b[i] ? c : 0));
  const opposite = a.map((c, i) => (c === b[i] ? 0 : c));
  return same.some((c) => c !== 0) && opposite.some((c) => c !== 0) ? { same, opposite } : null;
}

/** Two mirrored rows: even + c·odd and even − c·odd. */
function mirroredRows(f: Func, e: Engine, same: Row, opposite: Row, x: Values): [Vector, Vector] {
  const even = f.keep(combine(f, e, same, x), 'even');
  const last = opposite.findLast((c) => c !== 0) as number;
  const odd = f.keep(
    combine(
      f,
      e,
      opposite.map((c) => c / last),
      x,
    ),
    'odd',
  );
  return [accumulate(f, e, last, odd, even), accumulate(f, e, -last, odd, even)];
}

function byRows(f: Func, e: Engine, m: Matrix, x: Values): Vector[] {
  const out: Vector[] = [];
  while (out.length < m.length) {
    const row = m[out.length];
    const pair = mirror(row, m[out.length + 1]);
    out.push(...(pair ? mirroredRows(f, e, pair.same, pair.opposite, x) : [combine(f, e, row, x)]));
  }
  return out;
}

/** Replaces mirrored columns by the sum and the difference of their inputs. */
function foldColumns(f: Func, m: Matrix, x: Values): { matrix: Matrix; x: Values } {
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
    values.push(f.keep(f32x4.add(x[j], x[j + 1]), 'sum'), f.keep(f32x4.sub(x[j], x[j + 1]), 'difference'));
    j++;
  }
  return { matrix: m.map((_, i) => folded.map((column) => column[i])), x: values };
}

/** m · x, kept in locals. */
function apply(f: Func, e: Engine, m: Matrix, x: Values): Local<'v128'>[] {
  const folded = foldColumns(f, m, x);
  return byRows(f, e, folded.matrix, folded.x).map((v) => f.keep(v, 'value'));
}

/**
 * a · X · bᵀ for a rectangle X of `a[0].length` by `b[0].length`; `load` and `store` take element (i, j), of the vectors side
 * by side the `v`-th. Several of them, since V8 joins pairs that are adjacent in memory to 256 bits.
 */
export function applyBothSides(
  f: Func,
  e: Engine,
  [a, b]: Pair<Matrix>,
  vectors: number,
  load: (i: number, j: number, v: number) => Vector,
  store: (i: number, j: number, v: number, value: Vector) => void,
): void {
  const beside = Array.from({ length: vectors }, (_, v) => v);
  const columns = b[0].map((_, j) => {
    const x = beside.map((v) => a[0].map((_, i) => f.keep(load(i, j, v), 'x')));
    return x.map((column) => apply(f, e, a, column));
  });
  a.forEach((_, i) => {
    const rows = beside.map((v) =>
      apply(
        f,
        e,
        b,
        columns.map((column) => column[v][i]),
      ),
    );
    b.forEach((_, j) => {
      for (const v of beside) store(i, j, v, rows[v][j]);
    });
  });
}
