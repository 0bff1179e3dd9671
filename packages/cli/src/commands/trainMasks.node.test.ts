// `neocog train FOLDER` on pictures with masks, as a user meets it: bright discs and squares on a dark, noisy ground.

import { mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { loadFile } from '@neocog/formats';
import { Generator } from 'neocog';
import sharp from 'sharp';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { expectRefused, neocogOfSources, type Outcome } from '../../test/command.ts';

let folder = '';
const run = (...args: string[]): Promise<Outcome> => neocogOfSources(folder, args);
const expectRefusal = (args: string[], sentence: RegExp): Promise<void> =>
  expectRefused(run(...args), sentence);
const at = (...names: string[]): string => join(folder, ...names);

const [width, height] = [56, 40];
const random = new Generator(9);

/** A picture and its mask: 0 ground, 120 disc, 255 square. */
function scene(): { picture: Buffer; mask: Buffer } {
  const picture = Buffer.from(Uint8Array.from({ length: 3 * width * height }, () => random.integer(60)));
  const mask = Buffer.alloc(width * height);
  const draw = (id: number, colour: readonly number[], inside: (dx: number, dy: number) => boolean): void => {
    const [x, y] = [10 + random.integer(width - 20), 10 + random.integer(height - 20)];
    for (let row = 0; row < height; row++)
      for (let column = 0; column < width; column++)
        if (inside(column - x, row - y)) {
          mask[row * width + column] = id;
          picture.set(colour, 3 * (row * width + column));
        }
  };
  draw(120, [230, 60, 40], (dx, dy) => dx * dx + dy * dy < 60);
  draw(255, [60, 90, 240], (dx, dy) => Math.max(Math.abs(dx), Math.abs(dy)) < 7);
  return { picture, mask };
}

async function writePairs(path: string, count: number): Promise<void> {
  for (const kind of ['images', 'masks']) await mkdir(join(path, kind), { recursive: true });
  for (let i = 0; i < count; i++) {
    const { picture, mask } = scene();
    const raw = { raw: { width, height, channels: 3 } } as const;
    await sharp(picture, raw)
      .png()
      .toFile(join(path, 'images', `${i}.png`));
    await sharp(mask, { raw: { width, height, channels: 1 } })
      .toColourspace('b-w')
      .png()
      .toFile(join(path, 'masks', `${i}.png`));
  }
}

const quick = ['--size', '32', '--batch', '4', '--workers', '0', '--threads', '1'];

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'neocog-masks-'));
  await writePairs(at('shapes'), 30);
  await writeFile(at('shapes/images/torn.png'), 'no picture');
  await writeFile(at('shapes/masks/torn.png'), 'no picture');
  await writeFile(at('shapes/classes.txt'), 'ground\ndisc\nsquare\n');
});
afterAll(() => rm(folder, { recursive: true }));

describe('neocog train FOLDER, of pictures and masks', () => {
  it('finds that it holds pairs, and learns to draw masks', async () => {
    const { code, out, err } = await run('train', 'shapes', ...quick, '--epochs', '15');
    expect(err).toMatch(
      /^neocog: 1 file was left out, which cannot be read: shapes\/images\/torn\.png \(.*\)\n$/,
    );
    expect(code).toBe(0);
    expect(out).toMatch(
      /^A small U-Net, .* on shapes at 32×32: 3 classes, \d+ pictures to train on and \d held out$/m,
    );
    const [, iou] = /^held out {2}IoU ([\d.]+) %, Dice [\d.]+ %, [\d.]+ % of pixels right/m.exec(out) ?? [];
    expect(Number(iou)).toBeGreaterThan(70);
    const { network, metadata } = await loadFile(at('runs/shapes/network.onnx'));
    expect(network?.outputs[0]?.shape).toEqual([1, 3, 32, 32]);
    expect(JSON.parse(metadata.classes ?? '')).toEqual(['ground', 'disc', 'square']);
    expect(JSON.parse(metadata.pixels ?? '')).toMatchObject({ colours: [0, 120, 255], fit: 'stretch' });
  });

  it('gives a report of one file, with pictures, truth and answer', async () => {
    const page = await readFile(at('runs/shapes/report.html'), 'utf8');
    expect(page).not.toMatch(/<script|<link|https?:|url\(|undefined|NaN|\[object/);
    for (const text of ['mean IoU', 'square', 'torn.png', '--task segment', 'what the network drew'])
      expect(page).toContain(text);
  });

  it('goes on after it was killed as if nothing had been', async () => {
    const args = ['train', 'shapes', ...quick, '--epochs', '4', '--augment', 'strong'];
    expect((await run(...args, '--out', 'whole')).code).toBe(0);
    let killed = false;
    await neocogOfSources(folder, [...args, '--out', 'cut'], (child, out) => {
      if (out.includes('epoch 2/4') && !killed) killed = child.kill('SIGKILL');
    });
    expect(killed).toBe(true);
    const { code, out } = await run('train', '--resume', 'cut', '--workers', '1', '--threads', '2');
    expect(code).toBe(0);
    expect(out).not.toContain('epoch 1/4');
    expect(await readFile(at('cut/network.onnx'))).toEqual(await readFile(at('whole/network.onnx')));
  });

  it('goes on from what an earlier run has learned', async () => {
    const { code, out } = await run(
      ...['train', 'shapes', '--network', 'runs/shapes/network.onnx', '--epochs', '1'],
      ...['--batch', '4', '--workers', '0', '--out', 'more'],
    );
    expect(code).toBe(0);
    expect(Number(/^held out {2}IoU ([\d.]+) %/m.exec(out)?.[1])).toBeGreaterThan(70);
  });

  it('refuses what it cannot learn from, before it trains', async () => {
    await expectRefusal(
      ['train', 'shapes', ...quick, '--size', '40'],
      /--size 40 cannot be halved 4 times.* such as 48/,
    );
    await expectRefusal(
      ['train', 'shapes', '--network', 'resnet18'],
      /there is no file and no network resnet18/,
    );
    await writePairs(at('plain'), 4);
    await writeFile(at('plain/classes.txt'), 'one\ntwo\n');
    await expectRefusal(['train', 'plain'], /classes\.txt has 2 names, and the masks have 3 colours/);
    await rm(at('plain/classes.txt'));
    await rm(at('plain/masks/2.png'));
    await expectRefusal(['train', 'plain', ...quick], /2\.png has no mask in .*; give each picture one mask/);
    for (const name of await readdir(at('plain/masks')))
      await sharp({ create: { width, height, channels: 3, background: '#000' } })
        .png()
        .toFile(at('plain/masks', name));
    await expectRefusal(['train', 'plain', ...quick], /the masks in plain show one class; draw each class/);
  });
});

describe('what was trained on masks', () => {
  it('says what a picture shows, and writes the mask in its colours and at its size', async () => {
    const one = await run('run', 'runs/shapes/network.onnx', 'shapes/images/3.png', '-o', 'mask.png');
    expect(one).toMatchObject({
      code: 0,
      err: '',
      out: expect.stringMatching(/^ground +\d+\.\d\d % {2}█+$/m),
    });
    expect(await sharp(at('mask.png')).metadata()).toMatchObject({ width, height, channels: 1 });
    const found = await sharp(at('mask.png')).extractChannel(0).raw().toBuffer();
    expect([...new Set(found)].sort((a, b) => a - b)).toEqual([0, 120, 255]);
    const truth = await sharp(at('shapes/masks/3.png')).extractChannel(0).raw().toBuffer();
    const right = truth.filter((id, i) => id === found[i]).length;
    expect(right / truth.length).toBeGreaterThan(0.85);
  });

  it('runs over a folder, and writes a mask for each picture', async () => {
    const all = await run('run', 'runs/shapes/network.onnx', 'shapes/images', '-o', 'drawn');
    expect(all.out).toMatch(/images\/2\.png +\d+\.\d % {2}ground/m);
    expect(all.out).toMatch(/torn\.png +cannot be read: /);
    expect((await readdir(at('drawn'))).sort()).toEqual(
      Array.from({ length: 30 }, (_, i) => `${i}.png`).sort(),
    );
    await expectRefusal(
      ['run', 'runs/shapes/network.onnx', 'shapes/images/3.png', '-o', 'mask.jpg'],
      /masks are written as PNG/,
    );
  });

  it('is measured on other pictures and masks', async () => {
    const { code, out } = await run('evaluate', 'runs/shapes/network.onnx', 'shapes');
    expect(code).toBe(0);
    expect(out).toMatch(/^\d+\.\d\d % of all pixels of 30 pictures right$/m);
    expect(out).toMatch(/^mean +\d+\.\d % +\d+\.\d %$/m);
    const { out: json } = await run('evaluate', 'runs/shapes/network.onnx', 'shapes', '--json');
    const figures = JSON.parse(json);
    expect(figures.meanIoU).toBeGreaterThan(0.7);
    expect(figures.classes.map(({ name }: { name: string }) => name)).toEqual(['ground', 'disc', 'square']);
  });

  it('becomes a page that draws', async () => {
    const { code } = await run('build', 'runs/shapes/network.onnx', '-o', 'page', '--runs', '1');
    expect(code).toBe(0);
    const script = await readFile(at('page/page.js'), 'utf8');
    expect(script).toContain('"kind":"masks"');
    expect(script).toContain('"fit":"stretch"');
  });
});
