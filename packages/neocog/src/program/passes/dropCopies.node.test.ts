import { describe, expect, it } from 'vitest';
import { distance, Graphs, loopsOf } from '../../../../../test/graphs.ts';
import type { Graph, GraphValue } from '../../backends/graph.ts';
import * as e from '../../expression/expression.ts';
import { dropCopies } from './dropCopies.ts';

const [x, y] = [e.input(0), e.input(1)];

function dropped(graph: Graph): Graph {
  const after = dropCopies(graph);
  expect(distance(graph, after)).toBe(0);
  return after;
}

describe('dropCopies', () => {
  it('lets readers of a copy of a copy read what was copied', () => {
    const g = new Graphs();
    const a = g.input(12);
    const copy = g.fused(x, [12], [g.fused(x, [3, 4], [a])]);
    const sum = g.fused(e.add(x, y), [12], [copy, a]);
    const { nodes } = dropped(g.graph([sum]));
    expect(nodes.map(({ inputs, outputs }) => [inputs, outputs])).toEqual([[[a, a], [sum]]]);
  });

  it('makes what is wanted of the graph at once, also for other readers', () => {
    const g = new Graphs();
    const made = g.fused(e.neg(x), [4], [g.input(4)]);
    const early = g.fused(e.mul(x, 2), [4], [made]);
    const wanted = g.fused(x, [4], [made]);
    const late = g.fused(e.mul(x, 3), [4], [made]);
    const after = dropped(g.graph([early, wanted, late]));
    expect(after.nodes.map(({ outputs }) => outputs[0])).toEqual([wanted, early, late]);
    expect(after.nodes.slice(1).map(({ inputs }) => inputs[0])).toEqual([wanted, wanted]);
  });

  it.each<[string, (g: Graphs) => readonly GraphValue[]]>([
    ['of an input that is wanted', (g) => [g.fused(x, [4], [g.input(4)])]],
    [
      'that is wanted beside what it is of',
      (g) => {
        const made = g.fused(e.neg(x), [4], [g.input(4)]);
        return [made, g.fused(x, [4], [made])];
      },
    ],
    ['in another order', (g) => [g.fused(e.neg(x), [12], [g.fused(x, [3, 4], [[g.input(12), [1, 3]]])])]],
    ['of a part', (g) => [g.fused(e.neg(x), [12], [g.fused(x, [3, 4], [[g.input(4), [0, 1]]])])]],
    [
      'that is a sum',
      (g) => [g.fused(e.neg(x), [4], [g.fused(x, [3, 4], [g.input(12)], { reduced: [true, false] })])],
    ],
    ['of whole numbers as others', (g) => [g.fused(e.neg(x), [4], [g.fused(x, [4], [g.input(4, 'int32')])])]],
    [
      'of what is assigned later',
      (g) => {
        const state = g.state([1, 2, 3, 4]);
        const copy = g.fused(x, [4], [state]);
        g.assign(g.input(4), state);
        return [g.fused(e.neg(x), [4], [copy])];
      },
    ],
  ])('leaves one %s', (_, build) => {
    const g = new Graphs();
    const graph = g.graph(build(g));
    expect(loopsOf(dropped(graph))).toEqual(loopsOf(graph));
  });
});
