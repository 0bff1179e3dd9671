// Raw bytes to tensors and tensors to bytes, where there is a page and where there is none.

import { ShapeError, tensor } from 'neocog';
import { describe, expect, it } from 'vitest';
import { fromPixels } from './fromPixels.ts';
import { fromVideo } from './fromVideo.ts';
import { colourAt, palettes } from './palettes.ts';
import { toPixels } from './toPixels.ts';

const bytes = (length: number): Uint8Array => Uint8Array.from({ length }, (_, i) => (i * 37 + 5) % 256);
const raw = (channels: number, width = 3, height = 2) => ({
  data: bytes(width * height * channels),
  width,
  height,
});

describe('fromPixels of bytes', () => {
  it('takes planes out of RGB, RGBA, grey, and grey with opacity', () => {
    const rgb = fromPixels(raw(3), { dtype: 'int32' });
    expect(rgb.shape).toEqual([3, 2, 3]);
    expect([...rgb.data.subarray(0, 3)]).toEqual([5, 5 + 3 * 37, (5 + 6 * 37) % 256]);
    const rgba = fromPixels(raw(4), { dtype: 'int32', channels: 4 });
    expect([...rgba.data]).toEqual(
      Array.from({ length: 24 }, (_, i) => bytes(24)[(i % 6) * 4 + Math.floor(i / 6)]),
    );
    const grey = fromPixels(raw(1), { dtype: 'int32' });
    expect([...grey.data]).toEqual([...bytes(6), ...bytes(6), ...bytes(6)]);
    const laid = fromPixels({ data: Uint8Array.of(200, 0, 200, 255), width: 2, height: 1 }, { channels: 1 });
    expect([...laid.data]).toEqual([0, Math.fround(200 / 255)]);
  });

  it('is unchanged by a way through pixels and back', () => {
    const options = { mean: [0.4, 0.5, 0.6, 0], std: [0.2, 0.3, 0.4, 1] } as const;
    const data = new Uint8ClampedArray(bytes(24));
    const four = (more: object) => fromPixels({ data, width: 3, height: 2 }, { channels: 4, ...more });
    expect(toPixels(four(options), options)).toEqual({ data, width: 3, height: 2 });
    const scaled = { scale: 1 / 127.5, mean: 1 };
    expect(toPixels(four(scaled), scaled).data).toEqual(data);
  });

  it.each<[string, () => unknown]>([
    [
      'fromPixels: 7 bytes are no picture of 3×2 pixels',
      () => fromPixels({ data: bytes(7), width: 3, height: 2 }),
    ],
    [
      'fromPixels: 30 bytes are no picture of 3×2',
      () => fromPixels({ data: bytes(30), width: 3, height: 2 }),
    ],
    ['no picture of 0×2 pixels', () => fromPixels({ data: bytes(0), width: 0, height: 2 })],
    ['no picture of 1.5×2 pixels', () => fromPixels({ data: bytes(3), width: 1.5, height: 2 })],
    ['fromPixels: source is { width }; give an ImageData', () => fromPixels({ width: 1 } as never)],
    ['fromPixels: size is [1,2,3]; give', () => fromPixels(raw(3), { size: [1, 2, 3] as never })],
    ['fromVideo: video is null; give a <video>', () => fromVideo(null as never)],
  ])('%s', (message, attempt) => {
    expect(attempt).toThrow(message);
    expect(attempt).toThrow(ShapeError);
  });
});

describe('toPixels', () => {
  it('repeats grey, and makes what has no opacity opaque', () => {
    expect([...toPixels(tensor([[0.2, 1.5]])).data]).toEqual([51, 51, 51, 255, 255, 255, 255, 255]);
    expect([...toPixels(tensor([7, 8, 9], [3, 1, 1], { dtype: 'int32' })).data]).toEqual([7, 8, 9, 255]);
  });

  it('rounds to the nearest', () => {
    expect(
      [...toPixels(tensor([[0.4 / 255, 0.5 / 255, 1.6 / 255]])).data].filter((_, i) => i % 4 === 0),
    ).toEqual([0, 1, 2]);
  });

  it('gives every class its colour', () => {
    const ids = tensor([0, 1, 2, 255], [2, 2], { dtype: 'int32' });
    const { data } = toPixels(ids, { palette: 'classes' });
    expect([...data]).toEqual([0, 0, 0, 255, 128, 0, 0, 255, 0, 128, 0, 255, 224, 224, 192, 255]);
    const own = toPixels(tensor([1, 0], [1, 2], { dtype: 'int32' }), {
      palette: [
        [1, 2, 3],
        [4, 5, 6],
      ],
    });
    expect([...own.data]).toEqual([4, 5, 6, 255, 1, 2, 3, 255]);
  });

  it('lays values along a ramp', () => {
    const { data } = toPixels(tensor([[-1, 0, 0.5, 1, 7]]), { palette: 'heat' });
    expect([...data]).toEqual([
      0, 0, 0, 255, 0, 0, 0, 255, 255, 128, 0, 255, 255, 255, 255, 255, 255, 255, 255, 255,
    ]);
  });

  it.each<[string, () => unknown]>([
    [
      'toPixels: the palette has colours for classes 0 to 1, there is 2',
      () =>
        toPixels(tensor([[2]], [1, 1], { dtype: 'int32' }), {
          palette: [
            [0, 0, 0],
            [1, 1, 1],
          ],
        }),
    ],
    ['there is -1', () => toPixels(tensor([[-1]], [1, 1], { dtype: 'int32' }), { palette: 'classes' })],
    [
      'toPixels: a palette colours one channel, there are 3',
      () => toPixels(tensor([1, 2, 3], [3, 1, 1]), { palette: 'grey' }),
    ],
    ['toPixels: the tensor has shape [2,1,1]', () => toPixels(tensor([1, 2], [2, 1, 1]))],
    ['the tensor has shape [2,3,1,1]', () => toPixels(tensor([1, 2, 3, 4, 5, 6], [2, 3, 1, 1]))],
    ['the tensor has shape [3]', () => toPixels(tensor([1, 2, 3]))],
  ])('%s', (message, attempt) => {
    expect(attempt).toThrow(message);
    expect(attempt).toThrow(ShapeError);
  });
});

describe('palettes', () => {
  it('have ends and middles as they are known', () => {
    expect(colourAt(palettes.viridis, 0)).toEqual([0x44, 0x01, 0x54]);
    expect(colourAt(palettes.viridis, 0.5)).toEqual([0x21, 0x91, 0x8c]);
    expect(colourAt(palettes.viridis, 1)).toEqual([0xfd, 0xe7, 0x25]);
    expect(colourAt(palettes.magma, Number.NaN)).toEqual([0, 0, 4]);
    expect(colourAt(palettes.grey, 0.4)).toEqual([102, 102, 102]);
    expect(palettes.classes).toHaveLength(256);
    expect(new Set(palettes.classes.map(String)).size).toBe(256);
  });
});
