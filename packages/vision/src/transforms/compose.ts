// Transforms of transforms.

import { aFunction, type Field, field, isListOf, need } from 'neocog/arguments';
import { chance } from './fields.ts';
import { needRandom } from './sample.ts';
import { joined, type Transform } from './transform.ts';

const transformList: Field<readonly Transform[]> = field(
  'a list of transforms, such as [transforms.resize(64)]',
  (v) => isListOf(v, aFunction.ok),
);

const someTransforms: Field<readonly Transform[]> = field(
  'a list of at least one transform',
  (v) => isListOf(v, aFunction.ok) && v.length > 0,
);

/**
 * One transform after the other. Your own functions `(sample, random) => sample` may stand among them; a `DataLoader` then runs all on
 * the thread that iterates.
 *
 * @throws ShapeError for what is no list of functions.
 * @example transforms.compose([transforms.randomResizedCrop(224), transforms.horizontalFlip(), transforms.normalize(mean, std)])
 */
export function compose(list: readonly Transform[]): Transform {
  need('compose', 'transforms', list, transformList);
  return joined(['compose'], list, (sample, random) =>
    list.reduce((at, transform) => transform(at, random), sample),
  );
}

/** Applies a transform, or several, with probability `p`. @throws ShapeError for what is none. */
export function randomApply(transform: Transform, p = 0.5): Transform {
  need('randomApply', 'transform', transform, aFunction);
  need('randomApply', 'p', p, chance);
  return joined(['randomApply', p], [transform], (sample, random) => {
    needRandom('randomApply', random);
    return random && random.uniform() < p ? transform(sample, random) : sample;
  });
}

/** Applies one of several transforms, each as often. @throws ShapeError for an empty list. */
export function randomChoice(list: readonly Transform[]): Transform {
  need('randomChoice', 'transforms', list, someTransforms);
  return joined(['randomChoice'], list, (sample, random) => {
    needRandom('randomChoice', random);
    return random ? list[random.integer(list.length)](sample, random) : sample;
  });
}
