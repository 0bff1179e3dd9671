// Loops that only copy go: whoever reads the copy reads what was copied. Differentiation makes such loops, where a gradient is handed on as it
// is: at a sum's operands, at a reshaping.

import type { Graph, GraphNode, GraphValue, NodeOf } from '../../backends/graph.ts';
import type { FusedWork } from '../../backends/work.ts';
import { input } from '../../expression/expression.ts';
import { isMap } from './joinLoops.ts';
import { readsInPlace } from './loopPlaces.ts';
import { assignedIn, mapResults, resultsOf } from './rewrite.ts';

/** The graph without copies. What is wanted of the graph is still made under its own name: by the node that made what was copied. */
export function dropCopies(graph: Graph): Graph {
  const wanted = new Set(resultsOf(graph));
  const assigned = assignedIn(graph);
  const now = new Map<GraphValue, GraphValue>();
  const current = (value: GraphValue): GraphValue => {
    const other = now.get(value);
    return other ? current(other) : value;
  };
  const kept = graph.nodes.filter((node) => {
    if (node.op !== 'fused' || !isCopy(node)) return true;
    const [from, to] = [current(node.inputs[0]), node.outputs[0]];
    if (assigned.has(from)) return true;
    if (!wanted.has(to)) now.set(to, from);
    else if (from.source === 'node' && !wanted.has(from)) now.set(from, to);
    else return true;
    return false;
  });
  const renamed = (node: GraphNode): GraphNode => ({
    ...node,
    inputs: node.inputs.map(current),
    outputs: node.outputs.map(current),
  });
  return mapResults({ ...graph, nodes: kept.map(renamed) }, current);
}

const isCopy = ({ loop, inputs, outputs }: NodeOf<FusedWork>): boolean =>
  loop.expr === input(0) &&
  inputs.length === 1 &&
  inputs[0].dtype === outputs[0].dtype &&
  isMap(loop) &&
  readsInPlace(loop, 0);
