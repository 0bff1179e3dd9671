import { expect, it } from 'vitest';
import { Graphs, samples } from '../../../../../test/graphs.ts';
import { referenceBackend } from '../../backends/reference/backend.ts';
import * as e from '../../expression/expression.ts';
import { optimize } from '../optimize.ts';
import { Known } from './known.ts';

it('computes once for the same arrays and the same words', () => {
  const known = new Known();
  const [a, b] = [samples(4, 1), samples(4, 1)];
  let computed = 0;
  const get = (how: string, ...arrays: (Float32Array | null)[]): unknown =>
    known.get(how, arrays, () => [new Float32Array([computed++])])[0];
  const first = get('sum', a, null, b);
  expect(get('sum', a, null, b)).toBe(first);
  for (const other of [
    get('sum', a, b),
    get('sum', b, null, a),
    get('sum', a, null, a),
    get('max', a, null, b),
  ])
    expect(other).not.toBe(first);
  expect(computed).toBe(5);
});

it('gives graphs of other sizes the same constants, through several passes', () => {
  const [weights, scale] = [Float32Array.from(samples(4 * 3 * 9, 1)), Float32Array.from(samples(4, 2))];
  const known = new Known();
  const constantsOf = (side: number) => {
    const g = new Graphs();
    const constant = (data: Float32Array) => ({ ...g.constant(data), data });
    const conv = g.conv(`n1 g1 c3>4 ${side}x${side} k3x3 s1 d1 p1`, g.input(3 * side ** 2), [
      constant(weights),
    ]);
    const twice = g.fused(e.mul(e.input(0), 2), [4], [constant(scale)]);
    const scaled = g.fused(e.mul(e.input(0), e.input(1)), [4, side ** 2], [conv, [twice, [1, 0]]]);
    const again = g.fused(e.sub(e.input(0), e.input(1)), [4, side ** 2], [scaled, [twice, [1, 0]]]);
    const { nodes } = optimize(g.graph([again]), referenceBackend, { known });
    expect(nodes.map(({ op }) => op)).toEqual(['conv']);
    return nodes[0].inputs.slice(1).map(({ data }) => data);
  };
  const [first, second] = [constantsOf(5), constantsOf(8)];
  expect(first).toHaveLength(2);
  second.forEach((data, i) => expect(data).toBe(first[i]));
});
