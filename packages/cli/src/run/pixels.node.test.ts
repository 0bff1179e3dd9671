import { tensor } from 'neocog';
import { describe, expect, it } from 'vitest';
import { findImageInput, toPixels, toTensor } from './pixels.ts';

const value = (shape: (number | string)[]) => ({ name: 'x', shape, dtype: 'float32' as const });
const rule = { scale: 255, mean: [0.5, 0, 0], std: [0.5, 1, 2] };
const picture = { width: 2, height: 1, colours: 3 as const, pixels: Uint8Array.of(255, 255, 255, 0, 51, 0) };

describe('findImageInput', () => {
  it('tells the order of axes and open sizes from the shape', () => {
    expect(findImageInput([value(['n', 3, 8, 'w'])])).toMatchObject({
      layout: 'channels-first',
      height: 8,
      width: null,
    });
    expect(findImageInput([value([1, 8, 9, 1])])).toMatchObject({
      layout: 'channels-last',
      height: 8,
      width: 9,
      colours: 1,
    });
    expect(findImageInput([value([1, 3, 9, 3])], 'channels-last')).toMatchObject({ height: 3, width: 9 });
    expect(findImageInput([value([1, 10]), value([1, 3, 4, 4])]).value.shape).toEqual([1, 3, 4, 4]);
    expect(() => findImageInput([value([1, 10])])).toThrow(
      /no input of the network has the shape of an image \(x \[1, 10\]\); pass .*\.npz/,
    );
  });
});

describe('toTensor and toPixels', () => {
  it.each(['channels-first', 'channels-last'] as const)('turn %s pixels into values and back', (layout) => {
    const input = { value: value([]), layout, colours: 3 as const, width: null, height: null };
    const t = toTensor(picture, input, rule);
    const [red, green, blue] = [
      [1, -1],
      [1, 0.2],
      [0.5, 0],
    ];
    const values = layout === 'channels-first' ? [...red, ...green, ...blue] : [1, 1, 0.5, -1, 0.2, 0];
    expect(t.shape).toEqual(layout === 'channels-first' ? [1, 3, 1, 2] : [1, 1, 2, 3]);
    expect([...t.data]).toEqual(values.map(Math.fround));
    const tall = {
      ...picture,
      width: 2,
      height: 2,
      pixels: Uint8Array.of(...picture.pixels, ...picture.pixels),
    };
    expect(toPixels(toTensor(tall, input, rule), layout, rule)).toEqual(tall);
  });

  it('clamp what is no pixel, and know what is no image', () => {
    const one = { scale: 255, mean: [0], std: [1] };
    expect(
      toPixels(
        tensor([
          [
            [
              [-1, 2],
              [0.5, 1],
            ],
          ],
        ]),
        'channels-first',
        one,
      )?.pixels,
    ).toEqual(Uint8Array.of(0, 255, 128, 255));
    expect(toPixels(tensor([[1, 2]]), 'channels-first', one)).toBeUndefined();
    expect(toPixels(tensor([[[[1]]]]), 'channels-first', one)).toBeUndefined();
  });
});
