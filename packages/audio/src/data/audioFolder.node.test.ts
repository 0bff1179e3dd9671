// Folders of sounds, good and bad ones, of several rates and lengths; and workers that read and change them.

import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { type Batch, DataLoader, type DataLoaderOptions, FormatError, NeocogError, tensor } from 'neocog';
import { afterAll, describe, expect, it } from 'vitest';
import { leftOut } from '../../../../test/leftOut.ts';
import { noise } from '../../test/noise.ts';
import { type SoundSample, transforms, wavBytes } from '../index.ts';
import { audioFolder } from './audioFolder.ts';

const root = mkdtempSync(join(tmpdir(), 'neocog-sounds-'));
afterAll(() => rmSync(root, { recursive: true }));

/** Workers load the packages by name, as users have them. */
const isBuilt = ['neocog/dist/folders.js', 'audio/dist/index.js'].every((file) =>
  existsSync(fileURLToPath(new URL(`../../../${file}`, import.meta.url))),
);
const workerTest = it.skipIf(
  leftOut(isBuilt ? null : 'the packages are not built; npm run build builds them'),
);

function folderOf(name: string, files: Readonly<Record<string, Uint8Array>>): string {
  for (const [path, bytes] of Object.entries(files)) {
    mkdirSync(dirname(join(root, name, path)), { recursive: true });
    writeFileSync(join(root, name, path), bytes);
  }
  return join(root, name);
}

const wav = (length: number, seed = 1, sampleRate = 8000, channels = 1) =>
  wavBytes({ sound: noise([channels, length], seed), sampleRate });
const many = (name: string, count: number, seed = 1) =>
  Object.fromEntries(Array.from({ length: count }, (_, i) => [`${name}/${i}.wav`, wav(100 + i, seed + i)]));

async function all(loader: DataLoader<SoundSample>): Promise<Batch[]> {
  const batches: Batch[] = [];
  for await (const batch of loader) batches.push(batch);
  return batches;
}
const valuesOf = ({ x, y, index }: Batch) => [x.shape, [...x.data], [...y.data], [...index]];

describe('audioFolder', () => {
  it('finds classes, divides each alike, and reads sounds as they are', async () => {
    const folder = folderOf('words', {
      ...many('yes', 10),
      ...many('no/loud', 10, 50),
      'no/notes.txt': new Uint8Array(3),
      'no/.hidden.wav': new Uint8Array(3),
    });
    const { classes, train, validation, test } = await audioFolder(folder, { seed: 1 });
    expect(classes).toEqual(['no', 'yes']);
    expect([train.length, validation.length, test.length]).toEqual([16, 2, 2]);
    expect([...validation.labels].sort()).toEqual([0, 1]);
    expect(train.files.every((file) => file.startsWith(folder))).toBe(true);
    const place = train.files.indexOf(join(folder, 'yes/3.wav'));
    const sample = await train.get(Math.max(0, place));
    expect(sample).toMatchObject({ sampleRate: 8000, label: train.labels[Math.max(0, place)] });
    const other = await audioFolder(folder, { seed: 2 });
    expect(other.test.files).not.toEqual(test.files);
  });

  it('keeps train, val and test as they are', async () => {
    const folder = folderOf('parted', { ...many('train/a', 3), ...many('train/b', 2), ...many('val/a', 1) });
    const { classes, train, validation, test } = await audioFolder(folder);
    expect([classes, train.length, validation.length, test.length]).toEqual([['a', 'b'], 5, 1, 0]);
  });

  it('makes sounds alike by rate, channels and length', async () => {
    const folder = folderOf('mixed', {
      'a/1.wav': wav(100, 1, 16_000, 2),
      'a/2.WAV': wav(30, 2),
      'b/3.wav': wav(90, 3),
    });
    const { train } = await audioFolder(folder, { split: [1], sampleRate: 8000, mono: true, length: 60 });
    const [{ x, y }] = await all(new DataLoader(train, { batchSize: 3 }));
    expect([x.shape, [...y.data]]).toEqual([[3, 1, 60], [0, 0, 1]]); // biome-ignore format: one line
    const row = (i: number) => [...x.data.slice(i * 60, (i + 1) * 60)];
    expect(row(0).slice(0, 5)).toEqual([0, 0, 0, 0, 0]);
    expect(row(0)[20]).not.toBe(0);
    const quantised = (values: ArrayLike<number>) => Array.from(values, (v) => Math.round(v * 32768) / 32768);
    expect(row(1).slice(15, 45)).toEqual(quantised(noise([30], 2).data));
    expect(row(2)).toEqual(quantised(noise([90], 3).data.slice(15, 75)));
    await expect(train.get(0)).resolves.toMatchObject({ sampleRate: 8000 });
  });

  it('names what is broken, and goes on, unless strict', async () => {
    const folder = folderOf('broken', {
      ...many('a', 3),
      'a/cut.wav': wav(50).subarray(0, 60),
      'b/empty.wav': new Uint8Array(0),
      'b/mp3.wav': Uint8Array.from(wav(20), (byte, i) => (i === 20 ? 0x55 : byte)),
      'b/good.wav': wav(60),
    });
    const { train } = await audioFolder(folder, { split: [1], length: 50 });
    const loader = new DataLoader(train, { batchSize: 10 });
    const [{ index }] = await all(loader);
    expect(index).toHaveLength(4);
    const broken = loader.broken.map(({ name, reason }) => [name.slice(folder.length + 1), reason]);
    expect(broken).toEqual([
      ['a/cut.wav', expect.stringContaining('it was cut off')],
      ['b/empty.wav', expect.stringContaining('is no WAV file')],
      ['b/mp3.wav', expect.stringContaining('holds MP3, which is not read')],
    ]);
    await expect(all(new DataLoader(train, { strict: true }))).rejects.toThrow('a/cut.wav');
  });

  it('takes the files of a page', async () => {
    const files = ['words/yes/1.wav', 'words/no/2.wav', 'words/no/3.txt'].map((path, i) => {
      const file = new File([wav(20, i)], path.slice(path.lastIndexOf('/') + 1));
      return Object.defineProperty(file, 'webkitRelativePath', { value: path });
    });
    const { classes, train } = await audioFolder(files, { split: [1] });
    expect([classes, train.files]).toEqual([['no', 'yes'], ['no/2.wav', 'yes/1.wav']]); // biome-ignore format: one line
    expect((await train.get(1)).sound.shape).toEqual([1, 20]);
  });

  it('refuses folders without classes, and what is no folder', async () => {
    const folder = folderOf('flat', { '1.wav': wav(4) });
    await expect(audioFolder(folder)).rejects.toThrow(FormatError);
    await expect(audioFolder(join(root, 'absent'))).rejects.toThrow('there is no such file or folder');
    await expect(audioFolder(3 as never)).rejects.toThrow(NeocogError);
    await expect(audioFolder(folder, { length: 0 })).rejects.toThrow('audioFolder: length is 0');
  });
});

describe('workers', () => {
  const everything = () =>
    transforms.compose([
      transforms.mono(),
      transforms.resample(4000),
      transforms.speed({ factor: [0.9, 1.1] }),
      transforms.timeStretch({ factor: [0.9, 1.1], nFft: 16 }),
      transforms.pitchShift({ steps: [-1, 1], nFft: 16 }),
      transforms.shift({ seconds: [-0.001, 0.001] }),
      transforms.randomCrop(40),
      transforms.fitLength(32),
      transforms.gain({ decibels: [-3, 3] }),
      transforms.addNoise({ snr: [0, 9], noise: [tensor([1, -1, 0.5]), noise([2, 9], 4)] }),
      transforms.addNoise({ snr: 20 }),
      transforms.melSpectrogram({ nFft: 16, nMels: 4 }),
      transforms.timeMask({ width: 2 }),
      transforms.frequencyMask({ width: 2 }),
    ]);

  workerTest('read and change sounds as the thread does that asks', async () => {
    const folder = folderOf('work', { ...many('a', 5), ...many('b', 4, 30), 'b/cut.wav': new Uint8Array(9) });
    const { train } = await audioFolder(folder, { split: [1] });
    const batches = async (workers: number, transform: DataLoaderOptions<SoundSample>['transform']) => {
      const loader = new DataLoader(train, { batchSize: 4, shuffle: true, seed: 5, workers, transform });
      const found = await all(loader);
      expect([loader.workers, loader.note]).toEqual([workers, null]);
      loader.close();
      return found.map(valuesOf);
    };
    const here = await batches(0, everything());
    expect(here).toHaveLength(3);
    expect(await batches(2, everything())).toEqual(here);
    expect(
      await batches(
        1,
        transforms.compose([
          transforms.mfcc({ nFft: 16, nMels: 4, nMfcc: 2 }),
          transforms.timeMask({ width: 90 }),
          transforms.fitLength(4),
        ]),
      ),
    ).toHaveLength(3);
  });

  it('do not get a chain with a function of its own', () => {
    expect(everything().recipe).toMatchObject({ name: 'composeOf' });
    expect(transforms.compose([transforms.mono(), (sample) => sample]).recipe).toBeUndefined();
    expect(readFileSync(fileURLToPath(everything().recipe?.module ?? ''), 'utf8')).toContain('composeOf');
  });
});
