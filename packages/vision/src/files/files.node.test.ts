// Files of every kind as Pillow reads them (fixtures/files/make.py), and back.

import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { DeviceError, FormatError, NeocogError, type Tensor, tensor, UnsupportedError } from 'neocog';
import { afterAll, describe, expect, it } from 'vitest';
import { countFrames } from './frames.ts';
import { readImage } from './read.ts';
import { writeImage } from './write.ts';

const fixtures = fileURLToPath(new URL('../../fixtures/files/', import.meta.url));
const file = (name: string): string => join(fixtures, name);
interface Planes {
  readonly shape: number[];
  readonly values: number[];
}
const expected = JSON.parse(readFileSync(file('expected.json'), 'utf8')) as Record<
  string,
  Planes & { rgb: Planes; grey: Planes }
>;
const folder = mkdtempSync(join(tmpdir(), 'neocog-images-'));
afterAll(() => rmSync(folder, { recursive: true }));

function expectPlanes(t: Tensor, planes: Planes): void {
  expect(t.shape).toEqual(planes.shape);
  expect([...t.data]).toEqual(planes.values);
}

describe('readImage', () => {
  const plain = Object.keys(expected).filter((name) => 'rgb' in expected[name]);

  it.each(plain)('%s holds the colours and greys that Pillow finds', async (name) => {
    expectPlanes(await readImage(file(name), { dtype: 'int32' }), expected[name].rgb);
    expectPlanes(await readImage(file(name), { dtype: 'int32', channels: 1 }), expected[name].grey);
  });

  it('keeps opacity, adds it, or lays the picture on a ground', async () => {
    expectPlanes(await readImage(file('rgba.png'), { dtype: 'int32', channels: 4 }), expected['rgba.png']);
    const opaque = await readImage(file('rgb.png'), { dtype: 'int32', channels: 4 });
    expectPlanes(opaque, {
      shape: [4, 4, 6],
      values: [...expected['rgb.png'].rgb.values, ...new Array<number>(24).fill(255)],
    });
    const { values } = expected['rgba.png'];
    const laid = await readImage(file('rgba.png'), { dtype: 'int32', background: [10, 20, 250] });
    const over = (c: number, p: number): number => {
      const alpha = values[72 + p];
      return Math.round((values[24 * c + p] * alpha + [10, 20, 250][c] * (255 - alpha)) / 255);
    };
    expect([...laid.data]).toEqual(Array.from({ length: 72 }, (_, i) => over(Math.floor(i / 24), i % 24)));
  });

  it('keeps grey beside opacity', async () => {
    const { values } = expected['grey-alpha.png'];
    const four = await readImage(file('grey-alpha.png'), { dtype: 'int32', channels: 4 });
    const greys = values.slice(0, 24);
    expect([...four.data]).toEqual([...greys, ...greys, ...greys, ...values.slice(24)]);
    const one = await readImage(file('grey-alpha.png'), { dtype: 'int32', channels: 1, background: 255 });
    const laid = greys.map((v, p) => Math.round((v * values[24 + p] + 255 * (255 - values[24 + p])) / 255));
    expect([...one.data]).toEqual(laid);
  });

  it.each([
    ['deep.png', 3],
    ['deep-grey.png', 1],
    ['deep-rgba.png', 4],
    ['deep-grey.tif', 1],
  ] as const)('%s keeps 16 bits', async (name, channels) => {
    const x = await readImage(file(name), { channels });
    expect(x.shape).toEqual(expected[name].shape);
    x.data.forEach((v, i) => {
      expect(Math.abs(v * 65535 - expected[name].values[i])).toBeLessThan(0.01);
    });
  });

  it.each([1, 2, 3, 4, 5, 6, 7, 8])('orientation %i is turned upright', async (orientation) => {
    const x = await readImage(file(`turned-${orientation}.jpg`), { dtype: 'int32' });
    const isTall = orientation > 4;
    expect(x.shape).toEqual(isTall ? [3, 32, 16] : [3, 16, 32]);
    // Red was on the left: it is so, or on the right, on top or at the bottom.
    const red = {
      1: 'first',
      2: 'last',
      3: 'last',
      4: 'first',
      5: 'first',
      6: 'first',
      7: 'last',
      8: 'last',
    };
    const corners = [x.data[0], x.data[511]];
    const [most, least] = red[orientation as 1] === 'first' ? corners : corners.toReversed();
    expect(most).toBeGreaterThan(190);
    expect(least).toBeLessThan(30);
  });

  it('converts CMYK', async () => {
    const x = await readImage(file('cmyk.jpg'));
    const at = (column: number): number[] => [0, 1, 2].map((c) => x.data[c * 512 + 8 * 32 + column]);
    const [red, blue] = [at(4), at(28)];
    expect(red[0]).toBeGreaterThan(2 * Math.max(red[1], red[2]));
    expect(blue[2]).toBeGreaterThan(2 * blue[0]);
  });

  it.each(['frames.gif', 'frames.webp', 'frames.png', 'pages.tif'])(
    '%s has to be told which',
    async (name) => {
      await expect(readImage(file(name))).rejects.toThrow(/has 3 frames; name one, such as \{ frame: 0 \}/);
      await expect(readImage(file(name), { frame: 3 })).rejects.toThrow('there is no frame 3');
      const first = await readImage(file(name), { frame: 0, dtype: 'int32' });
      expect(first.data.slice(0, 3)).toEqual(Int32Array.of(10, 10, 10));
      const second = readImage(file(name), { frame: 1, dtype: 'int32' });
      if (name === 'frames.png') await expect(second).rejects.toThrow(UnsupportedError);
      else expect((await second).data[0]).toBe(120);
    },
  );

  it('takes bytes, a Blob, a File and a URL', async () => {
    const bytes = readFileSync(file('rgb.png'));
    const plain = await readImage(file('rgb.png'));
    const copy = Uint8Array.from(bytes);
    for (const source of [bytes, copy.buffer, new Blob([bytes]), pathToFileURL(file('rgb.png'))])
      expect((await readImage(source)).data).toEqual(plain.data);
    const text = `data:image/png;base64,${bytes.toString('base64')}`;
    expect((await readImage(text)).data).toEqual(plain.data);
    await expect(readImage(new File(['no'], 'cat.png'))).rejects.toThrow('cat.png is no picture');
  });

  it('scales and normalises each channel', async () => {
    const x = await readImage(file('rgb.png'), { mean: [0.5, 0.25, 0], std: [0.5, 1, 2] });
    const raw = expected['rgb.png'].rgb.values;
    const wanted = raw.map((v, i) => {
      const c = Math.floor(i / 24);
      return Math.fround((v / 255 - [0.5, 0.25, 0][c]) / [0.5, 1, 2][c]);
    });
    x.data.forEach((v, i) => {
      expect(v).toBeCloseTo(wanted[i], 6);
    });
    const bytes = await readImage(file('rgb.png'), { scale: 1 });
    expect([...bytes.data]).toEqual(raw);
  });

  it.each<[string, string, typeof NeocogError]>([
    ['broken.jpg', 'broken.jpg is no picture that can be read (', FormatError],
    ['make.py', 'make.py is no picture that can be read (', FormatError],
    ['floats.tif', 'floats.tif holds values of type float; convert it', UnsupportedError],
    ['absent.png', 'absent.png: there is no such file', NeocogError],
    ['', 'it is a folder, pass a file', NeocogError],
  ])('%s is refused', async (name, message, kind) => {
    const attempt = readImage(file(name));
    await expect(attempt).rejects.toThrow(kind);
    await expect(attempt).rejects.toThrow(message);
  });

  it('refuses bytes whose memory was handed over', async () => {
    const bytes = Uint8Array.of(1, 2, 3);
    structuredClone(bytes, { transfer: [bytes.buffer] });
    await expect(readImage(bytes)).rejects.toThrow(
      'readImage: the buffer of these bytes was transferred and is empty; pass a copy',
    );
  });

  it('names a file by the end of its path, and an address by its beginning', async () => {
    const deep = `${'folder/'.repeat(40)}cat.png`;
    await expect(readImage(deep)).rejects.toThrow(
      /^readImage: cannot read ….*\/cat\.png: there is no such file or folder$/,
    );
    const long = `data:text/plain,${'a'.repeat(300)}`;
    await expect(readImage(long)).rejects.toThrow(/^readImage: data:text\/plain,a+… is no picture/);
  });

  it('refuses what does not fit together', async () => {
    await expect(readImage(file('rgb.png'), { mean: [1, 2] })).rejects.toThrow(
      'readImage: mean has 2 values for 3 channels',
    );
    await expect(readImage(file('rgb.png'), { dtype: 'int32', std: 2 })).rejects.toThrow(
      'int32 holds whole numbers',
    );
    await expect(readImage(file('rgb.png'), { dtype: 'int32', scale: 2 ** 24 })).rejects.toThrow(
      'beyond int32',
    );
  });
});

describe('countFrames', () => {
  it.each([
    ['frames.gif', 3],
    ['frames.webp', 3],
    ['frames.png', 3],
    ['frame.gif', 1],
    ['rgb.webp', 1],
    ['rgb.png', 1],
    ['grey.jpg', 1],
  ])('%s', (name, frames) => {
    expect(countFrames(readFileSync(file(name)))).toBe(frames);
  });

  it('ends for any beginning of a file', () => {
    for (const name of ['frames.gif', 'frames.webp', 'frames.png']) {
      const bytes = readFileSync(file(name));
      for (let length = 0; length < bytes.length; length++)
        expect(countFrames(bytes.subarray(0, length))).toBeGreaterThan(0);
    }
    expect(countFrames(new TextEncoder().encode('\0\0\0\x1cftypavis'))).toBe(Number.POSITIVE_INFINITY);
  });
});

describe('writeImage', () => {
  const picture = (channels: number): Tensor =>
    tensor(
      Float32Array.from({ length: channels * 30 }, (_, i) => ((i * 53) % 256) / 255),
      [channels, 5, 6],
    );
  const path = (name: string): string => join(folder, name);

  it.each([
    ['a.png', 1],
    ['a.png', 3],
    ['a.PNG', 4],
    ['a.tif', 1],
    ['a.tiff', 3],
    ['a.tiff', 4],
  ] as const)('%s of %i channels comes back as it was', async (name, channels) => {
    await writeImage(path(name), picture(channels));
    const back = await readImage(path(name), { channels });
    expect(back.shape).toEqual([channels, 5, 6]);
    expect(back.data).toEqual(picture(channels).data);
  });

  it.each(['a.webp', 'a.avif'])('%s of quality 100 has no loss', async (name) => {
    await writeImage(path(name), picture(3), { quality: 100 });
    const { data } = await readImage(path(name));
    const most = name === 'a.webp' ? 0 : 3 / 255;
    picture(3).data.forEach((v, i) => {
      expect(Math.abs(data[i] - v)).toBeLessThanOrEqual(most);
    });
  });

  it('JPEG keeps a field of one colour, better with more quality', async () => {
    const x = picture(3);
    const size = async (quality: number): Promise<number> => {
      await writeImage(path('a.jpg'), x, { quality });
      return readFileSync(path('a.jpg')).length;
    };
    expect(await size(95)).toBeGreaterThan(await size(20));
    await writeImage(path('b.jpeg'), tensor(new Float32Array(3 * 64).fill(0.4), [3, 8, 8]));
    for (const v of (await readImage(path('b.jpeg'))).data) expect(Math.abs(v - 0.4)).toBeLessThan(2 / 255);
  });

  it.each([
    ['deep.png', 1],
    ['deep.png', 3],
    ['deep.png', 4],
    ['deep.tif', 3],
  ] as const)('%s of %i channels holds 16 bits', async (name, channels) => {
    const x = tensor(
      Float32Array.from({ length: channels * 30 }, (_, i) => ((i * 7919) % 65536) / 65535),
      [channels, 5, 6],
    );
    await writeImage(path(name), x, { bits: 16 });
    const { data } = await readImage(path(name), { channels });
    x.data.forEach((v, i) => {
      expect(Math.abs(data[i] - v)).toBeLessThan(1e-6);
    });
  });

  it('undoes scale, mean and std, and cuts what is beyond', async () => {
    const options = { mean: [0.4, 0.5, 0.6], std: [0.2, 0.3, 0.4] };
    const x = await readImage(file('rgb.png'), options);
    await writeImage(path('n.png'), x, options);
    expectPlanes(await readImage(path('n.png'), { dtype: 'int32' }), expected['rgb.png'].rgb);
    await writeImage(path('c.png'), tensor([[-1, 2, Number.NaN, 0.5]]));
    expect([...(await readImage(path('c.png'), { channels: 1, dtype: 'int32' })).data]).toEqual([
      0, 255, 0, 128,
    ]);
    await writeImage(path('i.png'), tensor([[-1, 300, 7]], [1, 3], { dtype: 'int32' }));
    expect([...(await readImage(path('i.png'), { channels: 1, dtype: 'int32' })).data]).toEqual([0, 255, 7]);
  });

  it.each<[string, () => Promise<void>]>([
    ['writeImage: the ending of x.bmp says no format', () => writeImage('x.bmp', picture(3))],
    ['JPEG holds no opacity', () => writeImage(path('x.jpg'), picture(4))],
    ['.webp holds 8 bits a value', () => writeImage(path('x.webp'), picture(3), { bits: 16 })],
    ['shape [2,5,6]; give one picture', () => writeImage(path('x.png'), picture(2))],
    ['there is no such file', () => writeImage(path('no/x.png'), picture(3))],
  ])('%s', async (message, attempt) => {
    await expect(attempt()).rejects.toThrow(message);
    await expect(attempt()).rejects.toThrow(NeocogError);
  });

  it('takes a URL, with what stands for a space in it', async () => {
    const url = pathToFileURL(path('with space.png'));
    await writeImage(url, picture(3));
    expect((await readImage(url)).data).toEqual(picture(3).data);
    expect((await readImage(path('with space.png'))).shape).toEqual([3, 5, 6]);
  });

  it('leaves what was there where it fails, and nothing beside it', async () => {
    writeFileSync(path('kept.png'), 'kept');
    const wide = tensor(new Float32Array(20_000), [1, 20_000]);
    await expect(writeImage(path('kept.webp'), wide)).rejects.toThrow('cannot write');
    expect(readFileSync(path('kept.png'), 'utf8')).toBe('kept');
    expect(readdirSync(folder).filter((name) => name.includes('.part') || name === 'kept.webp')).toEqual([]);
  });

  it('is for Node', async () => {
    const { process } = globalThis;
    Object.assign(globalThis, { process: undefined });
    try {
      await expect(writeImage('x.png', picture(1))).rejects.toThrow(DeviceError);
    } finally {
      Object.assign(globalThis, { process });
    }
  });
});
