// What a program's report says of its steps, as plain data.

import type { StepReport } from '../../executable.ts';
import type { Lowered } from './lowering.ts';

export interface StepNotes {
  /** One for each node that runs, without times. */
  readonly reports: readonly StepReport[];
  /** For each step, in order, which of them tells of it. */
  readonly reportOf: readonly number[];
}

export function notesOf({ steps, entries }: Lowered): StepNotes {
  const told = [...new Set(steps.map(({ entry }) => entry))].sort((a, b) => a - b);
  const numbers = new Map(told.map((entry, i) => [entry, i]));
  const reports = told.map((at): StepReport => {
    const { label, op, choice, description, multiplyAdds } = entries[at];
    const rooms = new Set(steps.filter(({ entry }) => entry === at).flatMap((step) => step.rooms));
    return {
      label,
      operation: op,
      geometry: choice?.geometry ?? null,
      description,
      candidates: choice?.candidates ?? [],
      multiplyAdds,
      bytes: [...rooms].reduce((sum, room) => sum + room.bytes, 0),
      milliseconds: null,
    };
  });
  return { reports, reportOf: steps.map(({ entry }) => numbers.get(entry) as number) };
}

/** With the milliseconds of each step. */
export function timed({ reports, reportOf }: StepNotes, times: readonly number[]): StepReport[] {
  const sums = reports.map(() => 0);
  reportOf.forEach((report, step) => {
    sums[report] += times[step];
  });
  return reports.map((report, i) => ({ ...report, milliseconds: sums[i] }));
}
