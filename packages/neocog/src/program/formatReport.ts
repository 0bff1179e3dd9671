// A program's report as a table for people.

import { type Field, field, flag, isListOf, isRecord, need } from '../arguments/field.ts';
import { type Fields, needOptions } from '../arguments/options.ts';
import { counted } from '../arguments/show.ts';
import type { ProgramReport, StepReport } from '../backends/executable.ts';
import type { TuningReport } from '../backends/tuning.ts';

/** How much `formatReport` tells. */
export interface FormatReportOptions {
  /** Also every algorithm that was not chosen, with its estimate or the reason. Default false. */
  candidates?: boolean | undefined;
}

const fields: Fields<FormatReportOptions> = { candidates: flag };
const aReport: Field<ProgramReport> = field(
  'the result of explain() or profile() of a program',
  (v) => isRecord(v) && isListOf(v.steps, isRecord) && isRecord(v.memory),
);

const mega = (bytes: number): string => `${(bytes / 2 ** 20).toFixed(bytes < 10 * 2 ** 20 ? 2 : 1)} MiB`;

/** Columns as wide as their widest cell; `right` names those that hold numbers. */
function table(rows: readonly (readonly string[])[], right: ReadonlySet<number>): string[] {
  const widths = (rows[0] ?? []).map((_, c) => Math.max(...rows.map((row) => row[c].length)));
  return rows.map((row) =>
    row
      .map((cell, c) => (right.has(c) ? cell.padStart(widths[c]) : cell.padEnd(widths[c])))
      .join('  ')
      .trimEnd(),
  );
}

/**
 * The steps of a program as lines: part, operation, what runs, multiply-adds, bytes and, where measured, milliseconds and
 * GFLOP/s (two operations per multiply-add of the definition); then its memory.
 *
 * @example console.log(formatReport(program.explain()))
 */
export function formatReport(report: ProgramReport, options: FormatReportOptions = {}): string {
  need('formatReport', 'report', report, aReport);
  needOptions('formatReport', options, fields);
  const { steps, memory } = report;
  const timed = steps.some((step) => step.milliseconds !== null);
  const total = steps.reduce((sum, step) => sum + (step.milliseconds ?? 0), 0);
  const head = [
    'part',
    'operation',
    'M multiply-adds',
    'KiB',
    ...(timed ? ['ms', '%', 'GFLOP/s'] : []),
    'what runs',
  ];
  const rows = [head, ...steps.map((step) => cells(step, timed, total))];
  const right = new Set(timed ? [2, 3, 4, 5, 6] : [2, 3]);
  const lines = table(rows, right).flatMap((line, i) => {
    const step = steps[i - 1];
    return step ? [line, ...(options.candidates ? rejected(step) : timedLine(step))] : [line];
  });
  const more = (memory.total / Math.max(1, memory.least)).toFixed(2);
  const threads = `${report.threads} thread${report.threads === 1 ? '' : 's'}, ${report.exact ? 'exact, ' : ''}${report.simd}`;
  return [
    ...lines,
    '',
    `${threads}${report.note ? ` (${report.note})` : ''}; ${(report.code / 1024).toFixed(0)} KiB of generated code`,
    `memory ${mega(memory.total)}: constants ${mega(memory.constants)}, activations ${mega(memory.activations)}, scratch ${mega(memory.scratch)}; ${more} times weights and the two largest values`,
    ...(report.tuning ? [tuningLine(report.tuning)] : []),
    ...(report.cache ? [`cache: ${report.cache}`] : []),
    ...(timed ? [`${total.toFixed(2)} ms in all steps`] : []),
  ].join('\n');
}

function cells(step: StepReport, timed: boolean, total: number): string[] {
  const { milliseconds: ms, multiplyAdds } = step;
  const rate = ms ? (2 * multiplyAdds) / ms / 1e6 : 0;
  const times = [
    (ms ?? 0).toFixed(3),
    ((100 * (ms ?? 0)) / Math.max(total, Number.MIN_VALUE)).toFixed(1),
    multiplyAdds > 0 ? rate.toFixed(1) : '',
  ];
  return [
    step.label,
    step.operation,
    multiplyAdds > 0 ? (multiplyAdds / 1e6).toFixed(1) : '',
    (step.bytes / 1024).toFixed(0),
    ...(timed ? times : []),
    step.geometry ? `${step.description}: ${step.geometry}` : step.description,
  ];
}

const rejected = (step: StepReport): string[] =>
  step.candidates.map(({ name, cost, milliseconds, refusal }) => {
    const time = milliseconds === null ? '' : `, ${formatTime(milliseconds)}`;
    return `    ${name}: ${refusal ?? `cost ${((cost ?? 0) / 1e6).toFixed(1)} M${time}`}`;
  });

/** The algorithms that were timed, if any. */
function timedLine({ candidates }: StepReport): string[] {
  const timed = candidates.flatMap(({ name, milliseconds }) =>
    milliseconds === null ? [] : `${name} ${formatTime(milliseconds)}`,
  );
  return timed.length > 0 ? [`    timed: ${timed.join('; ')}`] : [];
}

const formatTime = (milliseconds: number): string => `${milliseconds.toPrecision(3)} ms`;

function tuningLine({ timed, known, left, milliseconds, note }: TuningReport): string {
  const counts = [
    `${counted(timed, 'convolution')} timed${timed > 0 ? ` in ${(milliseconds / 1000).toFixed(1)} s` : ''}`,
    `${known} known`,
    `${left} left to estimates`,
  ];
  return `tuned: ${counts.join(', ')}${note ? ` (${note})` : ''}`;
}
