// What several ranks exchange, as steps: where sums lie that travel together, and what may wait for them until the end.

import type { ExchangeNode, Graph, GraphNode, GraphValue } from '../../graph.ts';
import type { Lowering } from './lowering.ts';
import { move } from './moves.ts';

/**
 * Makes rooms for the sums that travel together, side by side, after those of the updates; who computes what is summed leaves it
 * in its place where nobody else reads it.
 */
export function prepareExchanges(l: Lowering, nodes: readonly ExchangeNode[]): void {
  const { arrays } = l;
  const bulk = nodes.filter((node) => node.bulk !== null);
  if (bulk.length === 0) return;
  arrays.region(bulk.map((node) => node.outputs[0]).filter((value) => !arrays.isReserved(value)));
  for (const node of bulk) {
    const [x] = node.inputs;
    if (l.endsWith(x, node) && l.isReadOnce(x) && !arrays.isReserved(x)) arrays.reserve(x, node.outputs[0]);
  }
}

export function lowerExchange(l: Lowering, node: ExchangeNode): void {
  const [x, moves = null] = node.inputs;
  const [y] = node.outputs;
  const { way, ranks, bulk } = node;
  const what = { sum: 'sums', gather: 'arrays', scatter: 'sums of parts' }[way];
  l.begin({ label: node.label, op: 'exchange', description: `${what} of ${ranks} ranks` });
  const given = l.asRowMajor(x);
  const { room: to } = l.arrays.put(y, null);
  const from = bulk === null ? given : to;
  if (bulk !== null && given !== to) {
    const axes = [{ size: x.size, step: 1 }];
    move(l, { from: { form: null, room: given }, to: { form: null, room: to } }, axes);
  }
  const sizes = [x.size, y.size] as const;
  l.exchanges.add(y, { way, ranks, bulk, from, to, sizes, moves }, l.steps.length);
}

/**
 * Nodes that read what travels in bulk, directly or not, and whose results only become states or results of the graph: the sums
 * need not be waited for before the end.
 */
export function lateNodes({ nodes, updates }: Graph): Set<GraphNode> {
  const early = new Set(updates.flatMap((update) => [...update.gradients, ...update.scalars]));
  const patient = new Set<GraphNode>();
  for (const node of nodes.toReversed()) {
    if (node.op !== 'exchange' && node.outputs.every((value) => !early.has(value))) patient.add(node);
    else for (const value of node.inputs) early.add(value);
  }
  const awaited = new Set<GraphValue>();
  const late = new Set<GraphNode>();
  for (const node of nodes) {
    const waits = node.inputs.some((value) => awaited.has(value));
    if (waits && patient.has(node)) late.add(node);
    if (late.has(node) || (node.op === 'exchange' && node.bulk !== null))
      for (const value of node.outputs) awaited.add(value);
  }
  return late;
}
