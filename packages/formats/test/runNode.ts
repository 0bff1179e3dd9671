// Runs ONNX models of one node, for tests.

import { compile, type Tensor } from 'neocog';
import { expect } from 'vitest';
import { loadOnnx } from '../src/index.ts';
import { type OneNode, type Operand, oneNode, type TypeName } from './onnxGraphs.ts';

type Feeds = Readonly<Record<string, Tensor>>;
export type Wanted = readonly [shape: readonly number[], values: readonly number[]];

export const shapeAndValues = (t: Tensor): Wanted => [[...t.shape], [...t.data]];

/** What an output holds after an eager run. */
export async function valuesOf(node: OneNode, feeds: Feeds = {}, output = 'y'): Promise<number[]> {
  return [...(await loadOnnx(oneNode(node))).run(feeds)[output].data];
}

export async function runBoth(node: OneNode, feeds: Feeds): Promise<[eager: Feeds, compiled: Feeds]> {
  const bytes = oneNode(node);
  const eager = (await loadOnnx(bytes)).run(feeds);
  const input = Object.fromEntries(Object.entries(feeds).map(([name, t]) => [name, t.shape]));
  const program = await compile(await loadOnnx(bytes), { input, threads: 1 });
  const compiled = await program.run(feeds);
  program.dispose();
  return [eager, compiled];
}

export async function expectBoth(node: OneNode, feeds: Feeds, wanted: Wanted, output = 'y'): Promise<void> {
  for (const results of await runBoth(node, feeds)) expect(shapeAndValues(results[output])).toEqual(wanted);
}

/** Known values in a row. */
export const list = (type: TypeName, ...values: number[]): Operand => ({
  type,
  shape: [values.length],
  values,
});

/** A known value without axes. */
export const scalar = (type: TypeName, value: number): Operand => ({ type, shape: [], values: [value] });
