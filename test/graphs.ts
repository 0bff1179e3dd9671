// Small graphs for the tests of passes: made value by value, and carried out on the reference backend.

import type { Graph, GraphNode, GraphValue, NodeOf, Update } from '../packages/neocog/src/backends/graph.ts';
import { referenceBackend } from '../packages/neocog/src/backends/reference/backend.ts';
import type { ConvWork, FusedWork, Values } from '../packages/neocog/src/backends/work.ts';
import { type Combine, plainFinish, type StridedView } from '../packages/neocog/src/backends/workParts.ts';
import type { Expr } from '../packages/neocog/src/expression/expression.ts';
import { inputShape, outputShape, weightShape } from '../packages/neocog/src/geometry/conv.ts';
import { parseConv } from '../packages/neocog/src/geometry/text.ts';
import { evaluateGraph } from '../packages/neocog/src/program/evaluate.ts';

const product = (sizes: readonly number[]): number => sizes.reduce((a, b) => a * b, 1);

/** Row-major steps. */
export const dense = (shape: readonly number[]): number[] => shape.map((_, d) => product(shape.slice(d + 1)));

/** Different values between −1 and 1, none 0, that float32 sums without much loss. */
export const samples = (size: number, seed: number): Float32Array =>
  Float32Array.from({ length: size }, (_, i) => ((((i + 1) * 37 + seed * 101) % 61) - 30.5) / 32);

export interface LoopOptions {
  readonly reduced?: readonly boolean[];
  readonly combine?: Combine;
}

/** An input of a loop with its steps; dense where none are given. */
export type Read = GraphValue | readonly [GraphValue, readonly number[]];

export class Graphs {
  readonly nodes: GraphNode[] = [];
  readonly inputs: GraphValue[] = [];
  #next = 0;

  value(
    size: number,
    source: GraphValue['source'],
    data: Values | null,
    dtype = 'float32' as GraphValue['dtype'],
  ): GraphValue {
    return { id: this.#next++, size, dtype, source, data };
  }

  input(size: number, dtype: GraphValue['dtype'] = 'float32'): GraphValue {
    const value = this.value(size, 'input', null, dtype);
    this.inputs.push(value);
    return value;
  }

  constant(data: ArrayLike<number>): GraphValue {
    return this.value(data.length, 'constant', Float32Array.from(data));
  }

  state(data: ArrayLike<number>): GraphValue {
    return this.value(data.length, 'state', Float32Array.from(data));
  }

  conv(text: string, x: GraphValue, more: readonly GraphValue[], op: ConvWork['op'] = 'conv'): GraphValue {
    const geometry = parseConv(text);
    const to = this.value(product((op === 'conv' ? outputShape : inputShape)(geometry)), 'node', null);
    const inputs = [x, ...more];
    this.nodes.push({
      op,
      label: 'conv',
      inputs,
      outputs: [to],
      geometry,
      bias: more.length > 1,
      finish: plainFinish,
    });
    return to;
  }

  fused(expr: Expr, shape: readonly number[], reads: readonly Read[], options: LoopOptions = {}): GraphValue {
    const { reduced = shape.map(() => false), combine = 'sum' } = options;
    const inputs = reads.map((read) => ('id' in read ? read : read[0]));
    const strides = reads.map((read) => ('id' in read ? dense(shape) : read[1]));
    const to = this.value(product(shape.filter((_, d) => !reduced[d])), 'node', null);
    const loop = { expr, shape, strides, reduced, combine };
    this.nodes.push({ op: 'fused', label: 'fused', inputs, outputs: [to], loop });
    return to;
  }

  copy(x: GraphValue, view: StridedView): GraphValue {
    const to = this.value(product(view.shape), 'node', null, x.dtype);
    this.nodes.push({ op: 'copy', label: 'copy', inputs: [x], outputs: [to], view });
    return to;
  }

  assign(x: GraphValue, state: GraphValue): void {
    this.nodes.push({ op: 'assign', label: 'assign', inputs: [x, state], outputs: [] });
  }

  graph(outputs: readonly GraphValue[], updates: readonly Update[] = []): Graph {
    return { nodes: this.nodes, inputs: this.inputs, outputs, updates };
  }
}

/** Weights of a convolution that is written as text. */
export const weightsOf = (text: string, seed = 3): Float32Array =>
  samples(product(weightShape(parseConv(text))), seed);

export const opsOf = (graph: Graph): string[] => graph.nodes.map((node) => node.op);

export const loopsOf = (graph: Graph): NodeOf<FusedWork>[] =>
  graph.nodes.filter((node) => node.op === 'fused');

/** Values for the inputs of a graph. */
export const givenTo = ({ inputs }: Graph): Values[] =>
  inputs.map(({ size, dtype }, i) =>
    dtype === 'int32' ? Int32Array.from({ length: size }, (_, k) => k % 3) : samples(size, 11 + i),
  );

/** What a graph gives for the same inputs, then what its states are afterwards. */
export function resultsOf(graph: Graph): number[][] {
  const copies = new Map<GraphValue, GraphValue>();
  const own = (value: GraphValue): GraphValue => {
    const copy = copies.get(value) ?? { ...value, data: value.data?.slice() ?? null };
    copies.set(value, copy);
    return copy;
  };
  const copied: Graph = {
    nodes: graph.nodes.map((node) => ({
      ...node,
      inputs: node.inputs.map(own),
      outputs: node.outputs.map(own),
    })),
    inputs: graph.inputs.map(own),
    outputs: graph.outputs.map(own),
    updates: graph.updates.map((update) => ({
      parameters: update.parameters.map(own),
      gradients: update.gradients.map(own),
      memory: update.memory.map((list) => list.map(own)),
      scalars: update.scalars.map(own),
      formulas: update.formulas,
    })),
  };
  const results = evaluateGraph(referenceBackend, copied, givenTo(graph));
  const states = [...copies.values()].filter(({ source }) => source === 'state');
  const inOrder = states.sort((a, b) => a.id - b.id).map(({ data }) => data as Values);
  return [...results, ...inOrder].map((values) => [...values]);
}

/** How far the results of two graphs are apart at most; infinite if they do not correspond. */
export function distance(a: Graph, b: Graph): number {
  const [first, second] = [resultsOf(a), resultsOf(b)];
  if (first.length !== second.length) return Infinity;
  const gaps = first.map((values, i) =>
    values.length === second[i].length
      ? Math.max(
          0,
          ...values.map((value, k) => (Object.is(value, second[i][k]) ? 0 : Math.abs(value - second[i][k]))),
        )
      : Infinity,
  );
  return Math.max(0, ...gaps.map((gap) => (Number.isNaN(gap) ? Infinity : gap)));
}
