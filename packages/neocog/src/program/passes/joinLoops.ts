// Two elementwise loops as one.

import type { GraphValue, NodeOf } from '../../backends/graph.ts';
import type { FusedWork } from '../../backends/work.ts';
import type { FusedLoop } from '../../backends/workParts.ts';
import * as e from '../../expression/expression.ts';
import { type Expr, nodesOf } from '../../expression/expression.ts';
import { sameShape, stridesOf } from '../../tensor/shape.ts';
import { readsInPlace } from './loopPlaces.ts';

export const isMap = (loop: FusedLoop): boolean => !loop.reduced.includes(true);

export const readsPositions = (expr: Expr): boolean => nodesOf(expr).some((node) => node.op === 'position');

/** Inputs without doubles, and each old input's place among them. */
export class InputList<K> {
  readonly values: GraphValue[] = [];
  readonly kinds: K[] = [];
  readonly #same: (a: K, b: K) => boolean;

  constructor(same: (a: K, b: K) => boolean) {
    this.#same = same;
  }

  add(value: GraphValue, kind: K): number {
    const known = this.values.findIndex((v, i) => v === value && this.#same(this.kinds[i], kind));
    if (known >= 0) return known;
    this.kinds.push(kind);
    return this.values.push(value) - 1;
  }
}

/** The sizes of a loop without axes of one cell. */
const points = (values: readonly number[], { shape }: FusedLoop): number[] =>
  values.filter((_, d) => shape[d] > 1);

/**
 * A loop over all elements in a row, over the axes of another of as many elements: sums of gradients have no shape of their
 * own.
 */
function shapedLike(loop: FusedLoop, other: FusedLoop): FusedLoop {
  const [size, ...more] = points(loop.shape, loop);
  const cells = other.shape.reduce((a, b) => a * b, 1);
  const flat = size === cells && more.length === 0 && isMap(loop) && !readsPositions(loop.expr);
  const steps = loop.strides.map((strides) => points(strides, loop)[0]);
  if (!flat || !steps.every((step) => step === 0 || step === 1)) return loop;
  const dense = stridesOf(other.shape);
  return {
    ...loop,
    shape: other.shape,
    strides: steps.map((step) => dense.map((stride) => step * stride)),
    reduced: dense.map(() => false),
  };
}

/** A formula of more parts than this fills every register; ever longer ones would take ever longer to join. */
const mostParts = 128;

/** Whether a formula of both is short enough to be computed at once. */
export const areShort = (a: Expr, b: Expr): boolean => nodesOf(a).length + nodesOf(b).length <= mostParts;

/** One loop for a map and what reads its result at the same points, be it a map or a sum. Null if they do not fit. */
export function joinLoops(
  first: NodeOf<FusedWork>,
  second: NodeOf<FusedWork>,
  mostInputs: number,
): NodeOf<FusedWork> | null {
  const a = shapedLike(first.loop, second.loop);
  const b = shapedLike(second.loop, a);
  const [middle] = first.outputs;
  const shape = points(b.shape, b);
  const inPlace = second.inputs.every((value, i) => value !== middle || readsInPlace(b, i));
  const fits = isMap(a) && sameShape(points(a.shape, a), shape) && inPlace;
  if (!fits || !areShort(a.expr, b.expr) || readsPositions(a.expr) || readsPositions(b.expr)) return null;
  const inputs = new InputList<readonly number[]>(sameShape);
  const place = (node: NodeOf<FusedWork>, loop: FusedLoop, i: number): Expr =>
    e.input(inputs.add(node.inputs[i], points(loop.strides[i], loop)));
  const inner = e.substitute(a.expr, (i) => place(first, a, i));
  const expr = e.substitute(b.expr, (i) => (second.inputs[i] === middle ? inner : place(second, b, i)));
  if (inputs.values.length > mostInputs) return null;
  const reduced = b.reduced.filter((_, d) => b.shape[d] > 1);
  const loop = { expr, shape, strides: inputs.kinds, reduced, combine: b.combine };
  return { ...second, inputs: inputs.values, loop };
}
