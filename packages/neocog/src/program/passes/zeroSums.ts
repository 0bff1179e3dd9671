// Sums that are zero by definition: of the distances to a mean, times whatever does not vary where it is summed. The way back
// through a variance has one, which eager operations really add up.

import type { FusedNode, Graph, GraphNode, GraphValue } from '../../backends/graph.ts';
import { ValueMaker } from '../../backends/rewrite.ts';
import { affineIn } from '../../expression/affine.ts';
import { evaluateNumber } from '../../expression/evaluate.ts';
import { type Expr, nodesOf } from '../../expression/expression.ts';
import { sameShape } from '../../tensor/shape.ts';
import { readsInPlace } from './loopPlaces.ts';
import { mapResults } from './rewrite.ts';

export function zeroSums(graph: Graph): Graph {
  const producers = new Map<GraphValue, GraphNode>();
  for (const node of graph.nodes) for (const value of node.outputs) producers.set(value, node);
  const make = new ValueMaker(graph);
  const zeros = new Map<GraphValue, GraphValue>();
  const nodes: GraphNode[] = [];
  const current = (value: GraphValue): GraphValue => zeros.get(value) ?? value;
  for (const node of graph.nodes) {
    const inputs = node.inputs.map(current);
    if (node.op === 'fused' && isZero(node, producers)) {
      zeros.set(node.outputs[0], make.constant(new Float32Array(node.outputs[0].size)));
    } else nodes.push({ ...node, inputs } as GraphNode);
  }
  return mapResults({ ...graph, nodes }, current);
}

/** Whether a node sums `factor · (x − mean of x)` over just the points that the mean is of. */
function isZero(node: FusedNode, producers: ReadonlyMap<GraphValue, GraphNode>): boolean {
  const { loop, inputs } = node;
  if (!loop.reduced.includes(true) || loop.combine !== 'sum') return false;
  return inputs.some((x, i) =>
    inputs.some((mean, j) => {
      const made = producers.get(mean);
      return (
        made?.op === 'fused' && isMeanOf(made, x, loop) && readsInPlace(loop, i) && isDistance(node, i, j)
      );
    }),
  );
}

/** Whether `node` is Σ x / n over the axes that `loop` sums. */
function isMeanOf(node: FusedNode, x: GraphValue, loop: FusedNode['loop']): boolean {
  const own = node.loop;
  const same = sameShape(own.shape, loop.shape) && own.reduced.every((r, d) => r === loop.reduced[d]);
  if (!same || node.inputs.length !== 1 || node.inputs[0] !== x || !readsInPlace(own, 0)) return false;
  const count = own.shape.reduce((n, size, d) => (own.reduced[d] ? n * size : n), 1);
  const share = affineIn(own.expr, 0);
  const isNumber = (expr: Expr, value: number): boolean =>
    expr.op === 'const' && Math.abs(expr.value - value) <= 1e-12 * Math.abs(value);
  return share !== null && isNumber(share.scale, 1 / count) && isNumber(share.shift, 0);
}

/** Whether the formula is `factor · (input i − input j)`, with a factor that does not vary along what is summed. */
function isDistance({ loop }: FusedNode, i: number, j: number): boolean {
  const inX = affineIn(loop.expr, i);
  const inMean = inX && affineIn(inX.shift, j);
  if (!inX || !inMean) return false;
  const varies = (expr: Expr): boolean =>
    nodesOf(expr).some(
      (node) =>
        node.op === 'position' ||
        (node.op === 'input' && loop.strides[node.index].some((step, d) => loop.reduced[d] && step !== 0)),
    );
  if (varies(inX.scale) || varies(inMean.scale)) return false;
  // Formulas are polynomials of few numbers here: equal at some points of no special kind, they are equal.
  return [0.37, 1.91, -2.63].every((seed) => {
    const values = loop.strides.map((_, k) => seed + 0.71 * k);
    const factor = evaluateNumber(inX.scale, values);
    const against = evaluateNumber(inMean.scale, values);
    const rest = evaluateNumber(inMean.shift, values);
    return Math.abs(factor + against) <= 1e-9 * Math.abs(factor) && rest === 0;
  });
}
