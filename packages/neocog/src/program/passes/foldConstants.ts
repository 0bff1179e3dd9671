// What can be computed before the first run is computed once: turned kernels, weights in another order, tables.

import type { Backend } from '../../backends/backend.ts';
import type { Graph, GraphNode, GraphValue, NodeOf } from '../../backends/graph.ts';
import { type FusedWork, type Values, workKey } from '../../backends/work.ts';
import { constant, input, substitute } from '../../expression/expression.ts';
import { Known } from './known.ts';
import { mapResults } from './rewrite.ts';

interface Options {
  /** Leaves sums to the program: eager ones are made for the engine at hand. */
  readonly exact?: boolean;
  readonly known?: Known;
}

export function foldConstants(
  graph: Graph,
  backend: Backend,
  { exact = false, known = new Known() }: Options = {},
): Graph {
  const computed = new Map<GraphValue, GraphValue>();
  const current = (value: GraphValue): GraphValue => computed.get(value) ?? value;
  const nodes: GraphNode[] = [];
  for (const node of graph.nodes) {
    const inputs = node.inputs.map(current);
    const isKnown = inputs.every((value) => value.source === 'constant');
    if (node.op === 'assign' || node.op === 'exchange' || !isKnown || (exact && sumsUp(node))) {
      nodes.push(node.op === 'fused' ? withNumbers({ ...node, inputs }) : ({ ...node, inputs } as GraphNode));
      continue;
    }
    const arrays = inputs.map((value) => value.data as Values);
    const results = known.get(workKey(node), arrays, () => backend.run(node, arrays));
    node.outputs.forEach((value, i) => {
      computed.set(value, { ...value, source: 'constant', data: results[i] });
    });
  }
  return mapResults({ ...graph, nodes }, current);
}

const products: readonly GraphNode['op'][] = ['conv', 'inputGrad', 'weightGrad', 'matmul'];

const sumsUp = (node: GraphNode): boolean =>
  products.includes(node.op) || ('loop' in node && node.loop.reduced.includes(true));

/** Constants of one element become numbers of the formula. */
function withNumbers(node: NodeOf<FusedWork>): NodeOf<FusedWork> {
  const { loop, inputs } = node;
  const isNumber = inputs.map(
    ({ source, size, dtype }) => source === 'constant' && size === 1 && dtype === 'float32',
  );
  if (!isNumber.includes(true)) return node;
  const left = inputs.map((_, i) => i).filter((i) => !isNumber[i]);
  const expr = substitute(loop.expr, (i) =>
    isNumber[i] ? constant((inputs[i].data as Values)[0]) : input(left.indexOf(i)),
  );
  return {
    ...node,
    loop: { ...loop, expr, strides: left.map((i) => loop.strides[i]) },
    inputs: left.map((i) => inputs[i]),
  };
}
