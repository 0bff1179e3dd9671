import { describe, expect, it } from 'vitest';
import { distance, Graphs, loopsOf, opsOf, samples } from '../../../../../test/graphs.ts';
import type { Graph, GraphValue } from '../../backends/graph.ts';
import * as e from '../../expression/expression.ts';
import { inlineMaps } from './inlineMaps.ts';

const [x, y] = [e.input(0), e.input(1)];

function inlined(graph: Graph): Graph {
  const after = inlineMaps(graph);
  expect(distance(graph, after)).toBeLessThan(1e-5);
  return after;
}

/** Loops that all read one value, as they are or summed. */
const readers = (g: Graphs, a: GraphValue, count: number): GraphValue[] =>
  Array.from({ length: count }, (_, i) =>
    g.fused(e.mul(x, i + 2), [3, 4], [a], { reduced: [false, i % 2 === 1] }),
  );

describe('inlineMaps', () => {
  it('computes a cheap map in each of its readers', () => {
    for (const count of [2, 8]) {
      const g = new Graphs();
      const a = g.fused(e.sub(x, y), [3, 4], [g.input(12), g.input(12)]);
      const after = inlined(g.graph(readers(g, a, count)));
      expect(opsOf(after)).toEqual(Array(count).fill('fused'));
      for (const loop of loopsOf(after)) expect(loop.inputs).toEqual(g.inputs);
    }
  });

  it('counts a reader once that reads twice', () => {
    const g = new Graphs();
    const a = g.fused(e.neg(x), [4], [g.input(4)]);
    const results = [g.fused(e.mul(x, y), [4], [a, a]), g.fused(e.max(x, 0), [4], [a])];
    expect(opsOf(inlined(g.graph(results)))).toEqual(['fused', 'fused']);
  });

  it.each<[string, (g: Graphs, a: GraphValue) => readonly GraphValue[]]>([
    ['is read once', (g, a) => readers(g, a, 1)],
    ['is read nine times', (g, a) => readers(g, a, 9)],
    ['is a result', (g, a) => [a, ...readers(g, a, 2)]],
    [
      'is read by another kind of node',
      (g, a) => [...readers(g, a, 2), g.copy(a, { shape: [4, 3], strides: [1, 4], offset: 0 })],
    ],
    ['is read turned', (g, a) => [...readers(g, a, 2), g.fused(e.neg(x), [4, 3], [[a, [1, 4]]])]],
    ['is read by places', (g, a) => [...readers(g, a, 2), g.fused(e.mul(x, e.position(0)), [3, 4], [a])]],
    [
      'brings three arrays more',
      (g, a) => [
        ...readers(g, a, 2),
        g.fused(
          e.add(e.add(x, y), e.add(e.input(2), e.input(3))),
          [3, 4],
          [a, g.input(12), g.input(12), g.input(12)],
        ),
      ],
    ],
  ])('leaves alone a map that %s', (_, rest) => {
    const g = new Graphs();
    const a = g.fused(e.sub(x, 1), [3, 4], [g.input(12)]);
    const graph = g.graph(rest(g, a));
    expect(opsOf(inlined(graph))).toEqual(opsOf(graph));
  });

  it('computes a map of sixteen steps again, and not one of seventeen', () => {
    for (const [steps, left] of [
      [16, 2],
      [17, 3],
    ] as const) {
      const formula = Array.from({ length: steps }, (_, i) => i / 64 - 1).reduce<e.Expr>(e.max, x);
      const g = new Graphs();
      const graph = g.graph(readers(g, g.fused(formula, [3, 4], [g.input(12)]), 2));
      expect(opsOf(inlined(graph))).toHaveLength(left);
    }
  });

  it('leaves alone what is slow, long, or a sum', () => {
    let long = x;
    for (let i = 0; i < 17; i++) long = e.add(e.neg(long), 1 / (i + 3));
    for (const formula of [e.exp(x), e.log(e.abs(x)), long]) {
      const g = new Graphs();
      const graph = g.graph(readers(g, g.fused(formula, [3, 4], [g.input(12)]), 2));
      expect(opsOf(inlined(graph))).toHaveLength(3);
    }
    const g = new Graphs();
    const sum = g.fused(x, [3, 4, 2], [g.input(24)], { reduced: [false, false, true] });
    expect(opsOf(inlined(g.graph(readers(g, sum, 2))))).toHaveLength(3);
  });

  it('leaves alone gradients, and maps of a state that is assigned before they would be computed', () => {
    const g = new Graphs();
    const a = g.fused(e.neg(x), [3, 4], [g.input(12)]);
    const results = readers(g, a, 2);
    const update = {
      parameters: [g.state(samples(12, 1))],
      gradients: [a],
      memory: [],
      scalars: [],
      formulas: [e.sub(x, y)],
    };
    expect(opsOf(inlined(g.graph(results, [update])))).toHaveLength(3);
    const h = new Graphs();
    const state = h.state(samples(12, 1));
    const old = h.fused(e.neg(x), [3, 4], [state]);
    h.assign(h.input(12), state);
    expect(opsOf(inlined(h.graph(readers(h, old, 2))))).toEqual(['fused', 'assign', 'fused', 'fused']);
  });
});
