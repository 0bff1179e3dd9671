// The report of a network in stages: the steps of its programs, and a step for what the host does between them.

import type { ProgramReport, StepReport } from '../backends/executable.ts';
import type { TuningReport } from '../backends/tuning.ts';

/** The step of the host. */
export const hostStep = (label: string, about: string, milliseconds: number | null = null): StepReport => ({
  label,
  operation: 'host',
  geometry: null,
  description: about || 'on the host',
  candidates: [],
  multiplyAdds: 0,
  bytes: 0,
  milliseconds,
});

/** Of a network that has no program, as none of its parts has run. */
const empty = (simd: string): ProgramReport => ({
  threads: 1,
  cache: null,
  note: 'no part is compiled yet: each is when it runs for the first time',
  simd,
  exact: false,
  tuning: null,
  steps: [],
  memory: { constants: 0, activations: 0, scratch: 0, total: 0, least: 0 },
  code: 0,
});

/** One report of all programs that share a memory, and run one after the other; `steps` are those of a run. */
export function joinReports(
  reports: readonly ProgramReport[],
  steps: readonly StepReport[],
  backend: string,
): ProgramReport {
  const sum = (of: (report: ProgramReport) => number): number =>
    reports.reduce((total, report) => total + of(report), 0);
  const most = (of: (report: ProgramReport) => number): number =>
    reports.reduce((largest, report) => Math.max(largest, of(report)), 0);
  return {
    ...(reports[0] ?? empty(backend)),
    tuning: joinTunings(reports.flatMap(({ tuning }) => tuning ?? [])),
    steps,
    memory: {
      constants: sum(({ memory }) => memory.constants),
      activations: most(({ memory }) => memory.activations),
      scratch: most(({ memory }) => memory.scratch),
      total: most(({ memory }) => memory.total),
      least: sum(({ memory }) => memory.least),
    },
    code: sum(({ code }) => code),
  };
}

/** What tuning did for all programs. Their notes are of the same choices. */
function joinTunings(tunings: readonly TuningReport[]): TuningReport | null {
  if (tunings.length === 0) return null;
  const sum = (key: 'timed' | 'known' | 'left' | 'milliseconds'): number =>
    tunings.reduce((total, tuning) => total + tuning[key], 0);
  const [timed, known, left, milliseconds] = [sum('timed'), sum('known'), sum('left'), sum('milliseconds')];
  return { timed, known, left, milliseconds, note: tunings[0].note };
}
