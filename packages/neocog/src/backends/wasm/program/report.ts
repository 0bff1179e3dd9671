// What a compiled program says of itself.

import type { ProgramReport, StepReport } from '../../executable.ts';
import type { Graph } from '../../graph.ts';
import { type GraphPlan, leastBytes } from './plan.ts';

/** What the machine that runs it knows. */
interface MachineFacts {
  readonly threads: number;
  readonly note: string | null;
  readonly scratchBytes: number;
  readonly codeBytes: number;
  /** Of the whole memory. */
  readonly memoryBytes: number;
}

/** The program, how it multiplies and adds, and what runs it. */
export interface Reported extends Pick<GraphPlan, 'lowered' | 'layout'> {
  readonly graph: Graph;
  readonly kind: Pick<ProgramReport, 'simd' | 'exact' | 'tuning'>;
  readonly machine: MachineFacts;
}

/** @param times milliseconds of each step, if they were taken */
export function reportOf(
  { graph, lowered, layout, kind, machine }: Reported,
  times: readonly number[] | null,
): ProgramReport {
  const { threads, note, scratchBytes: scratch, codeBytes: code, memoryBytes: total } = machine;
  const { constants, activations } = layout;
  const memory = { constants, activations, scratch, total, least: leastBytes(graph) };
  return { threads, note, ...kind, steps: stepReports(lowered, times), memory, code };
}

function stepReports(
  { steps, entries }: GraphPlan['lowered'],
  times: readonly number[] | null,
): StepReport[] {
  const reports = entries.map((entry, at): StepReport | null => {
    const own = steps.map((step, i) => ({ step, i })).filter(({ step }) => step.entry === at);
    if (own.length === 0) return null;
    const rooms = new Set(own.flatMap(({ step }) => step.rooms));
    return {
      label: entry.label,
      operation: entry.op,
      geometry: entry.choice?.geometry ?? null,
      description: entry.description,
      candidates: entry.choice?.candidates ?? [],
      multiplyAdds: entry.multiplyAdds,
      bytes: [...rooms].reduce((sum, room) => sum + room.bytes, 0),
      milliseconds: times && own.reduce((sum, { i }) => sum + times[i], 0),
    };
  });
  return reports.filter((report) => report !== null);
}
