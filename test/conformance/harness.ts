// Runs the cases of a suite through the public API on every backend: forward, and every gradient that the case states.
// A suite is a table: the operation's name in the vectors → the export it needs and the call that it stands for.
// An operation that the library does not export appears as a skipped test with its name; it is never left out.

import * as neocog from 'neocog';
import { describe, expect, it } from 'vitest';
import { runCompiled } from '../compiled.ts';
import { isFirst } from '../draws.ts';
import { type GoldenCase, loadSuite, type Suite, type SuiteName, type TensorRef } from '../golden.ts';

export type Tensor = neocog.Tensor;
export type Inputs = Readonly<Record<string, Tensor>>;
/** A case's options as its manifest holds them; the calls under test check their arguments. */
export type Params = Readonly<Record<string, unknown>>;

/** Plain loops of JavaScript depend on no engine. */
export const backends: readonly neocog.BackendName[] = isFirst ? ['reference', 'wasm'] : ['wasm'];

/** Eagerly on each backend, and compiled: by the algorithms that seem fastest, and by plain sums only. */
const ways = [...backends, 'compiled', 'compiled, exact'] as const;
type Way = (typeof ways)[number];

export interface Row {
  /** The export that is called. */
  readonly needs: string;
  /** The result, or several by the names of the case's outputs. */
  readonly run: (inputs: Inputs, params: Params) => Tensor | Readonly<Record<string, Tensor>>;
  /** Why a compiled network cannot do this, where it cannot: null for what it can. */
  readonly eagerOnly?: (params: Params) => string | null;
}

/** Rows by operation; a case whose operation has no row fails. */
export type Table = Readonly<Record<string, Row>>;

/** The library by name, so that a table can speak of exports that are not there yet. */
export const exported = (path: string): unknown =>
  path
    .split('.')
    .reduce<unknown>((value, key) => (value as Record<string, unknown> | undefined)?.[key], neocog);

/** Calls an export by name. */
export function call<Result = Tensor>(name: string, ...args: unknown[]): Result {
  const fn = exported(name) as (...args: unknown[]) => Result;
  return fn(...args);
}

/** Constructs an exported class by name. */
export function construct<Result>(name: string, ...args: unknown[]): Result {
  const Class = exported(name) as new (...args: unknown[]) => Result;
  return new Class(...args);
}

/** Declares the tests of a suite of operations. */
export async function conform(name: SuiteName, table: Table): Promise<void> {
  const suite = await loadSuite(name);
  for (const way of ways) {
    describe(way, () => {
      for (const [op, cases] of groupByOp(suite.cases)) declareOp(op, table[op], cases, { suite, way });
    });
  }
}

export function groupByOp(cases: readonly GoldenCase[]): Map<string, GoldenCase[]> {
  const groups = new Map<string, GoldenCase[]>();
  for (const each of cases) groups.set(each.op, [...(groups.get(each.op) ?? []), each]);
  return groups;
}

interface Setting {
  readonly suite: Suite;
  readonly way: Way;
}

const isCompiled = (way: Way): way is 'compiled' | 'compiled, exact' => way.startsWith('compiled');

function declareOp(
  op: string,
  row: Row | undefined,
  cases: readonly GoldenCase[],
  { suite, way }: Setting,
): void {
  if (row && exported(row.needs) === undefined) {
    it(`${op}: ${cases.length} cases`, () => expect.fail(`neocog does not export ${row.needs}`));
    return;
  }
  const able = cases.filter((each) => !isCompiled(way) || !row?.eagerOnly?.(each.params));
  it.each(able.map((each) => [each.id, each.tags.join(' '), each] as const))(
    `${op} %s (%s)`,
    async (_id, _tags, each) => {
      if (!row) throw new Error(`the table has no row for ${op}`);
      const wrong = isCompiled(way)
        ? await judgeCompiled(each, row, suite, way === 'compiled, exact')
        : neocog.withBackend(way, () => judge(each, row, suite));
      expect(wrong.join('; ')).toBe('');
    },
  );
}

/** Everything in which a case's results differ from the vectors. */
function judge(each: GoldenCase, row: Row, suite: Suite): string[] {
  const inputs = makeInputs(each, suite);
  const result = row.run(inputs, each.params);
  const results = result instanceof neocog.Tensor ? { output: result } : result;
  const output = results.output;
  if (output?.requiresGrad && inputs.grad_output) output.backward(inputs.grad_output);
  return Object.entries(each.outputs).flatMap(([name, ref]) => {
    const got = name.startsWith('grad_') ? inputs[name.slice('grad_'.length)]?.grad : results[name];
    const wrong = got ? suite.compare(got, ref, each.tags.includes('exact')) : 'is missing';
    return wrong ? [`${name} ${wrong}`] : [];
  });
}

/** The same, by a program that computes the results and all gradients. */
async function judgeCompiled(
  each: GoldenCase,
  row: Row,
  suite: Suite,
  exactConvolution: boolean,
): Promise<string[]> {
  const inputs = makeInputs(each, suite);
  const outputs = Object.keys(each.outputs);
  // Running statistics: arrays that the computation changes.
  const changed = outputs.filter((name) => name in inputs);
  const found = await runCompiled(inputs, changed, exactConvolution, (given) => {
    const result = row.run(given, each.params);
    const results = result instanceof neocog.Tensor ? { output: result } : result;
    const { output } = results;
    if (output?.requiresGrad && given.grad_output) output.backward(given.grad_output);
    const gradients = Object.entries(given).map(([name, t]) => [`grad_${name}`, t.grad] as const);
    const all: Record<string, Tensor | null> = { ...results, ...Object.fromEntries(gradients) };
    return Object.fromEntries(outputs.map((name) => [name, all[name]]).filter(([, t]) => t));
  });
  return Object.entries(each.outputs).flatMap(([name, ref]) => {
    const got = found[name];
    const wrong = got
      ? suite.compare(got, ref, exactConvolution && each.tags.includes('exact'))
      : 'is missing';
    return wrong ? [`${name} ${wrong}`] : [];
  });
}

/** The case's input tensors; those whose gradient the case states require it. */
function makeInputs(each: GoldenCase, suite: Suite): Inputs {
  const entries = Object.entries(each.inputs).map(([name, ref]) => {
    const requiresGrad = `grad_${name}` in each.outputs;
    return [name, makeTensor(suite, ref, requiresGrad)] as const;
  });
  return Object.fromEntries(entries);
}

export const makeTensor = (suite: Suite, ref: TensorRef, requiresGrad = false): Tensor =>
  neocog.tensor(suite.tensor(ref), ref.shape, { dtype: ref.dtype, requiresGrad });
