// Frames on their way into a program, and in plain loops what they become: the judge of the kernels, and what backends do that
// compile nothing. Nothing is rounded here but where the kernels do.

import {
  backgroundBytes,
  blend,
  channelBytes,
  type FrameBytes,
  type FrameInput,
  type FramePlan,
  grayOf,
  planFrame,
} from '../geometry/frames/picture.ts';
import { type WholeWeights, weightBits } from '../geometry/frames/weights.ts';
import type { Values } from './work.ts';

/** Bytes of pixels: row by row from the top, the bytes of a pixel side by side. */
export type PixelBytes = Uint8Array | Uint8ClampedArray;

/** A picture of any size; an `ImageData` is one. */
export interface Frame {
  /** Of each pixel red, green, blue and opacity, or without opacity, or gray: 4, 3 or 1 bytes, row by row from the top. */
  readonly data: PixelBytes;
  /** Pixels of a row. */
  readonly width: number;
  /** Rows. */
  readonly height: number;
}

/** Half precision, in engines that have it. */
interface HalfNumbers {
  readonly [Symbol.toStringTag]: 'Float16Array';
  /** How many there are. */
  readonly length: number;
  readonly [index: number]: number;
  /** A copy. */
  slice(): HalfNumbers;
}

/** Numbers one behind the other, of any type that converts to float32, row-major. */
export type Numbers =
  | HalfNumbers
  | Float32Array
  | Float64Array
  | Int8Array
  | Uint8Array
  | Uint8ClampedArray
  | Int16Array
  | Uint16Array
  | Int32Array
  | Uint32Array;

/** What a run is given for an input: its values, or frames that they are made of. */
export type Given = Numbers | readonly Frame[];

/** Numbers as an input of a graph has them. */
export const valuesOf = (given: Numbers, dtype: 'float32' | 'int32'): Values =>
  dtype === 'int32'
    ? given instanceof Int32Array
      ? given
      : Int32Array.from(given)
    : given instanceof Float32Array
      ? given
      : Float32Array.from(given);

export const isFrames = (given: Given): given is readonly Frame[] => Array.isArray(given);

/** Of a pixel of a frame whose length was checked. */
export const bytesOf = ({ data, width, height }: Frame): FrameBytes =>
  (data.length / (width * height)) as FrameBytes;

/** The values of an input, row-major `[images, channels, height, width]`. */
export function framesToValues(input: FrameInput, frames: readonly Frame[]): Float32Array {
  const plane = input.height * input.width;
  const values = new Float32Array(input.images * input.channels * plane);
  frames.forEach((frame, i) => {
    const { data } = pictureOf(input, frame);
    channelBytes(input).forEach((byte, c) => {
      const [shift, factor] = [Math.fround(input.shift[c]), Math.fround(input.factor[c])];
      const start = (i * input.channels + c) * plane;
      for (let p = 0; p < plane; p++)
        values[start + p] = Math.fround(Math.fround(data[p * input.channels + byte] - shift) * factor);
    });
  });
  return values;
}

/** Pixels of some bytes side by side. */
interface Pixels {
  readonly data: Uint8Array;
  readonly width: number;
  readonly bytes: number;
}

/** The frame as it is seen by the network, in bytes. */
function pictureOf(input: FrameInput, frame: Frame): Pixels {
  const plan = planFrame(input, frame);
  const { width: columns, height: rows, left, top } = plan.target;
  const inner = resizedRows(resizedColumns(convertedPixels(input, frame), plan), plan);
  const { width, height, channels: bytes } = input;
  const ground = backgroundBytes(input);
  const data = Uint8Array.from({ length: width * height * bytes }, (_, i) => ground[i % bytes]);
  for (let y = 0; y < rows; y++) {
    const row = inner.data.subarray(y * columns * bytes, (y + 1) * columns * bytes);
    data.set(row, ((top + y) * width + left) * bytes);
  }
  return { data, width, bytes };
}

/** As many bytes as the network has channels: gray made of colours or the other way, and what is transparent over the background. */
function convertedPixels({ channels, background }: FrameInput, frame: Frame): Pixels {
  const { data, width, height } = frame;
  const bytes = bytesOf(frame);
  const pixels = new Uint8Array(width * height * channels);
  for (let p = 0; p < width * height; p++) {
    const at = p * bytes;
    const alpha = bytes === 4 ? data[at + 3] : 255;
    const colour = [0, 1, 2].map((c) => blend(data[bytes === 1 ? at : at + c], background[c], alpha));
    if (channels === 3) pixels.set(colour, p * 3);
    else pixels[p] = bytes === 1 ? data[at] : grayOf(colour);
  }
  return { data: pixels, width, bytes: channels };
}

/** An output of an axis, and the bytes that it is made of: `step` apart, from `start` on for the first of the axis. */
interface Output {
  readonly index: number;
  readonly data: Uint8Array;
  readonly start: number;
  readonly step: number;
}

function weighed({ taps, starts, weights }: WholeWeights, { index, data, start, step }: Output): number {
  let sum = 2 ** (weightBits - 1);
  for (let t = 0; t < taps; t++) {
    const weight = weights[index * taps + t];
    if (weight !== 0) sum += weight * data[start + (starts[index] + t) * step];
  }
  return Math.max(0, Math.min(255, Math.floor(sum / 2 ** weightBits)));
}

function resizedColumns({ data, width, bytes }: Pixels, { horizontal, target }: FramePlan): Pixels {
  const row = target.width * bytes;
  const resized = Uint8Array.from({ length: (data.length / (width * bytes)) * row }, (_, i) => {
    const start = Math.floor(i / row) * width * bytes + (i % bytes);
    return weighed(horizontal, { index: Math.floor((i % row) / bytes), data, start, step: bytes });
  });
  return { data: resized, width: target.width, bytes };
}

function resizedRows({ data, width, bytes }: Pixels, { vertical, target }: FramePlan): Pixels {
  const row = width * bytes;
  const resized = Uint8Array.from({ length: target.height * row }, (_, i) =>
    weighed(vertical, { index: Math.floor(i / row), data, start: i % row, step: row }),
  );
  return { data: resized, width, bytes };
}
