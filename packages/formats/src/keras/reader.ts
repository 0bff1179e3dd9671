// What the tables of layers are made of.

import type { nn } from 'neocog';
import type { Plan, Wire } from '../graph/plan.ts';
import type { LayerConfig } from './config.ts';

/** A layer's part in the plan, once for each time that the network calls it. */
export type Apply = (plan: Plan, inputs: readonly Wire[]) => Wire;

/** Makes a layer from its configuration and weights. Refuses what neocog does not do before anything is computed. */
export type LayerReader = (config: LayerConfig) => Apply;

export type LayerTable = Readonly<Record<string, LayerReader>>;

/** A module of images, whose configuration says in which order their axes are. */
export function onImages(config: LayerConfig, module: nn.Module): Apply {
  const { name, channelsFirst } = config;
  return (plan, [x]) =>
    channelsFirst ? plan.plain(name, module, [x], x.rank) : plan.images(name, module, x);
}

/** A module without regard to the order of axes. */
export const anywhere =
  ({ name }: LayerConfig, module: nn.Module): Apply =>
  (plan, [x]) =>
    plan.either(name, module, x);

/** One after the other. */
export const followedBy =
  (apply: Apply, next: (plan: Plan, x: Wire) => Wire): Apply =>
  (plan, inputs) =>
    next(plan, apply(plan, inputs));
