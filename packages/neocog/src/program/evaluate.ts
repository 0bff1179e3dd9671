// Carries out the nodes of a graph one by one on a backend that computes: the definition of what a graph means.

import type { Backend } from '../backends/backend.ts';
import type { ExchangeNode, Graph, GraphNode, GraphValue, Update } from '../backends/graph.ts';
import type { Values } from '../backends/work.ts';
import { assert } from '../errors.ts';

/** What only all ranks together know: somebody is to give the result of the node for these values. */
export interface Question {
  readonly node: ExchangeNode;
  readonly values: Values;
}

/** Runs a whole graph of one rank. `inputs` are in the graph's order; states are changed in place. */
export function evaluateGraph(backend: Backend, graph: Graph, inputs: readonly Values[]): Values[] {
  const { value, done } = evaluation(backend, graph, inputs).next();
  assert(done, 'a graph of several ranks has no result of one rank alone');
  return value as Values[];
}

/** The same, and asks for what other ranks take part in. */
export function* evaluation(
  backend: Backend,
  graph: Graph,
  inputs: readonly Values[],
): Generator<Question, Values[], Values> {
  const arrays = new Map<GraphValue, Values>(graph.inputs.map((value, i) => [value, inputs[i]]));
  const read = (value: GraphValue): Values => {
    const array = arrays.get(value) ?? value.data;
    assert(array, `value ${value.id} was computed before it is read`);
    return array;
  };
  for (const node of graph.nodes) {
    const values = node.inputs.map(read);
    const outputs =
      node.op === 'exchange' ? [yield* exchanged(node, values)] : evaluateNode(backend, node, values);
    node.outputs.forEach((value, i) => {
      arrays.set(value, outputs[i]);
    });
  }
  for (const update of graph.updates) applyUpdate(backend, update, read);
  return graph.outputs.map(read);
}

function* exchanged(
  node: ExchangeNode,
  [values, moves]: readonly Values[],
): Generator<Question, Values, Values> {
  return moves?.[0] === 0 ? values : yield { node, values };
}

/** The results of one node; an `assign` writes and has none. */
function evaluateNode(
  backend: Backend,
  node: Exclude<GraphNode, ExchangeNode>,
  inputs: readonly Values[],
): Values[] {
  if (node.op !== 'assign') return backend.run(node, inputs);
  inputs[1].set(inputs[0]);
  return [];
}

/** Parameter by parameter; nothing is written before everything is computed. */
function applyUpdate(backend: Backend, update: Update, read: (value: GraphValue) => Values): void {
  update.parameters.forEach((parameter, i) => {
    const targets = [parameter, ...update.memory.map((list) => list[i])].map(read);
    const inputs = [targets[0], read(update.gradients[i]), ...update.scalars.map(read), ...targets.slice(1)];
    const strides = inputs.map((_, k) => [k >= 2 && k < 2 + update.scalars.length ? 0 : 1]);
    const loop = { shape: [parameter.size], strides, reduced: [false], combine: 'sum' } as const;
    const moved = update.formulas.map(
      (expr) => backend.run({ op: 'fused', loop: { expr, ...loop } }, inputs)[0],
    );
    targets.forEach((target, k) => {
      target.set(moved[k]);
    });
  });
}
