// Nodes over empty arrays, as of an empty batch: their results are known, whatever the values are. No compiler sees an empty
// array after this, except as an input or a result of the graph.

import type { Graph, GraphNode, GraphValue } from '../../backends/graph.ts';
import { settled } from '../../backends/work.ts';
import { mapResults } from './rewrite.ts';

export function settleEmpty(graph: Graph): Graph {
  const known = new Map<GraphValue, GraphValue>();
  const current = (value: GraphValue): GraphValue => known.get(value) ?? value;
  const nodes = graph.nodes.flatMap((given): GraphNode[] => {
    const node = { ...given, inputs: given.inputs.map(current) } as GraphNode;
    const isWork = node.op !== 'assign' && node.op !== 'exchange';
    const results = isWork ? settled(node, node.inputs) : null;
    if (!results) return [withoutEmptyParts(node)];
    node.outputs.forEach((value, i) => {
      known.set(value, { ...value, source: 'constant', data: results[i] });
    });
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
