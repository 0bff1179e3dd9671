import { describe, expect, it } from 'vitest';
import { distance, Graphs, opsOf } from '../../../../test/graphs.ts';
import * as e from '../expression/expression.ts';
import type { GraphNode } from './graph.ts';
import { mapNodes, ValueMaker } from './rewrite.ts';

const x = e.input(0);

describe('ValueMaker', () => {
  it('numbers values from behind all that nodes read and write', () => {
    const g = new Graphs();
    const a = g.input(2);
    g.assign(a, g.value(2, 'state', new Float32Array(2)));
    const make = new ValueMaker(g.graph([]));
    expect([make.node(3).id, make.constant(Float32Array.of(1)).id, make.node(1).id]).toEqual([2, 3, 4]);
    g.fused(e.neg(x), [2], [a]);
    expect(new ValueMaker(g.graph([])).node(1).id).toBe(3);
    expect(new ValueMaker(new Graphs().graph([])).node(1).id).toBe(0);
  });

  it('makes computed values and constants of either type', () => {
    const make = new ValueMaker(new Graphs().graph([]));
    expect(make.node(3)).toEqual({ id: 0, size: 3, dtype: 'float32', source: 'node', data: null });
    expect(make.node(3, 'int32').dtype).toBe('int32');
    const [floats, whole] = [Float32Array.of(1, 2), Int32Array.of(3)];
    expect(make.constant(floats)).toMatchObject({
      ...{ size: 2, dtype: 'float32', source: 'constant', data: floats },
    });
    expect(make.constant(whole)).toMatchObject({ size: 1, dtype: 'int32', data: whole });
  });
});

describe('mapNodes', () => {
  /** `−x` and its exponential. */
  function pair() {
    const g = new Graphs();
    const negated = g.fused(e.neg(x), [4], [g.input(4)]);
    return g.graph([g.fused(e.exp(x), [4], [negated])]);
  }

  it('leaves nodes as they are where it is given themselves', () => {
    const graph = pair();
    expect(mapNodes(graph, (node) => [node])).toEqual(graph);
  });

  it('puts several nodes, or none, in the place of one', () => {
    const graph = pair();
    const [first] = graph.nodes;
    /** `−x` as `0 − x`, doubled and halved. */
    const detour = (node: GraphNode, make: ValueMaker): GraphNode[] => {
      if (node !== first || node.op !== 'fused') return [node];
      const [twice, loop] = [make.node(4), node.loop];
      return [
        { ...node, outputs: [twice], loop: { ...loop, expr: e.mul(x, -2) } },
        { ...node, inputs: [twice], loop: { ...loop, expr: e.mul(x, 0.5) } },
      ];
    };
    const after = mapNodes(graph, detour);
    expect(opsOf(after)).toEqual(['fused', 'fused', 'fused']);
    expect(after.nodes[2]).toBe(graph.nodes[1]);
    expect(distance(graph, after)).toBe(0);
    expect(mapNodes(graph, (node) => (node === first ? [node] : [])).nodes).toEqual([first]);
  });
});
