// Every layer of Keras that is read, by class name.

import { convolutionLayers } from './convolution.ts';
import { normalizationLayers } from './normalization.ts';
import { poolingLayers } from './pooling.ts';
import type { LayerTable } from './reader.ts';
import { shapeLayers } from './shapes.ts';

const classes: LayerTable = {
  ...convolutionLayers,
  ...poolingLayers,
  ...normalizationLayers,
  ...shapeLayers,
};

/** Other names of the same classes. */
const aliases: Readonly<Record<string, string>> = {
  ...Object.fromEntries(
    [1, 2, 3].flatMap((rank) => [
      [`Convolution${rank}D`, `Conv${rank}D`],
      [`MaxPool${rank}D`, `MaxPooling${rank}D`],
      [`AvgPool${rank}D`, `AveragePooling${rank}D`],
    ]),
  ),
  BatchNormalizationV1: 'BatchNormalization',
  BatchNormalizationV2: 'BatchNormalization',
  SyncBatchNormalization: 'BatchNormalization',
};

export const kerasLayers: LayerTable = {
  ...classes,
  ...Object.fromEntries(Object.entries(aliases).map(([alias, name]) => [alias, classes[name]])),
};

/** Names of layers without their aliases. */
export const layerNames: readonly string[] = Object.keys(classes);
