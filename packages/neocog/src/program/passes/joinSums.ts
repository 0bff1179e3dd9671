// Sums or means over the same points, of much the same arrays, are made in one pass over memory.

import type { Graph, GraphNode, GraphValue, NodeOf } from '../../backends/graph.ts';
import type { FusedManyWork, FusedWork } from '../../backends/work.ts';
import type { Expr } from '../../expression/expression.ts';
import * as e from '../../expression/expression.ts';
import { sameShape } from '../../tensor/shape.ts';
import { InputList, isMap, readsPositions } from './joinLoops.ts';

const mostSums = 4;
const mostInputs = 12;

interface Group {
  readonly members: NodeOf<FusedWork>[];
  /** Where the first member stands: everything that the others read must be there by then. */
  readonly at: number;
}

export function joinSums(graph: Graph): Graph {
  const made = new Map<GraphValue, number>();
  graph.nodes.forEach((node, i) => {
    for (const value of node.op === 'assign' ? [node.inputs[1]] : node.outputs) made.set(value, i);
  });
  const groups: Group[] = [];
  graph.nodes.forEach((node, at) => {
    if (
      node.op !== 'fused' ||
      isMap(node.loop) ||
      node.loop.combine === 'max' ||
      readsPositions(node.loop.expr)
    )
      return;
    const ready = Math.max(-1, ...node.inputs.map((value) => made.get(value) ?? -1));
    const group = groups.find((g) => ready < g.at && fits(g, node));
    if (group) group.members.push(node);
    else groups.push({ members: [node], at });
  });
  const joined = new Map<GraphNode, GraphNode | null>();
  for (const { members } of groups) {
    if (members.length < 2) continue;
    for (const member of members) joined.set(member, null);
    joined.set(members[0], joinAll(members));
  }
  const nodes = graph.nodes.flatMap((node) => {
    const change = joined.get(node);
    return change === undefined ? [node] : change === null ? [] : [change];
  });
  return { ...graph, nodes };
}

const large = ({ inputs, loop }: NodeOf<FusedWork>): GraphValue[] => {
  const cells = loop.shape.reduce((a, b) => a * b, 1);
  return inputs.filter((value) => value.size === cells);
};

/** The same points, and no large array that the others do not read. */
function fits({ members }: Group, node: NodeOf<FusedWork>): boolean {
  const [first] = members;
  const same =
    first.loop.combine === node.loop.combine &&
    sameShape(first.loop.shape, node.loop.shape) &&
    first.loop.reduced.every((r, d) => r === node.loop.reduced[d]);
  if (!same || members.length >= mostSums) return false;
  const known = new Set(members.flatMap(large));
  const own = large(node);
  const shared = own.filter((value) => known.has(value)).length;
  const all = new Set([...members.flatMap((m) => m.inputs), ...node.inputs]);
  return shared > 0 && own.length - shared <= 1 && all.size <= mostInputs;
}

function joinAll(members: readonly NodeOf<FusedWork>[]): NodeOf<FusedManyWork> {
  const [first] = members;
  const inputs = new InputList<readonly number[]>(sameShape);
  const exprs = members.map(
    ({ loop, inputs: own }): Expr =>
      e.substitute(loop.expr, (i) => e.input(inputs.add(own[i], loop.strides[i]))),
  );
  return {
    op: 'fusedMany',
    label: first.label,
    loop: { ...first.loop, expr: exprs[0], strides: inputs.kinds },
    exprs,
    inputs: inputs.values,
    outputs: members.map((member) => member.outputs[0]),
  };
}
