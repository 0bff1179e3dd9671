// What several transforms take: fillings, chances and ranges.

import { between, either, type Field, type Fields, field, finite, isListOf } from 'neocog/arguments';
import { perChannel } from '../tensors/options.ts';

/** What is put where no picture is. */
export interface FillOptions {
  /** In the picture, one value for all channels or one for each. Default 0. */
  fill?: number | readonly number[] | undefined;
  /** In the mask, a class. Default 0. */
  maskFill?: number | undefined;
}

export const fillFields: Fields<FillOptions> = {
  fill: perChannel(finite),
  maskFill: field('a whole number of 32 bits', (v) => Number.isInteger(v) && v === Number(v) << 0),
};

/** How often something is done. */
export const chance: Field<number> = between(0, 1);

/** A pair of numbers within bounds, the lower first. */
/* @__NO_SIDE_EFFECTS__ */
export function range(low: number, high: number): Field<readonly [number, number]> {
  const bound = `${low === Number.NEGATIVE_INFINITY ? 'any' : low} to ${high === Number.POSITIVE_INFINITY ? 'any' : high}`;
  const ok = (v: unknown): boolean => Number.isFinite(v) && (v as number) >= low && (v as number) <= high;
  return field(`a pair [least, most] of numbers from ${bound}`, (v) => isPair(v, ok));
}

const isPair = (v: unknown, ok: (item: unknown) => boolean): boolean =>
  isListOf(v, ok) && v.length === 2 && (v[0] as number) <= (v[1] as number);

/** A pair, or a number that means from −number to number. */
export const spread: Field<number | readonly [number, number]> = either(
  field('a finite number of at least 0', (v) => Number.isFinite(v) && (v as number) >= 0),
  field('a pair [least, most]', (v) => isPair(v, Number.isFinite)),
);

/** The pair that a spread means. */
export const pairOf = (given: number | readonly [number, number]): readonly [number, number] =>
  typeof given === 'number' ? [-given, given] : given;
