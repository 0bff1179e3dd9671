import { describe, expect, it } from 'vitest';
import { distance, Graphs, loopsOf } from '../../../../../test/graphs.ts';
import type { Graph, NodeOf } from '../../backends/graph.ts';
import type { FusedWork } from '../../backends/work.ts';
import * as e from '../../expression/expression.ts';
import { factorLoops } from './factorLoops.ts';

const [x, c, d] = [e.input(0), e.input(1), e.input(2)];
/** 32 images of 3 channels. */
const shape = [32, 3];
const perChannel = [0, 1];
const overImages = { reduced: [true, false] };

function factored(graph: Graph): NodeOf<FusedWork>[] {
  const after = factorLoops(graph);
  expect(distance(graph, after)).toBeLessThan(1e-5);
  return loopsOf(after);
}

const formulas = (nodes: readonly NodeOf<FusedWork>[]): string[] =>
  nodes.map(({ loop }) => `${loop.shape}: ${e.formatExpr(loop.expr)}`);

describe('factorLoops', () => {
  it('divides once for each channel', () => {
    const g = new Graphs();
    const scale = e.sqrt(e.add(e.mul(c, c), 1));
    const y = g.fused(e.div(x, scale), shape, [g.input(96), [g.input(3), perChannel]]);
    expect(formulas(factored(g.graph([y])))).toEqual([
      '3: div(1, sqrt(add(mul(x0, x0), 1)))',
      '32,3: mul(x0, x1)',
    ]);
  });

  it('divides few values by many as they are', () => {
    const g = new Graphs();
    const y = g.fused(e.div(x, e.add(e.abs(c), 1)), shape, [[g.input(3), perChannel], g.input(96)]);
    expect(formulas(factored(g.graph([y])))).toEqual(['32,3: div(x0, add(abs(x1), 1))']);
  });

  it('gathers the factors of a product', () => {
    const g = new Graphs();
    const reads = [g.input(96), [g.input(3), perChannel], [g.input(3), perChannel]] as const;
    const positive = e.add(e.abs(c), 1);
    const y = g.fused(e.add(e.mul(e.neg(e.div(x, positive)), d), d), shape, reads);
    expect(formulas(factored(g.graph([y])))).toEqual([
      '3: mul(mul(div(1, add(abs(x0), 1)), -1), x1)',
      '32,3: add(mul(x0, x1), x2)',
    ]);
  });

  it('does what is the same once', () => {
    const g = new Graphs();
    const [a, b] = [g.input(96), [g.input(3), perChannel] as const];
    const formula = e.mul(x, e.exp(c));
    const results = [a, g.fused(e.neg(x), shape, [a])].map((each) => g.fused(formula, shape, [each, b]));
    expect(formulas(factored(g.graph(results))).filter((text) => text.startsWith('3:'))).toEqual([
      '3: exp(x0)',
    ]);
  });

  it.each(['sum', 'mean'] as const)('multiplies a %s when it is made, and makes it once', (combine) => {
    const g = new Graphs();
    const reads = [g.input(96), [g.input(3), perChannel]] as const;
    const sum = (formula: e.Expr) => g.fused(formula, shape, reads, { ...overImages, combine });
    const results = [sum(e.div(x, e.add(e.abs(c), 1))), sum(e.mul(x, -2)), sum(x)];
    expect(formulas(factored(g.graph(results)))).toEqual([
      '32,3: x0',
      '3: mul(x1, div(1, add(abs(x0), 1)))',
      '3: mul(x0, -2)',
      '3: x0',
    ]);
  });

  it('keeps the order of what is compared or rounded, but not of what is held', () => {
    const g = new Graphs();
    const reads = [g.input(96), [g.constant([3, 5, 7]), perChannel]] as const;
    const quotient = e.div(e.mul(x, 96), c);
    const [whole, above, held] = [
      e.floor(quotient),
      e.select(e.ge(quotient, 2), x, 0),
      e.max(quotient, 0.5),
    ].map((formula) => g.fused(formula, shape, reads));
    expect(formulas(factored(g.graph([whole, above, held])))).toEqual([
      '32,3: floor(div(mul(x0, 96), x1))',
      '32,3: select(ge(div(mul(x0, 96), x1), 2), x0, 0)',
      '3: div(96, x0)',
      '32,3: max(mul(x0, x1), 0.5)',
    ]);
  });

  it.each<[string, (g: Graphs) => void]>([
    [
      'has many values',
      (g) => g.fused(e.div(x, c), [8, 3], [g.input(24), [g.constant([3, 5, 7]), perChannel]]),
    ],
    ['is cheap', (g) => g.fused(e.add(x, e.add(c, 1)), shape, [g.input(96), [g.input(3), perChannel]])],
    [
      'is assigned',
      (g) => {
        const state = g.state([3, 5, 7]);
        g.fused(e.div(x, c), shape, [g.input(96), [state, perChannel]]);
        g.assign(g.input(3), state);
      },
    ],
    ['is read by place', (g) => g.fused(e.mul(x, e.exp(e.position(1))), shape, [g.input(96)])],
    [
      'is of a maximum',
      (g) =>
        g.fused(e.mul(x, e.exp(c)), shape, [g.input(96), [g.input(3), perChannel]], {
          ...overImages,
          combine: 'max',
        }),
    ],
    [
      'differs along the axis that is summed',
      (g) => g.fused(e.mul(x, c), shape, [g.input(96), [g.input(32), [1, 0]]], overImages),
    ],
  ])('leaves what %s', (_, build) => {
    const g = new Graphs();
    build(g);
    const before = loopsOf(g.graph([]));
    const graph = g.graph(before.map((node) => node.outputs[0]));
    expect(formulas(factored(graph))).toEqual(formulas(before));
  });
});
