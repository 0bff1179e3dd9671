// `neocog train` with many processes on this machine, and what becomes of it when one of them is killed.

import { mkdtemp, readdir, readFile, realpath, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseSafetensors } from '@neocog/formats';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { leftOut } from '../../../../test/leftOut.ts';
import { buildCommand, neocog, neocogOfSources, type Outcome, removeCommand } from '../../test/command.ts';
import { writeClasses, writeDataset } from '../../test/data.ts';
import { missingMpi, processOfRank } from '../../test/ranks.ts';

let folder = '';
const at = (...names: string[]): string => join(folder, ...names);

beforeAll(async () => {
  folder = await realpath(await mkdtemp(join(tmpdir(), 'neocog-ranks-')));
  await buildCommand();
  await writeDataset(at('data'));
  await writeClasses(at('pictures'), 10);
});
afterAll(async () => {
  await removeCommand();
  await rm(folder, { recursive: true });
});

const dataset = ['train', 'mnist', '--data', 'data', '--batch', '20', '--epochs', '2', '--limit', '100'];
const pictures = ['train', 'pictures', '--size', '16', '--batch', '6', '--augment', 'none', '--workers', '0'];

async function weightsOf(out: string): Promise<number[]> {
  const tensors = parseSafetensors(await readFile(at(out, 'weights.safetensors')));
  return Object.values(tensors).flatMap((t) => [...t.data]);
}

const far = (a: readonly number[], b: readonly number[]): number =>
  a.reduce((most, value, i) => Math.max(most, Math.abs(value - (b[i] as number))), 0);

/** The epochs that a log tells of. */
const epochsOf = async (out: string): Promise<number[]> =>
  (await readFile(at(out, 'log.csv'), 'utf8'))
    .trim()
    .split('\n')
    .slice(1)
    .map((line) => Number.parseInt(line, 10));

/** Trains, and does something to one of the ranks as soon as an epoch is over. */
function disturbed(args: string[], epoch: number, disturb: () => void): Promise<Outcome> {
  let done = false;
  return neocogOfSources(folder, args, (_, out) => {
    if (done || !out.includes(`epoch ${epoch}/`)) return;
    done = true;
    disturb();
  });
}

/** At once: they are looked for before the first is killed. */
const kill =
  (...ranks: number[]) =>
  (): void => {
    for (const id of ranks.map((rank) => processOfRank(folder, rank))) process.kill(id as number, 'SIGKILL');
  };

/** Begins something with more variables in the environment. */
async function withVariables<T>(variables: NodeJS.ProcessEnv, begin: () => Promise<T>): Promise<T> {
  const before = { ...process.env };
  try {
    Object.assign(process.env, variables);
    return await begin();
  } finally {
    for (const name of Object.keys(variables)) delete process.env[name];
    Object.assign(process.env, before);
  }
}

it('says what is missing without Open MPI', async () => {
  const begin = (): Promise<Outcome> => neocog(folder, [...dataset, '--launch', '2']);
  expect(await withVariables({ PATH: '/nowhere' }, begin)).toEqual({
    code: 1,
    out: '',
    err:
      'neocog train: --launch needs mpirun, which is not here; install Open MPI (Debian and Ubuntu: apt-get install ' +
      'openmpi-bin libopenmpi3; macOS: brew install open-mpi)\n',
  });
});

describe.skipIf(leftOut(missingMpi))('neocog train --launch', () => {
  it('learns what one process learns, and says it once', async () => {
    const one = await neocog(folder, [...dataset, '--out', 'one']);
    const two = await neocog(folder, [...dataset, '--out', 'two', '--launch', '2']);
    expect({ code: two.code, err: two.err }).toEqual({ code: 0, err: '' });
    const told = (text: string): string =>
      text.replace(/[\d.]+ s(?: \(\d+ % waiting for data\))?$/gm, '').replace(/(one|two)\//g, '');
    expect(told(two.out)).toBe(told(one.out));
    expect(await readdir(at('two'))).toEqual(await readdir(at('one')));
    expect(far(await weightsOf('two'), await weightsOf('one'))).toBeLessThan(1e-5);
  });

  it('understands the variables of torchrun', async () => {
    const variables = { WORLD_SIZE: '2', MASTER_ADDR: 'localhost', MASTER_PORT: '29500' };
    const as = (RANK: string, out: string): Promise<Outcome> =>
      withVariables({ ...variables, RANK }, () => neocog(folder, [...dataset, '--out', out]));
    expect(await as('1', 'torch')).toEqual({ code: 0, out: '', err: '' });
    expect(await as('0', 'torch')).toMatchObject({ code: 0, err: '' });
    expect(await weightsOf('torch')).toEqual(await weightsOf('two'));
    const far = { ...variables, RANK: '1', MASTER_ADDR: 'node7' };
    const { err } = await withVariables(far, () => neocog(folder, [...dataset, '--out', 'far']));
    expect(err).toBe(
      'neocog train: mpi: RANK and WORLD_SIZE say that this is process 1 of 2, and nothing has started MPI; start the job with mpirun or srun\n',
    );
  });

  it('refuses what cannot be shared out, once', async () => {
    const outcome = await neocog(folder, [...dataset, '--out', 'uneven', '--launch', '3']);
    expect(outcome).toEqual({
      code: 1,
      out: '',
      err:
        'neocog train: --batch 20 is of all ranks together, and cannot be shared out evenly among 3; give --batch 18 or 21, ' +
        'or another number of ranks\n',
    });
  });

  it('ends when a rank is killed, names it, and goes on with another number of ranks', async () => {
    const args = [...pictures, '--epochs', '12', '--out', 'killed', '--resume', 'auto'];
    const first = await disturbed([...args, '--launch', '2'], 2, kill(1));
    expect(first.code).toBe(1);
    expect(first.err).toMatch(
      /^neocog train: rank 1 on \S+ was ended by signal 9 \(Killed\), which ended the job; --resume auto goes on .*\n$/,
    );
    const second = await disturbed([...args, '--launch', '3'], 5, kill(0));
    expect(second.err).toMatch(/^neocog train: rank 0 on \S+ was ended by signal 9/);
    expect(second.out).not.toMatch(/epoch 1\//);
    const last = await neocogOfSources(folder, args);
    expect({ code: last.code, err: last.err }).toEqual({ code: 0, err: '' });
    expect(last.out).not.toMatch(/epoch 4\//);
    expect(await epochsOf('killed')).toEqual(Array.from({ length: 12 }, (_, i) => i + 1));
    const names = await readdir(at('killed'));
    expect(names.filter((name) => name.startsWith('.'))).toEqual([]);
  });

  it('ends with one sentence when two ranks are killed at once, and goes on', async () => {
    const args = [...pictures, '--epochs', '6', '--out', 'both', '--resume', 'auto'];
    const { code, err } = await disturbed([...args, '--launch', '3'], 2, kill(0, 2));
    expect(code).toBe(1);
    expect(err).toMatch(
      /^neocog train: rank [02] on \S+ was ended by signal 9 \(Killed\), which ended the job; --resume auto goes on .*\n$/,
    );
    expect([0, 1, 2].map((rank) => processOfRank(folder, rank))).toEqual([null, null, null]);
    const last = await neocogOfSources(folder, [...args, '--launch', '2']);
    expect({ code: last.code, err: last.err }).toEqual({ code: 0, err: '' });
    expect(last.out).not.toMatch(/epoch 1\//);
    expect(await epochsOf('both')).toEqual([1, 2, 3, 4, 5, 6]);
    expect((await readdir(at('both'))).filter((name) => name.startsWith('.'))).toEqual([]);
  });

  it('stops all ranks at a good moment when it is asked to', async () => {
    const args = [...pictures, '--epochs', '5000', '--out', 'stopped', '--launch', '2'];
    let isAsked = false;
    const { code, err } = await neocogOfSources(folder, args, (child, out) => {
      if (out.includes('epoch 2/') && !isAsked) isAsked = child.kill('SIGINT');
    });
    expect({ code, err }).toEqual({
      code: 130,
      err: 'neocog train: stopped; go on with neocog train --resume stopped\n',
    });
    expect(await readdir(at('stopped'))).toContain('last.safetensors');
  });

  it('goes on only with the run that was asked for', async () => {
    const args = [...pictures, '--epochs', '9', '--out', 'stopped', '--resume', 'auto'];
    expect((await neocogOfSources(folder, args)).err).toBe(
      'neocog train: the run in stopped has epochs 5000, and 9 was given; give what it has, or begin another run with --out and without --resume\n',
    );
  });
});
