import { describe, expect, it } from 'vitest';
import { dense, distance, Graphs, opsOf, samples, weightsOf } from '../../../../../test/graphs.ts';
import type { Graph, GraphValue } from '../../backends/graph.ts';
import { referenceBackend } from '../../backends/reference/backend.ts';
import type { ConvWork } from '../../backends/work.ts';
import * as e from '../../expression/expression.ts';
import { foldScales } from './foldScales.ts';

const [x, s, t] = [e.input(0), e.input(1), e.input(2)];

interface Subject {
  readonly g: Graphs;
  readonly y: GraphValue;
  /** Of the convolution's result: images, channels, cells. */
  readonly shape: readonly number[];
}

/** A convolution with constant weights; as `inputGrad` it is a transposed one. */
function convolution(text: string, op: ConvWork['op'] = 'conv', bias = false): Subject {
  const g = new Graphs();
  const [, n, from, to] = /^n(\d+) g\d+ c(\d+)>(\d+)/.exec(text)!.map(Number);
  const channels = op === 'conv' ? to : from;
  const own = [g.constant(weightsOf(text)), ...(bias ? [g.constant(samples(channels, 8))] : [])];
  const cells = text.includes('5x4') ? 20 : 7;
  const y = g.conv(text, g.input(n * (op === 'conv' ? from : to) * cells), own, op);
  return { g, y, shape: [n, channels, cells] };
}

/** The graph before and after, which must mean the same. */
function folded(graph: Graph, alike = false): string[] {
  const after = foldScales(graph, referenceBackend, { alike });
  expect(distance(graph, after)).toBeLessThan(1e-5);
  return opsOf(after);
}

const perChannel = [0, 1, 0];

/** `scale · y + shift` with different numbers for each channel. */
function scaled({ g, y, shape }: Subject): GraphValue {
  const [scale, shift] = [g.constant(samples(shape[1], 5)), g.constant(samples(shape[1], 6))];
  return g.fused(e.add(e.mul(x, s), t), shape, [y, [scale, perChannel], [shift, perChannel]]);
}

describe('foldScales', () => {
  describe.each([
    'n2 g1 c3>4 5x4 k3x3 s1 d1 p1',
    'n1 g1 c3>4 7 k3 s1 d1 p1',
    'n2 g2 c4>6 5x4 k3x3 s1 d1 p1',
    'n2 g3 c6>9 7 k1 s1 d1 p0',
    'n1 g4 c4>8 5x4 k3x3 s1 d1 p1',
    'n1 g4 c8>4 5x4 k3x3 s1 d1 p1',
  ])('takes scales and shifts into %s', (text) => {
    it.each([
      ['conv', false],
      ['conv', true],
      ['inputGrad', false],
      ['inputGrad', true],
    ] as const)('%s, with a bias: %s', (op, bias) => {
      const subject = convolution(text, op, bias);
      expect(folded(subject.g.graph([scaled(subject)]))).toEqual([op]);
    });
  });

  const text = 'n2 g1 c3>4 5x4 k3x3 s1 d1 p1';

  it('takes one loop after the other, and formulas without an input', () => {
    const subject = convolution(text);
    const once = scaled(subject);
    const twice = subject.g.fused(e.sub(e.neg(e.div(x, 4)), 0.5), subject.shape, [once]);
    expect(folded(subject.g.graph([twice]))).toEqual(['conv']);
  });

  it('keeps weights where only a shift is there', () => {
    const { g, y, shape } = convolution(text);
    const graph = g.graph([g.fused(e.add(x, s), shape, [y, [g.constant(samples(4, 5)), perChannel]])]);
    const after = foldScales(graph, referenceBackend);
    expect(after.nodes[0].inputs[1]).toBe(graph.nodes[0].inputs[1]);
    expect(folded(graph)).toEqual(['conv']);
  });

  it.each<[string, (subject: Subject) => readonly GraphValue[]]>([
    [
      'is read elsewhere too',
      (subject) => [scaled(subject), subject.g.fused(e.neg(x), subject.shape, [subject.y])],
    ],
    ['is a result itself', (subject) => [scaled(subject), subject.y]],
    ['is read twice', ({ g, y, shape }) => [g.fused(e.mul(x, s), shape, [y, y])]],
    ['bends', ({ g, y, shape }) => [g.fused(e.max(x, 0), shape, [y])]],
    ['meets itself', ({ g, y, shape }) => [g.fused(e.mul(x, x), shape, [y])]],
    ['is a divisor', ({ g, y, shape }) => [g.fused(e.div(e.lift(1), e.add(x, 40)), shape, [y])]],
    ['is summed', ({ g, y, shape }) => [g.fused(e.mul(x, 2), shape, [y], { reduced: [false, false, true] })]],
    ['is scaled by places', ({ g, y, shape }) => [g.fused(e.mul(x, e.position(2)), shape, [y])]],
    ['is moved by channels', ({ g, y, shape }) => [g.fused(e.add(x, e.position(1)), shape, [y])]],
    [
      'is scaled by an input',
      ({ g, y, shape }) => [g.fused(e.mul(x, s), shape, [y, [g.input(4), perChannel]])],
    ],
    [
      'is scaled by a state',
      ({ g, y, shape }) => [g.fused(e.mul(x, s), shape, [y, [g.state(samples(4, 2)), perChannel]])],
    ],
    [
      'is scaled cell by cell',
      ({ g, y, shape }) => [g.fused(e.mul(x, s), shape, [y, [g.constant(samples(20, 2)), [0, 0, 1]]])],
    ],
    [
      'is scaled image by image',
      ({ g, y, shape }) => [g.fused(e.mul(x, s), shape, [y, [g.constant(samples(2, 2)), [1, 0, 0]]])],
    ],
    [
      'is scaled value by value',
      ({ g, y, shape }) => [g.fused(e.mul(x, s), shape, [y, g.constant(samples(160, 2))])],
    ],
    ['is read in another order', ({ g, y }) => [g.fused(e.mul(x, 2), [2, 20, 4], [[y, [80, 1, 20]]])]],
    ['is read in part', ({ g, y }) => [g.fused(e.mul(x, 2), [1, 4, 20], [y])]],
  ])('leaves alone a result that %s', (_, rest) => {
    const subject = convolution(text);
    const graph = subject.g.graph(rest(subject));
    expect(folded(graph)).toEqual(opsOf(graph));
  });

  it('leaves alone a convolution whose weights are no constants', () => {
    const g = new Graphs();
    const y = g.conv(text, g.input(120), [g.state(weightsOf(text))]);
    expect(folded(g.graph([scaled({ g, y, shape: [2, 4, 20] })]))).toEqual(['conv', 'fused']);
    const h = new Graphs();
    const z = h.conv(text, h.input(120), [h.constant(weightsOf(text)), h.input(4)]);
    expect(folded(h.graph([scaled({ g: h, y: z, shape: [2, 4, 20] })]))).toEqual(['conv', 'fused']);
  });

  it('treats a batch of one cell as others only where that is asked for', () => {
    const g = new Graphs();
    const one = 'n1 g1 c3>4 1 k1 s1 d1 p0';
    const y = g.conv(one, g.input(3), [g.constant(weightsOf(one))]);
    const graph = g.graph([
      g.fused(e.mul(x, s), [1, 4, 1], [y, [g.constant(samples(4, 2)), dense([1, 4, 1])]]),
    ]);
    expect(folded(graph)).toEqual(['conv', 'fused']);
    expect(folded(graph, true)).toEqual(['conv']);
  });
});
