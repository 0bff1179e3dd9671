// Clipping gradients by their norm and by value.

import { describe, expect, it } from 'vitest';
import { optim, ShapeError, type Tensor, tensor } from '../index.ts';

const parameter = (...values: number[]): Tensor => tensor(values, [values.length], { requiresGrad: true });

describe('clipping', () => {
  const withGradients = (...gradients: number[][]): Tensor[] =>
    gradients.map((values) => {
      const p = parameter(...values.map(() => 0));
      p.grad = tensor(values);
      return p;
    });
  const gradientsOf = (parameters: readonly Tensor[]): number[][] =>
    parameters.map(({ grad }) => [...(grad as Tensor).data]);

  it('scales all gradients by their joint norm', () => {
    const parameters = [...withGradients([3, 0], [-4]), parameter(1)];
    expect(optim.clipGradNorm(parameters, 2.5)).toBe(5);
    const [[a, b], [c]] = gradientsOf(parameters.slice(0, 2));
    expect([a, b, c]).toEqual([expect.closeTo(1.5, 5), 0, expect.closeTo(-2, 5)]);
    expect(parameters[2].grad).toBeNull();
  });

  it('divides by a norm that is a little larger, so that nothing becomes NaN', () => {
    const tiny = withGradients([1e-6]);
    optim.clipGradNorm(tiny, 1e-6);
    expect((gradientsOf(tiny)[0] as number[])[0] / 5e-7).toBeCloseTo(1, 5);
    // 5 / (5 + 1e-6): a norm that is just the limit is beyond it by that much.
    const just = withGradients([3, 4]);
    expect(optim.clipGradNorm(just, 5)).toBe(5);
    expect(gradientsOf(just)).toEqual([
      [Math.fround(3 * Math.fround(5 / 5.000001)), Math.fround(4 * Math.fround(5 / 5.000001))],
    ]);
    const none = withGradients([0, 0]);
    expect(optim.clipGradNorm(none, 0)).toBe(0);
    expect(gradientsOf(none)).toEqual([[0, 0]]);
  });

  it('leaves small gradients exactly as they are', () => {
    const parameters = withGradients([3, 4]);
    const [{ grad }] = parameters;
    expect(optim.clipGradNorm(parameters, 6)).toBe(5);
    expect(parameters[0].grad).toBe(grad);
  });

  it.each([
    [1, 7],
    [2, 5],
    [Infinity, 4],
  ])('knows the norm of type %d', (normType, norm) => {
    expect(optim.clipGradNorm(withGradients([3], [-4]), 100, { normType })).toBe(norm);
  });

  it.each([
    [3, [3, -4, 5], 6],
    [0.5, [4, -9], 25],
    [4, [-2, 0, 2, 2, 2], 2 ** 1.5],
  ])('knows the norm of type %d, a root', (normType, gradients, norm) => {
    const parameters = withGradients(gradients);
    expect(optim.clipGradNorm(parameters, norm / 2, { normType })).toBeCloseTo(norm, 10);
    expect(gradientsOf(parameters)).toEqual([gradients.map((g) => expect.closeTo(g / 2, 5))]);
  });

  it('does not touch values that a gradient shares', () => {
    const parameters = withGradients([3, 4]);
    const shared = parameters[0].grad as Tensor;
    optim.clipGradNorm(parameters, 1);
    optim.clipGradValue(parameters, 0.1);
    expect([...shared.data]).toEqual([3, 4]);
  });

  it('passes NaN on, or refuses it', () => {
    const parameters = withGradients([Number.NaN, 1]);
    expect(() => optim.clipGradNorm(parameters, 1, { errorIfNonFinite: true })).toThrow('clipGradNorm: ');
    expect(optim.clipGradNorm(parameters, 1)).toBeNaN();
    expect(gradientsOf(parameters)).toEqual([[Number.NaN, Number.NaN]]);
  });

  it('holds entries within bounds', () => {
    const parameters = withGradients([-3, 0.5, 2], [Infinity, Number.NaN]);
    optim.clipGradValue(parameters, 1);
    expect(gradientsOf(parameters)).toEqual([
      [-1, 0.5, 1],
      [1, Number.NaN],
    ]);
  });

  it.each([
    () => optim.clipGradNorm([parameter(1)], -1),
    () => optim.clipGradNorm([parameter(1)], 1, { normType: 0 }),
    () => optim.clipGradValue([parameter(1)], Number.NaN),
    () => optim.clipGradValue(parameter(1) as unknown as Tensor[], 1),
  ])('refuses what makes no sense', (run) => {
    expect(run).toThrow(ShapeError);
  });
});
