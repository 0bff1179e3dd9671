import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import sharp, { type Colour } from 'sharp';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { encodePng, readGreyImage } from './image.ts';

let folder = '';
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'neocog-image-'));
});
afterAll(() => rm(folder, { recursive: true }));

/** Writes a picture of one colour and returns its path. */
async function paint(name: string, width: number, height: number, background: Colour): Promise<string> {
  const path = join(folder, name);
  await sharp({ create: { width, height, channels: 4, background } }).toFile(path);
  return path;
}

const white = { r: 255, g: 255, b: 255, alpha: 1 };
const exact = { width: 4, height: 4, fit: false, invert: false };

describe('readGreyImage', () => {
  it('reads PNG, JPEG and WebP as grey bytes', async () => {
    for (const name of ['a.png', 'a.jpg', 'a.webp']) {
      const pixels = await readGreyImage(await paint(name, 4, 4, white), exact);
      expect([...pixels]).toEqual(Array(16).fill(255));
    }
    const green = await readGreyImage(
      await paint('green.png', 4, 4, { r: 0, g: 255, b: 0, alpha: 1 }),
      exact,
    );
    expect(green).toHaveLength(16);
    expect(green[0]).toBeGreaterThan(100);
    expect(green[0]).toBeLessThan(255);
  });

  it('inverts, with transparency as the ground', async () => {
    const path = await paint('clear.png', 4, 4, { r: 9, g: 9, b: 9, alpha: 0 });
    expect((await readGreyImage(path, exact))[0]).toBe(0);
    expect((await readGreyImage(path, { ...exact, invert: true }))[0]).toBe(0);
    expect((await readGreyImage(await paint('w.png', 4, 4, white), { ...exact, invert: true }))[0]).toBe(0);
  });

  it('refuses another size, or fits it with the ground around', async () => {
    const path = await paint('wide.png', 8, 4, white);
    await expect(readGreyImage(path, exact)).rejects.toThrow(
      /wide\.png is 8×4, but the network needs 4×4; .*--fit/,
    );
    const pixels = await readGreyImage(path, { ...exact, fit: true });
    expect([pixels[0], pixels[4 * 1 + 1], pixels[4 * 2 + 1], pixels[15]]).toEqual([0, 255, 255, 0]);
  });
});

describe('encodePng', () => {
  it('keeps grey and coloured pixels', async () => {
    const grey = await sharp(await encodePng(Uint8Array.of(1, 2, 3, 4), 2, 2))
      .greyscale()
      .raw()
      .toBuffer();
    expect([...grey]).toEqual([1, 2, 3, 4]);
    const colours = Uint8Array.from({ length: 12 }, (_, i) => 20 * i);
    expect([
      ...(await sharp(await encodePng(colours, 2, 2))
        .raw()
        .toBuffer()),
    ]).toEqual([...colours]);
  });
});
