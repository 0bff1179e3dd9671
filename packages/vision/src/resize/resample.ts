// A part of a picture at another size: first along the rows, of which only those are made that the columns need, then along the
// columns. Colours are weighted by their opacity, so that what is transparent does not shine through at edges.

import {
  axisWeights,
  type FramePart,
  nearestPixels,
  type PixelInterpolation,
  type ResizedAxis,
} from 'neocog/pixels';
import { dataLike, hasAlpha, type Picture } from '../picture/picture.ts';
import { acrossBytes, downBytes } from './bytes.ts';
import { acrossFloats, downFloats } from './floats.ts';

/** What a part of a picture becomes. */
export interface Target {
  readonly width: number;
  readonly height: number;
  readonly interpolation: PixelInterpolation;
  /** Default: the whole picture. */
  readonly box?: FramePart;
}

/** The same values where size and part are the picture's own. */
export function resample(picture: Picture, target: Target): Picture {
  const { width, height } = picture;
  const whole = { left: 0, top: 0, right: width, bottom: height };
  const box = target.box ?? whole;
  // In float32, as Pillow has them.
  const x = { size: width, from: Math.fround(box.left), to: Math.fround(box.right), outputs: target.width };
  const y = { size: height, from: Math.fround(box.top), to: Math.fround(box.bottom), outputs: target.height };
  if (isKept(x) && isKept(y)) return picture;
  if (target.interpolation === 'nearest') return pick(picture, x, y);
  if (!hasAlpha(picture) || isOpaque(picture)) return filtered(picture, { x, y }, target.interpolation);
  return divideByAlpha(filtered(timesAlpha(picture), { x, y }, target.interpolation));
}

const isKept = ({ size, from, to, outputs }: ResizedAxis): boolean =>
  from === 0 && to === size && outputs === size;

function pick(picture: Picture, x: ResizedAxis, y: ResizedAxis): Picture {
  const { width, channels, data } = picture;
  const [columns, rows] = [nearestPixels(x), nearestPixels(y)];
  const picked = dataLike(picture, x.outputs * y.outputs * channels);
  let to = 0;
  for (const row of rows)
    for (const column of columns) {
      const from = (row * width + column) * channels;
      for (let c = 0; c < channels; c++) picked[to++] = data[from + c];
    }
  return { width: x.outputs, height: y.outputs, channels, data: picked };
}

type Axes = { readonly x: ResizedAxis; readonly y: ResizedAxis };

function filtered(picture: Picture, { x, y }: Axes, kind: 'bilinear' | 'bicubic'): Picture {
  const down = axisWeights(y, kind);
  const last = y.outputs - 1;
  const needed = isKept(y)
    ? { first: 0, end: picture.height }
    : { first: down.starts[0], end: down.starts[last] + down.counts[last] };
  const rows = isKept(x) ? picture : narrow(picture, needed, axisWeights(x, kind));
  if (isKept(y)) return rows;
  const size = { length: rows.width * rows.channels, firstRow: isKept(x) ? 0 : needed.first };
  const data =
    rows.data instanceof Float32Array ? downFloats(rows.data, size, down) : downBytes(rows.data, size, down);
  return { width: x.outputs, height: y.outputs, channels: picture.channels, data };
}

/** The rows that are needed, resampled along themselves. */
function narrow(
  { width, channels, data }: Picture,
  { first, end }: { readonly first: number; readonly end: number },
  along: ReturnType<typeof axisWeights>,
): Picture {
  const size = { width, rows: end - first, channels };
  const begin = first * width * channels;
  const narrowed =
    data instanceof Float32Array
      ? acrossFloats({ ...size, data: data.subarray(begin) }, along)
      : acrossBytes({ ...size, data: data.subarray(begin) }, along);
  return { width: along.starts.length, height: size.rows, channels, data: narrowed };
}

function isOpaque({ channels, data }: Picture): boolean {
  for (let at = channels - 1; at < data.length; at += channels) if (data[at] !== 255) return false;
  return true;
}

/** Of bytes rounded, as (c · a + 127.5) / 255. */
function timesAlpha(picture: Picture): Picture {
  const { width, height, channels } = picture;
  const data = dataLike(picture, picture.data.length);
  data.set(picture.data);
  const isByte = !(data instanceof Float32Array);
  for (let at = 0; at < data.length; at += channels) {
    const alpha = data[at + channels - 1];
    for (let c = at; c < at + channels - 1; c++) {
      const product = data[c] * alpha;
      data[c] = isByte ? Math.round(product / 255) : product / 255;
    }
  }
  return { width, height, channels, data };
}

/** The other way; of bytes cut to whole numbers, as Pillow does. Changes what it was given. */
function divideByAlpha(picture: Picture): Picture {
  const { channels, data } = picture;
  const isByte = !(data instanceof Float32Array);
  for (let at = 0; at < data.length; at += channels) {
    const alpha = data[at + channels - 1];
    if (alpha <= 0 || alpha === 255) continue;
    for (let c = at; c < at + channels - 1; c++) {
      const colour = (data[c] * 255) / alpha;
      data[c] = isByte ? Math.min(255, Math.floor(colour)) : colour;
    }
  }
  return picture;
}
