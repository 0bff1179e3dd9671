// The one operation behind all elementwise functions, broadcasting, sums and means: evaluate a formula over broadcast
// inputs, then sum or average it down to a smaller shape. Its gradient is again such an operation, so that derivatives of any order
// follow from the table in expression/derivative.ts.

import { compute } from '../backends/current.ts';
import type { Combine } from '../backends/workParts.ts';
import { derivative } from '../expression/derivative.ts';
import type { Expr } from '../expression/expression.ts';
import * as e from '../expression/expression.ts';
import type { GradientRule } from '../tensor/graph.ts';
import { broadcastShapes, broadcastStrides, type Shape, sizeOf } from '../tensor/shape.ts';
import { full, record, Tensor } from '../tensor/tensor.ts';
import { floats } from './check.ts';
import { reshape } from './reshape.ts';

export interface FuseOptions {
  /** The iteration space, where it is larger than what the inputs broadcast to. */
  over?: Shape;
  /** The result's shape: of the iteration space's rank, 1 where that axis is summed. Default: nothing is summed. */
  into?: Shape;
  /** What becomes of the points that are one in the result. Default: their sum. */
  combine?: 'sum' | 'mean';
}

/** `Σ expr(inputs)`, or the mean of it, over the axes that `into` shrinks to 1. */
export function fuse(fn: string, expr: Expr, inputs: readonly Tensor[], options: FuseOptions = {}): Tensor {
  const shape =
    options.over ??
    broadcastShapes(
      fn,
      inputs.map((t) => t.shape),
    );
  const { into = shape, combine = 'sum' } = options;
  const data = run(inputs, { expr, shape, into, combine });
  const share = combine === 'mean' ? sizeOf(into) / sizeOf(shape) : 1;
  const sum = { fn, expr, inputs, shape, share };
  return record(data, into, { name: fn, inputs, rules: inputs.map((_, i) => ruleFor(sum, i)) });
}

/**
 * The largest value of `t` along `axes`, which keep size 1; −∞ of nothing. A constant to differentiation: meant for
 * stabilising shifts.
 */
export function maxAlong(fn: string, t: Tensor, axes: readonly number[]): Tensor {
  floats(fn, 'input', t);
  const into = t.shape.map((n, d) => (axes.includes(d) ? 1 : n));
  if (t.size === 0) return full(into, Number.NEGATIVE_INFINITY);
  return new Tensor(run([t], { expr: e.input(0), shape: t.shape, into, combine: 'max' }), into);
}

/** A formula at every point of `shape`, and what becomes of the points that are one in `into`. */
interface Loop {
  readonly expr: Expr;
  readonly shape: Shape;
  readonly into: Shape;
  readonly combine: Combine;
}

function run(inputs: readonly Tensor[], { expr, shape, into, combine }: Loop): Float32Array {
  const strides = inputs.map((t) => broadcastStrides(t.shape, shape));
  const reduced = shape.map((n, d) => into[d] === 1 && n !== 1);
  return compute(
    { op: 'fused', loop: { expr, shape, strides, reduced, combine } },
    inputs.map((t) => t.data),
  );
}

/** share · Σ expr(inputs) over the points of `shape`. */
interface Sum {
  readonly fn: string;
  readonly expr: Expr;
  readonly inputs: readonly Tensor[];
  readonly shape: Shape;
  readonly share: number;
}

/** Its derivative by input i: the output's gradient times the formula's derivative, summed to the input's shape. */
function ruleFor({ fn, expr, inputs, shape: over, share }: Sum, i: number): GradientRule<Tensor> {
  const target = inputs[i];
  if (!target.requiresGrad) return null;
  const slope = derivative(expr, i);
  if (slope.op === 'const' && slope.value === 0) return null;
  const into = [...new Array<number>(over.length - target.shape.length).fill(1), ...target.shape];
  return (gradient) => {
    const used = usedInputs(slope);
    const shifted = e.substitute(slope, (index) => e.input(used.indexOf(index) + 1));
    const product = e.mul(e.mul(e.input(0), share), shifted);
    return reshape(
      fuse(`${fn} gradient`, product, [gradient, ...used.map((u) => inputs[u])], { over, into }),
      target.shape,
    );
  };
}

/** The inputs a formula really reads: the others need not travel to the backend. */
function usedInputs(expr: Expr): number[] {
  const used = new Set<number>();
  for (const node of e.nodesOf(expr)) if (node.op === 'input') used.add(node.index);
  return [...used].sort((a, b) => a - b);
}
