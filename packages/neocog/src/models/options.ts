// What the options of all networks have in common.

import { between, count, type Field, field } from '../arguments/field.ts';
import { needOptions } from '../arguments/options.ts';

/** Options of networks that name a class for each image, sequence or volume. */
export interface ClassifierOptions {
  /** Number of classes. Default: those of the paper, such as 1000 of ImageNet. */
  classes?: number | undefined;
  /** Channels of the input. Default: those of `models.inputShapes`. */
  inChannels?: number | undefined;
}

/** What options of these names take, unless a network says otherwise. */
const commonFields: Readonly<Record<string, Field>> = {
  classes: count,
  inChannels: count,
  channels: count,
  latent: count,
  width: count,
  hidden: count,
  skipWidth: count,
  headWidth: count,
  dropout: between(0, 1),
  stochasticDepth: between(0, 1),
};

/** What multiplies the size of every layer. */
export const factor: Field<number> = field(
  'a number above 0 and at most 100',
  (v) => typeof v === 'number' && v > 0 && v <= 100,
);

type Optional<D> = { [K in keyof D]?: D[K] | undefined };

/**
 * The options given, and defaults for the others; `own` are the fields that are not common to all networks.
 *
 * @throws ShapeError for options that are unknown or wrong.
 */
export function withDefaults<D extends object>(
  fn: string,
  options: Optional<D>,
  defaults: D,
  own: Readonly<Record<string, Field>> = {},
): D {
  const fields = Object.keys(defaults).map((name) => [name, own[name] ?? commonFields[name]]);
  needOptions<object>(fn, options, Object.fromEntries(fields));
  const given = Object.entries(options).filter(([, value]) => value !== undefined);
  return { ...defaults, ...Object.fromEntries(given) };
}
