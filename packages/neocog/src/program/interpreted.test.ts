// A graph node by node: what its report says, and that nobody else's arrays are read or written.

import { expect, it } from 'vitest';
import { Graphs, samples } from '../../../../test/graphs.ts';
import { referenceBackend } from '../backends/reference/backend.ts';
import * as e from '../expression/expression.ts';
import { Interpreted } from './interpreted.ts';

const [x, y] = [e.input(0), e.input(1)];

/** The sum of an input and a state, which takes the input's values afterwards. */
function remembering() {
  const g = new Graphs();
  const [input, state] = [g.input(3), g.state(samples(3, 1))];
  const sum = g.fused(e.add(x, y), [3], [input, state]);
  g.assign(input, state);
  return { graph: g.graph([sum]), state };
}

it('reports every node, its bytes and no time, and why there is one thread', () => {
  const { graph } = remembering();
  const report = (threads: number) => new Interpreted(referenceBackend, graph, { threads: threads }).report();
  expect(report(1)).toEqual({
    threads: 1,
    note: null,
    tuning: null,
    cache: null,
    simd: 'reference',
    exact: false,
    steps: ['fused', 'assign'].map((operation, i) => ({
      label: operation,
      operation,
      geometry: null,
      description: 'backend reference',
      candidates: [],
      multiplyAdds: 0,
      bytes: [36, 24][i],
      milliseconds: null,
    })),
    memory: { constants: 0, activations: 0, scratch: 0, total: 0, least: 0 },
    code: 0,
  });
  for (const threads of [2, 3])
    expect(report(threads).note).toBe("one thread: backend 'reference' computes node by node");
});

it('keeps states of its own, which are read and written as copies', async () => {
  const { graph, state } = remembering();
  const first = Float32Array.from(state.data ?? []);
  const program = new Interpreted(referenceBackend, graph, { threads: 1 });
  const given = Float32Array.of(1, 2, 3);
  expect(await program.run([given])).toEqual([first.map((v, i) => v + given[i])]);
  given.fill(9);
  expect(state.data).toEqual(first);
  const read = program.read(state);
  expect(read).toEqual(Float32Array.of(1, 2, 3));
  read.fill(7);
  expect(program.read(state)).toEqual(Float32Array.of(1, 2, 3));
  const written = Float32Array.of(4, 5, 6);
  program.write(state, written);
  written.fill(8);
  expect(await program.run([Float32Array.of(1, 1, 1)])).toEqual([Float32Array.of(5, 6, 7)]);
});

it('gives results in arrays of their own, or in those that are told', async () => {
  const g = new Graphs();
  const [input, constant] = [g.input(2), g.constant([5, 6])];
  const program = new Interpreted(referenceBackend, g.graph([input, constant]), { threads: 1 });
  const given = Float32Array.of(1, 2);
  const into = new Float32Array(2);
  const results = await program.run([given], { into: [into, new Float32Array(3)] });
  expect(results).toEqual([Float32Array.of(1, 2), Float32Array.of(5, 6)]);
  expect(results[0]).toBe(into);
  results[1].fill(0);
  expect((await program.run([given]))[1]).toEqual(Float32Array.of(5, 6));
});
