// Readers of option values, for commander: text in, number out, or a sentence about what was needed.

import { InvalidArgumentError } from 'commander';

/** A whole number from `least`. */
export const wholeNumber =
  (least: number) =>
  (text: string): number => {
    const value = Number(text);
    if (/^\d+$/.test(text) && Number.isSafeInteger(value) && value >= least) return value;
    throw new InvalidArgumentError(`Needed is a whole number from ${least}`);
  };

/** A number above 0. */
export function positiveNumber(text: string): number {
  const value = Number(text);
  if (text.trim() !== '' && Number.isFinite(value) && value > 0) return value;
  throw new InvalidArgumentError('Needed is a number above 0');
}

/** A share above 0 and below 1. */
export function fraction(text: string): number {
  const value = Number(text);
  if (text.trim() !== '' && value > 0 && value < 1) return value;
  throw new InvalidArgumentError('Needed is a number above 0 and below 1, such as 0.2');
}

/** Sizes such as `1x1x28x28`. */
export function sizes(text: string): number[] {
  const values = text.split('x').map(Number);
  if (/^\d+(x\d+)*$/.test(text) && values.every((size) => Number.isSafeInteger(size) && size > 0))
    return values;
  throw new InvalidArgumentError('Needed are whole numbers from 1 with an x between, such as 1x1x28x28');
}

/** Numbers such as `0.485,0.456,0.406`. */
export function numbers(text: string): number[] {
  const values = text.split(',').map((part) => (part.trim() === '' ? Number.NaN : Number(part)));
  if (values.every(Number.isFinite)) return values;
  throw new InvalidArgumentError('Needed are numbers with a comma between, such as 0.485,0.456,0.406');
}
