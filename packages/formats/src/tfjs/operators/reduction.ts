// Reductions of TensorFlow graphs.

import { argMax, argMin, max, mean, min, prod, type ReduceOptions, sum, type Tensor } from 'neocog';
import { type Operation, operation } from '../../graph/operation.ts';
import { firstAxis, type Wire } from '../../graph/plan.ts';
import { HostArray, type Value } from '../../graph/value.ts';
import { fromStart } from '../../shape.ts';
import type { GraphNode, OperatorReader, Operators } from '../node.ts';
import { floats } from './arithmetic.ts';

type Reduce = (x: Tensor, options: ReduceOptions) => Tensor;

/** What is left of a value's axes, and in which order they are among channels-first axes. */
interface Left {
  readonly axes: number[];
  readonly rank: number;
}

const reduction =
  (reduce: Reduce): OperatorReader =>
  (node) => {
    const { name, op, plan } = node;
    const x = node.input(0);
    const keepDims = node.flag('keep_dims');
    const axes = node.numbers(1);
    const step = (places: readonly number[]): Operation =>
      operation(op, ([v]) => reduceValue(v!, reduce, { axis: places, keepDims }));
    const { rank } = x;
    if (rank === undefined || x.first === null) {
      const left = rank === undefined ? undefined : keepDims ? rank : rank - axes.length;
      return plan.plain(name, step(axes), [x], left);
    }
    return reduceImages(node, step, { axes: axes.map((axis) => fromStart(axis, rank)), rank });
  };

/** Without batch or channels, and without any space, what is left has one order of axes. */
function reduceImages(
  node: GraphNode,
  step: (places: readonly number[]) => Operation,
  { axes, rank }: Left,
): Wire {
  const { name, plan } = node;
  const x = node.input(0);
  const places = axes.map((axis) => firstAxis(axis, rank));
  if (node.flag('keep_dims')) return plan.images(name, step(places), x);
  const left = rank - axes.length;
  const ends = !axes.includes(0) && !axes.includes(rank - 1);
  if (ends && left > 2) return { ...plan.images(name, step(places), x), rank: left };
  if (axes.includes(rank - 1) || ends) return { ...plan.fromImages(name, step(places), x), rank: left };
  return plan.plain(name, step(axes), [x], left);
}

function reduceValue(value: Value, reduce: Reduce, options: ReduceOptions): Value {
  const reduced = reduce(floats(value), options);
  // Products of sizes stay on the host.
  return value instanceof HostArray ? new HostArray(value.dtype, reduced.data, reduced.shape) : reduced;
}

const position =
  (find: typeof argMax): OperatorReader =>
  (node) => {
    const x = node.input(0);
    const [axis] = node.numbers(1);
    const rank = x.rank === undefined ? undefined : x.rank - 1;
    return node.plan.plain(
      node.name,
      operation(node.op, ([v]) => find(floats(v!), { axis })),
      [x],
      rank,
    );
  };

export const reductionOperators: Operators = {
  Sum: reduction(sum),
  Mean: reduction(mean),
  Max: reduction(max),
  Min: reduction(min),
  Prod: reduction(prod),
  All: reduction(min),
  Any: reduction(max),
  ArgMax: position(argMax),
  ArgMin: position(argMin),
};
