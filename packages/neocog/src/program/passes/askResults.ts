// What a held map took is often asked again on the way back: relu's slope asks whether x was above 0. Its result answers that as well, and
// lies in memory anyway, for the convolution that read it. So x need not: the map joins what made x.

import type { Graph, GraphNode, GraphValue, NodeOf } from '../../backends/graph.ts';
import type { FusedWork } from '../../backends/work.ts';
import { type Held, heldOf } from '../../expression/bounds.ts';
import { type Expr, input, nodesOf, operands } from '../../expression/expression.ts';
import { isMap } from './joinLoops.ts';
import { readsInPlace } from './loopPlaces.ts';
import { isAssigned, readersOf, resultsOf } from './rewrite.ts';

/** Readers of a value that is held between two numbers ask the held one, if none of them asks for more than that one says. */
export function askResults(graph: Graph): Graph {
  const kept = new Set(resultsOf(graph));
  const readers = readersOf(graph.nodes);
  const nodes = [...graph.nodes];
  for (const [at, node] of graph.nodes.entries()) {
    const held = node.op === 'fused' ? heldMap(node) : null;
    if (!held || kept.has(node.inputs[0])) continue;
    const [before, after] = [node.inputs[0], node.outputs[0]];
    const others = new Set((readers.get(before) ?? []).filter((reader) => reader !== node));
    if (others.size === 0 || isAssigned(node, graph.nodes)) continue;
    const answered = [...others].every(
      (reader) => graph.nodes.indexOf(reader) > at && asksOnly(reader, before, held),
    );
    if (!answered) continue;
    nodes.forEach((other, i) => {
      if (i > at && other.inputs.includes(before)) nodes[i] = reading(other, before, after);
    });
  }
  return { ...graph, nodes };
}

/** The limits of a map of one array that does nothing but hold it; null of any other. */
function heldMap({ loop, inputs }: NodeOf<FusedWork>): Held | null {
  if (inputs.length !== 1 || !isMap(loop) || !readsInPlace(loop, 0)) return null;
  const held = heldOf(loop.expr);
  return held.inner === input(0) && held.low < held.high ? held : null;
}

/** Whether a node reads a value only to learn on which side of a limit it is. */
function asksOnly(node: GraphNode, value: GraphValue, held: Held): boolean {
  if (node.op !== 'fused') return false;
  const asked = new Set(node.inputs.flatMap((each, i) => (each === value ? [input(i)] : [])));
  if (asked.has(node.loop.expr)) return false;
  return nodesOf(node.loop.expr).every(
    (part) => !operands(part).some((operand) => asked.has(operand)) || isAnswered(part, asked, held),
  );
}

/** `low ≥ x`, `x > low`, `x ≥ high`, `high > x`: true of x where they are of x held between the two. */
function isAnswered(test: Expr, asked: ReadonlySet<Expr>, { low, high }: Held): boolean {
  if (test.op !== 'ge' && test.op !== 'gt') return false;
  const [limit, isLow] = asked.has(test.b) ? [test.a, test.op === 'ge'] : [test.b, test.op === 'gt'];
  return limit.op === 'const' && limit.value === (isLow ? low : high);
}

const reading = (node: GraphNode, before: GraphValue, after: GraphValue): GraphNode => ({
  ...node,
  inputs: node.inputs.map((value) => (value === before ? after : value)),
});
