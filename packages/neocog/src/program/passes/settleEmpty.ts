// Nodes over empty arrays, as of an empty batch: their results are known, whatever the values are. No compiler sees an empty
// array after this, except as an input or a result of the graph.

import type { Graph, GraphNode, GraphValue } from '../../backends/graph.ts';
import type { FusedLoop, Values } from '../../backends/work.ts';
import { product } from '../../geometry/window.ts';
import { mapResults } from './rewrite.ts';

export function settleEmpty(graph: Graph): Graph {
  const known = new Map<GraphValue, GraphValue>();
  const current = (value: GraphValue): GraphValue => known.get(value) ?? value;
  const nodes = graph.nodes.flatMap((given): GraphNode[] => {
    const node = withoutEmptyParts({ ...given, inputs: given.inputs.map(current) } as GraphNode);
    const isEmpty = (value: GraphValue): boolean => value.size === 0;
    const isSettled = node.outputs.every(isEmpty) || sumsNothing(node);
    if (node.op === 'assign' || !isSettled) return [node];
    for (const value of node.outputs) {
      known.set(value, { ...value, source: 'constant', data: filled(value, node) });
    }
    return [];
  });
  return mapResults({ ...graph, nodes }, current);
}

/** Parts of a sum that hold nothing are left out. */
function withoutEmptyParts(node: GraphNode): GraphNode {
  if (node.op !== 'copyAdd') return node;
  const full = node.inputs.map(({ size }) => size > 0);
  return {
    ...node,
    inputs: node.inputs.filter((_, i) => full[i]),
    views: node.views.filter((_, i) => full[i]),
  };
}

/** Whether results that are there are sums over nothing. */
function sumsNothing(node: GraphNode): boolean {
  if (node.op === 'fused' || node.op === 'fusedMany') return product(node.loop.shape) === 0;
  if (node.op === 'copyAdd') return node.inputs.length === 0;
  const isSum = node.op === 'matmul' || node.op === 'weightGrad' || node.op === 'scatterAdd';
  return isSum && node.inputs[0].size === 0;
}

const nothing: Record<FusedLoop['combine'], number> = {
  sum: 0,
  mean: Number.NaN,
  max: Number.NEGATIVE_INFINITY,
};

function filled({ dtype, size }: GraphValue, node: GraphNode): Values {
  if (dtype === 'int32') return new Int32Array(size);
  const isLoop = node.op === 'fused' || node.op === 'fusedMany';
  return new Float32Array(size).fill(isLoop ? nothing[node.loop.combine] : 0);
}
