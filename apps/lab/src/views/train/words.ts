// Layers, runs and figures as the visitor reads them.

import { percent } from '../../design/numbers.ts';
import type { ActivationName, LayerKind, LayerSpec } from './net/layers.ts';
import type { OptimiserName, Recipe } from './recipe.ts';
import type { DataKind, LinkFacts } from './work/facts.ts';

export const kindNames: Readonly<Record<LayerKind, string>> = {
  conv: 'Convolution',
  max: 'Max pooling',
  mean: 'Mean pooling',
  global: 'Mean of each map',
  dropout: 'Dropout',
  linear: 'Linear',
};

export const activationNames: Readonly<Record<ActivationName, string>> = {
  relu: 'ReLU',
  leakyRelu: 'Leaky ReLU',
  gelu: 'GELU',
  silu: 'SiLU',
  tanh: 'tanh',
  sigmoid: 'sigmoid',
  none: 'none',
};

export const optimiserNames: Readonly<Record<OptimiserName, string>> = {
  adam: 'Adam',
  momentum: 'Momentum',
  sgd: 'SGD',
};

export const dataNames: Readonly<Record<DataKind, string>> = {
  digits: 'Digits',
  garments: 'Garments',
  drawings: 'Drawings',
  folders: 'Folders',
};

/** `96.4 %`, never rounded up: 99.96 is not all. */
export const share = (value: number): string => percent(Math.floor(value * 1000) / 1000, 1);

const kilobytes = (letters: number): string => `${(letters / 1000).toFixed(1)} kB`;

/** What the link of the page holds, or why it does not. */
export function linkWords(link: LinkFacts): string {
  if ('tooLong' in link)
    return `The network would make a link of ${kilobytes(link.tooLong)}, and at most 32 kB get through everywhere. Pool more, take fewer filters or units, or save it to a file.`;
  const right = link.accuracy === null ? '' : `; so ${share(link.accuracy)} are right`;
  return `The link holds the network: ${kilobytes(link.text.length)}, its weights in ${link.bits} bits${right}.`;
}

const flagOff = (layers: readonly LayerSpec[], flag: 'norm' | 'skip'): readonly LayerSpec[] =>
  layers.map((layer) => (layer.kind === 'conv' ? { ...layer, [flag]: false } : layer));
const same = (a: unknown, b: unknown): boolean => JSON.stringify(a) === JSON.stringify(b);
const uses = ({ layers }: Recipe, flag: 'norm' | 'skip'): number =>
  layers.filter((layer) => layer.kind === 'conv' && layer[flag]).length;

/** How many layers have it, where that alone differs. */
function flagDifference(one: Recipe, other: Recipe, flag: 'norm' | 'skip'): string | null {
  if (same(one.layers, other.layers)) return null;
  if (!same(flagOff(one.layers, flag), flagOff(other.layers, flag))) return null;
  const [name, count] = [flag === 'norm' ? 'batch norm' : 'residuals', uses(one, flag)];
  if (count === 0) return `without ${name}`;
  return uses(other, flag) === 0 ? `with ${name}` : `${name} in ${count} ${count === 1 ? 'layer' : 'layers'}`;
}

/** What `one` was beside `other`: `without batch norm, SGD`. */
export function differenceOf(one: Recipe, other: Recipe): string {
  const layers =
    flagDifference(one, other, 'norm') ??
    flagDifference(one, other, 'skip') ??
    (same(one.layers, other.layers) ? null : `other layers (${one.layers.length})`);
  const parts = [
    layers,
    one.optimiser === other.optimiser ? null : optimiserNames[one.optimiser],
    one.batch === other.batch ? null : `batches of ${one.batch}`,
    same(one.augmentation, other.augmentation) ? null : 'other changes of pictures',
    one.seed === other.seed ? null : `seed ${one.seed}`,
  ].filter((part) => part !== null);
  return parts.length > 0 ? parts.join(', ') : 'the same once more';
}
