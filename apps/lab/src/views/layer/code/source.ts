// What the code of every library is written from: the layer's numbers, and words for lists of them.

import type { AxisArithmetic, LayerArithmetic } from 'neocog';
import type { Layer } from '../layer.ts';
import { isPool, type LayerSettings } from '../settings.ts';

/** A layer as code writes it. */
export interface Source {
  readonly settings: LayerSettings;
  readonly rank: 1 | 2 | 3;
  readonly facts: LayerArithmetic;
  readonly groups: number;
  readonly axes: readonly AxisArithmetic[];
  readonly isPool: boolean;
  readonly isTransposed: boolean;
  /** Cells before and after, per axis, also of a named padding. */
  readonly pads: readonly (readonly [number, number])[];
  /** Cells at the far end of a transposed convolution's output that no stamp decides. */
  readonly extra: readonly number[];
}

export function sourceOf({ settings, rank, arithmetic, options }: Layer): Source {
  const { axes } = arithmetic;
  const isTransposed = settings.op === 'transposed';
  return {
    settings,
    rank,
    facts: arithmetic,
    groups: options.groups,
    axes,
    isPool: isPool(settings.op),
    isTransposed,
    pads: axes.map(({ padding }) => padding),
    extra: axes.map(({ input, output, stride, padding, effectiveKernel }) =>
      isTransposed ? output - ((input - 1) * stride - padding[0] - padding[1] + effectiveKernel) : 0,
    ),
  };
}

export const numbersOf = (
  axes: readonly AxisArithmetic[],
  key: 'kernel' | 'stride' | 'dilation' | 'input' | 'output',
): number[] => axes.map((axis) => axis[key]);

export const areAll = (numbers: readonly number[], value: number): boolean =>
  numbers.every((number) => number === value);
export const isPadded = ({ pads }: Source): boolean => pads.some(([before, after]) => before + after > 0);
export const isEven = ({ pads }: Source): boolean => pads.every(([before, after]) => before === after);

/** `3`, or `(3, 5)` where axes differ. */
export const tuple = (numbers: readonly number[]): string =>
  areAll(numbers, numbers[0]!) ? String(numbers[0]) : `(${numbers.join(', ')})`;
/** `3`, or `[3, 5]`. */
export const list = (numbers: readonly number[]): string =>
  areAll(numbers, numbers[0]!) ? String(numbers[0]) : `[${numbers.join(', ')}]`;

/** Arguments without those that are left out. */
export const args = (...parts: readonly (string | false)[]): string =>
  parts.filter((part) => part !== false).join(', ');
export const lines = (...parts: readonly (string | false)[]): string =>
  parts.filter((part) => part !== false).join('\n');
