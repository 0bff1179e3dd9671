// What can be computed before the first run is computed once: turned kernels, weights in another order, tables.

import type { Backend } from '../../backends/backend.ts';
import type { Graph, GraphNode, GraphValue } from '../../backends/graph.ts';
import type { Values } from '../../backends/work.ts';
import { mapResults } from './rewrite.ts';

/** @param exact leaves sums to the program: eager ones are made for the engine at hand */
export function foldConstants(graph: Graph, backend: Backend, exact = false): Graph {
  const known = new Map<GraphValue, GraphValue>();
  const current = (value: GraphValue): GraphValue => known.get(value) ?? value;
  const nodes: GraphNode[] = [];
  for (const node of graph.nodes) {
    const inputs = node.inputs.map(current);
    const isKnown = inputs.every((value) => value.source === 'constant');
    if (node.op === 'assign' || node.op === 'exchange' || !isKnown || (exact && sumsUp(node))) {
      nodes.push({ ...node, inputs } as GraphNode);
      continue;
    }
    const results = backend.run(
      node,
      inputs.map((value) => value.data as Values),
    );
    node.outputs.forEach((value, i) => {
      known.set(value, { ...value, source: 'constant', data: results[i] });
    });
  }
  return mapResults({ ...graph, nodes }, current);
}

const products: readonly GraphNode['op'][] = ['conv', 'inputGrad', 'weightGrad', 'matmul'];

const sumsUp = (node: GraphNode): boolean =>
  products.includes(node.op) || ('loop' in node && node.loop.reduced.includes(true));
