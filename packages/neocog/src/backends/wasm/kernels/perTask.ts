// A planner is asked for a refusal, a cost and a plan: what it makes of a task for one of them serves the others.

import type { ConvTask } from './convPlan.ts';

/** `make`, once for each task. */
export function perTask<T extends object>(make: (task: ConvTask) => T): (task: ConvTask) => T {
  const known = new WeakMap<ConvTask, T>();
  return (task) => {
    const made = known.get(task) ?? make(task);
    known.set(task, made);
    return made;
  };
}
