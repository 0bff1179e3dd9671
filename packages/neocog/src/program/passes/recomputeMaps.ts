// Where a training step fills memory most, between the way there and the way back, half of what lies there is what activation functions and
// normalisations made of the other half. They can be computed again when they are needed. This is checkpointing (Chen et al., 2016) where it
// costs one pass over memory and no convolution.

import type { Graph, GraphNode, GraphValue, NodeOf } from '../../backends/graph.ts';
import { ValueMaker } from '../../backends/rewrite.ts';
import type { FusedWork } from '../../backends/work.ts';
import { isCheap } from './inlineMaps.ts';
import { isAssigned, resultsOf } from './rewrite.ts';

/** Fewer values are kept for less than another loop costs. */
const leastValues = 4096;

/** Computes cheap maps again for those who read them behind the fullest moment, if what they read is there until then anyway. */
export function recomputeMaps(graph: Graph): Graph {
  const lives = new Lives(graph);
  const fullest = lives.fullest();
  const make = new ValueMaker(graph);
  const again = new Map<GraphValue, { readonly at: number; readonly node: NodeOf<FusedWork> }>();
  graph.nodes.slice(0, fullest).forEach((node, i) => {
    if (node.op !== 'fused' || !isCheap(node)) return;
    const [value] = node.outputs;
    const at = lives.readersOf(value).find((reader) => reader > fullest);
    if (at === undefined || value.size < leastValues || lives.isWanted(value)) return;
    const stays = (input: GraphValue): boolean =>
      !again.has(input) && (input.size < value.size || lives.end(input) >= at);
    if (node.inputs.every(stays) && !isAssigned(node, graph.nodes.slice(i, at)))
      again.set(value, { at, node: { ...node, outputs: [make.node(value.size, value.dtype)] } });
  });
  const nodes = graph.nodes.flatMap((node, i): GraphNode[] => {
    const before = [...again.values()].filter(({ at }) => at === i).map((each) => each.node);
    const now = (value: GraphValue): GraphValue => {
      const copy = i > fullest ? again.get(value) : undefined;
      return copy ? copy.node.outputs[0] : value;
    };
    return [...before, { ...node, inputs: node.inputs.map(now) }];
  });
  return { ...graph, nodes };
}

/** When each value of a graph is made and read, by the numbers of nodes. */
class Lives {
  readonly #count: number;
  readonly #wanted: ReadonlySet<GraphValue>;
  readonly #made = new Map<GraphValue, number>();
  readonly #readers = new Map<GraphValue, number[]>();

  constructor(graph: Graph) {
    this.#count = graph.nodes.length;
    this.#wanted = new Set(resultsOf(graph));
    graph.nodes.forEach((node, i) => {
      for (const value of node.outputs) this.#made.set(value, i);
      for (const value of node.inputs) this.#readers.set(value, [...this.readersOf(value), i]);
    });
  }

  isWanted(value: GraphValue): boolean {
    return this.#wanted.has(value);
  }

  /** In order; a node that reads twice stands there twice. */
  readersOf(value: GraphValue): readonly number[] {
    return this.#readers.get(value) ?? [];
  }

  /** The last node that reads a value; none is the last where it stays. */
  end(value: GraphValue): number {
    const stays = value.source !== 'node' || this.isWanted(value);
    return stays ? this.#count : (this.readersOf(value).at(-1) ?? -1);
  }

  /** The node at which values of most bytes are there. */
  fullest(): number {
    const changes = new Array<number>(this.#count + 1).fill(0);
    for (const [value, made] of this.#made) {
      changes[made] += value.size;
      changes[Math.min(this.#count, Math.max(made, this.end(value)) + 1)] -= value.size;
    }
    let [most, at, now] = [0, 0, 0];
    changes.forEach((change, i) => {
      now += change;
      if (now > most) [most, at] = [now, i];
    });
    return at;
  }
}
