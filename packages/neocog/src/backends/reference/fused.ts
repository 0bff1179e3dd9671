// Elementwise formulas over strided inputs, with or without a reduction: every node of the formula, in order,
// at every position. Everything between load and store is float64; a result is rounded once.

import { binary, unary } from '../../expression/evaluate.ts';
import { assertInputs, type Expr, nodesOf } from '../../expression/expression.ts';
import { product } from '../../geometry/window.ts';
import type { Values } from '../work.ts';
import type { FusedLoop } from '../workParts.ts';
import { stridedOffsets } from './move.ts';

/** Evaluates the formula at each position of the loop's shape and combines along the reduced axes. */
export function fused(loop: FusedLoop, inputs: readonly Values[]): Float32Array {
  assertInputs(loop.expr, inputs.length);
  const evaluate = compile(loop, inputs);
  const targets = stridedOffsets({ shape: loop.shape, strides: outputStrides(loop), offset: 0 });
  const results = new Float64Array(cells(loop, false)).fill(neutral(loop));
  const combine = loop.combine === 'max' ? binary.max : binary.add;
  targets.forEach((target, i) => {
    results[target] = combine(results[target], evaluate(i));
  });
  const count = loop.combine === 'mean' ? cells(loop, true) : 1;
  return Float32Array.from(results, (sum) => sum / count);
}

/** What a result starts from. A map must keep −0, which only −0 does under addition; an empty sum is 0. */
function neutral(loop: FusedLoop): number {
  if (loop.combine === 'max') return Number.NEGATIVE_INFINITY;
  return loop.reduced.includes(true) ? 0 : -0;
}

/** Points along the axes that are combined, or along the others. */
const cells = (loop: FusedLoop, reduced: boolean): number =>
  product(loop.shape.filter((_, d) => loop.reduced[d] === reduced));

/** Dense row-major strides over the axes that stay, 0 along those that are combined away. */
function outputStrides(loop: FusedLoop): number[] {
  const strides: number[] = Array(loop.shape.length).fill(0);
  let step = 1;
  for (let d = loop.shape.length - 1; d >= 0; d--) {
    if (loop.reduced[d]) continue;
    strides[d] = step;
    step *= loop.shape[d];
  }
  return strides;
}

/** The formula as a function of the position's row-major number. */
function compile(loop: FusedLoop, inputs: readonly Values[]): (i: number) => number {
  const nodes = nodesOf(loop.expr);
  const slots = new Map(nodes.map((node, slot) => [node, slot]));
  const values = new Float64Array(nodes.length);
  const slotOf = (e: Expr): number => slots.get(e) as number;
  const steps = nodes.map((node) => compileNode(node, { loop, inputs, values, slotOf }));
  return (i) => {
    for (let s = 0; s < steps.length; s++) values[s] = steps[s](i);
    return values[steps.length - 1];
  };
}

/** What a formula is computed from. */
interface Frame {
  readonly loop: FusedLoop;
  readonly inputs: readonly Values[];
  /** Of each node, at its slot. */
  readonly values: Float64Array;
  readonly slotOf: (e: Expr) => number;
}

/** One node, reading its operands from `values`, where the earlier nodes have put them. */
function compileNode(node: Expr, { loop, inputs, values, slotOf }: Frame): (i: number) => number {
  if (node.op === 'const') return () => node.value;
  if (node.op === 'input') return lookUp(loop, loop.strides[node.index], inputs[node.index]);
  if (node.op === 'position') return lookUp(loop, unit(loop.shape.length, node.axis));
  const a = slotOf(node.a);
  if (node.op === 'select') {
    const [test, b] = [slotOf(node.test), slotOf(node.b)];
    return () => (values[test] !== 0 ? values[a] : values[b]);
  }
  if ('b' in node) {
    const [apply, b] = [binary[node.op], slotOf(node.b)];
    return () => apply(values[a], values[b]);
  }
  const apply = unary[node.op];
  return () => apply(values[a]);
}

/** `array[offset]` at each position, or the offset itself. */
function lookUp(loop: FusedLoop, strides: readonly number[], array?: Values): (i: number) => number {
  const offsets = stridedOffsets({ shape: loop.shape, strides, offset: 0 });
  return array ? (i) => array[offsets[i]] : (i) => offsets[i];
}

const unit = (rank: number, axis: number): number[] =>
  Array.from({ length: rank }, (_, d) => Number(d === axis));
