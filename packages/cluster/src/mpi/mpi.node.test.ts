// Processes that Open MPI connects: what a world does, and that ranks which train together take the steps of one machine.

import { readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { leftOut } from '../../../../test/leftOut.ts';
import {
  bundle,
  missingMpi,
  mpirun,
  node,
  removeBundle,
  reportsOf,
  temporaryFolder,
} from '../../test/mpirun.ts';

const names = ['sums', 'learn', 'differ', 'begin', 'slow'] as const;
const scripts = {} as Record<(typeof names)[number], string>;
const folder = temporaryFolder();

beforeAll(async () => {
  for (const name of names) scripts[name] = await bundle(name);
});
afterAll(() => {
  for (const script of Object.values(scripts)) removeBundle(script);
  rmSync(folder, { recursive: true });
});

interface SumsReport {
  readonly carrier: string;
  readonly sums: unknown;
  readonly small: number[];
  readonly right: number[];
  readonly means: unknown;
  readonly broadcast: unknown;
  readonly float16: number[];
  readonly topK: number[][];
  readonly refused: string;
  readonly same: boolean;
  readonly over: string;
}

interface Learned {
  readonly losses: number[];
  readonly hash: number;
}

interface Learning {
  readonly ranks: number;
  /** Of task, optimiser, whole batch, samples and epochs. */
  readonly args: readonly (string | number)[];
  readonly env?: NodeJS.ProcessEnv;
}

let runs = 0;

/** What all ranks said, and the weights; nothing is learned twice. */
const learned = new Map<string, Promise<Awaited<ReturnType<typeof learn>>>>();

function learnOnce(learning: Learning): ReturnType<typeof learn> {
  const key = JSON.stringify(learning);
  const known = learned.get(key) ?? learn(learning);
  learned.set(key, known);
  return known;
}

async function learn({ ranks, args, env }: Learning) {
  const file = join(folder, `weights${runs++}`);
  const outcome = await mpirun({ ranks, script: scripts.learn, args: [...args.map(String), file], env });
  const bytes = readFileSync(file);
  const weights = new Float32Array(bytes.buffer, bytes.byteOffset, bytes.length / 4);
  const reports = reportsOf<Learned>(outcome).map(({ hash, losses }) => ({ hash, losses }));
  return { reports, losses: reports[0]?.losses ?? [], weights };
}

const far = (a: ArrayLike<number>, b: ArrayLike<number>): number =>
  Array.from(a).reduce((most, value, i) => Math.max(most, Math.abs(value - (b[i] as number))), 0);

describe.skipIf(leftOut(missingMpi))('a world of processes', () => {
  it('sums, averages, broadcasts and compresses, the same on all ranks', async () => {
    const reports = reportsOf<SumsReport>(await mpirun({ ranks: 3, script: scripts.sums }));
    for (const report of reports) expect(report).toEqual(reports[0]);
    const [report] = reports as [SumsReport];
    expect(report.carrier).toMatch(/^Open MPI v[45]/);
    expect(report.sums).toEqual([6, 6, 6, 6, true]);
    expect(report.small.slice(0, 2)).toEqual([3, 30]);
    expect(report.right).toEqual([1, 2, 3, 4, 5, 6, 7, 8, 9]);
    expect(report.means).toEqual([[1], [2, 1]]);
    expect(report.broadcast).toEqual([[2, 2], [9]]);
    // Three times the nearest number of 16 bits, as the nearest one; infinity is null in JSON.
    expect(report.float16).toEqual([1, 3004, 0.003002166748046875, -3 * 2 ** -24, null, 15, 18]);
    expect(report.topK).toEqual([
      [15, 0, 9, 4, 0, 0, 0, 0],
      [0, -3, 0, 2, 2, 0, 0, 0],
      [0, 0, 0, 0, 1, 0, 0, 0],
    ]);
    expect(report.refused).toBe('World.broadcast: from is 3; give a rank from 0 to 2');
    expect(report.same).toBe(true);
    expect(report.over).toMatch(/the world is finished/);
  });

  it.each([2, 4, 5])('of %i sums arrays of any length', async (ranks) => {
    for (const report of reportsOf<SumsReport>(await mpirun({ ranks, script: scripts.sums })))
      expect(report.right).toEqual([1, 2, 3, 4, 5, 6, 7, 8, 9]);
  });

  it('of one process needs no MPI', async () => {
    const { out } = await node([scripts.begin]);
    expect(JSON.parse(out)).toEqual({ rank: 0, size: 1, carrier: 'one process' });
  });

  it.each([
    [
      'where there is no library',
      { OMPI_COMM_WORLD_SIZE: '2' },
      '/nowhere/libmpi.so.40',
      /libmpi\.so\.40.*; install Open MPI \(Debian and Ubuntu: apt-get install openmpi-bin/,
    ],
    ['for another library', { OMPI_COMM_WORLD_SIZE: '2' }, 'libc.so.6', /the library is not Open MPI's/],
    [
      'where nothing has started MPI',
      { RANK: '1', WORLD_SIZE: '4' },
      'libmpi.so.40',
      /this is process 1 of 4.*start the job with mpirun or srun/,
    ],
    [
      'where mpirun is of another MPI',
      { OMPI_COMM_WORLD_SIZE: '2' },
      'libmpi.so.40',
      /mpirun has started 2 processes, and the library knows 1/,
    ],
  ])('says what is missing %s', async (_, env, library, sentence) => {
    const { out } = await node([scripts.begin, library], env);
    expect(JSON.parse(out).sentence).toMatch(sentence);
  });
});

/** Of one step of ResNet-20, since it normalises few values while it is untrained, which magnifies rounding from step to step. */
const tasks: [task: string, optimiser: string, batch: number, samples: number, ranks: number[]][] = [
  ['lenet', 'sgd', 16, 100, [2, 4]],
  ['lenet', 'adam', 15, 100, [3]],
  ['resnet20', 'sgd', 8, 8, [2]],
  ['resnet20', 'adam', 8, 8, [2]],
];

/** Between weights of one machine and of several; rounding leaves less. */
const tolerance = 1e-6;

const lenet = ['lenet', 'sgd', 16, 100, 1];

const differences: [what: string, sentence: RegExp][] = [
  ['input', /rank 1 has input \[2,5\], rank 0 has \[2,4\]; give all ranks the same/],
  ['optimiser', /rank 1 has optimiser SGD .*0\.2.*, rank 0 has SGD .*0\.1/],
  ['network', /rank 1 has another network than rank 0; build the same network/],
  ['order', /rank 1 has data 12 samples drawn by seed 2, 2 a batch, rank 0 has 12 samples drawn by seed 1/],
  [
    'samples',
    /rank 1 has another data or another order of samples than rank 0; give all ranks the same files/,
  ],
  ['weights', /after 2 steps the weights of rank 1 are not those of rank 0/],
  ['nothing', /^learned$/],
];

describe.skipIf(leftOut(missingMpi))('ranks that train together', () => {
  it.each(tasks)('take the steps of one: %s, %s', async (task, optimiser, batch, samples, many) => {
    const args = [task, optimiser, batch, samples, 1];
    const one = await learnOnce({ ranks: 1, args });
    for (const ranks of many) {
      const all = await learnOnce({ ranks, args });
      for (const report of all.reports) expect(report).toEqual(all.reports[0]);
      expect(all.reports).toHaveLength(ranks);
      expect(far(all.losses, one.losses)).toBeLessThan(tolerance);
      expect(far(all.weights, one.weights)).toBeLessThan(tolerance);
    }
  });

  it('have the same bits in every run', async () => {
    const [first, second] = [
      await learnOnce({ ranks: 2, args: lenet }),
      await learn({ ranks: 2, args: lenet }),
    ];
    expect(second.reports).toEqual(first.reports);
  });

  it.each([
    ['float16', '"float16"', 1e-3],
    ['the largest tenth', '{"topK":0.1}', 0.1],
  ])('learn nearly the same with gradients as %s', async (_, compress, distance) => {
    const one = await learnOnce({ ranks: 1, args: lenet });
    const all = await learn({ ranks: 2, args: lenet, env: { COMPRESS: compress } });
    expect(all.reports[1]).toEqual(all.reports[0]);
    expect(far(all.weights, one.weights)).toBeGreaterThan(tolerance);
    expect(far(all.losses, one.losses)).toBeLessThan(distance);
  });

  it('tell of one that the others wait for, once', async () => {
    const outcome = await mpirun({ ranks: 3, script: scripts.slow, args: ['60', '3'] });
    const [first, ...others] = reportsOf<{ told: string[] }>(outcome);
    expect(first?.told).toHaveLength(1);
    expect(first?.told[0]).toMatch(
      /^rank 1 on \S+ takes \d+\.\d times as long as the others for its part of a step \(\d+\.\d ms, they \d+\.\d ms\)/,
    );
    expect(others).toEqual([{ told: [] }, { told: [] }]);
  });

  it('tell of none that is as fast as they', async () => {
    const outcome = await mpirun({ ranks: 2, script: scripts.slow, args: ['0', '1000'] });
    expect(reportsOf(outcome)).toEqual([{ told: [] }, { told: [] }]);
  });

  it('say on every rank what one has otherwise', async () => {
    const args = differences.map(([what]) => what);
    const outcome = await mpirun({ ranks: 2, script: scripts.differ, args });
    const reports = reportsOf<Record<string, string>>(outcome);
    expect(reports).toHaveLength(2);
    for (const report of reports)
      for (const [what, sentence] of differences) expect(report[what], what).toMatch(sentence);
  });

  it('say that one has another version of the library', async () => {
    const usual = readFileSync(scripts.differ, 'utf8');
    const other = usual.replace(/(var version\d* = )"[^"]+"/, '$1"0.0.9"');
    expect(other).not.toBe(usual);
    const files = ['usual', 'other', 'either'].map((name) => scripts.differ.replace(/\.js$/, `-${name}.js`));
    const either = `await import(process.env.OMPI_COMM_WORLD_RANK === '1' ? ${JSON.stringify(files[1])} : ${JSON.stringify(files[0])});`;
    for (const [i, text] of [usual, other, either].entries()) writeFileSync(files[i] as string, text);
    const outcome = await mpirun({ ranks: 2, script: files[2] as string, args: ['nothing'] });
    for (const file of files) removeBundle(file);
    const sentence =
      /rank 1 has version 0\.0\.9, rank 0 has \S+; install the same version of neocog on all ranks/;
    const reports = reportsOf<Record<string, string>>(outcome);
    expect(reports).toHaveLength(2);
    for (const { nothing } of reports) expect(nothing).toMatch(sentence);
  });
});
