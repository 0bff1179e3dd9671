// Elementwise loops join what comes before them: another elementwise loop, or the convolution whose result they read. Then a
// value goes through all of them while it is in a register, and no array is written in between.

import type { FusedLoop } from '../../backends/backend.ts';
import type { ConvNode, FusedNode, Graph, GraphNode, GraphValue } from '../../backends/graph.ts';
import * as e from '../../expression/expression.ts';
import { type Expr, nodesOf } from '../../expression/expression.ts';
import { denseStrides, kindOf, planesOf, readsInPlace } from './loopPlaces.ts';
import { readersOf, resultsOf } from './rewrite.ts';
import { sameShape } from './shapes.ts';

/** More arrays than this in one loop only fight for registers. */
const mostExtras = 4;

/** Joins until nothing more joins. */
export function fuseMaps(graph: Graph): Graph {
  const producers = new Map<GraphValue, GraphNode>();
  const readers = readersOf(graph.nodes);
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
  function joinOne(node: FusedNode): GraphNode | null {
    const order = (value: GraphValue): number => nodes.indexOf(producers.get(value) as GraphNode);
    const candidates = [...new Set(node.inputs)]
      .filter((value) => producers.has(value) && !kept.has(value) && readOnlyBy(node, value))
      .sort((a, b) => order(b) - order(a));
    for (const value of candidates) {
      const before = producers.get(value) as GraphNode;
      const joined =
        before.op === 'fused'
          ? joinLoops(before, node)
          : before.op === 'conv' || before.op === 'inputGrad'
            ? joinConvolution(before, node)
            : null;
      if (!joined) continue;
      gone.add(before);
      replaceReader(before, node, joined);
      return joined;
    }
    return null;
  }

  function readOnlyBy(node: GraphNode, value: GraphValue): boolean {
    return (readers.get(value) ?? []).every((reader) => reader === node);
  }

  /** The joined node reads what both read. */
  function replaceReader(before: GraphNode, after: GraphNode, joined: GraphNode): void {
    for (const value of new Set([...before.inputs, ...after.inputs])) {
      const list = readers.get(value);
      if (!list) continue;
      const others = list.filter((reader) => reader !== before && reader !== after);
      readers.set(value, joined.inputs.includes(value) ? [...others, joined] : others);
    }
  }
}

const isMap = (loop: FusedLoop): boolean => !loop.reduced.includes(true);

const readsPositions = (expr: Expr): boolean => nodesOf(expr).some((node) => node.op === 'position');

/** Inputs without doubles, and each old input's place among them. */
class InputList<K> {
  readonly values: GraphValue[] = [];
  readonly kinds: K[] = [];
  readonly #same: (a: K, b: K) => boolean;

  constructor(same: (a: K, b: K) => boolean) {
    this.#same = same;
  }

  add(value: GraphValue, kind: K): number {
    const known = this.values.findIndex((v, i) => v === value && this.#same(this.kinds[i], kind));
    if (known >= 0) return known;
    this.kinds.push(kind);
    return this.values.push(value) - 1;
  }
}

/** One loop for two over the same points. The second may sum: its formula then contains the first's. */
function joinLoops(first: FusedNode, second: FusedNode): FusedNode | null {
  const [a, b] = [first.loop, second.loop];
  const [middle] = first.outputs;
  const points = b.shape.filter((size) => size > 1);
  const same = sameShape(
    a.shape.filter((size) => size > 1),
    points,
  );
  const inPlace = second.inputs.every((value, i) => value !== middle || readsInPlace(b, i));
  if (!isMap(a) || !isMap(b) || !same || !inPlace || readsPositions(a.expr) || readsPositions(b.expr))
    return null;
  const inputs = new InputList<readonly number[]>(sameShape);
  const place = (node: FusedNode, i: number): Expr => {
    const { shape, strides } = node.loop;
    return e.input(
      inputs.add(
        node.inputs[i],
        strides[i].filter((_, d) => shape[d] > 1),
      ),
    );
  };
  const inner = e.substitute(a.expr, (i) => place(first, i));
  const expr = e.substitute(b.expr, (i) => (second.inputs[i] === middle ? inner : place(second, i)));
  if (inputs.values.length > mostExtras + 1) return null;
  return {
    ...second,
    inputs: inputs.values,
    loop: {
      expr,
      shape: points,
      strides: inputs.kinds,
      reduced: points.map(() => false),
      combine: 'sum',
    },
  };
}

/** A convolution that finishes its sums with the loop's formula. */
function joinConvolution(conv: ConvNode, map: FusedNode): ConvNode | null {
  const { loop } = map;
  const [sum] = conv.outputs;
  const planes = planesOf(conv);
  const inPlace = map.inputs.every((value, i) => value !== sum || readsInPlace(loop, i));
  const size = denseStrides(loop.shape)[0] * loop.shape[0];
  if (!isMap(loop) || readsPositions(loop.expr) || !inPlace || size !== sum.size) return null;
  const kinds = map.inputs.map((value, i) => (value === sum ? 'sum' : kindOf(loop, i, planes)));
  if (kinds.includes(null) || map.inputs.some((value) => value.dtype !== 'float32')) return null;
  const extras = new InputList<'pixel' | 'channel'>((a, b) => a === b);
  const before = conv.inputs.slice(conv.bias ? 3 : 2);
  for (const [i, value] of before.entries()) extras.add(value, conv.finish.extras[i]);
  const inner = conv.finish.formula ?? e.input(0);
  const formula = e.substitute(loop.expr, (i) => {
    const kind = kinds[i] as 'sum' | 'pixel' | 'channel';
    return kind === 'sum' ? inner : e.input(1 + extras.add(map.inputs[i], kind));
  });
  if (extras.values.length > mostExtras) return null;
  return {
    ...conv,
    inputs: [...conv.inputs.slice(0, conv.bias ? 3 : 2), ...extras.values],
    finish: { formula, extras: extras.kinds },
    outputs: map.outputs,
  };
}
