import { describe, expect, it } from 'vitest';
import { dense, distance, Graphs, type Read } from '../../../../../test/graphs.ts';
import type { GraphValue, NodeOf } from '../../backends/graph.ts';
import type { FusedWork } from '../../backends/work.ts';
import * as e from '../../expression/expression.ts';
import { sameShape } from '../../tensor/shape.ts';
import { InputList, joinLoops } from './joinLoops.ts';

const [x, y] = [e.input(0), e.input(1)];

interface Second {
  readonly shape: readonly number[];
  readonly read: readonly number[];
  readonly reduced?: readonly boolean[];
  readonly more?: (g: Graphs) => Read[];
}

/** A map over a shape and a loop that reads it, joined; the joined one must give the same. */
function join(
  first: readonly number[],
  { shape, read, reduced, more }: Second,
  most = 12,
): NodeOf<FusedWork> | null {
  const g = new Graphs();
  const a = g.input(first.reduce((size, axis) => size * axis, 1));
  const middle = g.fused(e.sub(x, 0.25), first, [a]);
  const rest = more?.(g) ?? [];
  const formula = rest.reduce<e.Expr>((sum, _, i) => e.add(sum, e.input(i + 1)), e.mul(x, 3));
  const z = g.fused(formula, shape, [[middle, read], ...rest], reduced ? { reduced } : {});
  const joined = joinLoops(g.nodes[0] as NodeOf<FusedWork>, g.nodes[1] as NodeOf<FusedWork>, most);
  if (joined) expect(distance(g.graph([z]), { ...g.graph([z]), nodes: [joined] })).toBeLessThan(1e-6);
  return joined;
}

describe('joinLoops', () => {
  it('leaves formulas apart that have more than 128 parts together', () => {
    const joined = (...parts: number[]): NodeOf<FusedWork> | null => {
      const g = new Graphs();
      const [first, second] = parts.map((count) =>
        Array.from({ length: count - 1 }).reduce<e.Expr>((formula) => e.exp(formula), x),
      ) as [e.Expr, e.Expr];
      g.fused(second, [4], [[g.fused(first, [4], [g.input(4)]), [1]]]);
      return joinLoops(g.nodes[0] as NodeOf<FusedWork>, g.nodes[1] as NodeOf<FusedWork>, 12);
    };
    expect(joined(64, 64)).not.toBeNull();
    expect(joined(127, 1)).not.toBeNull();
    expect(joined(64, 65)).toBeNull();
    expect(joined(101, 101)).toBeNull();
  });

  it.each<[string, readonly number[], Second]>([
    ['of one shape', [3, 4], { shape: [3, 4], read: [4, 1] }],
    ['that sums', [3, 4], { shape: [3, 4], read: [4, 1], reduced: [true, false] }],
    ['with axes of one cell', [3, 1, 4], { shape: [1, 3, 4], read: [7, 4, 1] }],
    ['over all elements in a row, before axes', [12], { shape: [3, 4], read: [4, 1] }],
    ['over axes, before all elements in a row', [3, 4], { shape: [12], read: [1] }],
    ['of one point', [1], { shape: [1], read: [1] }],
    [
      'with an array that repeats',
      [3, 4],
      { shape: [3, 4], read: [4, 1], more: (g) => [[g.input(4), [0, 1]]] },
    ],
  ])('makes one of two loops %s', (_, first, second) => {
    expect(join(first, second)).not.toBeNull();
  });

  it.each<[string, readonly number[], Second]>([
    ['turned', [3, 4], { shape: [4, 3], read: [1, 4] }],
    ['turned, of the same sizes', [3, 3], { shape: [3, 3], read: [1, 3] }],
    ['in part', [3, 4], { shape: [2, 4], read: [4, 1] }],
    ['again and again', [4], { shape: [3, 4], read: [0, 1] }],
    ['with other axes', [2, 6], { shape: [3, 4], read: [4, 1] }],
    [
      'in a row, with a table that is not',
      [3, 4],
      { shape: [12], read: [1], more: (g) => [[g.input(23), [2]]] },
    ],
  ])('does not join where the second reads the first %s', (_, first, second) => {
    expect(join(first, second)).toBeNull();
  });

  it('does not join sums into what reads them, nor more arrays than allowed', () => {
    const g = new Graphs();
    const sum = g.fused(x, [3, 4], [g.input(12)], { reduced: [false, true] });
    g.fused(e.neg(x), [3], [sum]);
    expect(joinLoops(g.nodes[0] as NodeOf<FusedWork>, g.nodes[1] as NodeOf<FusedWork>, 12)).toBeNull();
    const second = { shape: [3, 4], read: [4, 1], more: (h: Graphs) => [h.input(12), h.input(12)] };
    expect(join([3, 4], second, 3)?.inputs).toHaveLength(3);
    expect(join([3, 4], second, 2)).toBeNull();
  });

  it('does not join loops that read positions', () => {
    for (const [first, second] of [
      [e.position(0), x],
      [x, e.position(0)],
    ]) {
      const g = new Graphs();
      const a = g.fused(e.add(x, first), [12], [g.input(12)]);
      g.fused(e.mul(x, second), [12], [a]);
      expect(joinLoops(g.nodes[0] as NodeOf<FusedWork>, g.nodes[1] as NodeOf<FusedWork>, 12)).toBeNull();
    }
  });

  it('lists an array once for each way to read it', () => {
    const g = new Graphs();
    const [a, b]: GraphValue[] = [g.input(4), g.input(4)];
    const list = new InputList<readonly number[]>(sameShape);
    expect([list.add(a, [1]), list.add(b, [1]), list.add(a, [1]), list.add(a, [0])]).toEqual([0, 1, 0, 2]);
    expect(list.values).toEqual([a, b, a]);
    expect(list.kinds).toEqual([[1], [1], [0]]);
    const middle = g.fused(e.mul(x, y), [2, 2], [a, b]);
    g.fused(e.sub(x, y), [2, 2], [middle, a]);
    const joined = joinLoops(g.nodes[0] as NodeOf<FusedWork>, g.nodes[1] as NodeOf<FusedWork>, 12);
    expect(joined?.inputs).toEqual([a, b]);
    expect(joined?.loop.strides).toEqual([dense([2, 2]), dense([2, 2])]);
  });
});
