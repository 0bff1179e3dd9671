// Which room a result is left in: its own, or that of an input that nobody needs any more; and never one that goes by two names.

import { describe, expect, it } from 'vitest';
import { Graphs, givenTo, resultsOf, samples } from '../../../../../../test/graphs.ts';
import * as e from '../../../expression/expression.ts';
import type { Graph, GraphNode, GraphValue } from '../../graph.ts';
import type { Engine } from '../engine.ts';
import { Chooser } from './choose.ts';
import { compileGraph } from './compile.ts';
import { pixels } from './form.ts';
import { lower } from './lower.ts';
import { Lowering } from './lowering.ts';

const engine: Engine = { fma: true, wide: false, keepsOrder: true };
const [x, y] = [e.input(0), e.input(1)];

const lowering = (graph: Graph): Lowering => new Lowering(graph, engine, new Chooser({ exact: true }), false);
const last = (g: Graphs): GraphNode => g.nodes[g.nodes.length - 1];
const form = pixels(2, 3, 4);

/** A computed value that `read` reads once more, and the node that reads it. */
function pair(
  read: (g: Graphs, a: GraphValue) => GraphValue,
  more: (g: Graphs, a: GraphValue) => void = () => {},
) {
  const g = new Graphs();
  const a = g.fused(e.neg(x), [24], [g.input(24)]);
  const b = read(g, a);
  const node = last(g);
  more(g, a);
  return { g, a, b, node };
}

/** Whether the result of the node may lie where `a` lies. */
function inPlace({ g, a, b, node }: ReturnType<typeof pair>, outputs: readonly GraphValue[] = [b]): boolean {
  const l = lowering(g.graph(outputs));
  const { room } = l.arrays.put(a, null);
  return l.result(b, null, node, [a]).room === room;
}

const exp = (g: Graphs, a: GraphValue): GraphValue => g.fused(e.exp(x), [24], [a]);

describe('a result', () => {
  it('takes the room of an input that nothing reads afterwards', () => {
    expect(inPlace(pair(exp))).toBe(true);
  });

  it('leaves alone what is read later, is a result, a gradient or of another type', () => {
    expect(inPlace(pair(exp, exp))).toBe(false);
    const asked = pair(exp);
    expect(inPlace(asked, [asked.a, asked.b])).toBe(false);
    const whole = pair((g, a) => {
      const to = { ...g.value(24, 'node', null), dtype: 'int32' as const };
      g.nodes.push({ op: 'truncate', label: '', inputs: [a], outputs: [to] });
      return to;
    });
    expect(inPlace(whole)).toBe(false);
    const { g, a, b, node } = pair(exp);
    const update = { parameters: [g.state(samples(24, 1))], gradients: [a], memory: [], scalars: [] };
    const l = lowering(g.graph([b], [{ ...update, formulas: [e.sub(x, y)] }]));
    const { room } = l.arrays.put(a, null);
    expect(l.result(b, null, node, [a]).room).not.toBe(room);
  });

  it('leaves alone inputs, constants and states', () => {
    for (const make of [
      (g: Graphs) => g.input(24),
      (g: Graphs) => g.constant(samples(24, 1)),
      (g: Graphs) => g.state(samples(24, 1)),
    ]) {
      const g = new Graphs();
      const a = make(g);
      const b = exp(g, a);
      const l = lowering(g.graph([b]));
      const { room } = l.arrays.put(a, null);
      expect(l.result(b, null, last(g), [a]).room, a.source).not.toBe(room);
    }
  });

  it('takes no room of another arrangement, or one that lasts', () => {
    const { g, a, b, node } = pair(exp);
    const l = lowering(g.graph([b]));
    const placed = l.arrays.put(a, form);
    expect(l.result(b, null, node, [a]).room).not.toBe(placed.room);
    expect(l.result(b, form, node, [a]).room).toBe(placed.room);
    const other = lowering(g.graph([b]));
    const lasting = other.arrays.put(a, null, other.arrays.room(96, true));
    expect(other.result(b, null, node, [a]).room).not.toBe(lasting.room);
  });

  it('goes to the place that was kept for it', () => {
    const { g, a, b, node } = pair(exp);
    const l = lowering(g.graph([b]));
    const { room } = l.arrays.put(a, null);
    const region = l.arrays.region([b]);
    const result = l.result(b, null, node, [a]).room;
    expect(result).not.toBe(room);
    expect(result.within?.room).toBe(region);
  });
});

describe('a value that goes by two names', () => {
  it('is written over under neither', () => {
    const { g, a, b, node } = pair(exp);
    const l = lowering(g.graph([b]));
    const { room } = l.arrays.put(a, null);
    l.alias(g.value(24, 'node', null), null, room);
    expect(l.result(b, null, node, [a]).room).not.toBe(room);
  });

  /** The same values under another name: a copy in the order in which they lie. */
  const renamed = (g: Graphs, a: GraphValue): GraphValue =>
    g.copy(a, { shape: [24], strides: [1], offset: 0 });

  async function agrees(graph: Graph): Promise<void> {
    const program = await compileGraph(graph, {
      threads: 1,
      exact: true,
      exactConvolution: true,
      fn: 'compile',
    });
    const found = await program.run(givenTo(graph));
    program.dispose();
    expect(found.map((values) => [...values])).toEqual(resultsOf(graph));
  }

  it('has its values under the first name after a loop over the second, and the other way round', async () => {
    for (const first of [0, 1]) {
      const g = new Graphs();
      const a = g.fused(e.neg(x), [24], [g.input(24)]);
      const names = [a, renamed(g, a)];
      const doubled = g.fused(e.mul(x, 2), [24], [names[first] as GraphValue]);
      const both = g.fused(e.add(x, y), [24], [doubled, names[1 - first] as GraphValue]);
      const graph = g.graph([both]);
      const { steps } = lower(graph, engine, new Chooser({ exact: true }), false);
      // No copy: negation, doubling, sum.
      expect(steps.length).toBe(3);
      await agrees(graph);
    }
  });

  it('may be an input, which is the caller’s', async () => {
    const g = new Graphs();
    const a = g.input(24);
    const doubled = g.fused(e.mul(x, 2), [24], [renamed(g, a)]);
    await agrees(g.graph([doubled, g.fused(e.neg(x), [24], [a])]));
  });
});
