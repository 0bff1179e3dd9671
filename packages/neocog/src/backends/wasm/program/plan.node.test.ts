// The allowance of memory: what is chosen fits it, gives up no more than it must, and grows where little memory is at stake.

import { describe, expect, it } from 'vitest';
import { Graphs, samples } from '../../../../../../test/graphs.ts';
import * as e from '../../../expression/expression.ts';
import type { Graph } from '../../graph.ts';
import type { Engine } from '../engine.ts';
import { Chooser } from './choose.ts';
import { layOut } from './layout.ts';
import { lower } from './lower.ts';
import type { Lowered } from './lowering.ts';
import { leastBytes, planGraph } from './plan.ts';

const engine: Engine = { fma: true, wide: false, keepsOrder: true };

/** Some 3×3 convolutions in a row over square images; the last result comes out, or all. */
function row(channels: number, count: number, side: number, out: 'last' | 'all' = 'last'): Graph {
  const g = new Graphs();
  const all = [g.input(channels * side ** 2)];
  for (let i = 0; i < count; i++)
    all.push(
      g.conv(`n1 g1 c${channels}>${channels} ${side}x${side} k3x3 s1 d1 p1`, all[i], [
        g.constant(samples(channels * channels * 9, i)),
      ]),
    );
  return g.graph(out === 'all' ? all.slice(1) : all.slice(-1));
}

const bytesOf = (lowered: Lowered): number =>
  layOut(lowered).end + lowered.steps.reduce((most, step) => Math.max(most, step.kernel.scratchBytes), 0);

const algorithms = (lowered: Lowered): (string | undefined)[] =>
  lowered.entries.map((entry) => entry.choice?.algorithm).filter((name) => name !== undefined);

describe('planGraph', () => {
  it('gives up fast choices until the program fits 1.3 times what it needs at least', () => {
    const graph = row(96, 14, 28);
    const free = lower(graph, engine, new Chooser({ exact: false }), true);
    const limit = 1.3 * leastBytes(graph);
    expect(bytesOf(free)).toBeGreaterThan(limit);
    const { lowered } = planGraph(graph, engine, { exact: false });
    expect(bytesOf(lowered)).toBeLessThanOrEqual(Math.max(limit, 8 * 2 ** 20));
    expect(algorithms(lowered)).not.toEqual(algorithms(free));
  });

  it('chooses freely where the whole takes less than 8 MiB', () => {
    const graph = row(96, 2, 28);
    const free = lower(graph, engine, new Chooser({ exact: false }), true);
    expect(bytesOf(free)).toBeGreaterThan(1.3 * leastBytes(graph));
    expect(bytesOf(free)).toBeLessThan(8 * 2 ** 20);
    const { lowered } = planGraph(graph, engine, { exact: false });
    expect(algorithms(lowered)).toEqual(algorithms(free));
  });

  it('measures a network that keeps much by its most modest choices, of which it may take 1.1 times', () => {
    const graph = row(96, 14, 28, 'all');
    const chooser = new Chooser({ exact: false });
    const free = bytesOf(lower(graph, engine, chooser, true));
    const modest = bytesOf(lower(graph, engine, chooser.cheaper(Infinity) as Chooser, true));
    expect(modest).toBeGreaterThan(1.3 * leastBytes(graph));
    expect(free).toBeGreaterThan(1.3 * modest);
    const taken = bytesOf(planGraph(graph, engine, { exact: false }).lowered);
    expect(taken).toBeLessThanOrEqual(1.1 * modest);
    expect(taken).toBeGreaterThan(8 * 2 ** 20);
  });

  it('gives a training step 1.3 times what its most modest choices take', () => {
    const inference = row(128, 14, 28);
    const g = new Graphs();
    const gradient = g.fused(e.neg(e.input(0)), [4], [g.input(4)]);
    const moved = { parameters: [g.state(samples(4, 1))], gradients: [gradient], memory: [], scalars: [] };
    const graph: Graph = {
      ...inference,
      inputs: [...inference.inputs, ...g.inputs],
      nodes: [...inference.nodes, ...g.nodes],
      updates: [{ ...moved, formulas: [e.sub(e.input(0), e.input(1))] }],
    };
    const chooser = new Chooser({ exact: false });
    const free = bytesOf(lower(graph, engine, chooser, true));
    const modest = chooser.cheaper(Infinity) as Chooser;
    const limit = 1.3 * bytesOf(lower(graph, engine, modest, true));
    expect(limit).toBeGreaterThan(8 * 2 ** 20);
    expect(free).toBeGreaterThan(limit);
    expect(bytesOf(planGraph(graph, engine, { exact: false }).lowered)).toBeLessThanOrEqual(limit);
  });

  it('counts weights and the two largest values as what is needed at least', () => {
    const g = new Graphs();
    const [weight, state] = [g.constant(samples(10, 1)), g.state(samples(6, 2))];
    const a = g.fused(e.add(e.input(0), e.input(1)), [8, 10], [g.input(80), [weight, [0, 1]]]);
    const b = g.fused(e.input(0), [8, 10], [a], { reduced: [false, true] });
    g.fused(e.mul(e.input(0), e.input(1)), [6], [state, [b, [1]]]);
    expect(leastBytes(g.graph([b]))).toBe(4 * (10 + 6 + 80 + 80));
  });
});
