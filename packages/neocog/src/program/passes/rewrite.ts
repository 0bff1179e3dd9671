// What every pass needs: new values, who reads what, and the removal of what nobody reads.

import type { Values } from '../../backends/backend.ts';
import type { Graph, GraphNode, GraphValue } from '../../backends/graph.ts';

/** Makes values whose numbers no other value of the graph has. */
export class ValueMaker {
  #next: number;

  constructor(graph: Graph) {
    const ids = graph.nodes.flatMap((node) => [...node.inputs, ...node.outputs].map((value) => value.id));
    this.#next = Math.max(-1, ...ids) + 1;
  }

  node(size: number, dtype: GraphValue['dtype'] = 'float32'): GraphValue {
    return { id: this.#next++, size, dtype, source: 'node', data: null };
  }

  constant(data: Values): GraphValue {
    const dtype = data instanceof Int32Array ? 'int32' : 'float32';
    return { id: this.#next++, size: data.length, dtype, source: 'constant', data };
  }
}

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

/** What is wanted of a graph: its outputs, and gradients that parameters move by. */
export const resultsOf = (graph: Graph): GraphValue[] => [
  ...graph.outputs,
  ...graph.updates.flatMap((update) => update.gradients),
];

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

/** Replaces each node by some; `null` leaves it as it is. */
export function mapNodes(
  graph: Graph,
  change: (node: GraphNode, make: ValueMaker) => readonly GraphNode[] | null,
): Graph {
  const make = new ValueMaker(graph);
  return { ...graph, nodes: graph.nodes.flatMap((node) => change(node, make) ?? [node]) };
}
