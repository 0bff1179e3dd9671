import { copyFile, mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseSafetensors, safetensorsMetadata } from '@neocog/formats';
import sharp from 'sharp';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { buildCommand, expectRefused, neocog, type Outcome, removeCommand } from '../../test/command.ts';
import { drawSample, encodeIdx, writeDataset } from '../../test/data.ts';

let folder = '';
const run = (...args: string[]): Promise<Outcome> => neocog(folder, args);

const expectRefusal = (args: string[], sentence: RegExp): Promise<void> =>
  expectRefused(run(...args), sentence);

const training = ['train', 'mnist', '--data', 'data', '--batch', '20'];

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'neocog-cli-'));
  await buildCommand();
  await writeDataset(join(folder, 'data'));
  await sharp(drawSample(3, 1), { raw: { width: 28, height: 28, channels: 1 } })
    .png()
    .toFile(join(folder, 'three.png'));
});
afterAll(async () => {
  await removeCommand();
  await rm(folder, { recursive: true });
});

describe('neocog train and run', () => {
  it('trains, writes weights and report, and recognises a picture', async () => {
    const { code, out, err } = await run(...training, '--epochs', '6', '--out', 'a/b');
    expect({ code, err }).toEqual({ code: 0, err: '' });
    expect(out).toMatch(/^epoch 6\/6 {2}loss \d\.\d{4} {2}train \S+ % {2}test 100\.00 % {2}\S+ s/m);
    expect((await readdir(join(folder, 'a/b'))).sort()).toEqual([
      'last.safetensors',
      'report.html',
      'settings.json',
      'weights.safetensors',
    ]);
    const bytes = await readFile(join(folder, 'a/b/weights.safetensors'));
    expect(parseSafetensors(bytes)['conv1.weight'].shape).toEqual([6, 1, 5, 5]);
    expect(safetensorsMetadata(bytes)).toMatchObject({
      architecture: 'lenet5',
      dataset: 'mnist',
      epochs: '6 of 6',
    });
    const answer = await run('run', 'a/b/weights.safetensors', 'three.png', '--top', '2');
    expect(answer).toMatchObject({ code: 0, err: '' });
    expect(answer.out).toMatch(/^3 +\d+\.\d\d % {2}█+\n\d +\d+\.\d\d %.*\n$/);
    const light = await run('run', 'a/b/weights.safetensors', 'three.png', '--invert');
    expect(light.err).toBe('neocog: the picture is mostly light; if its strokes are dark, try --invert\n');
    const all = JSON.parse((await run('run', 'a/b/weights.safetensors', 'three.png', '--json')).out);
    expect(all).toHaveLength(10);
    expect(all[0].class).toBe('3');
  });

  it('never replaces a run unasked', async () => {
    const args = [...training, '--epochs', '1', '--limit', '40'];
    expect((await run(...args)).out).toContain('runs/mnist/weights.safetensors');
    const first = await readFile(join(folder, 'runs/mnist/weights.safetensors'));
    const second = await run('train', 'MNIST', ...args.slice(2), '--seed', '2');
    expect(second.out).toContain('runs/mnist-2/weights.safetensors');
    expect((await readdir(join(folder, 'runs'))).sort()).toEqual(['mnist', 'mnist-2']);
    expect(await readFile(join(folder, 'runs/mnist/weights.safetensors'))).toEqual(first);
    await expectRefusal(
      [...args, '--out', 'runs/mnist'],
      /^neocog train: runs\/mnist holds weights\.safetensors of an earlier run; .*--force/,
    );
    for (const name of ['weights.safetensors', 'last.safetensors', 'settings.json'])
      await rm(join(folder, 'runs/mnist-2', name));
    await expectRefusal([...args, '--out', 'runs/mnist-2'], /holds report\.html of an earlier run/);
    await expectRefusal([...args, '--out', ''], /--out is empty/);
    expect((await run(...args, '--force', '--seed', '3')).out).toContain('runs/mnist/weights.safetensors');
    expect(await readFile(join(folder, 'runs/mnist/weights.safetensors'))).not.toEqual(first);
  });

  it('gives the same weights for the same seed, others for another', async () => {
    const weights = async (out: string, seed: string): Promise<Buffer> => {
      await run(...training, '--epochs', '1', '--seed', seed, '--limit', '100', '--out', out);
      return readFile(join(folder, out, 'weights.safetensors'));
    };
    const one = await weights('one', '5');
    expect(await weights('two', '5')).toEqual(one);
    expect(await weights('three', '6')).not.toEqual(one);
  });

  it('gives the same weights for any number of threads', async () => {
    const weights = async (threads: string): Promise<Buffer> => {
      const args = ['--epochs', '2', '--limit', '110', '--threads', threads, '--out', `threads${threads}`];
      expect(await run(...training, ...args)).toMatchObject({ code: 0, err: '' });
      return readFile(join(folder, `threads${threads}`, 'weights.safetensors'));
    };
    const one = await weights('1');
    expect(await weights('2')).toEqual(one);
    expect(await weights('3')).toEqual(one);
  });

  it('keeps the last whole epoch at Ctrl-C', async () => {
    const args = [...training, '--epochs', '500', '--out', 'stopped', '--force'];
    await mkdir(join(folder, 'stopped'));
    await writeFile(join(folder, 'stopped/report.html'), 'of an earlier run');
    let told = false;
    const { code, err } = await neocog(folder, args, (child, out) => {
      if (out.includes('epoch 2/') && !told) told = child.kill('SIGINT');
    });
    expect(code).toBe(130);
    expect(err).toMatch(
      /^neocog train: stopped; the weights of epoch \d+ are in stopped\/weights\.safetensors; go on with neocog train --resume stopped\n$/,
    );
    // The report of an earlier run would not be that of these weights.
    expect(await readdir(join(folder, 'stopped'))).toEqual([
      'last.safetensors',
      'settings.json',
      'weights.safetensors',
    ]);
    expect((await run('run', 'stopped/weights.safetensors', 'three.png')).code).toBe(0);
  });

  it('goes on where it was stopped, to the weights of a run that was not', async () => {
    const args = [...training, '--epochs', '8', '--limit', '200'];
    await run(...args, '--out', 'whole');
    let told = false;
    const auto = [...args, '--out', 'halves', '--resume', 'auto'];
    const first = await neocog(folder, auto, (child, out) => {
      if (out.includes('epoch 2/') && !told) told = child.kill('SIGINT');
    });
    expect(first.code).toBe(130);
    await expectRefusal(
      [...auto, '--seed', '4'],
      /^neocog train: the run in halves has seed 1, and 4 was given; give what it has, or begin another/,
    );
    const { code, out, err } = await run('train', '--resume', 'halves');
    expect({ code, err }).toEqual({ code: 0, err: '' });
    expect(out).not.toMatch(/^epoch 1\//m);
    const weights = (name: string): Promise<Buffer> => readFile(join(folder, name, 'weights.safetensors'));
    expect(parseSafetensors(await weights('halves'))).toEqual(parseSafetensors(await weights('whole')));
    expect((await run(...auto)).out).not.toMatch(/^epoch/m);
  });

  it('refuses a folder it cannot write to, and bad data, before it trains', async () => {
    await expectRefusal(
      [...training, '--out', 'three.png'],
      /cannot write into the folder three\.png: .*not a folder/,
    );
    await expectRefusal(
      ['train', 'mnist', '--data', 'none'],
      /cannot read the folder none: there is no such/,
    );
    await mkdir(join(folder, 'empty'));
    await expectRefusal(
      ['train', 'mnist', '--data', 'empty'],
      /MNIST is not in empty: neither .* that holds the four IDX files with --data$/m,
    );
    await expectRefusal(['train', 'mnist', '--data', 'three.png'], /cannot read the folder three\.png/);
    await expectRefusal(['train', 'mnist', '--data', ''], /--data is empty/);
    await writeDataset(join(folder, 'deep/MNIST/raw'));
    await expectRefusal(['train', 'mnist', '--data', 'deep'], /it is deeper, pass --data deep\/MNIST\/raw$/m);
    await writeDataset(join(folder, 'cut'));
    const images = await readFile(join(folder, 'cut/t10k-images.idx3-ubyte'));
    await writeFile(join(folder, 'cut/t10k-images.idx3-ubyte'), images.subarray(0, -1));
    await expectRefusal(
      ['train', 'mnist', '--data', 'cut'],
      /t10k-images\.idx3-ubyte promises .* it is truncated/,
    );
    await writeFile(join(folder, 'cut/t10k-images.idx3-ubyte'), encodeIdx([60, 1, 1], new Uint8Array(60)));
    await expectRefusal(['train', 'mnist', '--data', 'cut'], /images of 1×1 where LeNet-5 takes 28×28/);
    await writeFile(join(folder, 'cut/train-images-idx3-ubyte.gz'), 'no gzip');
    await expectRefusal(
      ['train', 'mnist', '--data', 'cut'],
      /train-images-idx3-ubyte\.gz cannot be unzipped/,
    );
  });

  it.skipIf(process.platform !== 'linux')(
    'ends where the system answers oddly (/proc is of Linux)',
    async () => {
      await expectRefusal(
        [...training, '--out', '/proc/neocog'],
        /cannot write into the folder \/proc\/neocog/,
      );
    },
  );

  it('refuses weights and pictures that it cannot use', async () => {
    const weights = join(folder, 'one/weights.safetensors');
    const bytes = await readFile(weights);
    await writeFile(join(folder, 'cut.safetensors'), bytes.subarray(0, 5000));
    await copyFile(join(folder, 'three.png'), join(folder, 'picture.safetensors'));
    await expectRefusal(['run', 'none', 'three.png'], /cannot read none: there is no such file/);
    await expectRefusal(['run', '.', 'three.png'], /cannot read \.: it is a folder/);
    await expectRefusal(
      ['run', 'cut.safetensors', 'three.png'],
      /cut\.safetensors cannot be read as safetensors/,
    );
    await expectRefusal(['run', 'picture.safetensors', 'three.png'], /cannot be read as safetensors/);
    await expectRefusal(['run', weights, 'none.png'], /cannot read the image none\.png/);
    await expectRefusal(
      ['run', weights, 'cut.safetensors'],
      /cut\.safetensors is not an image that can be read/,
    );
  });
});
