// The scripts of deploy/slurm, handed to a Slurm. Their options are Slurm's to judge: those given here make the jobs as small as this machine.

import { chmod, mkdtemp, readFile, realpath, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { ofSources } from '../../packages/cli/test/command.ts';
import { writeClasses } from '../../packages/cli/test/data.ts';
import { missingMpi } from '../../packages/cli/test/ranks.ts';
import { leftOut } from '../leftOut.ts';
import { deployed } from './read.ts';
import { missingSlurm, TestSlurm } from './slurm.ts';

describe.skipIf(leftOut(missingSlurm() ?? missingMpi))('a job of Slurm', () => {
  let folder = '';
  let slurm: TestSlurm;
  /** With this repository's command among the programs. */
  let env: NodeJS.ProcessEnv = {};

  beforeAll(async () => {
    folder = await realpath(await mkdtemp(join(tmpdir(), 'neocog-slurm-')));
    slurm = await TestSlurm.start(await mkdtemp(join(folder, 'slurm-')));
    await writeClasses(join(folder, 'pets'), 16);
    const command = join(folder, 'neocog');
    await writeFile(command, `#!/bin/sh\nexec ${ofSources.map((word) => `'${word}'`).join(' ')} "$@"\n`);
    await chmod(command, 0o755);
    env = { PATH: `${folder}:${process.env.PATH}` };
  });
  afterAll(async () => {
    slurm?.stop();
    await rm(folder, { recursive: true, force: true });
  });

  it('trains with all its tasks as one job', async () => {
    const here = ['--nodes=1', '--ntasks-per-node=2', '--cpus-per-task=1', '--output=log', '--overcommit'];
    const words = ['pets', '--size', '16', '--batch', '8', '--workers', '0'];
    const line = [...here, deployed('slurm/train.sbatch'), ...words, '--epochs', '2'];
    const { code, err } = await slurm.submit(folder, line, env);
    const log = await readFile(join(folder, 'log'), 'utf8');
    expect({ code, err, log }).toMatchObject({ code: 0, err: '' });
    expect(log.match(/^epoch \d\/2/gm)).toEqual(['epoch 1/2', 'epoch 2/2']);
    expect(await readFile(join(folder, 'runs/pets/log.csv'), 'utf8')).toMatch(/^2,/m);
  });

  it('says what it lacks', async () => {
    const { code } = await slurm.submit(
      folder,
      ['--cpus-per-task=1', '--array=1', '--output=said', deployed('slurm/workers.sbatch')],
      env,
    );
    expect(code).toBe(1);
    expect(await readFile(join(folder, 'said'), 'utf8')).toMatch(
      /name the queue, such as redis:\/\/host:6379/,
    );
  });
});
