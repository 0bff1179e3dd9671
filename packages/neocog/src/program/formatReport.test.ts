// A report as text, held to the letter: columns, units, and what is left out.

import { describe, expect, it } from 'vitest';
import type { ProgramReport, StepReport } from '../backends/executable.ts';
import { NeocogError } from '../errors.ts';
import { formatReport } from './formatReport.ts';

const conv: StepReport = {
  label: 'body.conv',
  operation: 'conv',
  geometry: 'n1 g1 c3>8 9x9 k3x3 s1 d1 p1',
  description: 'direct 6x2',
  candidates: [
    { name: 'direct', cost: 2_340_000, milliseconds: null, refusal: null },
    { name: 'depthwise', cost: null, milliseconds: null, refusal: 'needs a group for each channel' },
  ],
  multiplyAdds: 12_345_678,
  bytes: 2048,
  milliseconds: null,
};
const sum: StepReport = {
  label: '',
  operation: 'fused',
  geometry: null,
  description: 'loop: add(x0, x1)',
  candidates: [],
  multiplyAdds: 0,
  bytes: 1536,
  milliseconds: null,
};
const report: ProgramReport = {
  threads: 1,
  note: null,
  cache: null,
  simd: 'fma',
  exact: false,
  tuning: null,
  steps: [conv, sum],
  memory: { constants: 2 ** 20, activations: 10 * 2 ** 20, scratch: 0, total: 3 * 2 ** 22, least: 2 ** 22 },
  code: 5120,
};

const lines = (...args: Parameters<typeof formatReport>): string[] => formatReport(...args).split('\n');

describe('a report', () => {
  it('has a line for each step, and two about all', () => {
    expect(lines(report)).toEqual([
      'part       operation  M multiply-adds  KiB  what runs',
      'body.conv  conv                  12.3    2  direct 6x2: n1 g1 c3>8 9x9 k3x3 s1 d1 p1',
      '           fused                         2  loop: add(x0, x1)',
      '',
      '1 thread, fma; 5 KiB of generated code',
      'memory 12.0 MiB: constants 1.00 MiB, activations 10.0 MiB, scratch 0.00 MiB; 3.00 times weights and the two largest values',
    ]);
  });

  it('says what came of the cache', () => {
    expect(lines({ ...report, cache: 'read' }).at(-1)).toBe('cache: read');
  });

  it('has times, shares and rates where they were measured', () => {
    const steps = [
      { ...conv, milliseconds: 2 },
      { ...sum, milliseconds: 6 },
    ];
    const timed = lines({ ...report, steps });
    expect(timed.slice(0, 3)).toEqual([
      'part       operation  M multiply-adds  KiB     ms     %  GFLOP/s  what runs',
      'body.conv  conv                  12.3    2  2.000  25.0     12.3  direct 6x2: n1 g1 c3>8 9x9 k3x3 s1 d1 p1',
      '           fused                         2  6.000  75.0           loop: add(x0, x1)',
    ]);
    expect(timed.at(-1)).toBe('8.00 ms in all steps');
  });

  it('of steps that took no time, or of which one was not measured, has no infinite rate', () => {
    const cell = (milliseconds: number | null, other: number | null): string[] => {
      const steps = [
        { ...conv, milliseconds },
        { ...sum, milliseconds: other },
      ];
      return lines({ ...report, steps })[1]
        .split(/ {2,}/)
        .slice(4, 7);
    };
    expect(cell(0, 4)).toEqual(['0.000', '0.0', '0.0']);
    expect(cell(null, 4)).toEqual(['0.000', '0.0', '0.0']);
    expect(cell(0, 0)).toEqual(['0.000', '0.0', '0.0']);
  });

  it('says of every algorithm what it costs, or why it was not to be had', () => {
    expect(lines(report, { candidates: true }).slice(2, 4)).toEqual([
      '    direct: cost 2.3 M',
      '    depthwise: needs a group for each channel',
    ]);
    expect(lines(report, { candidates: false })).toEqual(lines(report));
  });

  it('says how it ran', () => {
    const last = (more: Partial<ProgramReport>): string | undefined => lines({ ...report, ...more }).at(-2);
    expect(last({ threads: 2 })).toBe('2 threads, fma; 5 KiB of generated code');
    expect(last({ exact: true, simd: 'mul+add' })).toBe('1 thread, exact, mul+add; 5 KiB of generated code');
    expect(last({ note: 'one thread: why' })).toBe(
      '1 thread, fma (one thread: why); 5 KiB of generated code',
    );
  });

  it('has the times of algorithms, and how they were tuned', () => {
    const [direct, depthwise] = conv.candidates as [(typeof conv.candidates)[0], (typeof conv.candidates)[0]];
    const other = { ...direct, name: 'winograd', milliseconds: 0.12345 };
    const candidates = [{ ...direct, milliseconds: 1.5 }, other, depthwise];
    const tuning = { timed: 1, known: 2, left: 3, milliseconds: 1234, note: null };
    const tuned = { ...report, tuning, steps: [{ ...conv, candidates }] };
    expect(lines(tuned).slice(2, 3)).toEqual(['    timed: direct 1.50 ms; winograd 0.123 ms']);
    expect(lines(tuned, { candidates: true }).slice(2, 5)).toEqual([
      '    direct: cost 2.3 M, 1.50 ms',
      '    winograd: cost 2.3 M, 0.123 ms',
      '    depthwise: needs a group for each channel',
    ]);
    expect(lines(tuned).at(-1)).toBe('tuned: 1 convolution timed in 1.2 s, 2 known, 3 left to estimates');
    const given = { ...tuning, timed: 0, note: 'why' };
    expect(lines({ ...tuned, tuning: given }).at(-1)).toBe(
      'tuned: 0 convolutions timed, 2 known, 3 left to estimates (why)',
    );
  });

  it('of nothing is no fraction of nothing', () => {
    const memory = { constants: 0, activations: 0, scratch: 0, total: 0, least: 0 };
    expect(lines({ ...report, steps: [], memory }).at(-1)).toContain('; 0.00 times weights');
    expect(lines({ ...report, memory: { ...memory, total: 3, least: 1 } }).at(-1)).toContain('; 3.00 times');
  });
});

it.each([null, undefined, 7, {}, { steps: [conv] }, { memory: report.memory }, { ...report, steps: [1] }])(
  '%j is none',
  (value) => {
    expect(() => formatReport(value as never)).toThrow(NeocogError);
    expect(() => formatReport(value as never)).toThrow(
      'give the result of explain() or profile() of a program',
    );
  },
);
