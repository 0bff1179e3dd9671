// `neocog batch` over a store of objects: s3rver, which speaks S3 on loopback.

import { mkdtemp, readdir, readFile, realpath, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { S3mini } from 's3mini';
import S3rver from 's3rver';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { leftOut } from '../../../../test/leftOut.ts';
import {
  missingRedis,
  TestRedis,
  until,
  writeMaskNetwork,
  writeNetwork,
  writePictures,
} from '../../test/batches.ts';
import {
  buildCommand,
  expectRefused,
  neocog,
  removeCommand,
  startNeocog,
  startNeocogOfSources,
} from '../../test/command.ts';

const count = 40;
const variables = {
  ...{ AWS_ACCESS_KEY_ID: 'S3RVER', AWS_SECRET_ACCESS_KEY: 'S3RVER', AWS_REGION: 'eu-west-1' },
  AWS_SESSION_TOKEN: '',
};
let folder = '';
let store: S3rver;
let bucket: S3mini;
const at = (...names: string[]): string => join(folder, ...names);
const keys = async (prefix: string): Promise<string[]> =>
  ((await bucket.listObjects('/', prefix)) ?? []).map(({ Key }) => Key).sort();

/** Lines of answers, without where the pictures were. */
const answersOf = (text: string): unknown[] =>
  text
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line))
    .map(({ file, ...rest }) => ({ name: file.replace(/^.*shots\//, ''), ...rest }))
    .sort((a, b) => (a.name < b.name ? -1 : 1));

const known = async (): Promise<unknown[]> => answersOf(await readFile(at('here.jsonl'), 'utf8'));
const stored = async (key: string): Promise<unknown[]> => answersOf((await bucket.getObject(key)) ?? '');

beforeAll(async () => {
  folder = await realpath(await mkdtemp(join(tmpdir(), 'neocog-objects-')));
  await buildCommand();
  await writeNetwork(at('net.onnx'));
  await writePictures(at('shots'), count);
  await neocog(folder, ['batch', 'net.onnx', 'shots', '-o', 'here.jsonl']);
  store = new S3rver({
    ...{ address: '127.0.0.1', port: 0, silent: true, directory: at('store') },
    configureBuckets: [{ name: 'pictures', configs: [] }],
  });
  const { port } = await store.run();
  Object.assign(process.env, variables, { AWS_ENDPOINT_URL: `http://127.0.0.1:${port}` });
  bucket = new S3mini({
    ...{ endpoint: `http://127.0.0.1:${port}/pictures`, accessKeyId: 'S3RVER', secretAccessKey: 'S3RVER' },
  });
  for (const name of await readdir(at('shots'), { recursive: true })) {
    if (name.endsWith('.png')) await bucket.putObject(`all/shots/${name}`, await readFile(at('shots', name)));
  }
});
beforeEach(() => Object.assign(process.env, variables));
afterAll(async () => {
  for (const name of [...Object.keys(variables), 'AWS_ENDPOINT_URL']) delete process.env[name];
  await store.close();
  await removeCommand();
  await rm(folder, { recursive: true });
});

describe('neocog batch over a store of objects', () => {
  it('answers what lies below an address, there', async () => {
    const { code, out, err } = await neocog(folder, [
      'batch',
      'net.onnx',
      's3://pictures/all',
      '-o',
      's3://pictures/a/b.jsonl',
    ]);
    expect({ code, out, err }).toEqual({
      code: 0,
      out: `${count} pictures answered in s3://pictures/a/b.jsonl\n`,
      err: '',
    });
    expect(await stored('a/b.jsonl')).toEqual(await known());
    expect(await keys('a/')).toEqual(['a/b.jsonl']);
    const again = neocog(folder, ['batch', 'net.onnx', 's3://pictures/all', '-o', 's3://pictures/a/b.jsonl']);
    await expectRefused(again, /s3:\/\/pictures\/a\/b\.jsonl is there already; .*--force/);
  });

  it('finds names of any signs, in lists too, and sets aside what is not there', async () => {
    const picture = await readFile(at('shots', 'a', '1.png'));
    const names = ['odd/a b&c.png', 'odd/ä(1)+=%.png'];
    for (const name of names) await bucket.putObject(name, picture);
    await bucket.putObject(
      'list.txt',
      [...names, 'odd/none.png'].map((name) => `s3://pictures/${name}`).join('\n'),
    );
    for (const source of ['s3://pictures/odd/', 's3://pictures/list.txt']) {
      const { code, err } = await neocog(folder, ['batch', 'net.onnx', source, '-o', 'odd.csv', '--force']);
      expect(code).toBe(0);
      const told = source.endsWith('txt')
        ? 'neocog: 1 picture was set aside: s3://pictures/odd/none.png (cannot read s3://pictures/odd/none.png: there is no such object)\n'
        : '';
      expect(err).toBe(told);
      const files = (await readFile(at('odd.csv'), 'utf8'))
        .trim()
        .split('\n')
        .slice(1)
        .map((line) => line.split(',')[0]);
      expect(files.slice(0, 2).sort()).toEqual(names.map((name) => `s3://pictures/${name}`).sort());
    }
  });

  it('draws masks there', async () => {
    await writeMaskNetwork(at('masks.onnx'));
    await neocog(folder, ['batch', 'masks.onnx', 'shots', '-o', 'masks']);
    expect(
      await neocog(folder, ['batch', 'masks.onnx', 's3://pictures/all', '-o', 's3://pictures/masks']),
    ).toMatchObject({ code: 0, err: '' });
    const names = (await readdir(at('masks'), { recursive: true }))
      .filter((name) => name.endsWith('.png'))
      .sort();
    expect(await keys('masks')).toEqual(names.map((name) => `masks/${name}`));
    const mask = await bucket.getObjectArrayBuffer(`masks/${names[0]}`);
    expect(Buffer.from(mask ?? new ArrayBuffer(0))).toEqual(await readFile(at('masks', names[0] as string)));
  });

  it('goes on after SIGKILL', async () => {
    const words = ['batch', 'net.onnx', 's3://pictures/all', '-o', 's3://pictures/killed.jsonl'];
    const { child, outcome } = startNeocog(folder, words);
    await until(async () => (await keys('killed.jsonl.parts/')).length > 4);
    child.kill('SIGKILL');
    await outcome;
    expect((await neocog(folder, words)).code).toBe(0);
    expect(await stored('killed.jsonl')).toEqual(await known());
    expect(await keys('killed')).toEqual(['killed.jsonl']);
  });

  it.skipIf(leftOut(missingRedis))('is read and written by workers', async () => {
    const redis = await TestRedis.start();
    const worker = startNeocogOfSources(folder, ['worker', '--queue', redis.url]);
    const words = [
      'batch',
      'net.onnx',
      's3://pictures/all',
      '-o',
      's3://pictures/queued.jsonl',
      '--queue',
      redis.url,
    ];
    expect(await neocog(folder, words)).toMatchObject({ code: 0, err: '' });
    expect(await stored('queued.jsonl')).toEqual(await known());
    worker.child.kill('SIGTERM');
    await worker.outcome;
    await redis.stop();
  });

  it('says in a sentence what is wrong', async () => {
    const run = (source: string, output = 'x.csv') =>
      neocog(folder, ['batch', 'net.onnx', source, '-o', output]);
    await expectRefused(
      run('s3://nobucket/x'),
      /there is no bucket nobucket in the store; check its name, and AWS_ENDPOINT_URL/,
    );
    await expectRefused(
      run('s3:///x'),
      /s3:\/\/\/x names no bucket; give an address such as s3:\/\/bucket\/folder/,
    );
    await expectRefused(run('s3://pictures/none'), /s3:\/\/pictures\/none holds no picture/);
    process.env.AWS_ACCESS_KEY_ID = 'another';
    await expectRefused(
      run('s3://pictures/all'),
      /cannot list s3:\/\/pictures\/all .*403.*; check AWS_ACCESS_KEY_ID/,
    );
    process.env.AWS_SESSION_TOKEN = 'for an hour';
    await expectRefused(
      run('s3://pictures/all'),
      /AWS_SESSION_TOKEN is set, and keys that expire are not known here/,
    );
    process.env.AWS_SESSION_TOKEN = '';
    process.env.AWS_ENDPOINT_URL_S3 = 'http://127.0.0.1:1';
    await expectRefused(
      run('s3://pictures/all'),
      /the store does not answer: .*; check AWS_ENDPOINT_URL and the store/,
    );
    delete process.env.AWS_ENDPOINT_URL_S3;
  });
});
