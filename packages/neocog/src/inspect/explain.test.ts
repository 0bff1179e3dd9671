// Plans of all kernels of convolutions of all ranks, on both backends, and what is no kernel.

import { explainPlan, formatExplanation, ShapeError, withBackend } from 'neocog';
import { describe, expect, it } from 'vitest';

const layers = [
  'n2 g1 c3>8 41 k5 s2 d1 p2',
  'n1 g1 c64>64 14x14 k3x3 s1 d1 p1',
  'n1 g8 c8>8 9x9 k3x3 s1 d1 p1 reflect',
  'n1 g1 c4>6 5x6x7 k3x2x1 s1x2x1 d1 p1x0x0',
];
const kernels = ['conv', 'inputGrad', 'weightGrad'] as const;

describe.each(['wasm', 'reference'] as const)('on %s', (backend) => {
  it.each(layers)('%s has a plan for each kernel, by its name or as an option', (layer) => {
    withBackend(backend, () => {
      const plans = kernels.map((kernel) => explainPlan(layer, { kernel }));
      expect(kernels.map((kernel) => explainPlan(layer, kernel))).toEqual(plans);
      for (const plan of plans) {
        expect(plan.chosen).not.toBe('');
        expect(formatExplanation(plan)).toContain(`runs as ${plan.chosen}`);
      }
      expect(explainPlan(layer, { kernel: undefined })).toEqual(plans[0]);
      expect(explainPlan(layer)).toEqual(plans[0]);
    });
  });
});

it('the three kernels have listings of their own', () => {
  const listings = kernels.map((kernel) => explainPlan(layers[1] as string, { kernel }).listing);
  expect(new Set(listings).size).toBe(3);
});

it.each([
  ['a name that is none', 'outputGrad'],
  ['an option that is none', { kernel: 'outputGrad' }],
])('%s is refused with those that there are', (_, options) => {
  const plan = () => explainPlan(layers[0] as string, options as never);
  expect(plan).toThrow(ShapeError);
  expect(plan).toThrow("explainPlan: kernel is 'outputGrad'; give one of 'conv', 'inputGrad', 'weightGrad'");
});

it('an option of another name is refused', () => {
  expect(() => explainPlan(layers[0] as string, { pass: 'conv' } as never)).toThrow(
    "explainPlan: option 'pass' is unknown; choose from kernel",
  );
});
