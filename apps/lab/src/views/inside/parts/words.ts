// Numbers and layers in words.

import { count } from '../../../design/numbers.ts';
import type { LayerFacts } from '../work/facts.ts';
import type { FoldedNode } from '../work/fold.ts';

/** A shape without its batch: `64×56×56`. */
export const sizes = (shape: readonly number[] | null): string => shape?.slice(1).join('×') || '';

export const milliseconds = (value: number): string =>
  value >= 100 ? value.toFixed(0) : value >= 1 ? value.toFixed(2) : value.toFixed(3);

/** Families of layers that share a colour. */
export type Family = 'conv' | 'norm' | 'act' | 'pool' | 'dense' | 'join' | 'other';

const families: readonly (readonly [RegExp, Family])[] = [
  [/conv/i, 'conv'],
  [/norm/i, 'norm'],
  [/pool/i, 'pool'],
  [/linear|dense|gemm|matmul|embedding/i, 'dense'],
  [/relu|sigmoid|tanh|softmax|elu|silu|swish|mish|clip|activation|hardswish/i, 'act'],
  [/^(add|mul|concat|sub|concatv2|addv2|merge|mean|sum)$/i, 'join'],
];

export const familyOf = ({ type }: Pick<LayerFacts, 'type'>): Family =>
  families.find(([pattern]) => pattern.test(type))?.[1] ?? 'other';

export const familyNames: Readonly<Record<Family, string>> = {
  conv: 'convolution',
  norm: 'normalisation',
  act: 'activation',
  pool: 'pooling',
  dense: 'linear',
  join: 'joins',
  other: 'other',
};

/** A node of the drawing as it is read out: first what is seen in it, so that it can be asked for by voice. */
export function describeNode(
  { module, members }: Pick<FoldedNode, 'module' | 'members'>,
  { name, type, shape, parameters }: LayerFacts,
): string {
  const shown = [module ?? type, sizes(shape), module === null ? name : `${members.length} layers, folded`];
  const weights = module === null && parameters > 0 ? `, ${count(parameters)} parameters` : '';
  return shown.filter((text) => text !== '').join(' ') + weights;
}
