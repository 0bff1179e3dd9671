import { describe, expect, it } from 'vitest';
import { distance, Graphs, opsOf, type Read, samples, weightsOf } from '../../../../../test/graphs.ts';
import type { Graph, GraphValue, NodeOf } from '../../backends/graph.ts';
import type { ConvWork } from '../../backends/work.ts';
import * as e from '../../expression/expression.ts';
import { fuseMaps } from './fuseMaps.ts';

const [x, y] = [e.input(0), e.input(1)];
const text = 'n2 g1 c3>4 5x4 k3x3 s1 d1 p1';
const shape = [2, 4, 20];

/** The kinds of nodes after the pass, which must not change what the graph means. */
function fused(graph: Graph): string[] {
  const after = fuseMaps(graph);
  expect(distance(graph, after)).toBeLessThan(1e-5);
  return opsOf(after);
}

function convolution(op: ConvWork['op'] = 'conv', bias = true): { g: Graphs; sum: GraphValue } {
  const g = new Graphs();
  const channels = op === 'conv' ? 4 : 3;
  const more = [g.constant(weightsOf(text)), ...(bias ? [g.constant(samples(channels, 8))] : [])];
  return { g, sum: g.conv(text, g.input(op === 'conv' ? 120 : 160), more, op) };
}

describe('fuseMaps, loops', () => {
  it('joins a chain, also into a sum at its end', () => {
    const g = new Graphs();
    const a = g.fused(e.neg(x), [3, 4], [g.input(12)]);
    const b = g.fused(e.mul(x, y), [3, 4], [a, g.input(12)]);
    const c = g.fused(e.max(x, 0), [3, 4], [b], { reduced: [false, true] });
    expect(fused(g.graph([c]))).toEqual(['fused']);
  });

  it('joins a value that one loop reads twice', () => {
    const g = new Graphs();
    const a = g.fused(e.exp(x), [6], [g.input(6)]);
    expect(fused(g.graph([g.fused(e.mul(x, y), [6], [a, a])]))).toEqual(['fused']);
  });

  it.each<[string, (g: Graphs, a: GraphValue) => readonly GraphValue[]]>([
    ['is a result', (g, a) => [a, g.fused(e.neg(x), [3, 4], [a])]],
    ['has two readers', (g, a) => [g.fused(e.neg(x), [3, 4], [a]), g.fused(e.exp(x), [3, 4], [a])]],
    ['is read by another kind of node', (g, a) => [g.copy(a, { shape: [4, 3], strides: [1, 4], offset: 0 })]],
    ['is read turned', (g, a) => [g.fused(e.neg(x), [4, 3], [[a, [1, 4]]])]],
    ['is read again and again', (g, a) => [g.fused(e.neg(x), [2, 3, 4], [[a, [0, 4, 1]]])]],
    ['is read in place and turned', (g, a) => [g.fused(e.add(x, y), [3, 4], [a, [a, [1, 3]]])]],
    ['meets positions', (g, a) => [g.fused(e.add(x, e.position(0)), [3, 4], [a])]],
  ])('leaves alone a loop whose value %s', (_, rest) => {
    const g = new Graphs();
    const a = g.fused(e.exp(x), [3, 4], [g.input(12)]);
    const graph = g.graph(rest(g, a));
    expect(fused(graph)).toEqual(opsOf(graph));
  });

  it('leaves alone a gradient, a sum, and what reads positions itself', () => {
    const g = new Graphs();
    const gradient = g.fused(e.exp(x), [4], [g.input(4)]);
    const read = g.fused(e.neg(x), [4], [gradient]);
    const parameters = [g.state(samples(4, 1))];
    const update = { parameters, gradients: [gradient], memory: [], scalars: [], formulas: [e.sub(x, y)] };
    expect(fused(g.graph([read], [update]))).toEqual(['fused', 'fused']);
    const h = new Graphs();
    const sum = h.fused(x, [3, 4], [h.input(12)], { reduced: [false, true] });
    expect(fused(h.graph([h.fused(e.neg(x), [3], [sum])]))).toEqual(['fused', 'fused']);
    const places = h.fused(e.mul(x, e.position(0)), [3], [h.input(3)]);
    expect(fused(h.graph([h.fused(e.neg(x), [3], [places])]))).toContain('fused');
    expect(fused({ ...h.graph([h.fused(e.exp(x), [3], [places])]) })).toHaveLength(5);
  });

  it('joins no more than twelve arrays', () => {
    const chain = (count: number): Graph => {
      const g = new Graphs();
      let all = g.fused(e.neg(x), [4], [g.input(4)]);
      for (let i = 1; i < count; i++) all = g.fused(e.add(x, y), [4], [all, g.input(4)]);
      return g.graph([all]);
    };
    expect(fused(chain(12))).toHaveLength(1);
    expect(fused(chain(13))).toHaveLength(2);
  });

  it('moves no reading of a state past its assignment', () => {
    const g = new Graphs();
    const state = g.state(samples(4, 1));
    const old = g.fused(e.neg(x), [4], [state]);
    g.assign(g.input(4), state);
    expect(fused(g.graph([g.fused(e.exp(x), [4], [old])]))).toEqual(['fused', 'assign', 'fused']);
    const h = new Graphs();
    const weights = h.state(weightsOf(text));
    const sum = h.conv(text, h.input(120), [weights]);
    h.assign(h.input(weights.size), weights);
    expect(fused(h.graph([h.fused(e.neg(x), shape, [sum])]))).toEqual(['conv', 'assign', 'fused']);
  });
});

describe('fuseMaps, convolutions', () => {
  describe.each(['conv', 'inputGrad'] as const)('%s', (op) => {
    const own = op === 'conv' ? shape : [2, 3, 20];
    it.each<[string, (g: Graphs, sum: GraphValue) => Read[], readonly number[]]>([
      ['nothing else', (_, sum) => [sum, sum], own],
      ['an array like the result', (g, sum) => [sum, g.input(own[0] * own[1] * 20)], own],
      ['a value per channel', (g, sum) => [sum, [g.input(own[1]), [0, 1, 0]]], own],
      [
        'a value per channel, over axes of the plane',
        (g, sum) => [sum, [g.input(own[1]), [0, 1, 0, 0]]],
        [2, own[1], 5, 4],
      ],
    ])('finishes with a loop over its result and %s', (_, reads, over) => {
      for (const bias of [false, true]) {
        const { g, sum } = convolution(op, bias);
        const z = g.fused(e.add(e.max(x, 0), e.mul(y, 2)), over, reads(g, sum));
        expect(fused(g.graph([z]))).toEqual([op]);
      }
    });
  });

  it('finishes with two loops and arrays of both', () => {
    const { g, sum } = convolution();
    const one = g.fused(e.add(x, y), shape, [sum, [g.input(4), [0, 1, 0]]]);
    const two = g.fused(e.mul(e.add(x, y), e.input(2)), shape, [one, g.input(160), [g.input(4), [0, 1, 0]]]);
    expect(fused(g.graph([two]))).toEqual(['conv']);
  });

  it.each<[string, (g: Graphs, sum: GraphValue) => readonly GraphValue[]]>([
    ['a value per cell', (g, sum) => [g.fused(e.add(x, y), shape, [sum, [g.input(20), [0, 0, 1]]])]],
    ['a value per image', (g, sum) => [g.fused(e.add(x, y), shape, [sum, [g.input(2), [1, 0, 0]]])]],
    ['one value', (g, sum) => [g.fused(e.add(x, y), shape, [sum, [g.input(1), [0, 0, 0]]])]],
    ['a sum', (g, sum) => [g.fused(x, shape, [sum], { reduced: [true, false, true] })]],
    ['another order', (g, sum) => [g.fused(e.neg(x), [2, 20, 4], [[sum, [80, 1, 20]]])]],
    ['places', (g, sum) => [g.fused(e.add(x, e.position(1)), shape, [sum])]],
    ['a part', (g, sum) => [g.fused(e.neg(x), [1, 4, 20], [sum])]],
    ['whole numbers', (g, sum) => [g.fused(e.add(x, y), shape, [sum, g.input(160, 'int32')])]],
    ['a second reader', (g, sum) => [g.fused(e.neg(x), shape, [sum]), g.fused(e.abs(x), shape, [sum])]],
    ['a result', (g, sum) => [g.fused(e.neg(x), shape, [sum]), sum]],
  ])('does not finish with %s', (_, rest) => {
    const { g, sum } = convolution();
    const graph = g.graph(rest(g, sum));
    expect(fused(graph)).toEqual(opsOf(graph));
  });

  it('finish the later one of two, whose results are added', () => {
    for (const turned of [false, true]) {
      const g = new Graphs();
      const sums = [0, 1].map(() => g.conv(text, g.input(120), [g.constant(weightsOf(text))]));
      const graph = g.graph([g.fused(e.sub(x, y), shape, turned ? sums.toReversed() : sums)]);
      const after = fuseMaps(graph);
      expect(distance(graph, after)).toBeLessThan(1e-5);
      expect(after.nodes.map(({ op, inputs: [first] }) => [op, first])).toEqual(
        g.inputs.map((input) => ['conv', input]),
      );
      expect((after.nodes[0] as NodeOf<ConvWork>).finish.formula).toBeNull();
    }
  });

  it('finishes with four arrays, not with five', () => {
    for (const [count, left] of [
      [4, 1],
      [5, 2],
    ]) {
      const { g, sum } = convolution();
      let all = sum;
      for (let i = 0; i < count; i++) all = g.fused(e.add(x, y), shape, [all, g.input(160)]);
      expect(fused(g.graph([all]))).toHaveLength(left);
    }
  });
});
