// compile with a folder: what is written there, what is removed, and what happens where nothing can be.

import {
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeEach, expect, test } from 'vitest';
import { compile, manualSeed, nn, type Program, randn } from '../../index.ts';

const folders = mkdtempSync(join(tmpdir(), 'neocog-cache-'));
afterAll(() => rmSync(folders, { recursive: true }));

let folder = '';
beforeEach(() => {
  folder = join(mkdtempSync(join(folders, 'of-')), 'made', 'when-needed');
});

const minutes = 60;

/** A program of as many channels, once the cache is done. */
async function kept(channels: number, cache = folder): Promise<Program> {
  manualSeed(channels);
  const program = await compile(new nn.Conv2d(3, channels, 3), { input: [1, 3, 8, 8], cache });
  while (program.explain().cache?.startsWith('writing')) await new Promise((wake) => setTimeout(wake, 1));
  return program;
}

const outcomeOf = async (channels: number): Promise<string | null> => (await kept(channels)).explain().cache;

/** Says that a file was last used so many seconds ago. */
function age(name: string, seconds: number): void {
  const then = Date.now() / 1000 - seconds;
  utimesSync(join(folder, name), then, then);
}

test('a program is one file, which the next call reads', async () => {
  const first = await kept(4);
  expect(first.explain().cache).toBe('written');
  const [name, ...others] = readdirSync(folder);
  expect(others).toEqual([]);
  expect(name).toMatch(/^[0-9a-f]{64}\.neocog$/);
  const second = await kept(4);
  expect(second.explain().cache).toBe('read');
  const x = randn([1, 3, 8, 8]);
  expect((await second.run(x)).data).toEqual((await first.run(x)).data);
});

test('a file that was cut off is written anew', async () => {
  await kept(4);
  const path = join(folder, readdirSync(folder)[0]);
  const whole = readFileSync(path);
  writeFileSync(path, whole.subarray(0, 1000));
  expect(await outcomeOf(4)).toBe('written: what was there cannot be used');
  expect(readFileSync(path).equals(whole)).toBe(true);
});

test('sixteen programs stay, those that were used last, and whatever else is there', async () => {
  for (let channels = 1; channels <= 16; channels++) {
    const before = new Set(channels === 1 ? [] : readdirSync(folder));
    await kept(channels);
    const name = readdirSync(folder).find((file) => !before.has(file)) as string;
    age(name, 100 - channels);
  }
  writeFileSync(join(folder, 'mine.txt'), '');
  expect(await outcomeOf(1)).toBe('read');
  await expect.poll(() => outcomeOf(1)).toBe('read');
  expect(await outcomeOf(17)).toBe('written');
  expect(readdirSync(folder)).toHaveLength(17);
  expect(readdirSync(folder)).toContain('mine.txt');
  expect(await outcomeOf(1)).toBe('read');
  expect(await outcomeOf(2)).toBe('written');
});

test('what an ended process left half-written is removed, what another one writes now is not', async () => {
  await kept(1);
  const name = readdirSync(folder)[0];
  const [lost, current] = [`${name}.abc`, `${name}.def`];
  writeFileSync(join(folder, lost), '');
  writeFileSync(join(folder, current), '');
  age(lost, 61 * minutes);
  await kept(2);
  expect(readdirSync(folder)).not.toContain(lost);
  expect(readdirSync(folder)).toContain(current);
});

test('a folder that cannot be made is no error, and is told', async () => {
  const file = join(folders, 'a-file');
  writeFileSync(file, '');
  const program = await kept(4, join(file, 'below'));
  expect(program.explain().cache).toMatch(/^not written .*ENOTDIR/);
  await program.run(randn([1, 3, 8, 8]));
});

test('a program whose name is taken by a folder leaves nothing behind', async () => {
  await kept(4);
  const [name] = readdirSync(folder);
  rmSync(join(folder, name));
  mkdirSync(join(folder, name));
  expect(await outcomeOf(4)).toMatch(/^not written .*E/);
  expect(readdirSync(folder)).toEqual([name]);
});
