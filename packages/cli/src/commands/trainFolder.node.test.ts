// `neocog train FOLDER` as a user meets it, on pictures made here: stripes that stand, lie and slant.

import { mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { loadFile, saveOnnx, saveSafetensors } from '@neocog/formats';
import { manualSeed, models, nn } from 'neocog';
import sharp from 'sharp';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { expectRefused, neocogOfSources, type Outcome } from '../../test/command.ts';

let folder = '';
const run = (...args: string[]): Promise<Outcome> => neocogOfSources(folder, args);
const expectRefusal = (args: string[], sentence: RegExp): Promise<void> =>
  expectRefused(run(...args), sentence);
const at = (...names: string[]): string => join(folder, ...names);

const side = 40;
const classes = ['lying', 'slanted', 'standing'];

/** Stripes of a class, their place and colours by number. */
function stripes(kind: string, number: number): Buffer {
  const phase = number % 8;
  const pixels = Buffer.alloc(side * side * 3);
  for (let y = 0; y < side; y++)
    for (let x = 0; x < side; x++) {
      const along = kind === 'lying' ? y : kind === 'standing' ? x : x + y;
      const light = (along + phase) % 8 < 4 ? 220 : 40 + 5 * (number % 7);
      pixels.set([light, light - 10, 255 - light], 3 * (y * side + x));
    }
  return pixels;
}

const raw = { raw: { width: side, height: side, channels: 3 } } as const;

async function writePictures(path: string, count: number): Promise<void> {
  for (const kind of classes) {
    await mkdir(join(path, kind), { recursive: true });
    for (let i = 0; i < count; i++)
      await sharp(stripes(kind, i), raw)
        .png()
        .toFile(join(path, kind, `${i}.png`));
  }
}

/** Small enough for seconds. */
const quick = ['--size', '32', '--batch', '8', '--augment', 'none', '--threads', '1'];

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'neocog-folder-'));
  await writePictures(at('stripes'), 15);
  await sharp(stripes('lying', 3), raw)
    .toColourspace('b-w')
    .png()
    .toFile(at('stripes', 'lying', 'grey.png'));
  await writeFile(at('stripes', 'lying', 'torn.png'), 'no picture');
});
afterAll(() => rm(folder, { recursive: true }));

describe('neocog train FOLDER', () => {
  it('learns, and writes a network that knows its classes, a report and a log', async () => {
    const { code, out, err } = await run('train', 'stripes', ...quick, '--epochs', '8', '--workers', '1');
    expect(err).toMatch(
      /^neocog: 1 file was left out, which cannot be read: stripes\/lying\/torn\.png \(.*\)\n$/,
    );
    expect(code).toBe(0);
    expect(out).toMatch(
      /^A small network, .* weights, on stripes at 32×32: 3 classes, 38 pictures .* 9 held out$/m,
    );
    expect(out).toMatch(/^held out {2}100\.00 % right, with the weights of epoch \d$/m);
    const names = [
      'best.safetensors',
      'last.safetensors',
      'log.csv',
      'network.onnx',
      'report.html',
      'settings.json',
    ];
    expect((await readdir(at('runs/stripes'))).sort()).toEqual(names);
    const { network, metadata } = await loadFile(at('runs/stripes/network.onnx'));
    expect(network?.inputs[0]?.shape).toEqual([1, 3, 32, 32]);
    expect(JSON.parse(metadata.classes ?? '')).toEqual(classes);
    const log = await readFile(at('runs/stripes/log.csv'), 'utf8');
    expect(log.trimEnd().split('\n')).toHaveLength(1 + 8);
  });

  it('gives a report of one file, which names what was left out', async () => {
    const page = await readFile(at('runs/stripes/report.html'), 'utf8');
    expect(page).not.toMatch(/<script|<link|https?:|url\(|undefined|NaN|\[object/);
    for (const text of [
      'Class by class',
      'slanted',
      'torn.png',
      'neocog train stripes --task classify --network small',
    ])
      expect(page).toContain(text);
    for (const image of page.match(/<img [^>]*>/g) ?? [])
      expect(image).toMatch(/src="data:image\/jpeg;base64,[^"]+".* alt="[^"]+"/);
  });

  it('names its run after the folder, however that is spelled', async () => {
    const args = ['--epochs', '1', ...quick, '--workers', '0'];
    expect((await neocogOfSources(at('stripes'), ['train', '.', ...args])).code).toBe(0);
    expect(await readdir(at('stripes/runs'))).toEqual(['stripes']);
    await rm(at('stripes/runs'), { recursive: true });
  });

  it('goes on after it was killed as if nothing had been', async () => {
    const args = ['train', 'stripes', ...quick, '--epochs', '6', '--workers', '0'];
    expect((await run(...args, '--out', 'whole')).code).toBe(0);
    let killed = false;
    await neocogOfSources(folder, [...args, '--out', 'cut'], (child, out) => {
      if (out.includes('epoch 3/6') && !killed) killed = child.kill('SIGKILL');
    });
    expect(killed).toBe(true);
    expect(await readdir(at('cut'))).not.toContain('network.onnx');
    const { code, out } = await run('train', '--resume', 'cut', '--workers', '1', '--threads', '2');
    expect(code).toBe(0);
    expect(out).not.toContain('epoch 1/6');
    expect(await readFile(at('cut/network.onnx'))).toEqual(await readFile(at('whole/network.onnx')));
  });

  it('refuses what it cannot learn from, before it trains', async () => {
    await mkdir(at('one/cat'), { recursive: true });
    await sharp(stripes('lying', 1), raw).png().toFile(at('one/cat/a.png'));
    await expectRefusal(
      ['train', 'one'],
      /^neocog train: one holds pictures of one class, cat; make a folder for each/,
    );
    await mkdir(at('none'));
    await expectRefusal(['train', 'none'], /^neocog train: /);
    await expectRefusal(['train', 'stripes', '--network', 'resnet19'], /did you mean resnet18/);
    await expectRefusal(
      ['train', 'stripes', '--network', 'wavenet'],
      /does not tell pictures apart; choose one of: small, /,
    );
    await expectRefusal(['train', 'stripes', '--freeze'], /--freeze leaves all but the last layer as it is/);
    await expectRefusal(
      ['train', 'stripes', '--weights', 'x.pth'],
      /--weights are for a network of the library/,
    );
    await expectRefusal(['train', 'stripes', '--strict', ...quick], /torn\.png cannot be read/);
    await expectRefusal(
      ['train', 'mnist', '--freeze'],
      /--freeze is for folders, and mnist is a known data set/,
    );
    await expectRefusal(['train', '--resume', 'none'], /none holds no run to go on with/);
    await expectRefusal(
      ['train', 'stripes', '--resume', 'cut'],
      /--resume cut knows what it learns; leave stripes out/,
    );
    await expectRefusal(
      ['train', 'stripes', '--out', 'whole', ...quick],
      /whole holds network\.onnx of an earlier run/,
    );
    await expectRefusal(['train', 'stripes', '--hold-out', '2'], /a number above 0 and below 1/);
  });
});

describe('what was trained', () => {
  it('runs on a picture, and on a folder with a broken one', async () => {
    const one = await run('run', 'runs/stripes/network.onnx', 'stripes/standing/2.png', '--top', '1');
    expect(one).toMatchObject({
      code: 0,
      err: '',
      out: expect.stringMatching(/^standing +\d+\.\d\d % {2}█+\n$/),
    });
    const all = await run('run', 'runs/stripes/network.onnx', 'stripes/lying');
    expect(all.out).toMatch(/lying\/2\.png +\d+\.\d % {2}lying$/m);
    expect(all.out).toMatch(/torn\.png +cannot be read: /);
    await expectRefusal(['run', 'runs/stripes/network.onnx', 'runs'], /runs holds no picture/);
    await expectRefusal(['run', 'runs/stripes/network.onnx', 'nowhere'], /cannot read the picture nowhere/);
  });

  it('is measured on other pictures', async () => {
    const { code, out, err } = await run('evaluate', 'runs/stripes/network.onnx', 'stripes');
    expect(code).toBe(0);
    expect(err).toContain('torn.png');
    expect(out).toMatch(/^100\.00 % of 46 pictures right$/m);
    const { out: json } = await run('evaluate', 'runs/stripes/network.onnx', 'stripes', '--json');
    const figures = JSON.parse(json);
    expect(figures.confusion).toEqual([
      [16, 0, 0],
      [0, 15, 0],
      [0, 0, 15],
    ]);
    expect(figures.broken).toHaveLength(1);
    await mkdir(at('others/dots'), { recursive: true });
    await sharp(stripes('lying', 1), raw).png().toFile(at('others/dots/a.png'));
    await expectRefusal(
      ['evaluate', 'runs/stripes/network.onnx', 'others'],
      /others has the class dots, the network knows lying, slanted, standing; rename or remove it/,
    );
  });

  it('is quantised, and knows as much', async () => {
    const { code, out } = await run('quantize', 'runs/stripes/network.onnx', 'stripes', 'small.onnx');
    expect(code).toBe(0);
    expect(out).toMatch(/^small\.onnx: \S+ bytes, [23]\.\d times smaller than \S+$/m);
    expect(out).toMatch(/^accuracy on 46 samples: 100\.00 % before, (100|9\d)\.\d\d % now$/m);
    const measured = await run('evaluate', 'small.onnx', 'stripes', '--json');
    expect(JSON.parse(measured.out).accuracy).toBeGreaterThan(0.9);
    const figures = await run('quantize', 'runs/stripes/network.onnx', 'stripes', 'small.onnx', '--json');
    expect(JSON.parse(figures.out)).toMatchObject({ samples: 46, accuracyBefore: 1 });
  });

  it('becomes a page that knows the classes and the scale of pixels', async () => {
    const { code } = await run('build', 'runs/stripes/network.onnx', '-o', 'page', '--runs', '1');
    expect(code).toBe(0);
    const { metadata } = await loadFile(at('runs/stripes/network.onnx'));
    const { mean } = JSON.parse(metadata.pixels ?? '') as { mean: number[] };
    const script = await readFile(at('page/page.js'), 'utf8');
    expect(script).toContain('slanted');
    expect(script).toContain(String(255 * (mean[0] as number)));
  });
});

describe('a network that was trained before', () => {
  beforeAll(async () => {
    manualSeed(3);
    const known = new nn.Sequential(
      new nn.Conv2d(3, 12, 5, { padding: 2, activation: 'relu' }),
      new nn.MaxPool2d(2),
      new nn.Conv2d(12, 12, 3, { padding: 1, activation: 'relu' }),
      new nn.GlobalAvgPool(),
      new nn.Flatten(),
      new nn.Linear(12, 7),
    );
    await writeFile(at('known.onnx'), saveOnnx(known, { input: [1, 3, 32, 32] }));
  });

  it('keeps what it knows: a new last layer learns where the classes are told apart best', async () => {
    const args = ['train', 'stripes', '--network', 'known.onnx', '--batch', '8', '--workers', '0'];
    await expectRefusal([...args, '--size', '40'], /known\.onnx takes pictures of 32×32; leave --size out/);
    const { code, out } = await run(...args, '--out', 'moved');
    expect(code).toBe(0);
    expect(out).toMatch(/, of which \d+ learn, on stripes at 32×32/);
    expect(out).toMatch(/^the new last layer stands before \S+, where a trial told the classes apart best$/m);
    const { network } = await loadFile(at('moved/network.onnx'));
    expect(network?.outputs[0]?.shape).toEqual([1, 3]);
    const { out: told } = await run('evaluate', 'moved/network.onnx', 'stripes', '--json');
    expect(JSON.parse(told).accuracy).toBeGreaterThan(0.9);
    expect((await run('run', 'moved/network.onnx', 'stripes/lying/1.png')).out).toContain('lying');
  });

  it('finds the rate of that layer by trial, and lets it learn from pictures that change', async () => {
    manualSeed(4);
    // Takes no other size than its own.
    const known = new nn.Sequential(
      new nn.Conv2d(3, 8, 5, { stride: 4, activation: 'relu' }),
      new nn.Flatten(),
      new nn.Linear(8 * 7 * 7, 16),
      new nn.ReLU(),
      new nn.Linear(16, 7),
    );
    await writeFile(at('strict.onnx'), saveOnnx(known, { input: [1, 3, 32, 32] }));
    const args = ['train', 'stripes', '--network', 'strict.onnx', '--batch', '8', '--workers', '0'];
    for (const [out, how] of Object.entries({ still: 'none', changing: 'light' })) {
      const words = ['--lr', 'auto', '--augment', how, '--epochs', '12', '--out', out];
      const { code, err, out: told } = await run(...args, ...words);
      expect([code, err]).toEqual([0, expect.stringContaining('torn.png')]);
      expect(told).toMatch(/^learning rate 0?\.\d+, found by a trial$/m);
      expect(told).toMatch(/^epoch 12\/12 /m);
    }
  });

  it('learns as a whole with --no-freeze, and finds a learning rate by trial', async () => {
    const all = [
      'train',
      'stripes',
      '--no-freeze',
      '--lr',
      'auto',
      '--epochs',
      '2',
      '--batch',
      '8',
      '--workers',
      '0',
    ];
    const weights = models.squeezenet({ classes: 5 }).stateDict();
    await writeFile(at('squeezenet.safetensors'), saveSafetensors(weights));
    const named = ['--network', 'squeezenet', '--weights', 'squeezenet.safetensors', '--size', '40'];
    const { code, out } = await run(
      ...all,
      ...named,
      '--augment',
      'strong',
      '--log',
      'json,tensorboard',
      '--out',
      'all',
    );
    expect(code).toBe(0);
    expect(out).not.toContain('of which');
    const lines = (await readFile(at('all/log.jsonl'), 'utf8')).trimEnd().split('\n');
    expect(JSON.parse(lines.at(-1) ?? '')).toMatchObject({ epoch: 2 });
    expect((await readdir(at('all/tensorboard'))).length).toBeGreaterThan(0);
    expect((await loadFile(at('all/network.onnx'))).network?.outputs[0]?.shape).toEqual([1, 3]);
  });

  it('learns as a whole too where it takes one picture at a time, and keeps the layer of the same classes', async () => {
    const args = ['train', 'stripes', '--no-freeze', '--batch', '8', '--workers', '0', '--epochs', '2'];
    const { code, out } = await run(...args, '--network', 'moved/network.onnx', '--out', 'again');
    expect(code).toBe(0);
    expect(out).not.toMatch(/of which|the new last layer/);
    // It knew the classes before.
    expect(Number(/^epoch 1\/2 .* test ([\d.]+) %/m.exec(out)?.[1])).toBeGreaterThan(90);
    const page = await readFile(at('again/report.html'), 'utf8');
    expect(page).toContain('--network moved/network.onnx');
    expect(page).toContain('--no-freeze');
  });

  it('has a report that says where the new layer stands', async () => {
    const page = await readFile(at('moved/report.html'), 'utf8');
    expect(page).toMatch(/The new last layer stands before \S+ of the network/);
  });
});
