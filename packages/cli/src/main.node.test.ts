// Help, refusals and tables of the command as a whole.

import { mkdtemp, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { buildCommand, expectRefused, neocog, type Outcome, removeCommand } from '../test/command.ts';

let folder = '';
const run = (...args: string[]): Promise<Outcome> => neocog(folder, args);
const expectRefusal = (args: string[], sentence: RegExp): Promise<void> =>
  expectRefused(run(...args), sentence);

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'neocog-cli-'));
  await buildCommand();
  await writeFile(join(folder, 'three.png'), '');
});
afterAll(async () => {
  await removeCommand();
  await rm(folder, { recursive: true });
});

describe('neocog', () => {
  it('prints help and version', async () => {
    expect((await run('--help')).out).toMatch(/Usage: neocog .*train .*run .*summary /s);
    expect((await run('train', '--help')).out).toContain('--epochs <n>');
    expect(await run('--version')).toMatchObject({
      code: 0,
      out: expect.stringMatching(/^\d+\.\d+\.\d+\n$/),
      err: '',
    });
  });

  it('refuses what it does not know, and says where to look', async () => {
    await expectRefusal(['frob'], /^neocog: unknown command 'frob'; see neocog --help$/m);
    await expectRefusal(
      ['train', 'cats'],
      /^neocog train: there is no folder and no data set cats; .*mnist, fashion-mnist$/m,
    );
    await expectRefusal(
      ['train'],
      /^neocog train: name what to learn: a folder of pictures or sounds, or mnist/,
    );
    await expectRefusal(
      ['train', 'mnist', '--epoch', '3'],
      /unknown option '--epoch' \(Did you mean --epochs\?\)/,
    );
    await expectRefusal(['train', 'mnist', '--epochs', '0'], /a whole number from 1/);
    await expectRefusal(['train', 'mnist', '--lr', 'fast'], /a number above 0/);
    await expectRefusal(['summary', 'lenet5', '--input', '1,1'], /such as 1x1x28x28/);
    await expectRefusal(['run', 'one'], /missing required argument 'file'/);
  });

  it.each([
    ['convert', 'three.png', ''],
    ['convert', '', 'x.npz'],
    ['run', '', 'three.png'],
    ['inspect', '.'],
    ['filter', 'three.png', 'sobel', '-o', ''],
    ['filter', 'three.png', 'sobel', '-o', 'none/x.png'],
    ['summary', ''],
    ['bench', 'lenet5', '--seconds', 'NaN'],
    ['bench', 'lenet5', '--input', '1x1x28x99999999'],
    ['explain', 'conv2d', '--input', '1x3x8x8', '--filters', '1e99', '--kernel', '3'],
  ])('refuses in one sentence: %s %s %s %s', async (...args) => {
    const before = await readdir(folder);
    await expectRefusal(args, /^neocog [a-z]+: /);
    expect(await readdir(folder)).toEqual(before);
  });

  it('prints where an error arose only with --debug', async () => {
    const { err, code } = await run('summary', 'resnet', '--debug');
    expect(err).toMatch(/there is no network resnet; did you mean .* choose one of: lenet5, .*\n +at /);
    expect(code).toBe(1);
  });
});

describe('neocog summary', () => {
  it('prints the table of layers', async () => {
    const { code, out } = await run('summary', 'lenet5');
    expect(code).toBe(0);
    expect(out).toMatch(/^input +1×1×28×28$/m);
    expect(out).toMatch(/^conv1 +Conv2d.* 1×6×28×28 +156 +117,600 +19\.4 kB +5×5 +1 +−2$/m);
    expect(out).toMatch(/^all +61,706 +416,520 +307 kB$/m);
    expect((await run('summary', 'lenet5', '--compare-dense')).out).toMatch(/^conv1 .* 3,692,640$/m);
    expect(JSON.parse((await run('summary', 'resnet18', '--json')).out).parameters).toBe(11_689_512);
  });

  it('knows a network however its name is spelled', async () => {
    for (const name of ['LeNet-5', 'lenet_5', 'LENET5'])
      expect((await run('summary', name)).out).toMatch(/^lenet5\n/);
  });

  it('says how an input is to be stated', async () => {
    await expectRefusal(
      ['summary', 'resnet18', '--input', '3x224x224'],
      /^neocog summary: --input 3x224x224 has 3 sizes, but resnet18 takes 4; the batch comes first, such as 1x3x224x224$/m,
    );
    await expectRefusal(
      ['bench', 'lenet5', '--input', '28x28'],
      /has 2 sizes, but lenet5 takes 4; pass 4 sizes, such as 1x1x28x28$/m,
    );
    await expectRefusal(
      ['build', 'lenet5', '-o', 'x', '--input', '1x28x28'],
      /the batch comes first, such as 1x1x28x28$/m,
    );
  });

  it('refuses an input that does not fit', async () => {
    await expectRefusal(
      ['summary', 'lenet5', '--input', '1x3x28x28'],
      /^neocog summary: conv2d: input has 3 channels/,
    );
    await expectRefusal(['summary', 'resnet'], /^neocog summary: there is no network resnet/);
  });
});
