// Tensors of random numbers from a seeded generator.

import { flag } from '../arguments/field.ts';
import { type Fields, needOptions } from '../arguments/options.ts';
import type { Plain } from '../types/shapes.ts';
import { generator } from './fields.ts';
import { defaultGenerator, type Generator } from './random.ts';
import { allocate, checkShape, keepShape, type Shape } from './shape.ts';
import { Tensor } from './tensor.ts';

/** What `rand` and `randn` take beside the shape. */
export interface SamplingOptions {
  /** Where the numbers come from; the default generator unless given (see `manualSeed`). */
  generator?: Generator | undefined;
  /** Record what is computed from this tensor, so that `backward` fills its `grad`. Default false. */
  requiresGrad?: boolean | undefined;
}

const fields: Fields<SamplingOptions> = { generator, requiresGrad: flag };

/** Uniform in [0, 1). @throws ShapeError for an impossible shape. */
export const rand = sampler('rand', (generator, data) => generator.fillUniform(data));

/** Standard normal. @throws ShapeError for an impossible shape. */
export const randn = sampler('randn', (generator, data) => generator.fillNormal(data));

/* @__NO_SIDE_EFFECTS__ */
function sampler(
  fn: string,
  fill: (generator: Generator, data: Float32Array) => void,
): <const S extends Shape>(shape: S, options?: SamplingOptions) => Tensor<Plain<S>> {
  return (shape, options = {}) => {
    checkShape(fn, shape);
    needOptions(fn, options, fields);
    const source = options.generator ?? defaultGenerator();
    const data = allocate(fn, shape, (size) => new Float32Array(size));
    fill(source, data);
    return new Tensor(data, keepShape(shape), options.requiresGrad ?? false);
  };
}
