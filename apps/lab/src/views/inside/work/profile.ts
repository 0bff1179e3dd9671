// How fast the network runs, step by step, and how fast it would be with one thing changed.

import { type CompileOptions, compile, configure, enginePeak, type ProgramReport, randn } from 'neocog';
import { blankInputs } from './describe.ts';
import type { Session } from './session.ts';

/** What can be changed. */
export interface Change {
  readonly threads: number;
  readonly batch: number;
  /** Convolutions as plain sums, never by a transform. */
  readonly plain: boolean;
  /** The same bits on every engine, without fused multiply-add. */
  readonly exact: boolean;
}

export interface Profile {
  readonly change: Change;
  readonly report: ProgramReport;
  /** Milliseconds of the whole run, the fastest of a few. */
  readonly total: number;
  /** Milliseconds until the program was ready. */
  readonly compiling: number;
  /** Multiply-adds per second of one thread at most. */
  readonly peak: number;
}

const runs = 5;

export async function profileNetwork(
  session: Session,
  change: Change,
  report: (progress: unknown) => void,
): Promise<Profile> {
  const { threads, batch, plain, exact } = change;
  configure({ exactConvolution: plain });
  try {
    report('writing the kernels');
    const start = performance.now();
    const { options, input } = subjectOf(session, batch);
    const program = await compile(session.facts.picture ? session.net : session.module, {
      ...options,
      threads,
      exact,
    });
    const compiling = performance.now() - start;
    try {
      report('running');
      const total = await fastest(() => program.run(input as never));
      const times = await meanProfile(() => program.profile());
      return { change, report: times, total, compiling, peak: enginePeak() };
    } finally {
      program.dispose();
    }
  } finally {
    configure({ exactConvolution: false });
  }
}

function subjectOf(session: Session, batch: number): { options: CompileOptions; input: unknown } {
  const { picture } = session.facts;
  if (picture) {
    const shape = [batch, ...picture];
    return { options: { input: shape }, input: randn(shape) };
  }
  const input = blankInputs(session.module);
  const shapes = Object.fromEntries(Object.entries(input).map(([name, { shape }]) => [name, shape]));
  return { options: { input: shapes }, input };
}

/** Milliseconds, after a first run that nobody counts. */
async function fastest(run: () => Promise<unknown>): Promise<number> {
  await run();
  let best = Number.POSITIVE_INFINITY;
  for (let i = 0; i < runs; i++) {
    const start = performance.now();
    await run();
    best = Math.min(best, performance.now() - start);
  }
  return best;
}

/**
 * The mean of a few. One thread alone tells the times: where a busy machine stops it for a while, the others do its steps, which
 * then seem short.
 */
async function meanProfile(profile: () => Promise<ProgramReport>): Promise<ProgramReport> {
  const all: ProgramReport[] = [];
  for (let i = 0; i < runs; i++) all.push(await profile());
  const [first] = all;
  const steps = first!.steps.map((step, i) => ({
    ...step,
    milliseconds: all.reduce((sum, { steps: each }) => sum + (each[i]?.milliseconds ?? 0), 0) / runs,
  }));
  return { ...first!, steps };
}
