import { describe, expect, it } from 'vitest';
import { distance, Graphs, opsOf, samples } from '../../../../../test/graphs.ts';
import type { Graph, GraphValue, NodeOf } from '../../backends/graph.ts';
import type { FusedManyWork } from '../../backends/work.ts';
import type { Combine } from '../../backends/workParts.ts';
import * as e from '../../expression/expression.ts';
import { joinSums } from './joinSums.ts';

const [x, y] = [e.input(0), e.input(1)];
const over = { reduced: [false, true] };

function joined(graph: Graph): Graph {
  const after = joinSums(graph);
  expect(distance(graph, after)).toBeLessThan(1e-6);
  return after;
}

describe('joinSums', () => {
  it.each<Combine>(['sum', 'mean'])('makes %ss over the same array in one pass', (combine) => {
    const g = new Graphs();
    const [a, b] = [g.input(12), g.input(12)];
    const one = g.fused(x, [3, 4], [a], { ...over, combine });
    const two = g.fused(e.mul(x, y), [3, 4], [b, a], { ...over, combine });
    const three = g.fused(e.sub(x, y), [3, 4], [a, [g.input(3), [1, 0]]], { ...over, combine });
    const [node, ...more] = joined(g.graph([three, one, two])).nodes;
    expect(more).toEqual([]);
    expect(node).toMatchObject({ op: 'fusedMany', outputs: [one, two, three] });
    expect((node as NodeOf<FusedManyWork>).exprs).toHaveLength(3);
  });

  it('stands where the first stood, so that what reads it comes after it', () => {
    const g = new Graphs();
    const a = g.input(12);
    const one = g.fused(x, [3, 4], [a], over);
    const read = g.fused(e.neg(x), [3], [one]);
    const two = g.fused(e.mul(x, x), [3, 4], [a], over);
    expect(opsOf(joined(g.graph([read, two])))).toEqual(['fusedMany', 'fused']);
  });

  it('takes four into a pass, and begins another', () => {
    const g = new Graphs();
    const a = g.input(12);
    const sums = Array.from({ length: 6 }, (_, i) => g.fused(e.mul(x, i + 1), [3, 4], [a], over));
    expect(joined(g.graph(sums)).nodes.map((node) => node.outputs.length)).toEqual([4, 2]);
  });

  it.each<[string, (g: Graphs, a: GraphValue, one: GraphValue) => readonly GraphValue[]]>([
    ['of another kind', (g, a, one) => [one, g.fused(x, [3, 4], [a], { ...over, combine: 'mean' })]],
    ['along another axis', (g, a, one) => [one, g.fused(x, [3, 4], [a], { reduced: [true, false] })]],
    ['over another shape', (g, a, one) => [one, g.fused(x, [4, 3], [a], over)]],
    ['of another array', (g, _, one) => [one, g.fused(x, [3, 4], [g.input(12)], over)]],
    [
      'of two further arrays',
      (g, a, one) => [
        one,
        g.fused(e.add(e.add(x, y), e.input(2)), [3, 4], [a, g.input(12), g.input(12)], over),
      ],
    ],
    ['by places', (g, a, one) => [one, g.fused(e.mul(x, e.position(1)), [3, 4], [a], over)]],
    ['that needs the first', (g, a, one) => [g.fused(e.sub(x, y), [3, 4], [a, [one, [1, 0]]], over)]],
    ['that is none', (g, a, one) => [one, g.fused(e.neg(x), [3, 4], [a])]],
  ])('leaves alone a sum %s', (_, rest) => {
    const g = new Graphs();
    const a = g.input(12);
    const one = g.fused(e.add(x, 1), [3, 4], [a], over);
    const graph = g.graph(rest(g, a, one));
    expect(opsOf(joined(graph))).toEqual(opsOf(graph));
  });

  it('leaves alone the largest values, and sums of what is made only after the first', () => {
    const g = new Graphs();
    const a = g.input(12);
    const largest = [1, 2].map((factor) =>
      g.fused(e.mul(x, factor), [3, 4], [a], { ...over, combine: 'max' }),
    );
    const one = g.fused(x, [3, 4], [a], over);
    const later = g.fused(e.exp(x), [3, 4], [a]);
    const two = g.fused(e.mul(x, y), [3, 4], [a, later], over);
    expect(opsOf(joined(g.graph([...largest, one, two])))).toEqual(Array(5).fill('fused'));
  });

  it('leaves alone sums of a state with an assignment between', () => {
    const g = new Graphs();
    const state = g.state(samples(12, 1));
    const one = g.fused(x, [3, 4], [state], over);
    g.assign(g.input(12), state);
    const two = g.fused(e.mul(x, 2), [3, 4], [state], over);
    expect(opsOf(joined(g.graph([one, two])))).toEqual(['fused', 'assign', 'fused']);
  });

  it('reads no more than twelve arrays', () => {
    const sums = (small: number): Graph => {
      const g = new Graphs();
      const a = g.input(12);
      const one = g.fused(x, [3, 4], [a], over);
      const values = Array.from({ length: small }, () => [g.input(1), [0, 0]] as const);
      const formula = values.reduce((sum, _, i) => e.add(sum, e.input(i + 1)), x);
      return g.graph([one, g.fused(formula, [3, 4], [a, ...values], over)]);
    };
    expect(opsOf(joined(sums(11)))).toEqual(['fusedMany']);
    expect(opsOf(joined(sums(12)))).toEqual(['fused', 'fused']);
  });
});
