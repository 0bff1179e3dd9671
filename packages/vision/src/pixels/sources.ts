// What has pixels: raw bytes anywhere, and in a page whatever it can draw. Each kind says how large it is and whether it is ready.

import { DeviceError, ShapeError } from 'neocog';
import { isSize, refuseValue, show } from 'neocog/arguments';
import { type Drawable, drawnPixels, makeScratch, type Scratch } from '../picture/canvas.ts';
import type { BytePicture, Channels } from '../picture/picture.ts';

/** Bytes of pixels row by row, a pixel's values together: grey, grey and opacity, RGB or RGBA. An ImageData is one. */
export interface RawPixels {
  /** height · width · channels values from 0 to 255; how many channels there are follows from the length. */
  readonly data: Uint8Array | Uint8ClampedArray;
  /** In pixels. */
  readonly width: number;
  /** In pixels. */
  readonly height: number;
}

/** What is at hand without waiting. */
export type PixelSource = RawPixels | Drawable;

const takes =
  'an ImageData, { data, width, height }, an <img>, <canvas>, <video>, OffscreenCanvas, ImageBitmap, VideoFrame, Blob or File';

/** @throws ShapeError for what is no source or does not hold together. @throws DeviceError for what cannot be read yet, or at all. */
export function readPixels(fn: string, source: PixelSource, scratch?: Scratch): BytePicture {
  const size = sizeOf(fn, source as Drawable);
  if (!size) return rawPicture(fn, source as RawPixels);
  return drawnPixels(fn, source as Drawable, { ...size, scratch: scratch ?? makeScratch(fn) });
}

interface Size {
  readonly width: number;
  readonly height: number;
}

/** Of a drawable; null for anything else. */
function sizeOf(fn: string, source: Drawable): Size | null {
  const kind = kindOf(source);
  if (!kind) return null;
  const { width, height } = kind.size(source as never);
  if (width > 0 && height > 0) return { width, height };
  throw new DeviceError(`${fn}: the ${kind.name} has no pixels; ${kind.remedy}`);
}

interface Kind {
  readonly name: string;
  readonly remedy: string;
  readonly size: (source: never) => Size;
}

/** By the names of their classes. */
const kinds: Readonly<Record<string, Kind>> = {
  HTMLImageElement: {
    name: '<img>',
    remedy: 'await img.decode() first',
    size: (image: HTMLImageElement) => ({ width: image.naturalWidth, height: image.naturalHeight }),
  },
  HTMLVideoElement: {
    name: '<video>',
    remedy: "wait for its event 'loadeddata' first",
    // HAVE_CURRENT_DATA is 2.
    size: ({ readyState, videoWidth, videoHeight }: HTMLVideoElement) => ({
      width: readyState >= 2 ? videoWidth : 0,
      height: videoHeight,
    }),
  },
  HTMLCanvasElement: {
    name: '<canvas>',
    remedy: 'give it a width and a height',
    size: (canvas: Size) => canvas,
  },
  OffscreenCanvas: {
    name: 'OffscreenCanvas',
    remedy: 'give it a width and a height',
    size: (canvas: Size) => canvas,
  },
  ImageBitmap: { name: 'ImageBitmap', remedy: 'read it before close()', size: (bitmap: Size) => bitmap },
  VideoFrame: {
    name: 'VideoFrame',
    remedy: 'read it before close()',
    size: (frame: VideoFrame) => ({ width: frame.displayWidth, height: frame.displayHeight }),
  },
};

function kindOf(source: unknown): Kind | undefined {
  const classes = globalThis as Readonly<Record<string, unknown>>;
  return Object.entries(kinds).find(([name]) => {
    const made = classes[name];
    return typeof made === 'function' && source instanceof made;
  })?.[1];
}

function rawPicture(fn: string, source: RawPixels): BytePicture {
  if (typeof source !== 'object' || source === null) refuseValue(fn, 'source', source, takes);
  const { data, width, height } = source;
  if (!(data instanceof Uint8Array || data instanceof Uint8ClampedArray))
    refuseValue(fn, 'source', source, takes);
  const channels = data.length / (width * height);
  if (
    isSize(width, 1) &&
    isSize(height, 1) &&
    (channels === 1 || channels === 2 || channels === 3 || channels === 4)
  )
    return { width, height, channels: channels as Channels, data };
  throw new ShapeError(
    `${fn}: ${data.length} bytes are no picture of ${show(width)}×${show(height)} pixels; give 1 (grey), 2, 3 (RGB) or 4 (RGBA) for each`,
  );
}
