// From a graph to steps: each node becomes kernels on arrays, in the arrangement that suits it.

import { assert } from '../../../errors.ts';
import type { Graph, GraphNode, GraphValue, NormalNode } from '../../graph.ts';
import { isNormal } from '../../normalForm.ts';
import type { Engine } from '../engine.ts';
import type { Chooser } from './choose.ts';
import { lowerConv, lowerWeightGrad } from './lowerConv.ts';
import { lateNodes, lowerExchange, prepareExchanges } from './lowerExchange.ts';
import { lowerFrames } from './lowerFrames.ts';
import { lowerFused, lowerTruncate } from './lowerFused.ts';
import { type Lowered, Lowering } from './lowering.ts';
import { lowerAssign, lowerCopy, lowerCopyAdd } from './lowerMoves.ts';
import { lowerGather, lowerMaxPool, lowerSumPool } from './lowerPool.ts';
import { lowerUpdate, prepareUpdate } from './lowerUpdate.ts';

/**
 * @param given in normal form
 * @param inParts whether large constant weights may be handed over in parts
 */
export function lower(given: Graph, engine: Engine, chooser: Chooser, inParts: boolean): Lowered {
  const graph = { ...given, nodes: inOrder(given) };
  const lowering = new Lowering(graph, engine, chooser, inParts);
  const { arrays } = lowering;
  const inputs = graph.inputs.map((value) => arrays.put(value, null).room);
  const frames = graph.inputs.flatMap((value) =>
    value.frames ? [lowerFrames(lowering, value, value.frames)] : [],
  );
  const updates = graph.updates.map((update) => prepareUpdate(lowering, update));
  prepareExchanges(
    lowering,
    graph.nodes.filter((node) => node.op === 'exchange'),
  );
  for (const node of graph.nodes) {
    assert(isNormal(node), 'a matrix product that was not made a convolution');
    settle(lowering, node.inputs);
    lowerNode(lowering, node);
  }
  for (const { update } of updates) settle(lowering, [...update.gradients, ...update.scalars]);
  for (const update of updates) lowerUpdate(lowering, update);
  settle(lowering, graph.outputs);
  lowering.begin({ label: '', op: 'output', description: 'results as tensors have them' });
  const outputs = graph.outputs.map((value) => lowering.asRowMajor(value));
  const { steps, entries, preparations, exchanges } = lowering;
  return { arrays, steps, entries, preparations, inputs, outputs, frames, stops: exchanges.stops };
}

/** In the order in which they run: what nobody but states and results waits for comes at the end, unless a state is read before. */
function inOrder(graph: Graph): GraphNode[] {
  const late = lateNodes(graph);
  const nodes: GraphNode[] = [];
  let waiting: GraphNode[] = [];
  for (const node of graph.nodes) {
    if (late.has(node)) {
      waiting.push(node);
      continue;
    }
    if (waiting.some((other) => disturbs(node, other) || disturbs(other, node))) {
      nodes.push(...waiting);
      waiting = [];
    }
    nodes.push(node);
  }
  return [...nodes, ...waiting];
}

/** Whether `node` assigns a state that the other one reads or assigns. */
const disturbs = (node: GraphNode, { inputs }: GraphNode): boolean =>
  node.op === 'assign' && inputs.includes(node.inputs[1]);

const settle = (l: Lowering, values: readonly GraphValue[]): void =>
  l.exchanges.settle(values, l.steps.length);

function lowerNode(l: Lowering, node: NormalNode): void {
  switch (node.op) {
    case 'conv':
    case 'inputGrad':
      return lowerConv(l, node);
    case 'weightGrad':
      return lowerWeightGrad(l, node);
    case 'maxPool':
      return lowerMaxPool(l, node);
    case 'sumPool':
    case 'sumPoolGrad':
      return lowerSumPool(l, node);
    case 'take':
    case 'scatterAdd':
      return lowerGather(l, node);
    case 'fused':
    case 'fusedMany':
      return lowerFused(l, node);
    case 'truncate':
      return lowerTruncate(l, node);
    case 'copy':
      return lowerCopy(l, node);
    case 'copyAdd':
      return lowerCopyAdd(l, node);
    case 'assign':
      return lowerAssign(l, node);
    case 'exchange':
      return lowerExchange(l, node);
    default:
      return node satisfies never;
  }
}
