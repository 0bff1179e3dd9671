// Frames for tests: noise, and what Pillow makes of it (packages/neocog/fixtures/frames/make.py).

import stored from '../packages/neocog/fixtures/frames/pillow.json' with { type: 'json' };
import type { PixelFit } from '../packages/neocog/src/geometry/frames/fit.ts';
import type { FrameBytes, FrameInput } from '../packages/neocog/src/geometry/frames/picture.ts';
import type { PixelInterpolation } from '../packages/neocog/src/geometry/frames/weights.ts';

/** The bytes of the generator in make.py. */
export function noise(count: number): Uint8Array {
  let state = 1;
  return Uint8Array.from({ length: count }, (_, i) => {
    state = (Math.imul(state, 1103515245) + 12345) & 0x7fffffff;
    return Math.floor(i / 37) % 3 === 0 ? 255 * (Math.floor(i / 74) % 2) : (state >> 16) & 255;
  });
}

const background: readonly number[] = stored.background;

/** Values are the bytes themselves. */
export const bytesOnly = (channels: number) => ({
  shift: new Array<number>(channels).fill(0),
  factor: new Array<number>(channels).fill(1),
});

export interface FrameCase {
  readonly title: string;
  readonly input: FrameInput;
  readonly frame: { readonly data: Uint8Array; readonly width: number; readonly height: number };
  /** Row by row, the channels of a pixel side by side. */
  readonly pixels: Uint8Array;
}

export const pillowCases: readonly FrameCase[] = stored.cases.map((c) => {
  const [frameWidth, frameHeight, bytes] = c.frame as [number, number, FrameBytes];
  const [width, height, channels] = c.picture as [number, number, FrameInput['channels']];
  const [fit, interpolation] = [c.fit as PixelFit, c.interpolation as PixelInterpolation];
  return {
    title: `${fit} ${interpolation}: ${frameWidth}×${frameHeight}×${bytes} to ${width}×${height}×${channels}`,
    input: {
      ...{ images: 1, width, height, channels, fit, interpolation, background, reversed: false },
      ...bytesOnly(channels),
    },
    frame: { data: noise(frameWidth * frameHeight * bytes), width: frameWidth, height: frameHeight },
    pixels: Uint8Array.from(atob(c.pixels), (letter) => letter.charCodeAt(0)),
  };
});

/** Planes as the pixels that they are of. */
export function pixelsOf({ input: { width, height, channels } }: FrameCase, values: Float32Array): number[] {
  const plane = width * height;
  return Array.from(values, (_, i) => values[(i % channels) * plane + Math.floor(i / channels)] as number);
}
