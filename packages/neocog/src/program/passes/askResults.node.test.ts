import { describe, expect, it } from 'vitest';
import { distance, Graphs } from '../../../../../test/graphs.ts';
import type { Graph, GraphValue } from '../../backends/graph.ts';
import * as e from '../../expression/expression.ts';
import { askResults } from './askResults.ts';

const [x, y] = [e.input(0), e.input(1)];
const relu = e.select(e.ge(0, x), 0, x);
const relu6 = e.select(e.ge(0, x), 0, e.select(e.ge(x, 6), 6, x));
const slope = e.mul(y, e.select(e.ge(0, x), 0, 1));

function asked(graph: Graph): Graph {
  const after = askResults(graph);
  expect(distance(graph, after)).toBe(0);
  return after;
}

/** What the last node reads. */
const lastReads = ({ nodes }: Graph): readonly GraphValue[] | undefined => nodes.at(-1)?.inputs;

describe('askResults', () => {
  it.each([
    ['relu', relu, slope],
    ['relu by max', e.max(x, 0), slope],
    ['relu with the other test', relu, e.mul(y, e.select(e.gt(x, 0), 1, 0))],
    ['relu6', relu6, e.mul(y, e.select(e.ge(0, x), 0, e.select(e.ge(x, 6), 0, 1)))],
    ['relu6 with the other test', relu6, e.mul(y, e.select(e.gt(6, x), 1, 0))],
  ])('asks the result of %s', (_, map, gradient) => {
    const g = new Graphs();
    const [before, way] = [g.fused(e.mul(x, 9), [3, 4], [g.input(12)]), g.input(12)];
    const after = g.fused(map, [3, 4], [before]);
    const back = g.fused(gradient, [3, 4], [before, way]);
    expect(lastReads(asked(g.graph([after, back])))).toEqual([after, way]);
  });

  it('asks for sums too, and in every reader', () => {
    const g = new Graphs();
    const [before, way] = [g.input(12), g.input(12)];
    const after = g.fused(relu, [3, 4], [before]);
    const sum = g.fused(slope, [3, 4], [before, way], { reduced: [true, false] });
    const map = g.fused(slope, [3, 4], [before, way]);
    const { nodes } = asked(g.graph([after, sum, map]));
    for (const node of nodes.slice(1)) expect(node.inputs[0]).toBe(after);
  });

  it.each<[string, e.Expr, e.Expr]>([
    ['its value too', relu, e.mul(y, x)],
    ['about another limit', relu, e.mul(y, e.select(e.ge(1, x), 0, 1))],
    ['whether it is at the limit', relu, e.mul(y, e.select(e.ge(x, 0), 1, 0))],
    ['what is not held', e.select(e.gt(x, 0), x, e.mul(x, 0.01)), slope],
    ['what has one value', e.select(e.ge(0, x), 0, e.select(e.ge(x, 0), 0, x)), slope],
  ])('leaves a reader that asks for %s', (_, map, gradient) => {
    const g = new Graphs();
    const [before, way] = [g.input(12), g.input(12)];
    const after = g.fused(map, [3, 4], [before]);
    const back = g.fused(gradient, [3, 4], [before, way]);
    expect(lastReads(asked(g.graph([after, back])))).toEqual([before, way]);
  });

  it('leaves all readers if one needs the value, or comes first, or if it is a result', () => {
    const g = new Graphs();
    const [before, way] = [g.fused(e.neg(x), [4], [g.input(4)]), g.input(4)];
    const early = g.fused(slope, [4], [before, way]);
    const after = g.fused(relu, [4], [before]);
    const late = g.fused(slope, [4], [before, way]);
    expect(lastReads(asked(g.graph([early, after, late])))).toEqual([before, way]);
    const other = new Graphs();
    const value = other.fused(e.neg(x), [4], [other.input(4)]);
    const held = other.fused(relu, [4], [value]);
    const back = other.fused(slope, [4], [value, other.input(4)]);
    expect(lastReads(asked(other.graph([held, back, value])))?.[0]).toBe(value);
  });
});
