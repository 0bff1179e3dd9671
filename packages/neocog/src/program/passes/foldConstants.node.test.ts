import { describe, expect, it } from 'vitest';
import { distance, Graphs, opsOf, samples } from '../../../../../test/graphs.ts';
import { referenceBackend } from '../../backends/reference/backend.ts';
import * as e from '../../expression/expression.ts';
import { foldConstants } from './foldConstants.ts';

const [x, w] = [e.input(0), e.input(1)];

describe('foldConstants', () => {
  it('computes what is known, through several nodes, and leaves the rest', () => {
    const g = new Graphs();
    const [a, b] = [g.constant(samples(6, 1)), g.constant(samples(6, 2))];
    const sum = g.fused(e.add(x, w), [6], [a, b]);
    const turned = g.copy(sum, { shape: [3, 2], strides: [1, 3], offset: 0 });
    const y = g.fused(e.mul(x, w), [6], [g.input(6), turned]);
    const graph = g.graph([y]);
    const after = foldConstants(graph, referenceBackend);
    expect(opsOf(after)).toEqual(['fused']);
    expect(after.nodes[0].inputs.map(({ source }) => source)).toEqual(['input', 'constant']);
    expect(distance(graph, after)).toBe(0);
  });

  it('makes constants of results that are known, also of gradients', () => {
    const g = new Graphs();
    const known = g.fused(e.neg(x), [4], [g.constant(samples(4, 1))]);
    const parameter = g.state(samples(4, 2));
    const update = {
      parameters: [parameter],
      gradients: [known],
      memory: [],
      scalars: [],
      formulas: [e.sub(x, e.mul(w, 0.5))],
    };
    const graph = g.graph([known], [update]);
    const after = foldConstants(graph, referenceBackend);
    expect(after.nodes).toEqual([]);
    expect(after.outputs[0]).toMatchObject({ source: 'constant' });
    expect(after.updates[0].gradients[0]).toMatchObject({ source: 'constant' });
    expect(distance(graph, after)).toBe(0);
  });

  it('computes nothing from inputs or states, and leaves assignments', () => {
    const g = new Graphs();
    const [one, two] = [g.state(samples(4, 1)), g.state(samples(4, 2))];
    const known = g.constant(samples(4, 3));
    const before = g.fused(e.neg(x), [4], [one]);
    g.assign(known, one);
    const after = g.fused(e.add(x, w), [4], [one, known]);
    g.assign(after, two);
    const graph = g.graph([before, after, g.fused(e.mul(x, w), [4], [known, g.input(4)])]);
    expect(opsOf(foldConstants(graph, referenceBackend))).toEqual(opsOf(graph));
    expect(distance(graph, foldConstants(graph, referenceBackend))).toBe(0);
  });
});
