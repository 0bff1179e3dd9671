import { copyFile, mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import {
  loadFile,
  parseNpy,
  parseNpz,
  parseSafetensors,
  parseTorch,
  saveNpy,
  saveSafetensors,
} from '@neocog/formats';
import { init, models, randn, softmax, tensor } from 'neocog';
import sharp from 'sharp';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { buildCommand, expectRefused, neocog, type Outcome, removeCommand } from '../../test/command.ts';

const fixture = (path: string): string =>
  fileURLToPath(new URL(`../../../formats/fixtures/${path}`, import.meta.url));

let folder = '';
const run = (...args: string[]): Promise<Outcome> => neocog(folder, args);

const expectRefusal = (args: string[], sentence: RegExp): Promise<void> =>
  expectRefused(run(...args), sentence);

const black = { r: 0, g: 0, b: 0 };

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'neocog-files-'));
  await buildCommand();
  await copyFile(fixture('torch/checkpoint.pt'), join(folder, 'checkpoint.pt'));
  await copyFile(fixture('torch/code.pt'), join(folder, 'code.pt'));
  await writeFile(
    join(folder, 'odd.safetensors'),
    saveSafetensors({ x: tensor([0, 1, Number.NaN, -Infinity, 3]) }, { note: 'hello' }),
  );
  const lenet = init.skip(() => models.lenet5());
  await writeFile(join(folder, 'lenet.safetensors'), saveSafetensors(lenet.stateDict()));
  await sharp({ create: { width: 40, height: 32, channels: 3, background: black } })
    .png()
    .toFile(join(folder, 'black.png'));
});
afterAll(async () => {
  await removeCommand();
  await rm(folder, { recursive: true });
});

describe('neocog inspect', () => {
  it('lists weights with their statistics', async () => {
    const { out, code } = await run('inspect', 'checkpoint.pt', '--within', 'state_dict');
    expect(code).toBe(0);
    expect(out).toMatch(/^checkpoint\.pt: PyTorch, 9 tensors, 56 values$/m);
    expect(out).toMatch(/^4\.weight +3×8 +float32 +24 +\S+ +\S+ +−\S+ +\S+$/m);
    expect(out).toMatch(/^1\.num_batches_tracked +scalar +int32 +1 +1 +0 +1 +1$/m);
    const odd = (await run('inspect', 'odd.safetensors')).out;
    expect(odd).toMatch(/^note +hello$/m);
    expect(odd).toMatch(/^x +5 +float32 +5 +1\.333 +1\.247 +0 +3 +20\.0 % +1 NaN, 1 ∞$/m);
  });

  it('shows the network that weights belong to', async () => {
    const { out } = await run('inspect', 'lenet.safetensors', '--model', 'lenet5');
    expect(out).toMatch(/^input +input {2}n×1×28×28 {2}float32$/m);
    expect(out).toMatch(/^output +output {2}n×10 {2}float32$/m);
    expect(out).toMatch(/^conv1 +Conv2d.* 1×6×28×28 +156 +117,600 +19\.4 kB +5×5 +1 +−2$/m);
    const json = JSON.parse(
      (await run('inspect', 'lenet.safetensors', '--model', 'lenet5', '--input', '2x1x28x28', '--json')).out,
    );
    expect(json).toMatchObject({ format: 'safetensors', note: null });
    expect(json.summary.layers[0].outputShape).toEqual([2, 6, 28, 28]);
    expect(json.weights).toHaveLength(10);
    expect(json.allWeights.count).toBe(61_706);
  });

  it('shows the layers of networks, as far as sizes are known', async () => {
    const { out } = await run('inspect', fixture('onnx/classifier.onnx'));
    expect(out).toMatch(/ONNX, 9 tensors, 108 values$/m);
    expect(out).toMatch(/^input +x {2}n×1×8×8 {2}float32$/m);
    expect(out).toMatch(/^conv +Conv2d\(4×1×3×3.* 1×4×4×4 +40 +576 /m);
    expect((await run('inspect', fixture('keras/digits.h5'))).out).toMatch(/^out +Linear\(72 → 10\)/m);
    const { summary } = JSON.parse(
      (await run('inspect', fixture('onnx/classifier.onnx'), '--input', 'x=5x1x8x8', '--json')).out,
    );
    expect(summary.layers.at(-1).outputShape).toEqual([5, 3]);
  });

  it('refuses what it cannot read', async () => {
    await expectRefusal(['inspect', 'none.pt'], /cannot read none\.pt: there is no such file/);
    await expectRefusal(['inspect', 'black.png'], /black\.png is of no known format; pass ONNX/);
    await expectRefusal(['inspect', 'code.pt'], /asks for the Python object "posix\.system"/);
    await expectRefusal(
      ['inspect', 'lenet.safetensors', '--model', 'resnet18'],
      /loadStateDict: \d+ missing/,
    );
    await expectRefusal(
      ['inspect', 'lenet.safetensors', '--model', 'lenet'],
      /there is no network lenet; did you mean lenet5/,
    );
    await expectRefusal(
      ['inspect', 'lenet.safetensors', '--model', 'lenet5', '--input', 'mask=1x1'],
      /the network has no input mask; it has input/,
    );
    await expectRefusal(['inspect', 'x', '--input', 'a=b'], /such as 1x1x28x28/);
  });
});

describe('neocog convert', () => {
  it('keeps every bit of weights', async () => {
    const weights = parseTorch(await readFile(join(folder, 'checkpoint.pt')), 'c', { within: 'state_dict' });
    const { out } = await run('convert', 'checkpoint.pt', 'a.npz', '--within', 'state_dict');
    expect(out).toMatch(/^a\.npz: 9 tensors, [\d,]+ bytes\n$/);
    expect(parseNpz(await readFile(join(folder, 'a.npz')))).toEqual(weights);
    await run('convert', 'a.npz', 'a.safetensors');
    expect(parseSafetensors(await readFile(join(folder, 'a.safetensors')))).toEqual(weights);
    await run('convert', 'odd.safetensors', 'x.npy');
    expect([...parseNpy(await readFile(join(folder, 'x.npy'))).data]).toEqual([
      0,
      1,
      Number.NaN,
      -Infinity,
      3,
    ]);
  });

  it('writes networks as ONNX', async () => {
    const [from, to] = [fixture('keras/digits.keras'), join(folder, 'digits.onnx')];
    expect((await run('convert', from, to)).out).toMatch(/digits\.onnx: 6 tensors, [\d,]+ bytes\n$/);
    const x = randn([1, 12, 12, 1]);
    const [keras, onnx] = await Promise.all([from, to].map(async (file) => (await loadFile(file)).network));
    const [y, z] = [keras?.forward(x).data ?? [], onnx?.forward(x).data ?? []];
    expect(z).toHaveLength(10);
    for (const [i, value] of z.entries()) expect(value).toBeCloseTo(y[i], 5);
    await run('convert', 'lenet.safetensors', 'lenet.onnx', '--model', 'lenet5', '--input', '2x1x28x28');
    expect((await run('inspect', 'lenet.onnx')).out).toMatch(/^input +input {2}2×1×28×28 {2}float32$/m);
    await expectRefusal(['convert', 'odd.safetensors', 'x.onnx'], /does not say for which network; name one/);
  });

  it('says what cannot be', async () => {
    await expectRefusal(['convert', 'a.npz', 'x.pth'], /cannot write x\.pth: neocog writes .*\.safetensors/);
    await expectRefusal(['convert', 'a.npz', 'x'], /name one of these/);
    await expectRefusal(['convert', 'a.npz', 'x.constructor'], /cannot write/);
    await expectRefusal(['convert', 'a.npz', 'y.npy'], /a\.npz has 9 tensors, but a \.npy file holds one/);
    await expectRefusal(['convert', 'a.npz', 'none/x.npz'], /cannot write none\/x\.npz: there is no such/);
  });
});

describe('neocog run with a network of the library', () => {
  it('needs to know which network', async () => {
    await expectRefusal(
      ['run', 'odd.safetensors', 'black.png'],
      /does not say for which network; name one .* --model/,
    );
    await expectRefusal(
      ['run', 'lenet.safetensors', 'black.png', '--model', 'resnet18'],
      /loadStateDict: \d+ missing/,
    );
  });

  it('takes arrays, and writes outputs', async () => {
    const net = models.lenet5().eval();
    const x = randn([1, 1, 28, 28]);
    await writeFile(join(folder, 'lenet.safetensors'), saveSafetensors(net.stateDict()));
    await writeFile(join(folder, 'x.npy'), saveNpy(x));
    const args = ['run', 'lenet.safetensors', 'x.npy', '--model', 'lenet5'];
    const { classes } = JSON.parse((await run(...args, '-o', 'y.npz', '--json')).out);
    const scores = net.forward(x);
    const { output } = parseNpz(await readFile(join(folder, 'y.npz')));
    expect(output.data).toEqual(scores.data);
    const shares = softmax(scores, { axis: 1 }).data;
    const best = shares.indexOf(Math.max(...shares));
    expect(classes[0]).toEqual({ class: `class ${best}`, probability: shares[best] });
    await expectRefusal([...args, '-o', 'y.png'], /no output is an image \(output \[1, 10\]\)/);
    await writeFile(join(folder, 'two.txt'), 'a\nb\n');
    await expectRefusal([...args, '--labels', 'two.txt'], /two\.txt has 2 names for 10 classes/);
  });

  it('runs networks from files, and writes an output that is an image', async () => {
    const digits = await run('run', fixture('keras/digits.keras'), 'black.png', '--crop', '--top', '10');
    expect(digits.out.split('\n')).toHaveLength(11);
    await expectRefusal(
      ['run', fixture('onnx/upscaler.onnx'), 'black.png'],
      /no input of the network has the shape of an image \(x \[1, 2, 4, 4\]\)/,
    );
    await writeFile(join(folder, 'maps.npy'), saveNpy(randn([1, 2, 4, 4])));
    const { out } = await run('run', fixture('onnx/upscaler.onnx'), 'maps.npy', '-o', 'large.png');
    expect(out).toMatch(/^y +1×1×22×22 +float32 +\S+ +\S+ +0\.\d+ +0\.\d+$/m);
    expect(await sharp(join(folder, 'large.png')).metadata()).toMatchObject({ width: 22, height: 22 });
  });

  it('fits or crops a picture of another size', async () => {
    const args = ['run', 'lenet.safetensors', 'black.png', '--model', 'lenet5', '--top', '1'];
    await expectRefusal(args, /black\.png is 40×32, but the network needs 28×28/);
    const fitted = await run(...args, '--fit', '--mean', '0.5', '--std', '0.5');
    expect(fitted).toMatchObject({ code: 0, err: '', out: expect.stringMatching(/^class \d +\d+\.\d\d %/) });
    expect((await run(...args, '--crop')).code).toBe(0);
    await expectRefusal([...args, '--fit', '--mean', '0,0,0'], /--mean has 3 numbers for 1 channel; give 1/);
    await expectRefusal([...args, '--fit', '--std', '0'], /--std cannot be 0/);
  });
});

describe('weights of a network in other sizes', () => {
  beforeAll(async () => {
    const networks = {
      four: models.resnet18({ classes: 4 }),
      grey: models.squeezenet({ classes: 5, inChannels: 1 }),
    };
    for (const [name, net] of Object.entries(networks))
      await writeFile(join(folder, `${name}.safetensors`), saveSafetensors(net.stateDict()));
    await writeFile(join(folder, 'names.txt'), 'ant\nbee\ncat\ndog\n');
  });

  it('are run', async () => {
    const picture = ['black.png', '--fit', '--input', '1x3x32x32', '--json', '--labels', 'names.txt'];
    const { out, err } = await run('run', 'four.safetensors', ...picture, '--model', 'resnet18');
    expect(err).toBe('');
    const { classes } = JSON.parse(out);
    expect(classes.map((answer: { class: string }) => answer.class).sort()).toEqual([
      'ant',
      'bee',
      'cat',
      'dog',
    ]);
    await writeFile(join(folder, 'grey.npy'), saveNpy(randn([1, 1, 32, 32])));
    const grey = await run('run', 'grey.safetensors', 'grey.npy', '--model', 'squeezenet', '-o', 'grey.npz');
    expect(grey.code).toBe(0);
    expect(parseNpz(await readFile(join(folder, 'grey.npz'))).output.shape).toEqual([1, 5]);
  });

  it('are shown', async () => {
    const four = await run('inspect', 'four.safetensors', '--model', 'resnet18', '--input', '1x3x32x32');
    expect(four.out).toMatch(/^output +output {2}n×4 {2}float32$/m);
    expect(four.out).toMatch(/^fc +Linear\(512 → 4\)/m);
    const grey = await run('inspect', 'grey.safetensors', '--model', 'squeezenet');
    expect(grey.out).toMatch(/^input +input {2}n×1×224×224 {2}float32$/m);
    expect(grey.out).toMatch(/^output +output {2}n×5 {2}float32$/m);
  });

  it('are written as ONNX', async () => {
    const args = [
      'convert',
      'grey.safetensors',
      'grey.onnx',
      '--model',
      'squeezenet',
      '--input',
      '1x1x32x32',
    ];
    expect(await run(...args)).toMatchObject({ code: 0, err: '' });
    expect((await run('inspect', 'grey.onnx')).out).toMatch(/^output +output {2}1×5 {2}float32$/m);
  });
});

describe('what cannot be written', () => {
  const lenet = ['lenet.safetensors', '--model', 'lenet5'];
  /** Every command that writes a file, and what it is called there. */
  const writing: readonly (readonly [string, (to: string) => string[]])[] = [
    ['convert', (to) => ['convert', lenet[0], `${to}.npz`]],
    ['convert as ONNX', (to) => ['convert', lenet[0], `${to}.onnx`, '--model', 'lenet5']],
    ['run', (to) => ['run', ...lenet, 'black.png', '--fit', '-o', `${to}.npz`]],
    ['filter', (to) => ['filter', 'black.png', 'sharpen', '-o', `${to}.png`]],
  ];

  it.each(writing)('%s names a folder in its place, and leaves that as it is', async (_, args) => {
    for (const suffix of ['npz', 'onnx', 'png']) {
      await mkdir(join(folder, `taken.${suffix}`, 'kept'), { recursive: true });
    }
    const { code, out, err } = await run(...args('taken'));
    expect(err).toMatch(/^neocog \w+: cannot write taken\.\w+: it is a folder; name a file\n$/);
    expect({ code, out }).toEqual({ code: 1, out: '' });
    for (const suffix of ['npz', 'onnx', 'png'])
      expect(await readdir(join(folder, `taken.${suffix}`))).toEqual(['kept']);
    expect((await readdir(folder)).filter((name) => name.endsWith('.tmp'))).toEqual([]);
  });

  it.each(writing)('%s names a folder that is missing, or is a file', async (_, args) => {
    await expectRefusal(
      args('none/x'),
      /: cannot write none\/x\.\w+: there is no such file or folder; check/,
    );
    await expectRefusal(
      args('black.png/x'),
      /: cannot write black\.png\/x\.\w+: a part of this path is a file/,
    );
  });

  it.skipIf(process.platform !== 'linux').each(writing)(
    '%s is refused by the system in one sentence (/proc is of Linux)',
    async (_, args) => {
      await expectRefusal(args('/proc/x'), /: cannot write \/proc\/x\.\w+: /);
    },
  );
});
