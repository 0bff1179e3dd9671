import { describe, expect, it } from 'vitest';
import { distance, Graphs } from '../../../../../test/graphs.ts';
import type { Graph, GraphValue } from '../../backends/graph.ts';
import * as e from '../../expression/expression.ts';
import { recomputeMaps } from './recomputeMaps.ts';

const [x, y] = [e.input(0), e.input(1)];
const size = 4096;

function recomputed(graph: Graph): Graph {
  const after = recomputeMaps(graph);
  expect(distance(graph, after)).toBe(0);
  return after;
}

interface Step {
  readonly graph: Graph;
  /** What a slow layer made, and what a map made of it. */
  readonly made: GraphValue;
  readonly map: GraphValue;
}

/**
 * A step of two layers: the map of the first is read on the way there, and on the way back. `change` may add to what is wanted. Slow maps
 * stand for convolutions.
 */
function stepOf(
  g: Graphs,
  change: (made: GraphValue, map: GraphValue) => readonly GraphValue[] = () => [],
): Step {
  const loop = (expr: e.Expr, ...reads: GraphValue[]): GraphValue => g.fused(expr, [reads[0].size], reads);
  const made = loop(e.exp(x), g.input(size));
  const map = loop(e.mul(x, 2), made);
  const next = loop(e.exp(x), map);
  const loss = loop(e.sin(x), next);
  const back = loop(e.mul(e.exp(x), y), loss, next);
  const slope = loop(e.mul(e.exp(x), y), back, map);
  const end = loop(e.mul(e.exp(x), y), slope, made);
  return { graph: g.graph([end, ...change(made, map)]), made, map };
}

const writersOf = ({ nodes }: Graph, expr: e.Expr) =>
  nodes.filter((node) => node.op === 'fused' && node.loop.expr === expr);

describe('recomputeMaps', () => {
  it('computes a map again right before it is read on the way back', () => {
    const { graph, made, map } = stepOf(new Graphs());
    const { nodes } = recomputed(graph);
    expect(nodes).toHaveLength(graph.nodes.length + 1);
    const [first, again] = writersOf({ ...graph, nodes }, e.mul(x, 2));
    expect(first.outputs).toEqual([map]);
    expect(again.inputs).toEqual([made]);
    const reader = nodes[nodes.indexOf(again) + 1];
    expect(reader.inputs[1]).toBe(again.outputs[0]);
    expect(nodes.findLastIndex((node) => node.inputs.includes(map))).toBeLessThan(nodes.indexOf(again));
  });

  it.each<[string, (g: Graphs) => Graph]>([
    ['is wanted of the graph', (g) => stepOf(g, (_, map) => [map]).graph],
    [
      'is small',
      (g) => {
        const small = (expr: e.Expr, ...reads: GraphValue[]) => g.fused(expr, [4095], reads);
        const made = small(e.exp(x), g.input(4095));
        const map = small(e.mul(x, 2), made);
        const loss = small(e.exp(x), map);
        const back = small(e.mul(e.exp(x), y), loss, map);
        return g.graph([small(e.mul(e.exp(x), y), back, made)]);
      },
    ],
    [
      'is of what is gone by then',
      (g) => {
        const made = g.fused(e.exp(x), [size], [g.input(size)]);
        const map = g.fused(e.mul(x, 2), [size], [made]);
        const next = g.fused(e.exp(x), [size], [map]);
        return g.graph([g.fused(e.mul(e.exp(x), y), [size], [next, map])]);
      },
    ],
  ])('keeps a map that %s', (_, build) => {
    const graph = build(new Graphs());
    expect(recomputed(graph).nodes).toEqual(graph.nodes);
  });

  it('keeps what another map that is computed again is of', () => {
    const g = new Graphs();
    const loop = (expr: e.Expr, ...reads: GraphValue[]): GraphValue => g.fused(expr, [size], reads);
    const made = loop(e.exp(x), g.input(size));
    const first = loop(e.mul(x, 2), made);
    const second = loop(e.mul(x, 3), first);
    const next = loop(e.exp(e.add(x, y)), first, second);
    const loss = loop(e.sin(x), next);
    const back = loop(e.mul(e.exp(x), y), loss, next);
    const slopes = loop(e.mul(e.exp(x), e.add(y, e.input(2))), back, first, second);
    const graph = g.graph([loop(e.mul(e.exp(x), y), slopes, made)]);
    const after = recomputed(graph);
    expect(writersOf(after, e.mul(x, 2))).toHaveLength(2);
    expect(writersOf(after, e.mul(x, 3))).toHaveLength(1);
  });
});
