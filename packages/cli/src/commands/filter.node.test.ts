// `neocog filter` as a person runs it: files in, files out, and one sentence where that cannot be.

import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Generator } from 'neocog';
import sharp, { type Channels, type Sharp } from 'sharp';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { buildCommand, expectRefused, neocog, type Outcome, removeCommand } from '../../test/command.ts';

let folder = '';
const at = (name: string): string => join(folder, name);
const run = (...args: string[]): Promise<Outcome> => neocog(folder, ['filter', ...args]);

/** Runs and expects success. */
async function filter(...args: string[]): Promise<string> {
  const { code, out, err } = await run(...args);
  expect({ code, err }).toEqual({ code: 0, err: '' });
  return out;
}

/** What is refused leaves no file. */
async function expectRefusal(args: string[], sentence: RegExp): Promise<void> {
  const before = await readdir(folder);
  await expectRefused(run(...args), sentence);
  expect(await readdir(folder)).toEqual(before);
}

interface Sketch {
  readonly width: number;
  readonly height: number;
  readonly channels: Channels;
  readonly deep?: boolean;
}

/** Random pixels as sharp's picture, ready to be written. */
function sketch({ width, height, channels, deep }: Sketch): Sharp {
  const generator = new Generator(7);
  const values = Array.from({ length: width * height * channels }, () =>
    generator.integer(deep ? 65_536 : 256),
  );
  const pixels = deep ? Uint16Array.from(values) : Uint8Array.from(values);
  const space = channels < 3 ? (deep ? 'grey16' : 'b-w') : deep ? 'rgb16' : 'srgb';
  return sharp(pixels, { raw: { width, height, channels } }).toColourspace(space);
}

/** Size, kind and all values of a file; grey ones as colours. */
async function look(name: string) {
  const { width, height, channels, hasAlpha, depth, format, space } = await sharp(at(name)).metadata();
  const deep = depth === 'ushort';
  const values = await sharp(at(name))
    .toColourspace(deep ? 'rgb16' : 'srgb')
    .raw({ depth: deep ? 'ushort' : 'uchar' })
    .toBuffer();
  return { width, height, channels, hasAlpha, depth, format, space, values };
}

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'neocog-filter-'));
  await buildCommand();
  const small = { width: 13, height: 9 };
  await sketch({ ...small, channels: 3 })
    .png()
    .toFile(at('rgb.png'));
  await sketch({ ...small, channels: 4 })
    .png()
    .toFile(at('rgba.png'));
  await sketch({ ...small, channels: 4 })
    .webp({ lossless: true, exact: true })
    .toFile(at('rgba.webp'));
  await sketch({ ...small, channels: 1 })
    .png()
    .toFile(at('grey.png'));
  await sketch({ ...small, channels: 2 })
    .png()
    .toFile(at('greyAlpha.png'));
  await sketch({ ...small, channels: 3, deep: true })
    .png()
    .toFile(at('deep.png'));
  await sketch({ ...small, channels: 4, deep: true })
    .png()
    .toFile(at('deepAlpha.png'));
  await sketch({ ...small, channels: 1, deep: true })
    .png()
    .toFile(at('deepGrey.png'));
  await sketch({ ...small, channels: 3 })
    .jpeg()
    .toFile(at('rgb.jpg'));
  await sketch({ ...small, channels: 1 })
    .jpeg()
    .toFile(at('grey.jpg'));
  await sketch({ ...small, channels: 3 })
    .withMetadata({ orientation: 6 })
    .png()
    .toFile(at('turned.png'));
  await sketch({ width: 1, height: 1, channels: 3 }).png().toFile(at('one.png'));
  await sketch({ width: 1, height: 31, channels: 3 }).png().toFile(at('tall.png'));
  await sketch({ width: 31, height: 1, channels: 3 }).png().toFile(at('wide.png'));
  await writeFile(at('notes.txt'), 'not a picture');
  await writeFile(at('cut.jpg'), (await readFile(at('rgb.jpg'))).subarray(0, 300));
});
afterAll(async () => {
  await removeCommand();
  await rm(folder, { recursive: true });
});

describe('neocog filter', () => {
  it.each([
    'rgb.png',
    'rgba.png',
    'rgba.webp',
    'grey.png',
    'greyAlpha.png',
    'deep.png',
    'deepAlpha.png',
    'deepGrey.png',
    'rgb.jpg',
    'grey.jpg',
    'one.png',
    'tall.png',
    'wide.png',
  ])('keeps everything in %s that the filter does not change', async (name) => {
    await filter(name, 'identity', '-o', 'same.png');
    const [before, after] = [await look(name), await look('same.png')];
    expect({ ...after, format: before.format }).toEqual(before);
  });

  it('blurs pictures of every shape, and any matrix does the same', async () => {
    for (const name of ['rgb.png', 'greyAlpha.png', 'one.png', 'tall.png', 'wide.png']) {
      await filter(name, 'box-blur', '--size', '3', '-o', 'box.png');
      const third = '1/9 1/9 1/9';
      await filter(name, '--matrix', `${third}; ${third}; ${third}`, '-o', 'matrix.png');
      expect((await look('box.png')).values).toEqual((await look('matrix.png')).values);
    }
  });

  it('keeps opacity under a filter', async () => {
    await filter('rgba.png', 'gaussian-blur', '--sigma', '2', '-o', 'soft.webp');
    const opacity = (values: Buffer) => [...values].filter((_, i) => i % 4 === 3);
    const [before, after] = [await look('rgba.png'), await look('soft.webp')];
    expect(opacity(after.values)).toEqual(opacity(before.values));
    expect(after.values).not.toEqual(before.values);
  });

  it('writes the format that the name asks for, upright', async () => {
    for (const [name, format] of [
      ['a.png', 'png'],
      ['a.jpg', 'jpeg'],
      ['a.JPEG', 'jpeg'],
      ['a.webp', 'webp'],
    ]) {
      const out = await filter('turned.png', 'sharpen', '-o', name);
      expect(out).toMatch(new RegExp(`^${name} {2}sharpen {2}9×13 {2}\\d+\\.\\d+ s\\n$`));
      const { orientation, ...metadata } = await sharp(at(name)).metadata();
      expect(orientation).toBeUndefined();
      expect(metadata).toMatchObject({ format, width: 9, height: 13 });
    }
  });

  it('takes settings, also negative ones, and a picture as grey', async () => {
    await filter(
      'rgb.png',
      'emboss',
      '--angle',
      '-45',
      '--amount',
      '0.5',
      '--padding-mode',
      'circular',
      '-o',
      'e.png',
    );
    await filter('rgb.png', 'sobel', '--direction', 'x', '--signed', '--gain', '1', '--grey', '-o', 's.png');
    expect(await look('s.png')).toMatchObject({ channels: 1, space: 'b-w' });
    await filter('rgb.png', '--matrix', '-1 0 1', '--flip', '-o', 'm.png');
  });

  it('draws a contact sheet', async () => {
    expect(await filter('rgba.png', '--grid', '-o', 'sheet.png')).toMatch(
      /^sheet\.png {2}contact sheet {2}2200×/,
    );
    await filter('one.png', '--grid', '-o', 'sheet.jpg');
    expect((await look('sheet.jpg')).width).toBe(2200);
  });

  it('lists the filters', async () => {
    expect(await filter('--list')).toMatch(/^gaussian-blur .*\n +--sigma 1 {2}--size …\n/m);
  });

  it('replaces an output as a whole', async () => {
    await writeFile(at('old.png'), 'old');
    await filter('rgb.png', 'sobel', '-o', 'old.png');
    expect((await look('old.png')).format).toBe('png');
    expect((await readdir(folder)).filter((name) => name.includes('.tmp'))).toEqual([]);
  });
});

describe('neocog filter refuses', () => {
  const out = ['-o', 'none.png'];

  it('files it cannot use', async () => {
    await expectRefusal(
      ['no.png', 'sobel', ...out],
      /^neocog filter: cannot read the picture no\.png: there is no such/,
    );
    await expectRefusal(
      ['notes.txt', 'sobel', ...out],
      /notes\.txt is not a picture that can be read \(.*\); pass a PNG/,
    );
    await expectRefusal(['cut.jpg', 'sobel', ...out], /cut\.jpg is not a picture that can be read/);
    await expectRefusal(['.', 'sobel', ...out], /cannot read the picture \.: it is a folder/);
    await expectRefusal(
      ['sobel', 'rgb.png', ...out],
      /the picture comes first: neocog filter rgb\.png sobel/,
    );
  });

  it('places it cannot write to', async () => {
    await expectRefusal(['rgb.png', 'sobel'], /no output is named; add -o/);
    await expectRefusal(
      ['rgb.png', 'sobel', '-o', 'x.gif'],
      /cannot tell the format of x\.gif; .*\.png, \.jpg or \.webp/,
    );
    await expectRefusal(['rgb.png', 'sobel', '-o', 'no/x.png'], /cannot write no\/x\.png: there is no such/);
    await expectRefusal(['rgb.png', 'sobel', '-o', './rgb.png'], /\.\/rgb\.png is the picture itself/);
    await expectRefusal(['rgba.png', 'sobel', '-o', 'x.jpg'], /transparent in parts, which JPEG cannot hold/);
  });

  it('words it does not know or that do not go together', async () => {
    await expectRefusal([], /no picture is given; try neocog filter/);
    await expectRefusal(['rgb.png', ...out], /no filter is given; name one/);
    await expectRefusal(['rgb.png', 'sobl', ...out], /there is no filter 'sobl'; did you mean sobel\?/);
    await expectRefusal(
      ['rgb.png', 'sobel', '--grid', ...out],
      /the filter sobel and --grid are given; choose one/,
    );
    await expectRefusal(['rgb.png', '--grid', '--sigma', '2', ...out], /leave --sigma out/);
    await expectRefusal(['rgb.png', 'sobel', '--flip', ...out], /--flip turns a --matrix/);
    await expectRefusal(['rgb.png', 'sobel', '--sigma', '2', ...out], /sobel has no setting --sigma/);
  });

  it('bad numbers', async () => {
    await expectRefusal(
      ['rgb.png', 'gabor', '--angle', 'up', ...out],
      /--angle.*'up' is invalid.*Needed is a number; see/,
    );
    await expectRefusal(['rgb.png', 'gaussian-blur', '--sigma', '0', ...out], /Needed is a number above 0/);
    await expectRefusal(
      ['rgb.png', 'gaussian-blur', '--size', '4', ...out],
      /size is 4; give an odd whole number/,
    );
    await expectRefusal(['rgb.png', '--matrix', '1 2; 3', ...out], /Row 2 has 1 numbers, row 1 has 2/);
    await expectRefusal(
      ['rgb.png', 'sobel', '--padding-mode', 'wrap', ...out],
      /choices are replicate, symmetric/,
    );
    await expectRefusal(
      ['rgb.png', 'gaussian-blur', '--sigma', '9', '--padding-mode', 'reflect', ...out],
      /filters\.gaussianBlur: padding is 27 on width 13, but paddingMode .reflect. allows at most 12/,
    );
  });
});
