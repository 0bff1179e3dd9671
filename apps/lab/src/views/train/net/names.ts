// Names of layers, which count each kind from 1: conv1, pool1, conv2, …

import type { LayerSpec } from './layers.ts';

const baseNames = {
  conv: 'conv',
  max: 'pool',
  mean: 'pool',
  global: 'global',
  dropout: 'dropout',
  linear: 'linear',
};

/** Names of layers, in their order. */
export function namesOf(layers: readonly LayerSpec[]): string[] {
  const counts = new Map<string, number>();
  return layers.map(({ kind }) => {
    const base = baseNames[kind];
    const count = (counts.get(base) ?? 0) + 1;
    counts.set(base, count);
    return `${base}${count}`;
  });
}
