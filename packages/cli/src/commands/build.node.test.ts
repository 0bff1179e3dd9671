// The command as a shell runs it; what it writes is tried in test/build.node.test.ts.

import { mkdir, mkdtemp, readdir, readFile, rm, stat, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { saveSafetensors } from '@neocog/formats';
import { compile, manualSeed, models, noGrad, Tensor } from 'neocog';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { buildCommand, expectRefused, neocog, type Outcome, removeCommand } from '../../test/command.ts';

let folder = '';
const build = (...args: string[]): Promise<Outcome> => neocog(folder, ['build', ...args]);

const expectRefusal = (args: string[], sentence: RegExp): Promise<void> =>
  expectRefused(build(...args), sentence);

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
    expect(out).toMatch(/weights {2}246\.\d kB, stored as float32\n/);
    expect(out).toMatch(/answers are the source's, bit for bit, on 10 random inputs\n$/);
    expect((await readdir(join(folder, 'some'))).sort()).toEqual(['where']);
    const [built, eager] = await answers('some/where');
    built.forEach((value, i) => expect(value).toBeCloseTo(eager[i], 5));
  });

  it('writes an exact network, whose answers are those of an exact program', async () => {
    const { code, out } = await build('lenet.safetensors', '--model', 'lenet5', '--exact', '-o', 'exact');
    expect(code).toBe(0);
    expect(out).toMatch(/^exact {2}lenet5, exact\n/);
    expect(out).toMatch(/answers are the source's, bit for bit, on 10 random inputs\n$/);
    const { run } = await import(/* @vite-ignore */ pathToFileURL(join(folder, 'exact', 'index.js')).href);
    const x = Float32Array.from({ length: 784 }, (_, i) => Math.sin(i));
    const program = await compile(wholeNet, { input: [1, 1, 28, 28], threads: 1, exact: true });
    expect(await run(x)).toEqual((await program.run(new Tensor(x, [1, 1, 28, 28]))).data);
    program.dispose();
  });

  it('writes a network by measured algorithms, which a file keeps', async () => {
    const words = ['squeezenet', '--input', '1x3x32x32', '--runs', '2', '--tune', 'choices.json'];
    for (const out of ['tuned', 'again']) {
      const { code, out: text } = await build(...words, '-o', out);
      expect(code).toBe(0);
      expect(text).toMatch(/answers are the source's, bit for bit|some layers are summed in another order/);
    }
    const { milliseconds } = JSON.parse(await readFile(join(folder, 'choices.json'), 'utf8'));
    expect(Object.keys(milliseconds).length).toBeGreaterThan(3);
    const written = await Promise.all(
      ['tuned', 'again'].map((out) => readFile(join(folder, out, 'index.js'), 'utf8')),
    );
    expect(written[0]).toBe(written[1]);
    await expectRefusal(
      ['lenet5', '-o', 'none', '--tune', 'lenet.safetensors'],
      /^neocog build: lenet\.safetensors holds no choices that neocog has measured/,
    );
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

  it('sees from the weights how many classes and channels there are', async () => {
    const { code, out } = await build(
      'other.safetensors',
      '--model',
      'SqueezeNet',
      '-o',
      'seven',
      '--input',
      '1x3x64x64',
      '--runs',
      '1',
    );
    expect(out).toMatch(/gives {4}output {2}float32 1×7\n(.*\n)*.*answers are the source's, bit for bit/);
    expect(code).toBe(0);
  });

  it('takes another shape', async () => {
    const { out } = await build('mobilenet-v2', '--input', '2x3x32x40', '-o', 'wide', '--runs', '1');
    expect(out).toMatch(/takes {4}input {2}float32 2×3×32×40\n {2}gives {4}output {2}float32 2×1000/);
  });

  it('writes over an earlier build, and leaves nothing of it', async () => {
    await build('mobilenet-v2', '--input', '1x3x32x32', '-o', 'again', '--runs', '1');
    const { ino } = await stat(join(folder, 'again'));
    const weights = async () =>
      (await readdir(join(folder, 'again'))).filter((name) => name.startsWith('weights'));
    expect(await weights()).toEqual(['weights.bin']);
    await build('mobilenet-v2', '--input', '1x3x32x32', '-o', 'again', '--runs', '1', '--embed');
    expect(await weights()).toHaveLength(5);
    const { out } = await build('lenet5', '-o', 'again', '--runs', '1', '--embed');
    expect(await weights()).toEqual(['weights-0.js']);
    expect(out).toContain('stored as float32 in base64');
    await build('lenet5', '-o', 'again', '--runs', '1');
    expect(await weights()).toEqual(['weights.bin']);
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

  it('refuses places that are not its own, before it writes', async () => {
    const before = await readdir(folder);
    await expectRefusal(['lenet5', '-o', ''], /^neocog build: --out is empty; name a/);
    await expectRefusal(['lenet5', '-o', ' '], /--out is empty/);
    await expectRefusal(
      ['lenet5', '-o', '.'],
      /^neocog build: \. holds .*, which is not of an earlier build/,
    );
    await expectRefusal(['lenet5', '-o', '/', '--force'], /\/ is the root of the disk/);
    await symlink('nowhere', join(folder, 'dangling'));
    await expectRefusal(['lenet5', '-o', 'dangling'], /cannot write into dangling/);
    await rm(join(folder, 'dangling'));
    expect(await readdir(folder)).toEqual(before);
  });

  it.each([
    ['the folder above', ['..']],
    ['the folder itself', ['.']],
    ['an absolute path', ['/etc/passwd']],
    ['a path that leads out', ['../outside.txt']],
    ['a path below', ['below/index.js']],
    ['other letters', ['INDEX.JS']],
    ['a file of the user', ['index.js', 'notes.txt']],
    ['no texts', [['index.js'], 1]],
    ['no list', '..'],
  ])('takes no package.json for its own that lists %s', async (_, files) => {
    const place = await mkdtemp(join(folder, 'listed-'));
    await writeFile(join(place, 'notes.txt'), 'mine');
    await writeFile(join(place, 'package.json'), JSON.stringify({ builtBy: 'neocog build', files }));
    await expectRefusal(
      ['lenet5', '-o', place],
      /holds (notes\.txt|package\.json), which is not of an earlier/,
    );
    expect((await readdir(place)).sort()).toEqual(['notes.txt', 'package.json']);
    expect((await build('lenet5', '-o', place, '--force', '--runs', '1')).code).toBe(0);
    expect(await readFile(join(place, 'notes.txt'), 'utf8')).toBe('mine');
  });

  it('writes neither over folders nor through links that have the names of its files', async () => {
    const place = join(folder, 'taken');
    await mkdir(join(place, 'index.js'), { recursive: true });
    await expectRefusal(['lenet5', '-o', 'taken', '--force'], /taken\/index\.js is no file/);
    await rm(place, { recursive: true });
    await build('lenet5', '-o', 'taken', '--runs', '1');
    await rm(join(place, 'page.js'));
    await symlink('../lenet.safetensors', join(place, 'page.js'));
    await expectRefusal(['lenet5', '-o', 'taken'], /taken\/page\.js is no file/);
  });

  it('refuses what it cannot build, and leaves no folder', async () => {
    await expectRefusal(['none.safetensors', '-o', 'x'], /there is no file and no network none\.safetensors/);
    await expectRefusal(
      ['other.safetensors', '-o', 'x'],
      /does not say which network its weights belong to; add --model/,
    );
    await expectRefusal(
      ['other.safetensors', '--model', 'resnet', '-o', 'x'],
      /there is no network resnet; did you mean resnet18, resnet34 or resnet50\? choose one of/,
    );
    await expectRefusal(
      ['other.safetensors', '--model', 'lenet5', '-o', 'x'],
      /^neocog build: loadStateDict: 10 missing/,
    );
    await expectRefusal(['trained.safetensors', '--input', '1x1x2x2', '-o', 'x'], /^neocog build: .*input/);
    await expectRefusal(['lenet5'], /required option '-o, --out <folder>' not specified/);
    expect(await readdir(folder)).not.toContain('x');
  });
});
