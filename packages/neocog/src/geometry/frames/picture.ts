// From a frame, a picture of bytes of any size, to an input of a network: everything that is known before a frame is there.

import { type FittedFrame, type FramePart, fitFrame, type PictureSize, type PixelFit } from './fit.ts';
import { type PixelInterpolation, type WholeWeights, wholeWeights } from './weights.ts';

/** Bytes of a pixel of a frame: gray, or red, green, blue, or these and opacity. */
export type FrameBytes = 1 | 3 | 4;

/** How the frames of an input become its values. */
export interface FrameInput extends PictureSize {
  /** Frames that make one input. */
  readonly images: number;
  /** Of the network: 1 is gray. */
  readonly channels: 1 | 3;
  /** How a frame of other proportions fits. */
  readonly fit: PixelFit;
  /** How pixels are weighed. */
  readonly interpolation: PixelInterpolation;
  /** Whether blue comes first in the network. */
  readonly reversed: boolean;
  /** What is around frames, and behind what is transparent: red, green, blue, from 0 to 255. */
  readonly background: readonly number[];
  /** Of each channel of the network: its value is (byte − shift) · factor, in float32. */
  readonly shift: readonly number[];
  /** Of each channel of the network; see `shift`. */
  readonly factor: readonly number[];
}

/** What is done with frames of one size. */
export interface FramePlan extends FittedFrame {
  /** Nothing is resized: pixels of the frame from `source` on are those of the picture. */
  readonly isCopy: boolean;
  readonly horizontal: WholeWeights;
  readonly vertical: WholeWeights;
}

export function planFrame(input: FrameInput, frame: PictureSize): FramePlan {
  const { fit, interpolation, width, height } = input;
  const { source: exact, target } = fitFrame(fit, frame, { width, height });
  const source = inFloats(exact);
  const { left, top, right, bottom } = source;
  const isWhole = [left, top, right, bottom].every(Number.isInteger);
  const isFull = target.width === width && target.height === height;
  const isCopy = isWhole && isFull && right - left === width && bottom - top === height;
  const across = { size: frame.width, from: left, to: right, outputs: target.width };
  const down = { size: frame.height, from: top, to: bottom, outputs: target.height };
  const [horizontal, vertical] = [wholeWeights(across, interpolation), wholeWeights(down, interpolation)];
  return { source, target, isCopy, horizontal, vertical };
}

/** Ends are floats of 32 bits in Pillow. */
const inFloats = ({ left, top, right, bottom }: FramePart): FramePart => ({
  left: Math.fround(left),
  top: Math.fround(top),
  right: Math.fround(right),
  bottom: Math.fround(bottom),
});

/** ITU-R 601, as Pillow's convert('L') has it. */
export const grayWeights = { red: 19595, green: 38470, blue: 7471, half: 0x8000, bits: 16 } as const;

export function grayOf([red, green, blue]: readonly number[]): number {
  const w = grayWeights;
  return (red * w.red + green * w.green + blue * w.blue + w.half) >> w.bits;
}

/** A byte over another, `alpha` of 255 of it, to the nearest; the division by 255 is Pillow's. */
export function blend(over: number, under: number, alpha: number): number {
  const sum = over * alpha + under * (255 - alpha) + 128;
  return ((sum >> 8) + sum) >> 8;
}

/** The byte of a pixel that each channel of the network is made of. */
export const channelBytes = ({ channels, reversed }: FrameInput): number[] =>
  channels === 1 ? [0] : reversed ? [2, 1, 0] : [0, 1, 2];

/** The background as what is resized: a byte of gray, or red, green and blue. */
export const backgroundBytes = ({ channels, background }: FrameInput): readonly number[] =>
  channels === 1 ? [grayOf(background)] : background;
