// `neocog train FOLDER` on sounds, as a user meets it: low and high tones, and noise, of different lengths and rates.

import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { wavBytes } from '@neocog/audio';
import { loadFile } from '@neocog/formats';
import { Generator, Tensor } from 'neocog';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { expectRefused, neocogOfSources, type Outcome } from '../../test/command.ts';

let folder = '';
const run = (...args: string[]): Promise<Outcome> => neocogOfSources(folder, args);
const expectRefusal = (args: string[], sentence: RegExp): Promise<void> =>
  expectRefused(run(...args), sentence);
const at = (...names: string[]): string => join(folder, ...names);

const classes = ['high', 'low', 'noise'];
const random = new Generator(5);

/** Bytes of a WAV file: a tone in silence, or noise; every third in stereo at another rate. */
function soundOf(kind: string, number: number): Uint8Array {
  const sampleRate = number % 3 === 0 ? 11_025 : 8000;
  const length = Math.round(sampleRate * (0.3 + 0.02 * (number % 5)));
  const pitch = (kind === 'low' ? 200 : 1500) * (1 + 0.02 * (number % 7));
  const channel = Float32Array.from({ length }, (_, i) =>
    kind === 'noise' ? 0.3 * random.normal() : 0.5 * Math.sin((2 * Math.PI * pitch * i) / sampleRate),
  ).map((v) => Math.max(-1, Math.min(1, v)));
  const channels = number % 3 === 0 ? 2 : 1;
  const both = Float32Array.from({ length: channels * length }, (_, i) => channel[i % length] as number);
  return wavBytes({ sound: new Tensor(both, [channels, length]), sampleRate });
}

const quick = ['--epochs', '8', '--batch', '8', '--workers', '0', '--threads', '1'];

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'neocog-sounds-'));
  for (const kind of classes) {
    await mkdir(at('tones', kind), { recursive: true });
    for (let i = 0; i < 12; i++) await writeFile(at('tones', kind, `${i}.wav`), soundOf(kind, i));
  }
  await writeFile(at('tones/low/torn.wav'), 'no sound');
});
afterAll(() => rm(folder, { recursive: true }));

describe('neocog train FOLDER, of sounds', () => {
  it('finds that it holds sounds, and learns them', async () => {
    const { code, out, err } = await run('train', 'tones', ...quick);
    expect(err).toMatch(
      /^neocog: 1 file was left out, which cannot be read: tones\/low\/torn\.wav \(.*\)\n$/,
    );
    expect(code).toBe(0);
    expect(out).toMatch(
      /^A small network, .* on tones, 0\.38 s at 8000 Hz: 3 classes, \d+ sounds to train on/,
    );
    expect(out).toMatch(/^held out {2}100\.00 % right/m);
    const { network, metadata } = await loadFile(at('runs/tones/network.onnx'));
    expect(network?.inputs[0]?.shape).toEqual([1, 1, 3040]);
    expect(metadata.task).toBe('sound');
    expect(JSON.parse(metadata.sound ?? '')).toEqual({ sampleRate: 8000, length: 3040 });
  });

  it('gives a report of one file, with sounds to hear and to see', async () => {
    const page = await readFile(at('runs/tones/report.html'), 'utf8');
    expect(page).not.toMatch(/<script|<link|https?:|url\(|undefined|NaN|\[object/);
    for (const text of ['Class by class', 'noise', 'torn.wav', '--task sound', 'sound.wav'])
      expect(page).toContain(text);
    expect(page.match(/<audio controls [^>]*src="data:audio\/wav;base64,[^"]+"/g)?.length).toBe(12);
    expect(
      page.match(/<img class="spectrum" src="data:image\/jpeg;base64,[^"]+" [^>]* alt="[^"]+"/g),
    ).toBeTruthy();
  });

  it('goes on after it was killed as if nothing had been', async () => {
    const args = ['train', 'tones', ...quick, '--augment', 'strong', '--epochs', '5'];
    expect((await run(...args, '--out', 'whole')).code).toBe(0);
    let killed = false;
    await neocogOfSources(folder, [...args, '--out', 'cut'], (child, out) => {
      if (out.includes('epoch 2/5') && !killed) killed = child.kill('SIGKILL');
    });
    expect(killed).toBe(true);
    const { code, out } = await run('train', '--resume', 'cut', '--workers', '1', '--threads', '2');
    expect(code).toBe(0);
    expect(out).not.toContain('epoch 1/5');
    expect(await readFile(at('cut/network.onnx'))).toEqual(await readFile(at('whole/network.onnx')));
  });

  it('hands on what it has learned: a new last layer learns other sounds', async () => {
    for (const kind of ['low', 'noise']) {
      await mkdir(at('two', kind), { recursive: true });
      for (let i = 0; i < 10; i++) await writeFile(at('two', kind, `${i}.wav`), soundOf(kind, i));
    }
    const network = ['--network', 'runs/tones/network.onnx'];
    const { code, out } = await run('train', 'two', ...network, '--batch', '8', '--workers', '0');
    expect(code).toBe(0);
    expect(out).toMatch(/^the new last layer stands before \S+/m);
    expect(out).toMatch(/^held out {2}100\.00 % right/m);
    await expectRefusal(
      ['train', 'two', ...network, '--seconds', '1'],
      /hears as much as it was trained on; leave --seconds out/,
    );
  });

  it('refuses what it cannot learn from, before it trains', async () => {
    await mkdir(at('songs/a'), { recursive: true });
    await writeFile(at('songs/a/1.mp3'), '');
    await expectRefusal(
      ['train', 'songs'],
      /songs holds sounds as \.mp3 files, and only WAV is read; convert/,
    );
    await expectRefusal(
      ['train', 'tones', '--task', 'classify'],
      /--task classify needs a folder of pictures/,
    );
    await expectRefusal(
      ['train', 'tones', '--size', '64'],
      /--size is not for --task sound: sounds have --seconds/,
    );
    await expectRefusal(
      ['train', 'tones', '--network', 'resnet18'],
      /there is no file and no network resnet18; name a file, or one of: small/,
    );
    await mkdir(at('one/a'), { recursive: true });
    await writeFile(at('one/a/1.wav'), soundOf('low', 1));
    await expectRefusal(['train', 'one'], /one holds sounds of one class, a; make a folder for each/);
  });
});

describe('what was trained on sounds', () => {
  it('runs on a sound, and on a folder with a broken one', async () => {
    const one = await run('run', 'runs/tones/network.onnx', 'tones/high/3.wav', '--top', '1');
    expect(one).toMatchObject({
      code: 0,
      err: '',
      out: expect.stringMatching(/^high +\d+\.\d\d % {2}█+\n$/),
    });
    const all = await run('run', 'runs/tones/network.onnx', 'tones/low');
    expect(all.out).toMatch(/low\/2\.wav +\d+\.\d % {2}low$/m);
    expect(all.out).toMatch(/torn\.wav +cannot be read: /);
    await expectRefusal(['run', 'runs/tones/network.onnx', 'runs'], /runs holds no sound \(WAV\)/);
  });

  it('is measured on other sounds', async () => {
    const { out } = await run('evaluate', 'runs/tones/network.onnx', 'tones', '--json');
    const figures = JSON.parse(out);
    expect(figures.sounds).toBe(36);
    expect(figures.accuracy).toBeGreaterThan(0.95);
    expect(figures.broken).toHaveLength(1);
  });

  it('becomes a page that listens', async () => {
    const { code } = await run('build', 'runs/tones/network.onnx', '-o', 'page', '--runs', '1');
    expect(code).toBe(0);
    const script = await readFile(at('page/page.js'), 'utf8');
    expect(script).toContain('"sampleRate":8000');
    expect(script).toContain('"noise"');
  });
});
