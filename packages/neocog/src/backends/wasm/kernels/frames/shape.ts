// Frames in memory, as the kernels here find them. Sizes of frames are known when they come, those of the network's picture when
// code is made: so what depends on a frame is data, in a header of words for each image and in tables of weights.
//
// `columns` resizes each row that is needed of a frame, and `rows` makes the values of each row of the picture. What comes between
// lies behind the frames, in one array that grows with them.

import type { FrameInput } from '../../../../geometry/frames/picture.ts';
import { address, affine, type Code, type Func, i32, type Local } from '../../assembler/index.ts';
import { divide } from '../kernel.ts';

/**
 * What the header of an image says. Places are bytes behind the array of frames; rows, columns and strides are those of what is needed
 * of the frame. `from` are its pixels, of `bytes` each; `converted` is where rows go of which it has no pixels to resize; `between` are
 * its resized rows.
 */
export const headerFields = [
  'mode',
  'bytes',
  'from',
  'fromStride',
  'converted',
  'convertedStride',
  'rows',
  'blocks',
  'across',
  'acrossPairs',
  'left',
  'columns',
  'down',
  'downPairs',
  'top',
  'height',
  'between',
] as const;
export type HeaderField = (typeof headerFields)[number];
export type Header = Readonly<Record<HeaderField, number>>;

export const headerBytes = 4 * headerFields.length;

/** `nothing`: the values are there already. `copy`: no pixel is resized. */
export const modes = { nothing: 0, resize: 1, copy: 2 } as const;

export const headerWord = (header: Code<'i32'>, field: HeaderField): Code<'i32'> =>
  i32.load(address(header, 4 * headerFields.indexOf(field)));

/** Weights of two taps: their upper halves, and then their lower ones. */
export const pairBytes = 8;
/** Before the weights of an output: where its first tap lies, in bytes. */
export const entryHead = 16;

/** Pixels of a block: what is converted at a time. */
export const blockPixels = 4;

export interface FrameShape {
  readonly input: FrameInput;
  readonly isGray: boolean;
  /** Of a pixel that is resized: gray, or red, green, blue and one that nobody reads. */
  readonly bytes: 1 | 4;
  /** Bytes of a row between: whole vectors. The last gray columns, four at a time, may run over the end of a row by three. */
  readonly betweenStride: number;
}

export const toVectors = (bytes: number): number => Math.ceil(bytes / 16) * 16;

export function shapeOf(input: FrameInput): FrameShape {
  const isGray = input.channels === 1;
  const bytes = isGray ? 1 : 4;
  return { input, isGray, bytes, betweenStride: toVectors(input.width * bytes + 3) };
}

/** Rows of an image are handed out in so many parts: several to each thread. */
export const partsOf = ({ images }: FrameInput): number => Math.max(8, Math.ceil(64 / images));

/** The rows of a frame that a unit does: a part of those of one image. */
export function unitRows(
  f: Func,
  unit: Local<'i32'>,
  { header, parts }: { header: Local<'i32'>; parts: number },
) {
  const [image, part] = divide(f, unit, parts);
  const own = f.keep(address(header, [image, headerBytes]), 'own');
  const rows = f.keep(headerWord(own, 'rows'), 'rows');
  const first = f.keep(i32.divU(i32.mul(rows, part), parts), 'firstRow');
  const end = f.keep(i32.divU(i32.mul(rows, affine(part, 1)), parts), 'endRow');
  return { own, first, end };
}
