// All passes together: random graphs mean the same before and after.

import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { dense, distance, Graphs, opsOf, resultsOf, samples, weightsOf } from '../../../../test/graphs.ts';
import type { GraphValue } from '../backends/graph.ts';
import { referenceBackend } from '../backends/reference/backend.ts';
import * as e from '../expression/expression.ts';
import { Interpreted } from './interpreted.ts';
import { optimize } from './optimize.ts';

const [x, y] = [e.input(0), e.input(1)];
const shape = [2, 4, 20];
const conv = 'n2 g2 c4>4 5x4 k3x3 s1 d1 p1';

/** Numbers that decide what the next node is and what it reads. */
type Choice = readonly [kind: number, a: number, b: number];

const formulas = [
  e.add(x, y),
  e.sub(e.mul(x, 0.5), y),
  e.max(x, e.mul(y, 0.25)),
  e.mul(x, e.tanh(y)),
  e.add(e.mul(x, 0.125), e.mul(y, e.constant(0))),
];

/** Nodes over arrays `[2, 4, 20]`, drawn from what there is by then; sums, states and assignments between. */
function build(choices: readonly Choice[]): ReturnType<Graphs['graph']> {
  const g = new Graphs();
  const pool: GraphValue[] = [g.input(160), g.input(160), g.constant(samples(160, 4))];
  const channels: GraphValue[] = [g.constant(samples(4, 5)), g.input(4), g.constant(samples(4, 6))];
  const state = g.state(samples(160, 7));
  const small: GraphValue[] = [];
  for (const [kind, a, b] of choices) {
    const [one, two] = [pool[a % pool.length], pool[b % pool.length]];
    const formula = formulas[b % formulas.length];
    const perChannel = [channels[a % channels.length], [0, 1, 0]] as const;
    if (kind === 0)
      pool.push(g.conv(conv, one, [g.constant(weightsOf(conv, b)), channels[b % channels.length]]));
    if (kind === 1) pool.push(g.conv(conv, one, [g.constant(weightsOf(conv, b))], 'inputGrad'));
    if (kind === 2) pool.push(g.fused(formula, shape, [one, two]));
    if (kind === 3) pool.push(g.fused(formula, shape, [one, perChannel]));
    if (kind === 4) pool.push(g.fused(e.add(x, e.mul(e.position(b % 3), 0.125)), shape, [one]));
    if (kind === 5) pool.push(g.copy(one, { shape: [2, 20, 4], strides: [80, 1, 20], offset: 0 }));
    if (kind === 6) small.push(g.fused(formula, shape, [one, two], { reduced: [true, b % 2 === 1, false] }));
    if (kind === 7) pool.push(g.fused(e.sub(x, y), shape, [state, one]));
    if (kind === 8) g.assign(one, state);
  }
  const wanted = pool.filter((_, i) => i >= 3 && (i + choices.length) % 3 === 0);
  const last = g.fused(e.neg(x), shape, [state]);
  return g.graph([pool[pool.length - 1], ...wanted, ...small, last]);
}

const choice = fc.tuple(fc.integer({ min: 0, max: 8 }), fc.nat(30), fc.nat(30));

describe('optimize', () => {
  it('keeps the meaning of any graph', () => {
    const property = fc.property(fc.array(choice, { minLength: 2, maxLength: 12 }), (choices) => {
      const graph = build(choices);
      const largest = Math.max(1, ...resultsOf(graph).flat().map(Math.abs));
      for (const exact of [false, true])
        expect(distance(graph, optimize(graph, referenceBackend, { exact }))).toBeLessThan(1e-5 * largest);
    });
    fc.assert(property, { numRuns: 150, seed: 5 });
  });

  it('makes one convolution of convolution, normalisation, activation and sum', () => {
    const g = new Graphs();
    const a = g.input(160);
    const sum = g.conv(conv, a, [g.constant(weightsOf(conv))]);
    const normal = g.fused(e.mul(x, y), shape, [sum, [g.constant(samples(4, 5)), [0, 1, 0]]]);
    const added = g.fused(e.add(x, y), shape, [normal, a]);
    const after = optimize(g.graph([g.fused(e.max(x, 0), shape, [added])]), referenceBackend);
    expect(opsOf(after)).toEqual(['conv']);
  });
});

describe('Interpreted', () => {
  it('gives arrays of its own, also of inputs, constants and states', async () => {
    const g = new Graphs();
    const [a, known, state] = [g.input(3), g.constant([1, 2, 3]), g.state([4, 5, 6])];
    const moved = g.fused(e.add(x, y), [3], [state, a]);
    g.assign(moved, state);
    const program = new Interpreted(referenceBackend, g.graph([a, known, state, moved]), { threads: 1 });
    const given = Float32Array.of(1, 1, 1);
    const first = await program.run([given]);
    expect(first.map((values) => [...values])).toEqual([
      [1, 1, 1],
      [1, 2, 3],
      [5, 6, 7],
      [5, 6, 7],
    ]);
    for (const values of first) values.fill(-9);
    expect([...given]).toEqual([1, 1, 1]);
    program.read(state).fill(-9);
    const second = await program.run([given]);
    expect(second.map((values) => [...values])).toEqual([
      [1, 1, 1],
      [1, 2, 3],
      [6, 7, 8],
      [6, 7, 8],
    ]);
    expect([...(known.data ?? []), ...(state.data ?? [])]).toEqual([1, 2, 3, 4, 5, 6]);
    program.write(state, Float32Array.of(0, 0, 0));
    expect([...program.read(state)]).toEqual([0, 0, 0]);
  });

  it('writes into arrays that are given, and takes new ones for those that do not fit', async () => {
    const g = new Graphs();
    const a = g.fused(e.neg(x), [3], [[g.input(3), dense([3])]]);
    const program = new Interpreted(referenceBackend, g.graph([a, a]), { threads: 2 });
    const into = [new Float32Array(3), new Float32Array(2)];
    const [one, two] = await program.run([Float32Array.of(1, 2, 3)], { into });
    expect(one).toBe(into[0]);
    expect(two).not.toBe(into[1]);
    expect([...one, ...two]).toEqual([-1, -2, -3, -1, -2, -3]);
    expect(program.report().note).toMatch(/one thread: backend 'reference'/);
  });
});
