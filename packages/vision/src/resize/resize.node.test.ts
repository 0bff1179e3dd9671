// Resampled pictures against Pillow's, bit by bit (fixtures/resize/make.py).

import { readFileSync } from 'node:fs';
import { fitFrame, type PixelFit, type PixelInterpolation } from 'neocog/pixels';
import { describe, expect, it } from 'vitest';
import type { Channels, Picture } from '../picture/picture.ts';
import { pixelFields, planPixels } from '../tensors/options.ts';
import { toTensor } from '../tensors/toTensor.ts';
import { resample } from './resample.ts';

interface Case {
  readonly kind: PixelInterpolation;
  readonly width: number;
  readonly height: number;
  readonly channels: Channels;
  readonly to: [width: number, height: number];
  readonly box: [left: number, top: number, right: number, bottom: number] | null;
  readonly fit: PixelFit;
  readonly data: string;
}

const { cases, floats, fits } = JSON.parse(
  readFileSync(new URL('../../fixtures/resize/resize.json', import.meta.url), 'utf8'),
) as Record<'cases' | 'floats' | 'fits', Case[]>;

/** The formula of the fixtures. */
function picture({
  width,
  height,
  channels = 3,
}: Pick<Case, 'width' | 'height'> & { channels?: Channels }): Picture {
  const data = Uint8Array.from(
    { length: width * height * channels },
    (_, i) => (i * i * 7 + i * 131 + 29) % 256,
  );
  return { width, height, channels, data };
}

const bytesOf = (text: string): Uint8Array => Uint8Array.from(Buffer.from(text, 'base64'));

const title = ({ kind, width, height, channels, to, box, fit }: Case): string =>
  `${kind} ${width}×${height}×${channels ?? 3} to ${to.join('×')}${box ? ` of ${box}` : ''} ${fit ?? ''}`;

describe('bytes', () => {
  it.each(cases.map((each) => [title(each), each] as const))('%s', (_, each) => {
    const { kind: interpolation, to, box } = each;
    const [left, top, right, bottom] = box ?? [0, 0, each.width, each.height];
    const [width, height] = to;
    const given = picture(each);
    const found = resample(given, { width, height, interpolation, box: { left, top, right, bottom } });
    expect([found.width, found.height, found.channels]).toEqual([width, height, each.channels]);
    expect(Uint8Array.from(found.data)).toEqual(bytesOf(each.data));
    expect(given.data).toEqual(picture(each).data);
  });
});

describe('floats', () => {
  it.each(floats.map((each) => [title(each), each] as const))('%s', (_, each) => {
    const { width, height, kind: interpolation, to } = each;
    const data = Float32Array.from(picture({ ...each, channels: 1 }).data, (v) => (v - 100) / 64);
    const target = { width: to[0], height: to[1], interpolation };
    const found = resample({ width, height, channels: 1, data }, target);
    expect(found.data).toEqual(new Float32Array(bytesOf(each.data).buffer));
  });

  it('opacity of floats weighs colours as that of bytes does', () => {
    const bytes = picture({ width: 13, height: 9, channels: 4 });
    const target = { width: 5, height: 4, interpolation: 'bilinear' } as const;
    const exact = resample({ ...bytes, data: Float32Array.from(bytes.data) }, target).data;
    resample(bytes, target).data.forEach((v, i) => {
      expect(Math.abs(v - exact[i])).toBeLessThan(3);
    });
  });
});

describe('fit', () => {
  it.each(fits.map((each) => [title(each), each] as const))('%s', (_, each) => {
    const { kind: interpolation, fit, to } = each;
    const size = [to[1], to[0]] as const;
    const options = { size, fit, interpolation, dtype: 'int32', background: [10, 200, 30] } as const;
    const x = toTensor('f', picture(each), planPixels('f', options, pixelFields));
    expect(x.shape).toEqual([3, ...size]);
    const bytes = bytesOf(each.data);
    const area = to[0] * to[1];
    expect([...x.data]).toEqual(Array.from(x.data, (_, i) => bytes[(i % area) * 3 + Math.floor(i / area)]));
  });

  it('never makes a side of no cells, and puts the odd cell last', () => {
    const thin = fitFrame('contain', { width: 1000, height: 1 }, { width: 20, height: 8 });
    expect(thin.target).toEqual({ width: 20, height: 1, left: 0, top: 3 });
    const tall = fitFrame('contain', { width: 1, height: 1000 }, { width: 8, height: 20 });
    expect(tall.target).toEqual({ width: 1, height: 20, left: 3, top: 0 });
  });

  it('normalises the ground too, of each channel', () => {
    const grey = { width: 1, height: 1, channels: 1, data: Uint8Array.of(100) } as const;
    const of = (options: object): number[] => [
      ...toTensor('f', grey, planPixels('f', { size: [1, 3], fit: 'contain', ...options }, pixelFields)).data,
    ];
    expect(of({ channels: 1, scale: 1, mean: 50, std: 2, background: 20 })).toEqual([-15, 25, -15]);
    expect(of({ channels: 1, scale: 1, background: [255, 0, 0] })).toEqual([76, 100, 76]);
    expect(of({ channels: 4, scale: 1, background: [1, 2, 3] })).toEqual([
      ...[1, 100, 1, 2, 100, 2, 3, 100, 3],
      ...[255, 255, 255],
    ]);
  });
});
