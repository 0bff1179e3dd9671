// Nodes over empty arrays become constants; all others stay as they are.

import { describe, expect, it } from 'vitest';
import { distance, Graphs, opsOf, resultsOf, samples } from '../../../../../test/graphs.ts';
import type { Graph, GraphNode, GraphValue } from '../../backends/graph.ts';
import * as e from '../../expression/expression.ts';
import { parseConv } from '../../geometry/text.ts';
import { settleEmpty } from './settleEmpty.ts';

const [x, y] = [e.input(0), e.input(1)];
const whole = (size: number) => ({ shape: [size], strides: [1], offset: 0 });

/** The kinds of nodes that are left of a graph, which must mean the same. */
function settled(graph: Graph): string[] {
  const after = settleEmpty(graph);
  expect(distance(graph, after)).toBe(0);
  return opsOf(after);
}

/** Adds a node with one result. */
function add(g: Graphs, node: (to: GraphValue) => GraphNode, size: number): GraphValue {
  const to = g.value(size, 'node', null);
  g.nodes.push(node(to));
  return to;
}

describe('settleEmpty', () => {
  it('settles a chain of empty results, and what only reads them', () => {
    const g = new Graphs();
    const none = g.fused(e.exp(x), [0, 3], [g.input(0)]);
    const sums = g.fused(e.neg(x), [0, 3], [none], { reduced: [true, false] });
    const graph = g.graph([none, sums]);
    expect(settled(graph)).toEqual([]);
    expect(settleEmpty(graph).outputs.map(({ source }) => source)).toEqual(['constant', 'constant']);
  });

  it.each([
    ['sum', 0],
    ['mean', Number.NaN],
    ['max', -Infinity],
  ] as const)('knows the %s of nothing', (combine, value) => {
    const g = new Graphs();
    const of = g.fused(x, [2, 0], [g.input(0)], { reduced: [false, true], combine });
    const graph = g.graph([of]);
    expect(settled(graph)).toEqual([]);
    expect(settleEmpty(graph).outputs[0].data).toEqual(Float32Array.of(value, value));
  });

  it('hands what is known to the nodes that stay', () => {
    const g = new Graphs();
    const zero = g.fused(x, [0, 2], [g.input(0)], { reduced: [true, false] });
    const graph = g.graph([g.fused(e.add(x, y), [2], [g.input(2), zero])]);
    expect(settled(graph)).toEqual(['fused']);
    expect(settleEmpty(graph).nodes[0].inputs[1]).toMatchObject({
      source: 'constant',
      data: Float32Array.of(0, 0),
    });
  });

  it('makes zeros of products and weight gradients that sum nothing', () => {
    const g = new Graphs();
    const shape = { batch: 2, m: 3, k: 0, n: 2, transposeA: false, transposeB: false };
    const inputs = [g.input(0), g.input(0)];
    const matrix = add(g, (to) => ({ op: 'matmul', label: '', inputs, outputs: [to], shape }), 12);
    const geometry = { ...parseConv('n1 g1 c2>3 4 k3 s1 d1 p1'), batch: 0 };
    const weights = add(g, (to) => ({ op: 'weightGrad', label: '', inputs, outputs: [to], geometry }), 18);
    const graph = g.graph([matrix, weights]);
    expect(settled(graph)).toEqual([]);
    expect(resultsOf(settleEmpty(graph))).toEqual([new Array(12).fill(0), new Array(18).fill(0)]);
  });

  it('makes zeros of places that nothing is added to', () => {
    const g = new Graphs();
    const inputs = [g.input(0), g.input(0, 'int32')];
    const added = add(
      g,
      (to) => ({ op: 'scatterAdd', label: '', inputs, outputs: [to], planes: 2, size: 3 }),
      6,
    );
    expect(settled(g.graph([added]))).toEqual([]);
  });

  it('leaves out the parts of a sum that are empty, and the sum where all are', () => {
    const g = new Graphs();
    const [full, none] = [g.input(3), g.input(0)];
    const views = [whole(0), whole(3)];
    const part = add(
      g,
      (to) => ({ op: 'copyAdd', label: '', inputs: [none, full], outputs: [to], views, size: 3 }),
      3,
    );
    const nothing = add(
      g,
      (to) => ({ op: 'copyAdd', label: '', inputs: [none], outputs: [to], views: [whole(0)], size: 4 }),
      4,
    );
    const graph = g.graph([part, nothing]);
    expect(settled(graph)).toEqual(['copyAdd']);
    const [node] = settleEmpty(graph).nodes;
    expect(node.inputs).toEqual([full]);
    expect(node).toMatchObject({ views: [whole(3)] });
  });

  it('gives whole numbers where they were whole', () => {
    const g = new Graphs();
    const places = g.copy(g.input(0, 'int32'), { shape: [0, 4], strides: [4, 1], offset: 0 });
    const [after] = settleEmpty(g.graph([places])).outputs;
    expect(after.data).toEqual(new Int32Array(0));
  });

  it('keeps what is assigned, and all nodes whose results and sums hold something', () => {
    const g = new Graphs();
    const state = g.state(samples(2, 1));
    g.assign(g.fused(e.neg(x), [2], [state]), state);
    const sum = g.fused(x, [2, 1], [g.input(2)], { reduced: [true, false] });
    const conv = g.conv('n1 g1 c1>1 1 k1 s1 d1 p0', sum, [g.constant([2])]);
    const empty = g.state([]);
    g.assign(g.input(0), empty);
    const graph = g.graph([conv]);
    expect(settled(graph)).toEqual(opsOf(graph));
    expect(settleEmpty(graph).nodes).toEqual(graph.nodes);
  });
});
