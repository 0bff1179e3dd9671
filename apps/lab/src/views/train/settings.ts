// The settings of the view, as its address holds them.

import {
  flagField,
  numberField,
  type QueryField,
  textField,
  wholeField,
  wordField,
} from '../../shell/query.ts';
import { layersField } from './net/layers.ts';
import { limits, optimisers, type Recipe, usualRate } from './recipe.ts';
import type { DataKind } from './work/facts.ts';

export const dataKinds: readonly DataKind[] = ['digits', 'garments', 'drawings', 'folders'];

const whole = (initial: number, { least, most }: { least: number; most: number }) =>
  wholeField(initial, least, most);

/** Above 0, and no more than anybody takes. */
const rateField: QueryField<number> = {
  ...numberField(usualRate.adam),
  read: (text) => [numberField(0).read(text)].find((rate) => rate !== undefined && rate > 0 && rate <= 10),
};

export const fields = {
  data: wordField<DataKind>('digits', dataKinds),
  net: layersField,
  optimiser: wordField('adam', optimisers),
  rate: rateField,
  batch: whole(32, limits.batch),
  passes: whole(6, limits.passes),
  seed: whole(1, limits.seed),
  shift: whole(1, limits.shift),
  turn: whole(0, limits.turn),
  zoom: whole(0, limits.zoom),
  flip: flagField(false),
  /** Of pictures in folders. */
  side: whole(32, limits.side),
  grey: flagField(false),
  /** What is looked at. */
  layer: textField(''),
  picture: wholeField(0, 0, 39),
  /** A network that has learnt, as text. */
  model: textField(''),
};

type Stated = Omit<Recipe, 'layers' | 'augmentation'> &
  Recipe['augmentation'] & { readonly net: Recipe['layers'] };

export const recipeOf = ({
  net: layers,
  optimiser,
  batch,
  seed,
  shift,
  turn,
  zoom,
  flip,
}: Stated): Recipe => ({
  ...{ layers, optimiser, batch, seed },
  augmentation: { shift, turn, zoom, flip },
});
