// Runs that begin at once get folders of their own, and leave none behind if nothing came of them.

import { mkdir, mkdtemp, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { nextRunFolder, openRunFolder } from './runFolder.ts';

let folder = '';
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'neocog-runs-'));
});
afterEach(() => rm(folder, { recursive: true }));

const at = (name: string): string => join(folder, name);
const nameOf = ({ weights }: { weights: string }): string => dirname(weights).slice(folder.length + 1);
const five = [1, 2, 3, 4, 5];

describe('nextRunFolder', () => {
  it('gives each of several runs that begin at once a folder of its own', async () => {
    const runs = await Promise.all(five.map(() => nextRunFolder(at('runs/mnist'), false)));
    const names = ['runs/mnist', ...[2, 3, 4, 5].map((i) => `runs/mnist-${i}`)];
    expect(runs.map(nameOf).sort()).toEqual(names);
    expect((await readdir(at('runs'))).length).toBe(5);
  });

  it('passes over what is there, and takes it by force', async () => {
    await mkdir(at('a'));
    expect(nameOf(await nextRunFolder(at('a'), false))).toBe('a-2');
    expect(nameOf(await nextRunFolder(at('a'), false))).toBe('a-3');
    expect(nameOf(await nextRunFolder(at('a'), true))).toBe('a');
    expect(nameOf(await nextRunFolder(at('b'), true))).toBe('b');
  });
});

describe('openRunFolder', () => {
  it('gives a new folder to one of several runs that begin at once', async () => {
    const runs = await Promise.allSettled(five.map(() => openRunFolder(at('one/out'), false)));
    expect(runs.filter(({ status }) => status === 'fulfilled')).toHaveLength(1);
    const [failed] = runs.filter((run) => run.status === 'rejected');
    expect(failed.reason.message).toMatch(/^.*out belongs to another run that has just begun; name another/);
  });

  it('takes a folder that is there and holds no run', async () => {
    await mkdir(at('mine'));
    await writeFile(at('mine/notes'), '');
    expect(nameOf(await openRunFolder(at('mine'), false))).toBe('mine');
    await writeFile(at('mine/report.html'), '');
    await expect(openRunFolder(at('mine'), false)).rejects.toThrow(/holds report\.html of an earlier run/);
    expect(nameOf(await openRunFolder(at('mine'), true))).toBe('mine');
  });
});

describe('the folder of a run', () => {
  it('is refused where it holds a file of the name of one of its own', async () => {
    for (const name of ['log.csv', 'log.jsonl', 'best.safetensors', 'settings.json']) {
      await mkdir(at(name));
      await writeFile(join(at(name), name), 'mine');
      await expect(openRunFolder(at(name), false)).rejects.toThrow(`holds ${name} of an earlier run`);
    }
  });

  it('loses all of an earlier run when it is cleared, and nothing else', async () => {
    const run = await openRunFolder(at('run'), false);
    const names = ['log.csv', 'log.jsonl', 'best.safetensors', 'last.safetensors', 'network.onnx', 'notes'];
    for (const name of names) await writeFile(join(at('run'), name), '');
    await run.clear();
    expect(await readdir(at('run'))).toEqual(['notes']);
  });

  it('goes again where nothing came of it, if it was made for the run', async () => {
    await mkdir(at('old'));
    for (const name of ['old', 'new']) await (await openRunFolder(at(name), false)).close();
    expect(await readdir(folder)).toEqual(['old']);
  });

  it('stays with what it holds', async () => {
    const kept = await openRunFolder(at('kept'), false);
    await kept.keepWeights(Uint8Array.of(1));
    await kept.close();
    const other = await openRunFolder(at('other'), false);
    await writeFile(at('other/notes'), '');
    await other.close();
    expect((await readdir(folder)).sort()).toEqual(['kept', 'other']);
  });
});
