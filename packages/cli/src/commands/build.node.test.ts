// The command as a shell runs it; what it writes is tried in test/build.node.test.ts.

import { mkdir, mkdtemp, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { saveSafetensors } from '@neocog/formats';
import { manualSeed, models, noGrad, Tensor } from 'neocog';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { buildCommand, neocog, type Outcome, removeCommand } from '../../test/command.ts';

let folder = '';
const build = (...args: string[]): Promise<Outcome> => neocog(folder, ['build', ...args]);

/** One sentence on standard error, nothing on standard output, exit code 1. */
async function expectRefusal(args: string[], sentence: RegExp): Promise<void> {
  const { code, out, err } = await build(...args);
  expect(err).toMatch(sentence);
  expect(err.trimEnd().split('\n')).toHaveLength(1);
  expect({ out, code }).toEqual({ out: '', code: 1 });
}

const net = models.squeezenet({ classes: 7 });
const wholeNet = models.lenet5();

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'neocog-build-'));
  await buildCommand();
  manualSeed(3);
  await writeFile(join(folder, 'lenet.safetensors'), saveSafetensors(wholeNet.stateDict()));
  const classes = JSON.stringify([
    'zero',
    'one',
    'two',
    'three',
    'four',
    'five',
    'six',
    'seven',
    'eight',
    'nine',
  ]);
  const recipe = { architecture: 'lenet5', classes, mean: '33', std: '79' };
  await writeFile(join(folder, 'trained.safetensors'), saveSafetensors(wholeNet.stateDict(), recipe));
  await writeFile(join(folder, 'other.safetensors'), saveSafetensors(net.stateDict()));
});
afterAll(async () => {
  await removeCommand();
  await rm(folder, { recursive: true });
});

/** What a written network answers, and what its source does. */
async function answers(name: string): Promise<[Float32Array, Float32Array]> {
  const { run } = await import(/* @vite-ignore */ pathToFileURL(join(folder, name, 'index.js')).href);
  const x = Float32Array.from({ length: 784 }, (_, i) => Math.sin(i));
  const eager = noGrad(() => wholeNet.forward(new Tensor(x, [1, 1, 28, 28])));
  return [await run(x), eager.data as Float32Array];
}

describe('neocog build', () => {
  it('writes a network that answers as its source does, and says so', async () => {
    const { code, out, err } = await build('lenet.safetensors', '--model', 'lenet5', '-o', 'some/where');
    expect({ code, err }).toEqual({ code: 0, err: '' });
    expect(out).toMatch(
      /^some\/where {2}lenet5\n {2}takes {4}input {2}float32 1×1×28×28\n {2}gives {4}output/,
    );
    expect(out).toMatch(/weights {2}329\.\d kB, stored as float32/);
    expect(out).toMatch(/answers are the source's, bit for bit, on 10 random inputs\n$/);
    expect((await readdir(join(folder, 'some'))).sort()).toEqual(['where']);
    const [built, eager] = await answers('some/where');
    built.forEach((value, i) => expect(value).toBeCloseTo(eager[i], 5));
  });

  it('puts what training has noted onto the page', async () => {
    expect((await build('trained.safetensors', '-o', 'trained', '--runs', '1')).code).toBe(0);
    expect(await readFile(join(folder, 'trained/page.js'), 'utf8')).toContain('"mean":[33],"std":[79]');
    expect(await readFile(join(folder, 'trained/page.js'), 'utf8')).toContain('"seven"');
    expect(await readFile(join(folder, 'trained/index.html'), 'utf8')).toContain('as it was trained');
  });

  it('prints what smaller weights change', async () => {
    const half = await build('lenet.safetensors', '--model', 'lenet5', '-o', 'half', '--weights', 'float16');
    expect(half.out).toMatch(
      /float16 changes answers by 0\.0\d % \(rms; at most \S+, where their rms is \S+\) on 10 random inputs; the largest value is the same in \d+ of 10\n$/,
    );
    const eight = await build('lenet5', '-o', 'eight', '--weights', 'int8', '--runs', '3', '--json');
    expect(eight.err).toBe(
      'neocog: lenet5 was written with random weights; name a weights file for others\n',
    );
    const { comparison, weightBytes } = JSON.parse(eight.out);
    expect(comparison).toMatchObject({ runs: 3, equal: false, top: { of: 3 } });
    expect(comparison.rms / comparison.size).toBeLessThan(0.05);
    expect(weightBytes).toBeLessThan(90_000);
  });

  it('takes another shape', async () => {
    const { out } = await build('mobilenet-v2', '--input', '2x3x32x40', '-o', 'wide', '--runs', '1');
    expect(out).toMatch(/takes {4}input {2}float32 2×3×32×40\n {2}gives {4}output {2}float32 2×1000/);
  });

  it('writes over an earlier build, and leaves nothing of it', async () => {
    await build('mobilenet-v2', '--input', '1x3x32x32', '-o', 'again', '--runs', '1');
    const { ino } = await stat(join(folder, 'again'));
    expect(await readdir(join(folder, 'again'))).toContain('weights-4.js');
    await build('lenet5', '-o', 'again', '--runs', '1');
    expect((await readdir(join(folder, 'again'))).filter((name) => name.startsWith('weights'))).toEqual([
      'weights-0.js',
    ]);
    expect((await stat(join(folder, 'again'))).ino).toBe(ino);
  });

  it('writes among other files only with --force', async () => {
    await mkdir(join(folder, 'mine'));
    await writeFile(join(folder, 'mine/notes.txt'), 'mine');
    await expectRefusal(
      ['lenet5', '-o', 'mine'],
      /^neocog build: mine holds notes\.txt, which is not of an earlier build/,
    );
    expect(await readdir(join(folder, 'mine'))).toEqual(['notes.txt']);
    expect((await build('lenet5', '-o', 'mine', '--force', '--runs', '1')).code).toBe(0);
    expect(await readFile(join(folder, 'mine/notes.txt'), 'utf8')).toBe('mine');
    await expectRefusal(
      ['lenet5', '-o', 'lenet.safetensors'],
      /cannot write into lenet\.safetensors: .*not a folder/,
    );
  });

  it('refuses what it cannot build, and leaves no folder', async () => {
    await expectRefusal(['none.safetensors', '-o', 'x'], /there is no file and no network none\.safetensors/);
    await expectRefusal(
      ['other.safetensors', '-o', 'x'],
      /does not say which network its weights belong to; add --model/,
    );
    await expectRefusal(
      ['other.safetensors', '--model', 'resnet', '-o', 'x'],
      /there is no network resnet; choose one of/,
    );
    await expectRefusal(['other.safetensors', '--model', 'squeezenet', '-o', 'x'], /classifier.* has shape/);
    await expectRefusal(['trained.safetensors', '--input', '1x1x2x2', '-o', 'x'], /^neocog build: .*input/);
    await expectRefusal(['lenet5'], /required option '-o, --out <folder>' not specified/);
    expect(await readdir(folder)).not.toContain('x');
  });
});
