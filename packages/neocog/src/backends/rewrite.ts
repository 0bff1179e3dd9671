// What changing a graph needs: new values, and nodes replaced by others.

import type { Graph, GraphNode, GraphValue } from './graph.ts';
import type { Values } from './work.ts';

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

/** Replaces each node by some, which may be itself. */
export function mapNodes<N extends GraphNode>(
  graph: Graph,
  change: (node: GraphNode, make: ValueMaker) => readonly N[],
): Graph & { readonly nodes: readonly N[] } {
  const make = new ValueMaker(graph);
  return { ...graph, nodes: graph.nodes.flatMap((node) => change(node, make)) };
}
