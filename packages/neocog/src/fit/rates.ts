// Learning rates as a run goes: one for all, and in groups with rates of their own, in the ratio that they began with. So a
// schedule keeps discriminative rates.

import type { FitOptimizer } from './parties.ts';

/** What the rates of groups were to the rate of all, when the run began; null for groups that follow it. */
export type Ratios = readonly (number | null)[];

export function ratiosOf(optimizer: FitOptimizer): Ratios {
  const { lr, groups = [] } = optimizer;
  const stated = optimizer.stateDict?.().groups;
  return groups.map((group, i) => {
    const isOwn = stated ? stated[i]?.lr !== undefined : group.lr !== lr;
    return isOwn && lr > 0 ? group.lr / lr : null;
  });
}

/** Sets the rate of all. */
export function setRate(optimizer: FitOptimizer, ratios: Ratios, lr: number): void {
  optimizer.lr = lr;
  optimizer.groups?.forEach((group, i) => {
    const ratio = ratios[i];
    if (typeof ratio === 'number') group.lr = lr * ratio;
  });
}
