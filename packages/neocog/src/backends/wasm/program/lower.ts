// From a graph to steps: each node becomes kernels on arrays, in the arrangement that suits it.

import { assert } from '../../../errors.ts';
import type { Graph, NormalNode } from '../../graph.ts';
import { isNormal } from '../../normalForm.ts';
import type { Engine } from '../engine.ts';
import type { Chooser } from './choose.ts';
import { lowerConv, lowerWeightGrad } from './lowerConv.ts';
import { lowerFused, lowerTruncate } from './lowerFused.ts';
import { type Lowered, Lowering } from './lowering.ts';
import { lowerAssign, lowerCopy, lowerCopyAdd } from './lowerMoves.ts';
import { lowerGather, lowerMaxPool, lowerSumPool } from './lowerPool.ts';
import { lowerUpdate, prepareUpdate } from './lowerUpdate.ts';

/**
 * @param graph in normal form
 * @param inParts whether large constant weights may be handed over in parts
 */
export function lower(graph: Graph, engine: Engine, chooser: Chooser, inParts: boolean): Lowered {
  const lowering = new Lowering(graph, engine, chooser, inParts);
  const { arrays } = lowering;
  const inputs = graph.inputs.map((value) => arrays.put(value, null).room);
  const updates = graph.updates.map((update) => prepareUpdate(lowering, update));
  for (const node of graph.nodes) {
    assert(isNormal(node), 'a matrix product that was not made a convolution');
    lowerNode(lowering, node);
  }
  for (const update of updates) lowerUpdate(lowering, update);
  lowering.begin({ label: '', op: 'output', description: 'results as tensors have them' });
  const outputs = graph.outputs.map((value) => lowering.asRowMajor(value));
  const { steps, entries, preparations } = lowering;
  return { arrays, steps, entries, preparations, inputs, outputs };
}

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
    default:
      return node satisfies never;
  }
}
