// Plain loops that round as float32 does, instead of once at the end: each result, and each step of a formula, is off by a last
// bit or two. How far answers move with that says how much of a difference between two backends is rounding.

import type { Backend } from '../../packages/neocog/src/backends/backend.ts';
import { referenceBackend } from '../../packages/neocog/src/backends/reference/backend.ts';
import type { Work } from '../../packages/neocog/src/backends/work.ts';
import * as formulas from '../../packages/neocog/src/expression/expression.ts';
import type { Generator } from '../../packages/neocog/src/index.ts';

type Expr = formulas.Expr;

/** A factor near 1. */
const nearly = (random: Generator): number => 1 + (random.uniform() - 0.5) * 2 ** -22;

/** What gives whole numbers gives the right ones. */
const exact: readonly string[] = ['neg', 'abs', 'sign', 'floor', 'max', 'min', 'gt', 'ge', 'eq'];

/** The formula with each step off by a factor of its own, the same at every point. */
function roughly(root: Expr, random: Generator): Expr {
  const done = new Map<Expr, Expr>();
  const now = (e: Expr): Expr => done.get(e) as Expr;
  for (const e of formulas.nodesOf(root)) done.set(e, e === root ? again(e, now) : step(e, now, random));
  return now(root);
}

function step(e: Expr, now: (e: Expr) => Expr, random: Generator): Expr {
  const rounds = !['input', 'const', 'position', 'select', ...exact].includes(e.op);
  return rounds ? formulas.mul(again(e, now), nearly(random)) : again(e, now);
}

function again(e: Expr, now: (e: Expr) => Expr): Expr {
  if (e.op === 'input' || e.op === 'const' || e.op === 'position') return e;
  if (e.op === 'select') return formulas.select(now(e.test), now(e.a), now(e.b));
  return 'b' in e ? formulas[e.op](now(e.a), now(e.b)) : formulas[e.op](now(e.a));
}

function roughWork(work: Work, random: Generator): Work {
  if (work.op !== 'fused' && work.op !== 'fusedMany') return work;
  const loop = { ...work.loop, expr: roughly(work.loop.expr, random) };
  return work.op === 'fused'
    ? { ...work, loop }
    : { ...work, loop, exprs: work.exprs.map((e) => roughly(e, random)) };
}

export const rounding = (random: Generator): Backend => ({
  ...referenceBackend,
  run: (work, inputs) =>
    referenceBackend
      .run(roughWork(work, random), inputs)
      .map((values) => (values instanceof Int32Array ? values : values.map((v) => v * nearly(random)))),
});
