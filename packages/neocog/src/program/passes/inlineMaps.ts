// A map that several loops read is computed anew in each of them, if that is cheap: its inputs are read anyway, and its result
// need not be written. The way back of a normalisation lives on this.

import type { Graph, GraphNode, GraphValue, NodeOf } from '../../backends/graph.ts';
import type { FusedWork } from '../../backends/work.ts';
import { nodesOf, operands } from '../../expression/expression.ts';
import { isSlow } from '../../expression/slow.ts';
import { isMap, joinLoops } from './joinLoops.ts';
import { isAssigned, readersOf, resultsOf } from './rewrite.ts';

const mostSteps = 16;
const mostInputs = 10;
/** More readers than this, and reading the result is cheaper than computing it so often. */
const mostReaders = 8;

export function inlineMaps(graph: Graph): Graph {
  const kept = new Set(resultsOf(graph));
  let nodes = [...graph.nodes];
  let readers = readersOf(nodes);
  for (const node of graph.nodes) {
    const current = nodes.find((n) => n.outputs[0] !== undefined && n.outputs[0] === node.outputs[0]);
    if (current?.op !== 'fused' || !isCheap(current) || kept.has(current.outputs[0])) continue;
    const joined = joinedReaders(current, readers.get(current.outputs[0]) ?? []);
    if (!joined) continue;
    const last = nodes.findLastIndex((n) => joined.has(n));
    if (isAssigned(current, nodes.slice(nodes.indexOf(current), last))) continue;
    nodes = nodes.filter((n) => n !== current).map((n) => joined.get(n) ?? n);
    readers = readersOf(nodes);
  }
  return { ...graph, nodes };
}

/** Whether a map has few steps, and none of many instructions. */
export function isCheap({ loop }: NodeOf<FusedWork>): boolean {
  const steps = nodesOf(loop.expr).filter((node) => operands(node).length > 0);
  return isMap(loop) && steps.length <= mostSteps && !steps.some(isSlow);
}

/** Every reader with the map in it, or null if one cannot take it. */
function joinedReaders(
  node: NodeOf<FusedWork>,
  readers: readonly GraphNode[],
): Map<GraphNode, NodeOf<FusedWork>> | null {
  const joined = new Map<GraphNode, NodeOf<FusedWork>>();
  const each = new Set(readers);
  if (each.size < 2 || each.size > mostReaders) return null;
  for (const reader of each) {
    const both = reader.op === 'fused' ? joinLoops(node, reader, mostInputs) : null;
    if (!both || largeInputs(both) > largeInputs(node) + 2) return null;
    joined.set(reader, both);
  }
  return joined;
}

/** Inputs as large as the loop. */
const largeInputs = ({ inputs, loop }: NodeOf<FusedWork>): number => {
  const cells = loop.shape.reduce((a, b) => a * b, 1);
  return new Set<GraphValue>(inputs.filter((value) => value.size === cells)).size;
};
