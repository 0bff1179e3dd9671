// What can go wrong on many machines, and is one sentence: a disk that fills, another version of the command. Nothing half-written is left.

import { spawnSync } from 'node:child_process';
import { mkdir, mkdtemp, readdir, realpath, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Queue } from 'bullmq';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { leftOut } from '../../../test/leftOut.ts';
import { missingRedis, TestRedis, until, writeNetwork, writePictures } from '../test/batches.ts';
import {
  buildCommand,
  neocog,
  neocogOfSources,
  removeCommand,
  type Started,
  startNeocog,
  startNeocogOfSources,
} from '../test/command.ts';
import { writeClasses } from '../test/data.ts';

let folder = '';
const at = (...names: string[]): string => join(folder, ...names);
/** A disk of its own, with room for settings and logs. */
const disk = (): string => at('disk');
const mount = (size: string) =>
  spawnSync('mount', ['-t', 'tmpfs', '-o', `size=${size}`, 'tmpfs', disk()]).status === 0;

/** Why there can be no small disk here, or null. */
const missingDisk: string | null =
  process.platform === 'linux' && process.getuid?.() === 0 ? null : 'a disk that fills needs root on Linux';

/** What is neither whole nor meant to stay. */
const halves = async (): Promise<string[]> =>
  (await readdir(disk(), { recursive: true })).filter((name) => /\.(tmp|part)$/.test(name));

beforeAll(async () => {
  folder = await realpath(await mkdtemp(join(tmpdir(), 'neocog-faults-')));
  await buildCommand();
  await mkdir(disk());
  await writeNetwork(at('net.onnx'));
  await writePictures(at('shots'), 8);
  await writeClasses(at('pets'), 10);
});
afterAll(async () => {
  await removeCommand();
  await rm(folder, { recursive: true });
});

describe.skipIf(leftOut(missingDisk))('on a disk that fills', () => {
  it.each(['1', '2'])('training by %s ends in a sentence, with no half of a checkpoint', async (ranks) => {
    expect(mount('1m')).toBe(true);
    try {
      const words = ['--size', '16', '--workers', '0', '--batch', '8', '--launch', ranks];
      const { code, err } = await neocogOfSources(folder, ['train', 'pets', '--out', 'disk/run', ...words]);
      expect(err).toMatch(
        /^neocog train: checkpoint: cannot write disk\/run\/(best|last)\.safetensors: the disk is full; make room\n$/,
      );
      expect(code).toBe(1);
      expect(await halves()).toEqual([]);
    } finally {
      spawnSync('umount', [disk()]);
    }
  });

  it('a batch ends in a sentence, and goes on when there is room', async () => {
    expect(mount('20k')).toBe(true);
    const words = ['batch', 'net.onnx', 'shots', '-o', 'disk/answers.jsonl'];
    try {
      const { code, err } = await neocog(folder, words);
      expect(err).toMatch(/^neocog batch: cannot write \S+: the disk is full; make room\n$/);
      expect(code).toBe(1);
      expect(await halves()).toEqual([]);
      expect(spawnSync('mount', ['-o', 'remount,size=1m', disk()]).status).toBe(0);
      expect(await neocog(folder, words)).toMatchObject({ code: 0, err: '' });
      expect(await readdir(disk())).toEqual(['answers.jsonl']);
    } finally {
      spawnSync('umount', [disk()]);
    }
  });
});

describe.skipIf(leftOut(missingRedis))('on a queue', () => {
  let redis: TestRedis;
  const started: Started[] = [];
  beforeAll(async () => {
    redis = await TestRedis.start();
  });
  afterAll(async () => {
    for (const { child } of started) child.kill('SIGKILL');
    await redis.stop();
  });

  it('another version of a worker ends the batch in a sentence', async () => {
    const batch = startNeocog(folder, ['batch', 'net.onnx', 'shots', '-o', 'out.csv', '--queue', redis.url]);
    const queue = new Queue('neocog', { connection: { host: '127.0.0.1', port: redis.port } });
    await until(async () => (await queue.getWaitingCount()) > 0);
    // The batch of another version than the worker's.
    for (const job of await queue.getWaiting()) await job.updateData({ ...job.data, version: '0.0.1' });
    await queue.close();
    const worker = startNeocogOfSources(folder, ['worker', '--queue', redis.url]);
    started.push(batch, worker);
    const { code, err } = await batch.outcome;
    expect(err).toMatch(
      /^neocog batch: the worker on \S+: it has version \S+ of neocog, the batch 0\.0\.1; install the same\n$/,
    );
    expect(code).toBe(1);
  });
});
