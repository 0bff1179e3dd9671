// `neocog batch --queue` and `neocog worker`, with a Redis and workers that are killed.

import { mkdtemp, readFile, realpath, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Queue, Worker } from 'bullmq';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { leftOut } from '../../../../test/leftOut.ts';
import {
  answersIn,
  missingRedis,
  TestRedis,
  until,
  writeNetwork,
  writePictures,
} from '../../test/batches.ts';
import {
  buildCommand,
  neocog,
  removeCommand,
  type Started,
  startNeocog,
  startNeocogOfSources,
} from '../../test/command.ts';
import type { Done } from './job.ts';
import type { JobData } from './queued.ts';
import { hashPicture, Store } from './store.ts';

/** Whether a batch waits for workers. */
async function isQueued({ port }: TestRedis): Promise<boolean> {
  const queue = new Queue('neocog', { connection: { host: '127.0.0.1', port } });
  const waiting = await queue.getWaitingCount();
  await queue.close();
  return waiting > 0;
}

/** A worker that says the same of all pictures, and fails at one. */
function failingWorker({ port }: TestRedis, bad: string): Worker {
  const carryOut = async ({ data }: { readonly data: JobData }): Promise<Done[]> => {
    if (data.files.some((file) => file.endsWith(bad))) throw new Error('out of memory');
    const store = new Store(data.parts, data.hash);
    const done: Done[] = [];
    for (const file of data.files) {
      const picture = hashPicture(await readFile(file));
      await store.put(picture, { classes: [{ class: 'dark', probability: 1 }] });
      done.push({ file, picture });
    }
    return done;
  };
  return new Worker('neocog', carryOut, { connection: { host: '127.0.0.1', port } });
}

let folder = '';
const at = (...names: string[]): string => join(folder, ...names);
const count = 90;

beforeAll(async () => {
  folder = await realpath(await mkdtemp(join(tmpdir(), 'neocog-queue-')));
  await buildCommand();
  await writeNetwork(at('net.onnx'));
  await writePictures(at('shots'), count);
});
afterAll(async () => {
  await removeCommand();
  await rm(folder, { recursive: true });
});

describe.skipIf(leftOut(missingRedis))('neocog batch --queue', () => {
  let redis: TestRedis;
  const workers: Started[] = [];
  const work = (): Started => {
    const worker = startNeocogOfSources(folder, [
      'worker',
      '--queue',
      redis.url,
      '--threads',
      '1',
      '--lock',
      '1',
    ]);
    workers.push(worker);
    return worker;
  };
  const batch = (out: string, network = 'net.onnx'): Started =>
    startNeocog(folder, ['batch', network, 'shots', '-o', out, '--queue', redis.url, '--job', '4']);

  beforeAll(async () => {
    redis = await TestRedis.start();
    await neocog(folder, ['batch', 'net.onnx', 'shots', '-o', 'here.jsonl']);
  });
  afterAll(async () => {
    for (const { child } of workers) child.kill('SIGKILL');
    await redis.stop();
  });

  it('gives the answers of one process, by workers that stop when they are told to', async () => {
    const two = [work(), work()];
    const { outcome } = batch('two.jsonl');
    expect(await outcome).toEqual({ code: 0, out: `${count} pictures answered in two.jsonl\n`, err: '' });
    expect(await readFile(at('two.jsonl'))).toEqual(await readFile(at('here.jsonl')));
    for (const { child } of two) child.kill('SIGTERM');
    const ends = await Promise.all(two.map((each) => each.outcome));
    expect(ends.map(({ code }) => code)).toEqual([0, 0]);
    const jobs = ends.map(({ out }) => Number(/(\d+) jobs done/.exec(out)?.[1]));
    expect(jobs.reduce((a, b) => a + b)).toBe(Math.ceil(count / 4));
  });

  it('loses nothing and doubles nothing while workers are killed and Redis begins anew', async () => {
    work();
    const { outcome } = batch('killed.jsonl');
    const parts = at('killed.jsonl.parts');
    for (const answers of [3, 12, 25]) {
      await until(async () => (await answersIn(parts)) >= answers);
      workers.at(-1)?.child.kill('SIGKILL');
      work();
    }
    await redis.stop();
    await redis.start();
    expect(await outcome).toEqual({ code: 0, out: `${count} pictures answered in killed.jsonl\n`, err: '' });
    expect(await readFile(at('killed.jsonl'))).toEqual(await readFile(at('here.jsonl')));
    workers.at(-1)?.child.kill('SIGKILL');
  });

  it('goes on when the batch itself was killed', async () => {
    work();
    const first = batch('again.jsonl');
    await until(async () => (await answersIn(at('again.jsonl.parts'))) > 3);
    first.child.kill('SIGKILL');
    await first.outcome;
    expect((await batch('again.jsonl').outcome).code).toBe(0);
    expect(await readFile(at('again.jsonl'))).toEqual(await readFile(at('here.jsonl')));
    workers.at(-1)?.child.kill('SIGKILL');
  });

  it('sets a picture aside that fails by itself, and no other of its job', async () => {
    const worker = failingWorker(redis, 'shots/a/7.png');
    const { code, out, err } = await batch('aside.jsonl').outcome;
    await worker.close();
    expect({ code, out }).toEqual({ code: 0, out: `${count - 1} pictures answered in aside.jsonl\n` });
    expect(err).toBe('neocog: 1 picture was set aside: shots/a/7.png (it ended its worker: out of memory)\n');
  });

  it('ends in a sentence where a worker has another network', async () => {
    await writeNetwork(at('other.onnx'), 2);
    const { outcome, child } = batch('other.csv', 'other.onnx');
    await until(() => isQueued(redis));
    await writeNetwork(at('other.onnx'), 3);
    work();
    const { code, err } = await outcome;
    expect(code).toBe(1);
    expect(err).toMatch(
      /^neocog batch: the worker on \S+: \S+other\.onnx is another file there; copy the network to all machines\n$/,
    );
    child.kill();
  });
});
