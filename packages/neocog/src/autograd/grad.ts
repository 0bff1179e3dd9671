// Gradients by values of choice, of any order, and the check of gradients by finite differences.

import { above, aFunction, flag, need } from '../arguments/field.ts';
import { type Fields, needOptions } from '../arguments/options.ts';
import { ShapeError } from '../errors.ts';
import { aTensor, floatTensor, tensors } from '../tensor/fields.ts';
import { reverseWalk, withRecording } from '../tensor/graph.ts';
import { addGradients, seedOf, Tensor } from '../tensor/tensor.ts';

/** What `grad` is told beside output and inputs. */
export interface GradOptions {
  /** Gradient of the final result by `output`, of its shape. Default 1 for an output of one element; else needed. */
  gradient?: Tensor | undefined;
  /** Record the computation of the gradients, so that they can be differentiated again. Default false. */
  createGraph?: boolean | undefined;
}

const gradFields: Fields<GradOptions> = { gradient: floatTensor, createGraph: flag };

/**
 * Gradients of `output` by each of `inputs`, without touching any `grad`.
 *
 * @throws ShapeError if output does not depend on an input, or the gradient's shape is not output's.
 */
export function grad(output: Tensor, inputs: readonly Tensor[], options: GradOptions = {}): Tensor[] {
  need('grad', 'output', output, aTensor);
  need('grad', 'inputs', inputs, tensors);
  needOptions('grad', options, gradFields);
  const seed = seedOf('grad', output, options.gradient);
  return withRecording(options.createGraph ?? false, () => {
    const found = reverseWalk(output, seed, { add: addGradients, keep: new Set(inputs) });
    return inputs.map((input, i) => {
      const gradient = found.get(input);
      if (gradient) return gradient;
      throw new ShapeError(
        `grad: the output does not depend on input ${i}; leave it out, or make it with requiresGrad: true`,
      );
    });
  });
}

/** How closely `gradcheck` compares. */
export interface GradcheckOptions {
  /** Step of the central difference. Default 1e-2: values are float32. */
  eps?: number | undefined;
  /** Largest deviation allowed, absolute and relative to the difference. Default 1e-2. */
  tolerance?: number | undefined;
}

const checkFields: Fields<GradcheckOptions> = { eps: above(0), tolerance: above(0) };

/**
 * Compares the gradients of `fn` with central differences, entry by entry, for every input that requires a gradient.
 * The result of `fn` is weighed with fixed numbers, so that errors do not cancel in a sum.
 *
 * @throws ShapeError that names the first entry that deviates.
 * @example gradcheck((x) => tanh(x), [randn([3, 4], { requiresGrad: true })])
 */
export function gradcheck(
  fn: (...inputs: Tensor[]) => Tensor,
  inputs: readonly Tensor[],
  options: GradcheckOptions = {},
): true {
  need('gradcheck', 'fn', fn, aFunction);
  need('gradcheck', 'inputs', inputs, tensors);
  needOptions('gradcheck', options, checkFields);
  const { eps = 1e-2, tolerance = 1e-2 } = options;
  const output = fn(...inputs);
  need('gradcheck', 'the result of fn', output, floatTensor);
  const weights = new Tensor(
    Float32Array.from(output.data, (_, i) => Math.cos(1 + i)),
    output.shape,
  );
  const checked = [...inputs.entries()].filter(([, input]) => input.requiresGrad);
  const gradients = grad(
    output,
    checked.map(([, input]) => input),
    { gradient: weights },
  );
  const value = (): number => dot(fn(...inputs), weights);
  checked.forEach(([n, input], k) => {
    for (let i = 0; i < input.size; i++) {
      const slope = centralDifference({ data: input.data, i }, eps, value);
      const got = gradients[k].data[i];
      if (Math.abs(got - slope) <= tolerance * (1 + Math.abs(slope))) continue;
      throw new ShapeError(
        `gradcheck: the gradient of input ${n} at index ${i} is ${got}, but finite differences give ${slope}`,
      );
    }
  });
  return true;
}

function dot(a: Tensor, b: Tensor): number {
  let sum = 0;
  for (let i = 0; i < a.size; i++) sum += a.data[i] * b.data[i];
  return sum;
}

/** (f(x + eps) − f(x − eps)) / 2 eps, by what was really added in float32. */
function centralDifference(
  { data, i }: { readonly data: Tensor['data']; readonly i: number },
  eps: number,
  value: () => number,
): number {
  const x = data[i];
  data[i] = x + eps;
  const [above, high] = [data[i], value()];
  data[i] = x - eps;
  const [below, low] = [data[i], value()];
  data[i] = x;
  return (high - low) / (above - below);
}
