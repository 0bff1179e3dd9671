// Carries out the nodes of a graph one by one on a backend that computes: the definition of what a graph means.

import type { Backend, FusedLoop, Values } from '../backends/backend.ts';
import type { ConvNode, Graph, GraphNode, GraphValue, Update } from '../backends/graph.ts';
import { assert } from '../errors.ts';
import { inputShape, outputShape } from '../geometry/conv.ts';

type Floats = Float32Array;

/** The outputs of one node, in order; an `assign` writes and has none. */
export function evaluateNode(backend: Backend, node: GraphNode, inputs: readonly Values[]): Values[] {
  const [a, b] = inputs as readonly Floats[];
  switch (node.op) {
    case 'conv':
    case 'inputGrad':
      return [evaluateConv(backend, node, inputs as readonly Floats[])];
    case 'weightGrad':
      return [backend.convWeightGrad(node.geometry, a, b)];
    case 'maxPool': {
      const { output, indices } = backend.maxPool(node.geometry, a);
      return [output, indices];
    }
    case 'sumPool':
      return [backend.sumPool(node.geometry, a, b)];
    case 'sumPoolGrad':
      return [backend.sumPoolGrad(node.geometry, a, b)];
    case 'take':
      return [backend.take(node.planes, inputs[0], inputs[1] as Int32Array)];
    case 'scatterAdd': {
      const size = node.outputs[0].size / node.planes;
      return [backend.scatterAdd(node.planes, size, a, inputs[1] as Int32Array)];
    }
    case 'matmul':
      return [backend.matmul(node.shape, a, b)];
    case 'fused':
      return [backend.fused(node.loop, inputs)];
    case 'fusedMany':
      return node.exprs.map((expr) => backend.fused({ ...node.loop, expr }, inputs));
    case 'truncate':
      return [backend.truncate(a)];
    case 'copy':
      return [backend.copy(node.view, inputs[0])];
    case 'copyAdd': {
      const parts = node.views.map((view, i) => ({ view, values: inputs[i] }));
      return [backend.copyAdd(parts, node.outputs[0].size)];
    }
    case 'assign':
      inputs[1].set(inputs[0]);
      return [];
    default:
      return node satisfies never;
  }
}

function evaluateConv(backend: Backend, node: ConvNode, inputs: readonly Floats[]): Floats {
  const [a, w, ...more] = inputs;
  const bias = node.bias ? more[0] : null;
  const kernel = node.op === 'conv' ? backend.conv : backend.convInputGrad;
  const sum = kernel(node.geometry, a, w, bias);
  if (!node.finish.formula) return sum;
  const extras = more.slice(node.bias ? 1 : 0);
  return backend.fused(finishLoop(node), [sum, ...extras]);
}

/** What follows the sums of a convolution, as a loop of its own. */
export function finishLoop(node: ConvNode): FusedLoop {
  assert(node.finish.formula, 'a finish has a formula');
  const [n, c, ...space] = (node.op === 'conv' ? outputShape : inputShape)(node.geometry);
  const cells = space.reduce((size, axis) => size * axis, 1);
  const strides = { pixel: [c * cells, cells, 1], channel: [0, 1, 0] };
  return {
    expr: node.finish.formula,
    shape: [n, c, cells],
    strides: [strides.pixel, ...node.finish.extras.map((kind) => strides[kind])],
    reduced: [false, false, false],
    combine: 'sum',
  };
}

/** Runs a whole graph. `inputs` are in the graph's order; states are changed in place. */
export function evaluateGraph(backend: Backend, graph: Graph, inputs: readonly Values[]): Values[] {
  const arrays = new Map<GraphValue, Values>(graph.inputs.map((value, i) => [value, inputs[i]]));
  const read = (value: GraphValue): Values => {
    const array = arrays.get(value) ?? value.data;
    assert(array, `value ${value.id} was computed before it is read`);
    return array;
  };
  for (const node of graph.nodes) {
    const outputs = evaluateNode(backend, node, node.inputs.map(read));
    node.outputs.forEach((value, i) => {
      arrays.set(value, outputs[i]);
    });
  }
  for (const update of graph.updates) applyUpdate(backend, update, read);
  return graph.outputs.map(read);
}

/** Parameter by parameter; nothing is written before everything is computed. */
function applyUpdate(backend: Backend, update: Update, read: (value: GraphValue) => Values): void {
  update.parameters.forEach((parameter, i) => {
    const targets = [parameter, ...update.memory.map((list) => list[i])].map(read);
    const inputs = [targets[0], read(update.gradients[i]), ...update.scalars.map(read), ...targets.slice(1)];
    const strides = inputs.map((_, k) => [k >= 2 && k < 2 + update.scalars.length ? 0 : 1]);
    const loop = { shape: [parameter.size], strides, reduced: [false], combine: 'sum' } as const;
    const moved = update.formulas.map((expr) => backend.fused({ expr, ...loop }, inputs));
    targets.forEach((target, k) => {
      target.set(moved[k]);
    });
  });
}
