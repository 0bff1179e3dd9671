// Every differentiable operation as a program that computes its result and all gradients, against the same run eagerly.

import * as neocog from 'neocog';
import { describe, expect, it } from 'vitest';
import { runCompiled, type Tensors } from './compiled.ts';
import { exported } from './conformance/harness.ts';
import { type Example, examples } from './examples.ts';
import { normal } from './samples.ts';

type Tensor = neocog.Tensor;

/** The result and the gradients of an example, for a random gradient from above. */
function allOf({ run }: Example, inputs: readonly Tensor[], above: Tensor): Tensors {
  const output = run(...inputs);
  const wanted = output.requiresGrad ? neocog.grad(output, [...inputs], { gradient: above }) : [];
  return Object.fromEntries([['output', output], ...wanted.map((t, i) => [`by input ${i}`, t])]);
}

function expectNear(actual: Tensor, expected: Tensor, name: string): void {
  expect(actual.shape, name).toEqual(expected.shape);
  const largest = Math.max(1, ...Array.from(expected.data, Math.abs));
  actual.data.forEach((value, i) => {
    expect(Math.abs(value - expected.data[i]) / largest, `${name} at ${i}`).toBeLessThan(1e-5);
  });
}

describe('operations compiled', () => {
  for (const example of examples) {
    const { needs, note, inputs, run } = example;
    const title = note ? `${needs} ${note}` : needs;
    if (exported(needs) === undefined) continue;
    it(title, async () => {
      const above = normal(77, run(...inputs).shape);
      const eager = allOf(example, inputs, above);
      const given = Object.fromEntries([['above', above], ...inputs.map((t, i) => [`x${i}`, t])]);
      const found = await runCompiled(given, [], false, ({ above: gradient, ...values }) =>
        allOf(example, Object.values(values), gradient),
      );
      for (const [name, t] of Object.entries(eager)) expectNear(found[name] as Tensor, t, name);
    });
  }
});
