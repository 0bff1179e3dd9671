// What is left of matrix products, of pools over whole planes and of padding with anything but zeros, and that it means the same.

import { describe, expect, it } from 'vitest';
import { distance, Graphs, opsOf, resultsOf, samples, weightsOf } from '../../../../test/graphs.ts';
import { weightShape } from '../geometry/conv.ts';
import { parseConv } from '../geometry/text.ts';
import type { ConvGeometry, PoolGeometry } from '../geometry/types.ts';
import { product } from '../geometry/window.ts';
import type { Graph, GraphNode, GraphValue, NodeOf } from './graph.ts';
import { normalForm } from './normalForm.ts';
import type { ConvWork } from './work.ts';
import type { MatmulShape } from './workParts.ts';

/** The kinds of nodes afterwards; both graphs must mean the same. */
function normal(graph: Graph): string[] {
  const after = normalForm(graph);
  expect(distance(graph, after)).toBeLessThan(1e-5);
  return opsOf(after);
}

function matmul(shape: MatmulShape): Graph {
  const { batch, m, k, n } = shape;
  const g = new Graphs();
  const inputs = [g.input(batch * m * k), g.input(batch * k * n)];
  const to = g.value(batch * m * n, 'node', null);
  g.nodes.push({ op: 'matmul', label: 'product', inputs, outputs: [to], shape });
  return g.graph([to]);
}

const together = 'copy';

describe('a matrix product', () => {
  const sizes = { m: 3, k: 4, n: 5 };

  it.each([
    [false, true, 1, ['conv']],
    [false, false, 1, ['inputGrad']],
    [true, false, 1, ['weightGrad']],
    [true, true, 1, [together, 'conv']],
    [false, true, 2, [together, 'conv', together]],
    [false, false, 2, [together, 'inputGrad', together]],
    [true, false, 2, [together, together, 'weightGrad']],
    [true, true, 2, [together, 'conv', together]],
  ])('with transposed A %s and B %s, %d at once, becomes %j', (transposeA, transposeB, batch, ops) => {
    const graph = matmul({ ...sizes, batch, transposeA, transposeB });
    expect(normal(graph)).toEqual(ops);
    expect(normalForm(graph).nodes.every(({ label }) => label === 'product')).toBe(true);
  });

  it('that sums nothing becomes zeros', () => {
    const graph = matmul({ ...sizes, k: 0, batch: 2, transposeA: false, transposeB: false });
    expect(normal(graph)).toEqual(['fused']);
    expect(resultsOf(normalForm(graph))).toEqual([new Array(30).fill(0)]);
  });
});

/** A convolution over 2 images of 4 channels, of 5×4 cells, in two groups. */
function convolution(op: ConvWork['op'] | 'weightGrad', mode: ConvGeometry['paddingMode'], bias = false) {
  const text = 'n2 g2 c4>6 5x4 k3x2 s2 d1 p1';
  const geometry = { ...parseConv(text), paddingMode: mode };
  const cells = product(geometry.axes.map((axis) => axis.output));
  const [atInput, atOutput] = [2 * 4 * 20, 2 * 6 * cells];
  const g = new Graphs();
  const node = (inputs: GraphValue[], size: number): Graph => {
    const to = g.value(size, 'node', null);
    const finish = { formula: null, extras: [] };
    const common = { label: 'layer', geometry, inputs, outputs: [to] };
    g.nodes.push(op === 'weightGrad' ? { ...common, op } : { ...common, op, bias, finish });
    return g.graph([to]);
  };
  if (op === 'weightGrad') return node([g.input(atInput), g.input(atOutput)], product(weightShape(geometry)));
  const [from, to, channels] = op === 'conv' ? [atInput, atOutput, 6] : [atOutput, atInput, 4];
  const more = bias ? [g.constant(samples(channels, 4))] : [];
  return node([g.input(from), g.constant(weightsOf(text)), ...more], to);
}

describe('padding', () => {
  describe.each(['reflect', 'replicate', 'circular'] as const)('%s', (mode) => {
    it('becomes a copy before what reads it', () => {
      expect(normal(convolution('conv', mode))).toEqual(['copy', 'conv']);
      expect(normal(convolution('conv', mode, true))).toEqual(['copy', 'conv']);
      expect(normal(convolution('weightGrad', mode))).toEqual(['copy', 'weightGrad']);
    });

    it('is folded into the gradient of the input, and a bias is added after that', () => {
      expect(normal(convolution('inputGrad', mode))).toEqual(['inputGrad', 'copyAdd']);
      expect(normal(convolution('inputGrad', mode, true))).toEqual(['inputGrad', 'copyAdd', 'fused']);
    });
  });

  it('with zeros stays', () => {
    for (const op of ['conv', 'inputGrad', 'weightGrad'] as const) {
      const graph = convolution(op, 'zeros');
      expect(normalForm(graph)).toEqual(graph);
    }
  });

  it('of no cells is padding with zeros, without a copy', () => {
    const g = new Graphs();
    const geometry = { ...parseConv('n1 g1 c1>2 5 k3 s1 d1 p0'), paddingMode: 'reflect' as const };
    const y = g.conv('n1 g1 c1>2 5 k3 s1 d1 p0', g.input(5), [g.constant(samples(6, 1))]);
    const [node] = g.nodes as NodeOf<ConvWork>[];
    const graph = { ...g.graph([y]), nodes: [{ ...node, geometry }] };
    expect(normal(graph)).toEqual(['conv']);
    expect(normalForm(graph).nodes[0]).toEqual(node);
  });
});

describe('a pool', () => {
  const whole = { kernel: 3, stride: 3, dilation: 1, padBefore: 0, padAfter: 0, input: 3, output: 1 };
  const other = { ...whole, kernel: 4, stride: 4, input: 4 };

  function pool(axes: PoolGeometry['axes']): Graph {
    const geometry: PoolGeometry = { batch: 2, channels: 3, axes };
    const cells = (side: 'input' | 'output') => 6 * product(axes.map((axis) => axis[side]));
    const g = new Graphs();
    const to = g.value(cells('output'), 'node', null);
    const scale = product(axes.map((axis) => axis.output));
    const inputs = [g.input(cells('input')), g.constant(new Array(scale).fill(0.25))];
    const node: GraphNode = { op: 'sumPool', label: 'pool', geometry, inputs, outputs: [to] };
    g.nodes.push(node);
    return g.graph([to]);
  }

  it('over whole planes is a sum like any other', () => {
    expect(normal(pool([whole]))).toEqual(['fused']);
    expect(normal(pool([whole, other]))).toEqual(['fused']);
  });

  it.each([
    ['moves', { ...whole, input: 6, output: 2 }],
    ['leaves out cells', { ...whole, input: 5 }],
    ['reaches beyond the plane', { ...whole, input: 1, padBefore: 1, padAfter: 1 }],
    ['skips cells', { ...whole, input: 3, kernel: 2, dilation: 2 }],
  ])('stays where its window %s', (_, axis) => {
    expect(normal(pool([whole, axis]))).toEqual(['sumPool']);
  });
});
