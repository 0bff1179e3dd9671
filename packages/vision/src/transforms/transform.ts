// A transform: a function of a sample, and how a worker makes the same one.

import type { Generator, Recipe } from 'neocog';
import { needRandom, needSample, type TransformSample } from './sample.ts';

/** Changes a sample into one of the same parts, and draws what is random from `random`. */
export interface Transform {
  /**
   * @param sample What is changed; its tensors stay as they are, the result has others.
   * @param random A `Generator`; transforms that are not random do without.
   * @throws ShapeError for a sample whose parts do not fit together.
   */
  <S extends TransformSample>(sample: S, random?: Generator): S;
  /** How a worker of a `DataLoader` makes this transform. */
  readonly recipe?: Recipe;
}

/** By which name, and with which arguments, `makeTransform` makes a transform. */
export type TransformCall = readonly [name: string, ...args: readonly unknown[]];

/** The module of `makeTransform` beside this one; null in a bundle, which has no such file. */
const home = /\/transform\.[jt]s(\?.*)?$/.test(import.meta.url)
  ? import.meta.url.replace(/\/transform(\.[jt]s)(\?.*)?$/, '/made$1')
  : null;

const recipeOf = (value: TransformCall): { readonly recipe?: Recipe } =>
  home ? { recipe: { module: home, name: 'makeTransform', value } } : {};

/** A transform that always does the same. */
export function fixed(
  [name, ...args]: TransformCall,
  change: (sample: TransformSample) => Partial<TransformSample>,
): Transform {
  const transform = <S extends TransformSample>(sample: S): S => {
    needSample(name, sample);
    return { ...sample, ...change(sample) };
  };
  return Object.assign(transform, recipeOf([name, ...args]));
}

/** A transform that draws. */
export function drawn(
  [name, ...args]: TransformCall,
  change: (sample: TransformSample, random: Generator) => Partial<TransformSample>,
): Transform {
  const transform = <S extends TransformSample>(sample: S, random?: Generator): S => {
    needSample(name, sample);
    needRandom(name, random);
    return { ...sample, ...change(sample, random as Generator) };
  };
  return Object.assign(transform, recipeOf([name, ...args]));
}

/** A transform of others; it travels where they do. */
export function joined(
  [name, ...rest]: TransformCall,
  parts: readonly Transform[],
  run: (sample: TransformSample, random: Generator | undefined) => TransformSample,
): Transform {
  const transform = <S extends TransformSample>(sample: S, random?: Generator): S => {
    needSample(name, sample);
    return { ...sample, ...run(sample, random) };
  };
  const calls = parts.map(({ recipe }) => recipe?.value);
  return Object.assign(
    transform,
    calls.every((call) => call !== undefined) ? recipeOf([name, calls, ...rest]) : {},
  );
}

/** Uniform between two numbers. */
export const uniform = (random: Generator, low: number, high: number): number =>
  low + random.uniform() * (high - low);
