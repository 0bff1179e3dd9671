// Transforms by their names: how a worker makes what it was told. Called by recipes alone (transform.ts).

import { UnsupportedError } from 'neocog';
import { show } from 'neocog/arguments';
import { compose, randomApply, randomChoice } from './compose.ts';
import * as crops from './crops.ts';
import { erase } from './erase.ts';
import * as flips from './flips.ts';
import * as looks from './looks.ts';
import { randAugment, trivialAugment } from './policies.ts';
import type { Transform, TransformCall } from './transform.ts';
import { affine, perspective, rotate } from './turns.ts';

// Each is called with what it was called with elsewhere, where it was checked.
const makers: Readonly<Record<string, (...args: never[]) => Transform>> = {
  affine,
  autocontrast: looks.autocontrast,
  blur: looks.blur,
  centerCrop: crops.centerCrop,
  colorJitter: looks.colorJitter,
  equalize: looks.equalize,
  erase,
  fiveCrop: crops.fiveCrop,
  gray: looks.gray,
  horizontalFlip: flips.horizontalFlip,
  invert: looks.invert,
  normalize: looks.normalize,
  pad: crops.pad,
  perspective,
  posterize: looks.posterize,
  randAugment,
  randomCrop: crops.randomCrop,
  randomResizedCrop: crops.randomResizedCrop,
  resize: crops.resize,
  resizeShorter: crops.resizeShorter,
  rotate,
  sharpness: looks.sharpness,
  solarize: looks.solarize,
  trivialAugment,
  verticalFlip: flips.verticalFlip,
};

/** The transform of a recipe. */
export function makeTransform([name, ...args]: TransformCall): Transform {
  const inner = (): Transform[] => (args[0] as TransformCall[]).map(makeTransform);
  if (name === 'compose') return compose(inner());
  if (name === 'randomChoice') return randomChoice(inner());
  if (name === 'randomApply') return randomApply(inner()[0], args[1] as number);
  if (Object.hasOwn(makers, name)) return makers[name](...(args as never[]));
  throw new UnsupportedError(
    `transforms: there is no ${show(name)}; the worker has another version of the package`,
  );
}
