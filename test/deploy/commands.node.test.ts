// The command lines of deploy/, read out of its files and carried out here: with this machine's folder for /data, its Redis, and a hostfile that
// names it as often as a cluster has nodes.

import { mkdtemp, readFile, realpath, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Queue } from 'bullmq';
import { Redis } from 'ioredis';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import {
  missingRedis,
  TestRedis,
  until,
  writeNetwork,
  writePictures,
} from '../../packages/cli/test/batches.ts';
import {
  buildCommand,
  neocog,
  neocogOfSources,
  type Outcome,
  ofSources,
  removeCommand,
  runLine,
  startNeocog,
  startNeocogOfSources,
} from '../../packages/cli/test/command.ts';
import { writeClasses } from '../../packages/cli/test/data.ts';
import { missingMpi } from '../../packages/cli/test/ranks.ts';
import { leftOut } from '../leftOut.ts';
import type { TrainJob } from './kinds.ts';
import { compose, type Manifest, manifest, podsIn } from './read.ts';

let folder = '';
/** Pictures of 16 pixels, once. */
const small = ['--epochs', '1', '--size', '16', '--workers', '0'];
const count = 12;

/** Of the autoscaler, as far as it is read here. */
interface Scaling {
  readonly triggers: readonly { readonly metadata: { readonly listName: string } }[];
}

/** A command line as it is here. */
const here = (words: readonly string[], url = ''): string[] =>
  words.map((word) =>
    word.replace(/^\/data(?=\/|$)/, folder).replace(/^redis:\/\/(neocog-)?redis:6379$/, url),
  );

const textIn = (...names: string[]): Promise<string> => readFile(join(folder, ...names), 'utf8');

const ofCompose = (name: string): readonly string[] => compose().services[name]?.command ?? [];
const ofKubernetes = (kind: string, name: string): readonly string[] => {
  const [container] = podsIn(manifest(kind, name))[0]?.containers ?? [];
  return [...(container?.command ?? []), ...(container?.args ?? [])];
};

beforeAll(async () => {
  folder = await realpath(await mkdtemp(join(tmpdir(), 'neocog-deploy-')));
  await buildCommand();
  await writeNetwork(join(folder, 'network.onnx'));
  await writePictures(join(folder, 'pictures'), count);
  await writeClasses(join(folder, 'pets'), 32);
});
afterAll(async () => {
  await removeCommand();
  await rm(folder, { recursive: true });
});

describe.skipIf(leftOut(missingRedis))('a queue, its workers and a batch', () => {
  let redis: TestRedis;
  beforeAll(async () => {
    redis = await TestRedis.start();
  });
  afterAll(() => redis.stop());

  it.each([
    ['Compose', ofCompose('worker'), ofCompose('batch')],
    ['Kubernetes', ofKubernetes('Deployment', 'neocog-worker'), ofKubernetes('Job', 'neocog-batch')],
  ])('of %s', async (_, worker, batch) => {
    const working = startNeocogOfSources(folder, here(worker, redis.url));
    const { code, out, err } = await neocog(folder, here(batch, redis.url));
    expect({ code, out, err }).toEqual({
      code: 0,
      out: `${count} pictures answered in ${join(folder, 'answers.jsonl')}\n`,
      err: '',
    });
    expect((await textIn('answers.jsonl')).trim().split('\n')).toHaveLength(count);
    await rm(join(folder, 'answers.jsonl'));
    working.child.kill('SIGTERM');
    expect((await working.outcome).code).toBe(0);
  });

  it('wait where the autoscaler looks', async () => {
    const queue = new Queue('neocog', { connection: { host: '127.0.0.1', port: redis.port } });
    const { triggers } = manifest('ScaledObject', 'neocog-worker').spec as Scaling;
    const lists = triggers.map(({ metadata }) => metadata.listName);
    expect(lists).toEqual(['wait', 'prioritized', 'active'].map((name) => queue.toKey(name)));
    await queue.close();
    const client = new Redis(redis.url);
    const batch = here(ofKubernetes('Job', 'neocog-batch'), redis.url);
    for (const [more, name, kind] of [
      [[], lists[0], 'list'],
      [['--priority', '2'], lists[1], 'zset'],
    ] as const) {
      const { child, outcome } = startNeocog(folder, [...batch, ...more]);
      await until(async () => (await client.type(name as string)) === kind);
      child.kill('SIGINT');
      await outcome;
    }
    client.disconnect();
  });
});

/** What starts the processes of a job, as the operators of Kubernetes tell it to: by a hostfile. */
async function underMpi(words: readonly string[], nodes: number): Promise<Outcome> {
  await writeFile(join(folder, 'hostfile'), `localhost slots=${nodes}\n`);
  const at = words.indexOf('neocog');
  const line = [...words.slice(0, at), ...ofSources, ...here(words.slice(at + 1)), ...small];
  return runLine(folder, line, {
    OMPI_MCA_orte_default_hostfile: join(folder, 'hostfile'),
    OMPI_ALLOW_RUN_AS_ROOT: '1',
    OMPI_ALLOW_RUN_AS_ROOT_CONFIRM: '1',
  });
}

describe.skipIf(leftOut(missingMpi))('training', () => {
  it('of Compose', async () => {
    const { code, err } = await neocogOfSources(folder, [...here(ofCompose('train')), ...small]);
    expect({ code, err }).toEqual({ code: 0, err: '' });
    expect(await textIn('runs', 'pets', 'log.csv')).toMatch(/^1,/m);
    await rm(join(folder, 'runs'), { recursive: true });
  });

  it('of Kubernetes, by as many processes as the hostfile has places for', async () => {
    const { trainer } = (manifest('TrainJob', 'pets') as Manifest & TrainJob).spec;
    const words = [...(trainer?.command ?? []), ...(trainer?.args ?? [])];
    expect(ofKubernetes('MPIJob', 'pets')).toEqual(words);
    const outcome = await underMpi(words, trainer?.numNodes ?? 0);
    expect(outcome).toMatchObject({ code: 0, err: '' });
    expect(await textIn('runs', 'pets', 'log.csv')).toMatch(/^1,/m);
    await rm(join(folder, 'runs'), { recursive: true });
  });
});
