// `neocog view`: a page of one file, for networks with and without classes, and what it refuses.

import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { saveOnnx } from '@neocog/formats';
import { manualSeed, models, nn } from 'neocog';
import sharp from 'sharp';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { buildCommand, expectRefused, neocog, type Outcome, removeCommand } from '../../test/command.ts';

const keras = fileURLToPath(new URL('../../../formats/fixtures/keras/digits.keras', import.meta.url));

let folder = '';
const run = (...args: string[]): Promise<Outcome> => neocog(folder, args);
const page = (): Promise<string> => readFile(join(folder, 'view.html'), 'utf8');

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'neocog-view-'));
  await buildCommand();
  manualSeed(1);
  const pixels = { size: [28, 28], channels: 1, fit: 'contain', mean: [0.5], std: [0.5] };
  const classes = ['<b>zero</b>', ...'123456789'];
  const metadata = { task: 'classify', classes: JSON.stringify(classes), pixels: JSON.stringify(pixels) };
  const net = models.lenet5();
  await writeFile(join(folder, 'a&b.onnx'), saveOnnx(net, { input: [1, 1, 28, 28], metadata }));
  const same = new nn.Sequential({ blur: new nn.Conv2d(1, 1, 3, { padding: 1 }), relu: new nn.ReLU() });
  await writeFile(join(folder, 'same.onnx'), saveOnnx(same, { input: [1, 1, 12, 12] }));
  const create = { width: 12, height: 12, channels: 3 as const, background: { r: 9, g: 90, b: 200 } };
  await sharp({ create }).png().toFile(join(folder, '<i>.png'));
});

afterAll(async () => {
  await rm(folder, { recursive: true });
  await removeCommand();
});

describe('neocog view', () => {
  it('writes one page without scripts and addresses, in which nothing of a name is HTML', async () => {
    expect(await run('view', 'a&b.onnx', '<i>.png', '-o', 'view.html', '--class', '0')).toEqual({
      code: 0,
      out: 'page: view.html\n',
      err: '',
    });
    const text = await page();
    expect(text).toContain('<h1>a&amp;b.onnx on &lt;i&gt;.png</h1>');
    expect(text).toContain('Where it looks for &lt;b&gt;zero&lt;/b&gt;');
    expect(text).not.toMatch(/<script|<b>zero|<i>\.png|(?:src|href)="(?!data:image\/png;base64,)/);
    for (const heading of ['What one cell sees', 'What the layers make of it', 'Layer by layer'])
      expect(text).toContain(`<h2>${heading}</h2>`);
    expect(text.match(/alt="map \d+ of conv1"/g)).toHaveLength(6);
    expect(text.match(/alt="map \d+ of conv2"/g)).toHaveLength(16);
  });

  it('shows the layer that is named, of a file with channels last', async () => {
    const { code, err } = await run('view', keras, '<i>.png', '-o', 'view.html', '--layer', 'conv1');
    expect([code, err]).toEqual([0, '']);
    expect(await page()).toContain('maps of');
    await expectRefused(
      run('view', keras, '<i>.png', '-o', 'view.html', '--layer', 'none'),
      /no layer none gives maps; choose one of: /,
    );
  });

  it('leaves out what needs classes where there are none', async () => {
    expect((await run('view', 'same.onnx', '<i>.png', '-o', 'view.html')).code).toBe(0);
    const text = await page();
    expect(text).toContain('It names no classes.');
    expect(text).not.toContain('Where it looks');
  });

  it('says what is wrong in a sentence, and leaves no page', async () => {
    const refused = (args: string[], sentence: RegExp): Promise<void> =>
      expectRefused(run('view', ...args), sentence);
    await refused(
      ['a&b.onnx', '<i>.png', '-o', 'no.html', '--class', '10'],
      /--class 10 is no class of the network/,
    );
    await refused(['a&b.onnx', 'none.png', '-o', 'no.html'], /none\.png/);
    await refused(['same.onnx', 'none.png', '-o', 'no.html'], /none\.png/);
    await expect(readFile(join(folder, 'no.html'))).rejects.toThrow('ENOENT');
  });
});
