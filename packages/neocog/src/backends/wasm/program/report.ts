// What a compiled program says of itself.

import type { ProgramReport } from '../../executable.ts';
import type { Layout } from './layout.ts';
import { type StepNotes, timed } from './notes.ts';

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
export interface Reported {
  readonly layout: Pick<Layout, 'constants' | 'activations'>;
  readonly notes: () => StepNotes;
  /** Bytes that cannot be done without. */
  readonly least: number;
  readonly kind: Pick<ProgramReport, 'simd' | 'exact' | 'tuning'>;
  readonly machine: MachineFacts;
}

/** @param times milliseconds of each step, if they were taken */
export function reportOf(
  { notes, layout, least, kind, machine }: Reported,
  times: readonly number[] | null,
): ProgramReport {
  const { threads, note, scratchBytes: scratch, codeBytes: code, memoryBytes: total } = machine;
  const { constants, activations } = layout;
  const memory = { constants, activations, scratch, total, least };
  const steps = times ? timed(notes(), times) : notes().reports;
  return { threads, note, cache: null, ...kind, steps, memory, code };
}
