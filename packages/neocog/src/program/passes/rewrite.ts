// What every pass needs: who reads what, and the removal of what nobody reads.

import type { Graph, GraphNode, GraphValue } from '../../backends/graph.ts';

/** The nodes that read each value, once per reading. */
export function readersOf(nodes: readonly GraphNode[]): Map<GraphValue, GraphNode[]> {
  const readers = new Map<GraphValue, GraphNode[]>();
  for (const node of nodes) {
    for (const value of node.inputs) {
      const list = readers.get(value);
      if (list) list.push(node);
      else readers.set(value, [node]);
    }
  }
  return readers;
}

/** Whether one of these assigns a state that a node reads: the node must then stay before it. */
export const isAssigned = (node: GraphNode, between: readonly GraphNode[]): boolean =>
  between.some((other) => other.op === 'assign' && node.inputs.includes(other.inputs[1]));

/** The states that nodes of a graph assign. */
export const assignedIn = ({ nodes }: Graph): ReadonlySet<GraphValue> =>
  new Set(nodes.flatMap((node) => (node.op === 'assign' ? [node.inputs[1]] : [])));

/** What is wanted of a graph: its outputs, and what parameters move by. */
export const resultsOf = (graph: Graph): GraphValue[] => [
  ...graph.outputs,
  ...graph.updates.flatMap((update) => [...update.gradients, ...update.scalars]),
];

/** The graph with other values for what is wanted of it. */
export const mapResults = (graph: Graph, change: (value: GraphValue) => GraphValue): Graph => ({
  ...graph,
  outputs: graph.outputs.map(change),
  updates: graph.updates.map((update) => ({
    ...update,
    gradients: update.gradients.map(change),
    scalars: update.scalars.map(change),
  })),
});

/** Leaves out nodes of which nothing is wanted. */
export function dropUnread(graph: Graph): Graph {
  const wanted = new Set(resultsOf(graph));
  const kept: GraphNode[] = [];
  for (const node of graph.nodes.toReversed()) {
    if (node.op !== 'assign' && !node.outputs.some((value) => wanted.has(value))) continue;
    for (const value of node.inputs) wanted.add(value);
    kept.push(node);
  }
  return { ...graph, nodes: kept.reverse() };
}
