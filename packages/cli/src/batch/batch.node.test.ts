// `neocog batch` in one process: what it goes over, what it writes, and that it goes on where it was ended.

import { copyFile, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseNpz } from '@neocog/formats';
import sharp from 'sharp';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import {
  answersIn,
  until,
  writeMaskNetwork,
  writeNetwork,
  writePictureNetwork,
  writePictures,
} from '../../test/batches.ts';
import {
  buildCommand,
  expectRefused,
  neocog,
  type Outcome,
  removeCommand,
  startNeocog,
} from '../../test/command.ts';

let folder = '';
const at = (...names: string[]): string => join(folder, ...names);
const run = (...args: string[]): Promise<Outcome> => neocog(folder, ['batch', 'net.onnx', ...args]);
const count = 60;

interface Line {
  readonly file: string;
  readonly classes?: { class: string; probability: number }[];
  readonly broken?: string;
}

const linesOf = async (name: string): Promise<Line[]> =>
  (await readFile(at(name), 'utf8'))
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line));

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'neocog-batch-'));
  await buildCommand();
  await writeNetwork(at('net.onnx'));
  await writePictures(at('shots'), count);
});
afterAll(async () => {
  await removeCommand();
  await rm(folder, { recursive: true });
});

describe('neocog batch', () => {
  it('answers each picture of a folder once, in order, and nothing is left beside', async () => {
    const { code, out, err } = await run('shots', '-o', 'all.jsonl');
    expect({ code, out, err }).toEqual({
      code: 0,
      out: `${count} pictures answered in all.jsonl\n`,
      err: '',
    });
    const lines = await linesOf('all.jsonl');
    const files = (await readdir(at('shots'), { recursive: true })).filter((name) => name.endsWith('.png'));
    expect(lines.map(({ file }) => file)).toEqual(files.sort().map((name) => join('shots', name)));
    expect(await readdir(folder)).toEqual(['all.jsonl', 'net.onnx', 'shots']);
  });

  it('says of a picture what neocog run says', async () => {
    const { out } = await neocog(folder, ['run', 'net.onnx', 'shots/a/7.png', '--json']);
    const line = (await linesOf('all.jsonl')).find(({ file }) => file === join('shots', 'a', '7.png'));
    expect(line?.classes).toEqual(JSON.parse(out));
  });

  it('takes patterns and lists, and writes tables and arrays', async () => {
    await writeFile(at('some.txt'), 'shots/a/1.png\n\nshots/b/2.png\nshots/a/1.png\n');
    await run('some.txt', '-o', 'some.csv');
    const [head, first, second, ...rest] = (await readFile(at('some.csv'), 'utf8')).trim().split('\n');
    expect(head).toBe('file,class,dark,light,broken');
    expect(first).toMatch(/^shots\/a\/1\.png,(dark|light),[\d.e-]+,[\d.e-]+,$/);
    expect([second?.split(',')[0], rest]).toEqual(['shots/b/2.png', []]);
    await run('shots/**/*1.png', '-o', 'some.npz');
    const { values } = parseNpz(await readFile(at('some.npz')));
    expect(values.shape).toEqual([6, 2]);
    expect(values.data[0] + values.data[1]).toBeCloseTo(1, 5);
  });

  it('draws the masks that neocog run draws, or says how much each class covers', async () => {
    await writeMaskNetwork(at('masks.onnx'));
    const words = ['batch', 'masks.onnx', 'shots'];
    expect(await neocog(folder, [...words, '-o', 'masks'])).toMatchObject({ code: 0, err: '' });
    await neocog(folder, ['run', 'masks.onnx', 'shots', '-o', 'known']);
    const names = (await readdir(at('known'), { recursive: true }))
      .filter((name) => name.endsWith('.png'))
      .sort();
    expect(names).toHaveLength(count);
    expect(
      (await readdir(at('masks'), { recursive: true })).filter((name) => name.endsWith('.png')).sort(),
    ).toEqual(names);
    for (const name of names)
      expect(await readFile(at('masks', name))).toEqual(await readFile(at('known', name)));
    await neocog(folder, [...words, '-o', 'masks.jsonl']);
    const [line] = await linesOf('masks.jsonl');
    expect(line?.classes?.map((each) => each.class).sort()).toEqual(['cell', 'ground']);
    await expectRefused(
      run('shots', '-o', 'answers'),
      /net\.onnx draws neither masks nor pictures; name a \.jsonl, \.csv or \.npz file/,
    );
  });

  it('writes the pictures that neocog run writes', async () => {
    await writePictureNetwork(at('blur.onnx'));
    const words = ['--std', '0.5', '--mean', '0.5', '--fit'];
    const { code, err } = await neocog(folder, ['batch', 'blur.onnx', 'shots', '-o', 'blurred', ...words]);
    expect({ code, err }).toEqual({ code: 0, err: '' });
    expect(
      await neocog(folder, ['run', 'blur.onnx', 'shots/a/9.png', '-o', 'known.png', ...words]),
    ).toMatchObject({ code: 0 });
    const pixels = (path: string): Promise<Buffer> => sharp(path).raw().toBuffer();
    expect(await pixels(at('blurred', 'a', '9.png'))).toEqual(await pixels(at('known.png')));
    expect((await pixels(at('known.png'))).length).toBe(3 * 24 * 24);
    expect(
      (await readdir(at('blurred'), { recursive: true })).filter((name) => name.endsWith('.png')),
    ).toHaveLength(count);
  });

  it('sets aside what is no picture, and tells of it', async () => {
    await writeFile(at('shots', 'torn.png'), 'no picture');
    await copyFile(at('shots', 'a', '1.png'), at('shots', 'copy.png'));
    const { code, err } = await run('shots', 'gone.txt', '-o', 'torn.jsonl');
    expect({ code, err }).toMatchObject({
      code: 1,
      err: expect.stringMatching(/cannot read the picture gone\.txt/),
    });
    await writeFile(at('gone.txt'), 'shots/nowhere.png');
    const told = await run('shots', 'gone.txt', '-o', 'torn.jsonl');
    expect(told.code).toBe(0);
    expect(told.err).toMatch(
      /^neocog: 2 pictures were set aside: shots\/torn\.png \(.*\); shots\/nowhere\.png \(cannot read .*\)\n$/,
    );
    const lines = await linesOf('torn.jsonl');
    expect(lines).toHaveLength(count + 3);
    expect(lines.filter(({ broken }) => broken).map(({ file }) => file)).toEqual([
      'shots/torn.png',
      'shots/nowhere.png',
    ]);
    const of = (name: string): unknown => lines.find(({ file }) => file === name)?.classes;
    expect(of('shots/copy.png')).toEqual(of('shots/a/1.png'));
    await rm(at('shots', 'torn.png'));
    await rm(at('shots', 'copy.png'));
  });

  it.each(['SIGINT', 'SIGKILL'] as const)('goes on after %s', async (signal) => {
    const out = `${signal}.jsonl`;
    const { child, outcome } = startNeocog(folder, ['batch', 'net.onnx', 'shots', '-o', out]);
    await until(async () => (await answersIn(at(`${out}.parts`))) > 3);
    child.kill(signal);
    const { code, err } = await outcome;
    if (signal === 'SIGINT') {
      expect(code).toBe(130);
      expect(err).toMatch(
        /^neocog batch: stopped after \d+ of 60 pictures; the same command goes on from there\n$/,
      );
    }
    expect(await answersIn(at(`${out}.parts`))).toBeGreaterThan(3);
    expect((await run('shots', '-o', out)).code).toBe(0);
    expect(await readFile(at(out))).toEqual(await readFile(at('all.jsonl')));
    expect(await answersIn(at(`${out}.parts`))).toBe(0);
  });

  it('refuses in a sentence what it cannot do, before it begins', async () => {
    await expectRefused(run('shots', '-o', 'all.jsonl'), /all\.jsonl is there already; .*--force/);
    await expectRefused(
      run('shots', '-o', 'all.txt'),
      /cannot write results as all\.txt; name a \.jsonl, \.csv or \.npz/,
    );
    await expectRefused(run('none/*.png', '-o', 'x.csv'), /none\/\*\.png holds no picture/);
    await expectRefused(
      run('shots', '-o', 'x.csv', '--queue', 'host'),
      /--queue host is no address of a Redis/,
    );
    await expectRefused(
      run('shots', '-o', 'x.csv', '--queue', 'redis://127.0.0.1:1'),
      /there is no Redis at .*; start one/,
    );
  });
});
