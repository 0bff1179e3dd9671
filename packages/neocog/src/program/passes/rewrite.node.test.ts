import { describe, expect, it } from 'vitest';
import { distance, Graphs, opsOf, samples } from '../../../../../test/graphs.ts';
import * as e from '../../expression/expression.ts';
import { dropUnread, mapResults, readersOf, resultsOf } from './rewrite.ts';

const [x, y] = [e.input(0), e.input(1)];

describe('dropUnread', () => {
  it('leaves out what nothing wanted depends on, chains of it too', () => {
    const g = new Graphs();
    const a = g.fused(e.neg(x), [4], [g.input(4)]);
    const unread = g.fused(e.exp(x), [4], [a]);
    g.fused(e.abs(x), [4], [unread]);
    const graph = g.graph([a]);
    const after = dropUnread(graph);
    expect(after.nodes).toEqual([graph.nodes[0]]);
    expect(distance(graph, after)).toBe(0);
  });

  it('keeps assignments, gradients, and all that these need, in their order', () => {
    const g = new Graphs();
    const state = g.state(samples(4, 1));
    const moved = g.fused(e.mul(x, 0.5), [4], [state]);
    g.assign(moved, state);
    const gradient = g.fused(e.neg(x), [4], [g.input(4)]);
    const parameter = g.state(samples(4, 2));
    const update = {
      parameters: [parameter],
      gradients: [gradient],
      memory: [],
      scalars: [],
      formulas: [e.sub(x, y)],
    };
    const graph = g.graph([], [update]);
    expect(dropUnread(graph).nodes).toEqual(graph.nodes);
    expect(opsOf(dropUnread(g.graph([])))).toEqual(['fused', 'assign']);
  });

  it('keeps a node of which one of two results is wanted', () => {
    const g = new Graphs();
    const [a, b] = [g.input(4), g.value(2, 'node', null)];
    const c = g.value(2, 'node', null);
    const loop = {
      expr: x,
      shape: [2, 2],
      strides: [[2, 1]],
      reduced: [false, true],
      combine: 'sum',
    } as const;
    g.nodes.push({ op: 'fusedMany', label: '', inputs: [a], outputs: [b, c], loop, exprs: [x, e.neg(x)] });
    for (const wanted of [b, c]) expect(opsOf(dropUnread(g.graph([wanted])))).toEqual(['fusedMany']);
    expect(opsOf(dropUnread(g.graph([])))).toEqual([]);
  });
});

describe('what passes ask', () => {
  it('lists readers once per reading', () => {
    const g = new Graphs();
    const a = g.input(4);
    g.fused(e.mul(x, y), [4], [a, a]);
    const [node] = g.nodes;
    expect(readersOf(g.nodes).get(a)).toEqual([node, node]);
    expect(readersOf(g.nodes).get(node.outputs[0])).toBeUndefined();
  });

  it('wants outputs and gradients, and puts other values for both', () => {
    const g = new Graphs();
    const [a, b, c] = [g.input(4), g.input(4), g.constant(samples(4, 1))];
    const update = { parameters: [g.state([0])], gradients: [b], memory: [], scalars: [], formulas: [x] };
    const graph = g.graph([a], [update]);
    expect(resultsOf(graph)).toEqual([a, b]);
    expect(resultsOf(mapResults(graph, (value) => (value === b ? c : value)))).toEqual([a, c]);
    expect(resultsOf(mapResults(graph, (value) => (value === a ? c : value)))).toEqual([c, b]);
  });
});
