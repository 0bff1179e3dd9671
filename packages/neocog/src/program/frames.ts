// Frames as a caller gives them, checked: pictures of bytes of any size, or bytes of the network's own.

import { isListOf, isSize } from '../arguments/field.ts';
import { counted, show } from '../arguments/show.ts';
import type { Frame, PixelBytes } from '../backends/frames.ts';
import { ShapeError } from '../errors.ts';
import type { FrameInput } from '../geometry/frames/picture.ts';

/** A picture, or bytes of one that has the network's size; for a batch a list of such. */
export type Frames = Frame | PixelBytes | readonly (Frame | PixelBytes)[];

const isBytes = (value: unknown): value is PixelBytes =>
  value instanceof Uint8Array || value instanceof Uint8ClampedArray;

/** Whether an object is a picture, and not inputs by name. */
export const isFrame = (value: unknown): value is Frame =>
  typeof value === 'object' && value !== null && 'data' in value && 'width' in value && 'height' in value;

/** Whether something is meant as frames. */
export const areFrames = (value: unknown): value is Frames =>
  isBytes(value) || Array.isArray(value) || isFrame(value);

/** As many frames as the input has images. @throws ShapeError for anything else. */
export function needFrames(fn: string, name: string, given: unknown, input: FrameInput): Frame[] {
  const list = Array.isArray(given) ? given : [given];
  if (!isListOf(list, (item) => isBytes(item) || isFrame(item)))
    throw new ShapeError(
      `${fn}: ${name} is ${show(given)}; give a frame { data, width, height }, its bytes, or a tensor`,
    );
  if (list.length !== input.images)
    throw new ShapeError(
      `${fn}: ${name} has ${counted(list.length, 'frame')}, but the program takes ${input.images}; compile again for another batch`,
    );
  return list.map((item, i) =>
    needFrame({ fn, name: list.length > 1 ? `${name}[${i}]` : name, input }, item),
  );
}

interface Asking {
  readonly fn: string;
  readonly name: string;
  readonly input: FrameInput;
}

function needFrame({ fn, name, input }: Asking, item: unknown): Frame {
  const isPlain = isBytes(item);
  const { data, width, height } = isPlain ? { ...input, data: item } : (item as Frame);
  if (!isBytes(data) || !isSize(width, 1) || !isSize(height, 1))
    throw new ShapeError(
      `${fn}: ${name} has data ${show(data)}, width ${show(width)} and height ${show(height)}; give bytes, and sizes of at least 1`,
    );
  if ([1, 3, 4].includes(data.length / (width * height))) return { data, width, height };
  throw new ShapeError(
    `${fn}: ${name} has ${data.length} bytes for ${width} × ${height} pixels of 4 (RGBA), 3 or 1 bytes each; ${
      isPlain ? 'give { data, width, height } for another size' : 'give as many bytes as its size needs'
    }`,
  );
}

/** Frames whose bytes nobody else can change. */
export const copyFrames = (frames: readonly Frame[]): Frame[] =>
  frames.map(({ data, width, height }) => ({ data: data.slice(), width, height }));
