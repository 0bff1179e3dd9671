// Some samples of a data set, as a data set.

import { type Field, field, isListOf, isSize, need } from '../arguments/field.ts';
import { ShapeError } from '../errors.ts';
import { aDataset, type Dataset, nameOf, type Recipe, type Sample } from './dataset.ts';
import { cook } from './workers/recipe.ts';

const isPlace = (value: unknown): boolean => isSize(value, 0);
const places: Field<readonly number[] | Int32Array> = field(
  'a list of places, whole numbers from 0',
  (v) => isListOf(v, isPlace) || (v instanceof Int32Array && v.every(isPlace)),
);

/**
 * The samples of a data set at some places, in that order; workers read them where they read the whole.
 *
 * @throws ShapeError for a place that the data set does not have.
 * @example const few = subset(train, [0, 5, 7]); // few.length is 3
 */
export function subset<S extends object = Sample>(
  dataset: Dataset<S>,
  indices: readonly number[] | Int32Array,
): Dataset<S> {
  need('subset', 'dataset', dataset, aDataset);
  need('subset', 'indices', indices, places);
  const kept = Int32Array.from(indices);
  const beyond = kept.find((place) => place >= dataset.length);
  if (beyond !== undefined) {
    throw new ShapeError(
      `subset: there is no place ${beyond} in a data set of ${dataset.length}; give places below that`,
    );
  }
  return pick(dataset, kept);
}

/** What a worker makes of the recipe of a subset. */
export async function openSubset({ whole, kept }: { whole: Recipe; kept: Int32Array }): Promise<Dataset> {
  return pick((await cook(whole)) as Dataset, kept); // what the recipe of a data set makes
}

function pick<S extends object>(dataset: Dataset<S>, kept: Int32Array): Dataset<S> {
  const { recipe } = dataset;
  const targetsOf = dataset.targetsOf?.bind(dataset);
  return {
    length: kept.length,
    get: (index) => dataset.get(kept[index]),
    nameOf: (index) => nameOf(dataset, kept[index]),
    ...(targetsOf && { targetsOf }),
    recipe: recipe && { module: import.meta.url, name: 'openSubset', value: { whole: recipe, kept } },
  };
}
