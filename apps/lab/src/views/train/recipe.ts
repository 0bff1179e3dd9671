// What a run is made of beside its pictures: the network, how it learns, how pictures are changed. Pure.

import { type LayerSpec, readLayers, writeLayers } from './net/layers.ts';

export const optimisers = ['adam', 'momentum', 'sgd'] as const;
export type OptimiserName = (typeof optimisers)[number];

/** By how much pictures are changed, at random, each time they are seen. */
export interface Augmentation {
  /** Pixels, in each direction. */
  readonly shift: number;
  /** Degrees, either way. */
  readonly turn: number;
  /** Percent, larger or smaller. */
  readonly zoom: number;
  /** Left and right exchanged, every second time. */
  readonly flip: boolean;
}

export interface Recipe {
  readonly layers: readonly LayerSpec[];
  readonly optimiser: OptimiserName;
  readonly batch: number;
  readonly augmentation: Augmentation;
  readonly seed: number;
}

export const limits = {
  batch: { least: 1, most: 256 },
  passes: { least: 1, most: 100 },
  seed: { least: 0, most: 9999 },
  shift: { least: 0, most: 8 },
  turn: { least: 0, most: 45 },
  zoom: { least: 0, most: 40 },
  side: { least: 16, most: 64 },
} as const;

/** Rates that can be chosen. */
export const rates = [0.0001, 0.0003, 0.001, 0.003, 0.01, 0.03, 0.1, 0.3, 1] as const;
export const usualRate: Readonly<Record<OptimiserName, number>> = { adam: 0.003, momentum: 0.03, sgd: 0.1 };

/** As JSON holds it, in files and links. */
export const recipeText = ({ layers, ...rest }: Recipe): Record<string, unknown> => ({
  ...rest,
  layers: writeLayers(layers),
});

const within = (value: unknown, { least, most }: { least: number; most: number }): value is number =>
  Number.isInteger(value) && (value as number) >= least && (value as number) <= most;

/** Null for what is no recipe. */
export function readRecipe(given: unknown): Recipe | null {
  if (typeof given !== 'object' || given === null) return null;
  const { layers: text, optimiser, batch, augmentation, seed } = given as Record<string, unknown>;
  const layers = typeof text === 'string' ? readLayers(text) : undefined;
  const known = optimisers.find((name) => name === optimiser);
  const changes = readAugmentation(augmentation);
  if (!layers || !known || !changes || !within(batch, limits.batch) || !within(seed, limits.seed))
    return null;
  return { layers, optimiser: known, batch, augmentation: changes, seed };
}

function readAugmentation(given: unknown): Augmentation | null {
  if (typeof given !== 'object' || given === null) return null;
  const { shift, turn, zoom, flip } = given as Record<string, unknown>;
  if (!within(shift, limits.shift) || !within(turn, limits.turn) || !within(zoom, limits.zoom)) return null;
  return { shift, turn, zoom, flip: flip === true };
}

export const sameRecipe = (a: Recipe, b: Recipe): boolean =>
  JSON.stringify(recipeText(a)) === JSON.stringify(recipeText(b));
