// The figures of a benchmark, and how they are printed.

import { cpus } from 'node:os';
import type { ProgramReport } from 'neocog';
import { formatCount } from '../table.ts';
import { type Measurement, percentile } from './measure.ts';

/** What `--json` prints. */
export interface Figures {
  readonly network: string;
  readonly input: readonly number[];
  readonly milliseconds: {
    /** Before compiling; null if nothing was tuned. */
    readonly tuning: number | null;
    readonly compile: number;
    readonly firstRun: number;
    readonly median: number;
    readonly percentile5: number;
    readonly percentile95: number;
    readonly minimum: number;
  };
  readonly warmUpRuns: number;
  readonly runs: number;
  /** Inputs a second, a batch of n counting n, at the median. */
  readonly imagesPerSecond: number;
  /** Of one run, by the definition of each layer, whatever runs it. */
  readonly multiplyAdds: number;
  /** Two operations per multiply-add, at the median. */
  readonly gflops: number;
  readonly threads: number;
  /** Why there are fewer threads than asked for, or null. */
  readonly note: string | null;
  readonly simd: string;
  readonly engine: string;
  readonly processor: string;
  /** Bytes. */
  readonly memory: ProgramReport['memory'];
  readonly codeBytes: number;
}

export function figuresOf(network: string, input: readonly number[], measured: Measurement): Figures {
  const { report, times } = measured;
  const median = percentile(times, 0.5);
  const multiplyAdds = report.steps.reduce((sum, step) => sum + step.multiplyAdds, 0);
  return {
    network,
    input,
    milliseconds: {
      tuning: report.tuning?.milliseconds ?? null,
      compile: measured.compile,
      firstRun: measured.firstRun,
      median,
      percentile5: percentile(times, 0.05),
      percentile95: percentile(times, 0.95),
      minimum: times[0],
    },
    warmUpRuns: measured.warmUpRuns,
    runs: times.length,
    imagesPerSecond: (1000 * input[0]) / median,
    multiplyAdds,
    gflops: (2 * multiplyAdds) / median / 1e6,
    threads: report.threads,
    note: report.note,
    simd: report.simd,
    engine: `Node ${process.versions.node}`,
    processor: cpus()[0]?.model.trim() ?? 'an unknown processor',
    memory: report.memory,
    codeBytes: report.code,
  };
}

/** The figures as lines of name and value. */
export function formatFigures(figures: Figures): string {
  const { milliseconds: ms, memory } = figures;
  const rows = [
    ...(ms.tuning === null ? [] : [['tuning', formatTime(ms.tuning)]]),
    ['compile', `${formatTime(ms.compile)}, in a fresh process`],
    ['first run', formatTime(ms.firstRun)],
    ['median', `${formatTime(ms.median)} of ${runsOf(figures)}`],
    ['5 to 95 %', `${formatTime(ms.percentile5)} to ${formatTime(ms.percentile95)}`],
    ['minimum', formatTime(ms.minimum)],
    [
      'throughput',
      `${threeDigits(figures.imagesPerSecond)} ${figures.input.length === 4 ? 'images' : 'inputs'}/s`,
    ],
    ['multiply-adds', formatCount(figures.multiplyAdds)],
    ['speed', `${threeDigits(figures.gflops)} GFLOP/s, two for each multiply-add of the layers' definitions`],
    ['threads', figures.note ? `${figures.threads} (${figures.note})` : String(figures.threads)],
    ['engine', `${figures.simd}; ${figures.engine}; ${figures.processor}`],
    ['memory', `${mebibytes(memory.total)}: ${partsOf(memory)}`],
    ['code', `${(figures.codeBytes / 1024).toFixed(0)} KiB`],
  ];
  const lines = rows.map(([name, value]) => `${name.padEnd(15)}${value}`);
  return [`${figures.network}, input ${figures.input.join('×')}`, '', ...lines].join('\n');
}

const runsOf = ({ runs, warmUpRuns }: Figures): string =>
  `${formatCount(runs)} ${runs === 1 ? 'run' : 'runs'}, after ${formatCount(warmUpRuns)} to warm up`;

/** 0.12345 → 0.123; 1234.5 → 1,235 */
const threeDigits = (value: number): string =>
  value < 100 ? value.toPrecision(3) : formatCount(Math.round(value));

const formatTime = (milliseconds: number): string =>
  milliseconds < 10_000 ? `${threeDigits(milliseconds)} ms` : `${threeDigits(milliseconds / 1000)} s`;

const mebibytes = (bytes: number): string => `${(bytes / 2 ** 20).toFixed(bytes < 10 * 2 ** 20 ? 2 : 1)} MiB`;

const partsOf = ({ constants, activations, scratch }: ProgramReport['memory']): string =>
  `weights ${mebibytes(constants)}, activations ${mebibytes(activations)}, scratch ${mebibytes(scratch)}`;
