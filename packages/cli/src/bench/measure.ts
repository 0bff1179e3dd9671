// Times a compiled network: cold, as a process that has just started meets it, then warm, run after run. A run is the
// whole of it: a tensor goes in, a tensor comes out.

import { type Choices, compile, type nn, type ProgramReport, randn, type TuneOptions } from 'neocog';

export interface MeasureOptions {
  /** Shape of the input with its batch. */
  readonly input: readonly number[];
  readonly threads: number;
  /** Ends after this many counted runs. */
  readonly runs?: number | undefined;
  /** Ends after this time of counted runs; 3 if there is no `runs` either. */
  readonly seconds?: number | undefined;
  /** Time algorithms beforehand. */
  readonly tune?: TuneOptions | undefined;
  /** Time the steps of one more run. */
  readonly profile: boolean;
  /** Told before each run what is being done, and how much of it is done, 0 to 1. */
  readonly onProgress: (stage: string, share: number) => void;
}

/** Times are milliseconds. */
export interface Measurement {
  /** Without the time that tuning took. */
  readonly compile: number;
  readonly firstRun: number;
  /** Runs between the first and the counted ones. */
  readonly warmUpRuns: number;
  /** Of the counted runs, ascending. */
  readonly times: Float64Array;
  readonly report: ProgramReport;
  /** What tuning knows, or null without it. */
  readonly choices: Choices | null;
}

/** How often to run: `most` times, or until `least` runs and `milliseconds` are both over. */
interface Stretch {
  readonly least: number;
  readonly most: number;
  readonly milliseconds: number;
}

/** While a program runs, V8 swaps in optimised code; after this it has. */
const warmUp: Stretch = { least: 3, most: Infinity, milliseconds: 300 };

/** Compiles a network and runs it on random values. */
export async function measure(module: nn.Module, options: MeasureOptions): Promise<Measurement> {
  const { input, threads, tune, profile, onProgress } = options;
  const x = randn([...input]);
  onProgress('compiling', 0);
  const start = performance.now();
  const timing = tune && { ...tune, onProgress: (share: number) => onProgress('tuning', share) };
  const program = await compile(module, { input, threads, tune: timing });
  const compiled = performance.now() - start - (program.explain().tuning?.milliseconds ?? 0);
  const run = async (): Promise<number> => {
    const before = performance.now();
    await program.run(x);
    return performance.now() - before;
  };
  try {
    const firstRun = await run();
    const warm = await repeat(run, warmUp, (share) => onProgress('warming up', share));
    const times = await repeat(run, stretchOf(options), (share) => onProgress('measuring', share));
    const report = profile ? await program.profile() : program.explain();
    return {
      compile: compiled,
      firstRun,
      warmUpRuns: warm.length,
      times: Float64Array.from(times).sort(),
      report,
      choices: program.choices(),
    };
  } finally {
    program.dispose();
  }
}

function stretchOf({ runs, seconds }: MeasureOptions): Stretch {
  if (runs === undefined) return { least: 5, most: Infinity, milliseconds: 1000 * (seconds ?? 3) };
  return { least: seconds === undefined ? runs : 1, most: runs, milliseconds: 1000 * (seconds ?? 0) };
}

async function repeat(
  run: () => Promise<number>,
  { least, most, milliseconds }: Stretch,
  onProgress: (share: number) => void,
): Promise<number[]> {
  const times: number[] = [];
  for (let total = 0; times.length < most && (times.length < least || total < milliseconds); ) {
    onProgress(Math.max(times.length / most, Math.min(times.length / least, total / milliseconds)));
    const time = await run();
    total += time;
    times.push(time);
  }
  return times;
}

/** The time that a share of the runs did not exceed, by nearest rank; 0.5 gives the median. */
export const percentile = (times: Float64Array, share: number): number =>
  times[Math.max(0, Math.ceil(share * times.length) - 1)];
