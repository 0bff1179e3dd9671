// What quantising does to a network's answers.

import type { nn, Tensor } from 'neocog';
import { formatCount, formatShare } from '../table.ts';

/** An input, or inputs by name. */
export type Sample = Tensor | nn.NamedTensors;

/** How answers are compared: `first` before the network is changed, `again` afterwards. */
export interface Measure {
  first(): Promise<{ readonly inputs: readonly Sample[] }>;
  again(): Promise<Measured>;
}

/** Shares of 1. */
export type Measured =
  | { readonly samples: number; readonly accuracyBefore: number; readonly accuracy: number }
  | {
      readonly samples: number;
      /** Of samples whose likeliest class stays; null where the first output is no list of classes. */
      readonly same: number | null;
      /** The root of the mean square of what outputs differ by, beside that of the outputs. */
      readonly difference: number;
    };

export function describeChange(change: Measured): string {
  const count = `${formatCount(change.samples)} ${change.samples === 1 ? 'sample' : 'samples'}`;
  if ('accuracy' in change)
    return `accuracy on ${count}: ${formatShare(change.accuracyBefore)} before, ${formatShare(change.accuracy)} now`;
  const differ = `outputs differ by ${formatShare(change.difference)}`;
  if (change.same === null) return `${differ} on ${count}`;
  return `the likeliest class stays for ${formatShare(change.same)} of ${count}; ${differ}`;
}
