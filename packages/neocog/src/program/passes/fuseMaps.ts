// Elementwise loops join what comes before them: another elementwise loop, or the convolution whose result they read. Then a
// value goes through all of them while it is in a register, and no array is written in between.

import type { Graph, GraphNode, GraphValue, NodeOf } from '../../backends/graph.ts';
import type { ConvWork, FusedWork } from '../../backends/work.ts';
import { pullBounds } from '../../expression/bounds.ts';
import * as e from '../../expression/expression.ts';
import { sizeOf } from '../../tensor/shape.ts';
import { areShort, InputList, isMap, joinLoops, readsPositions } from './joinLoops.ts';
import { kindOf, planesOf, readsInPlace } from './loopPlaces.ts';
import { isAssigned, readersOf, resultsOf } from './rewrite.ts';

/** More arrays than this after a convolution only fight for registers. */
const mostExtras = 4;
/** A loop has fewer registers to lose; most of its arrays are a few values per channel. */
const mostInputs = 12;

/** Joins until nothing more joins. */
export function fuseMaps(graph: Graph): Graph {
  const producers = new Map<GraphValue, GraphNode>();
  const readers = new Readers(graph.nodes);
  const kept = new Set(resultsOf(graph));
  const gone = new Set<GraphNode>();
  const nodes: GraphNode[] = [];
  for (const node of graph.nodes) {
    let joined: GraphNode = node;
    for (;;) {
      const next = joined.op === 'fused' ? joinOne(joined) : null;
      if (!next) break;
      joined = next;
    }
    for (const value of joined.outputs) producers.set(value, joined);
    nodes.push(joined);
  }
  return { ...graph, nodes: nodes.filter((node) => !gone.has(node)) };

  /** Joins a loop with the latest of the nodes before it that it can join. */
  function joinOne(node: NodeOf<FusedWork>): GraphNode | null {
    const order = (value: GraphValue): number => nodes.lastIndexOf(producers.get(value) as GraphNode);
    const candidates = [...new Set(node.inputs)]
      .filter((value) => producers.has(value) && !kept.has(value) && readers.areOnly(node, value))
      .sort((a, b) => order(b) - order(a));
    for (const value of candidates) {
      const before = producers.get(value) as GraphNode;
      if (isAssigned(before, nodes.slice(nodes.lastIndexOf(before)))) continue;
      const joined = joinPair(before, node);
      if (!joined) continue;
      gone.add(before);
      readers.join(before, node, joined);
      return joined;
    }
    return null;
  }
}

function joinPair(before: GraphNode, node: NodeOf<FusedWork>): GraphNode | null {
  if (before.op === 'fused') return joinLoops(before, node, mostInputs);
  return before.op === 'conv' || before.op === 'inputGrad' ? joinConvolution(before, node) : null;
}

/** Who reads each value, while nodes are joined. */
class Readers {
  readonly #of: Map<GraphValue, GraphNode[]>;

  constructor(nodes: readonly GraphNode[]) {
    this.#of = readersOf(nodes);
  }

  areOnly(node: GraphNode, value: GraphValue): boolean {
    return (this.#of.get(value) ?? []).every((reader) => reader === node);
  }

  /** The joined node reads what both read. */
  join(before: GraphNode, after: GraphNode, joined: GraphNode): void {
    for (const value of new Set([...before.inputs, ...after.inputs])) {
      const list = this.#of.get(value);
      if (!list) continue;
      const others = list.filter((reader) => reader !== before && reader !== after);
      this.#of.set(value, joined.inputs.includes(value) ? [...others, joined] : others);
    }
  }
}

/** A convolution that finishes its sums with the loop's formula. */
function joinConvolution(conv: NodeOf<ConvWork>, map: NodeOf<FusedWork>): NodeOf<ConvWork> | null {
  const { loop } = map;
  const [sum] = conv.outputs;
  const planes = planesOf(conv);
  const inPlace = map.inputs.every((value, i) => value !== sum || readsInPlace(loop, i));
  if (!isMap(loop) || readsPositions(loop.expr) || !inPlace || sizeOf(loop.shape) !== sum.size) return null;
  const kinds = map.inputs.map((value, i) => (value === sum ? 'sum' : kindOf(loop, i, planes)));
  if (kinds.includes(null) || map.inputs.some((value) => value.dtype !== 'float32')) return null;
  const extras = new InputList<'pixel' | 'channel'>((a, b) => a === b);
  const before = conv.inputs.slice(conv.bias ? 3 : 2);
  for (const [i, value] of before.entries()) extras.add(value, conv.finish.extras[i]);
  const inner = conv.finish.formula ?? e.input(0);
  if (!areShort(inner, loop.expr)) return null;
  const formula = e.substitute(loop.expr, (i) => {
    const kind = kinds[i] as 'sum' | 'pixel' | 'channel';
    return kind === 'sum' ? inner : e.input(1 + extras.add(map.inputs[i], kind));
  });
  if (extras.values.length > mostExtras) return null;
  return {
    ...conv,
    inputs: [...conv.inputs.slice(0, conv.bias ? 3 : 2), ...extras.values],
    finish: { formula: pullBounds(formula), extras: extras.kinds },
    outputs: map.outputs,
  };
}
