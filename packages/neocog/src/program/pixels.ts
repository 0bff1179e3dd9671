// The option `pixels` of `compile`: how frames of bytes become the input of a network.

import {
  above,
  either,
  type Field,
  field,
  finite,
  isListOf,
  isRecord,
  oneOf,
  whole,
} from '../arguments/field.ts';
import { type Fields, needOptions } from '../arguments/options.ts';
import { counted } from '../arguments/show.ts';
import { ShapeError } from '../errors.ts';
import type { PixelFit } from '../geometry/frames/fit.ts';
import type { FrameInput } from '../geometry/frames/picture.ts';
import type { PixelInterpolation } from '../geometry/frames/weights.ts';
import { formatShape } from '../tensor/shape.ts';
import type { GivenValue, ProgramValue } from './signature.ts';

/** One number for all channels of the network, or one for each. */
export type PerChannel = number | readonly number[];

/** How frames become an input: each of its values is (byte · scale − mean) / std. */
export interface PixelOptions {
  /** Subtracted from bytes times `scale`: a number, or one for each channel of the network, in its order. Default 0. */
  mean?: PerChannel | undefined;
  /** Divides what is left: a number other than 0, or one for each channel of the network. Default 1. */
  std?: PerChannel | undefined;
  /** What bytes are multiplied by first. Default 1/255, so that `mean` and `std` are those of values from 0 to 1. */
  scale?: number | undefined;
  /**
   * How a frame of other proportions fits: `cover` shows its middle, `contain` all of it on `background` (a letterbox), `stretch` all of
   * it, out of proportion. Default `cover`.
   */
  fit?: PixelFit | undefined;
  /** How frames are resized: with all pixels taken into account where they shrink, as Pillow does. Default `bilinear`. */
  interpolation?: PixelInterpolation | undefined;
  /** Around frames that are contained, and behind what is transparent: gray, or [red, green, blue], from 0 to 255. Default 0, black. */
  background?: number | readonly [red: number, green: number, blue: number] | undefined;
  /** The order of the network's channels. Default `rgb`. */
  order?: 'rgb' | 'bgr' | undefined;
}

const nonZero: Field<number> = field('a finite number other than 0', (v) => Number.isFinite(v) && v !== 0);

const perChannel = (item: Field<number>): Field<PerChannel> =>
  either(
    item,
    field('a list of them, one for each channel', (v) => isListOf(v, item.ok)),
  );

const level = whole(0, 255);

const pixelFields: Fields<PixelOptions> = {
  mean: perChannel(finite),
  std: perChannel(nonZero),
  scale: above(0),
  fit: oneOf('cover', 'contain', 'stretch'),
  interpolation: oneOf('nearest', 'bilinear', 'bicubic'),
  background: either(
    level,
    field('a list of 3 of them (red, green, blue)', (v) => isListOf(v, level.ok) && v.length === 3),
  ),
  order: oneOf('rgb', 'bgr'),
};

/** Options for the only input, or by the names of inputs. */
export type InputPixels = PixelOptions | Readonly<Record<string, PixelOptions>>;

export const pixelsField: Field<InputPixels> = field(
  `an object with ${Object.keys(pixelFields).join(', ')}, or such objects by name of input`,
  isRecord,
);

/** Inputs of which some come as frames. @throws ShapeError */
export function withFrames(
  fn: string,
  inputs: readonly ProgramValue[],
  pixels: InputPixels | undefined,
): readonly GivenValue[] {
  if (pixels === undefined) return inputs;
  const names = inputs.map(({ name }) => name);
  const byName =
    inputs.length > 1 || (isRecord(pixels) && Object.keys(pixels).some((key) => names.includes(key)));
  if (!byName) return [{ ...inputs[0], frames: frameInput(fn, inputs[0], pixels as PixelOptions) }];
  const stray = Object.keys(pixels).find((name) => !names.includes(name));
  if (stray !== undefined)
    throw new ShapeError(
      `${fn}: there are pixels for ${stray}, but the inputs are ${names.join(', ')}; name one of them`,
    );
  return inputs.map((input) => {
    const own = (pixels as Readonly<Record<string, PixelOptions>>)[input.name];
    return own === undefined ? input : { ...input, frames: frameInput(fn, input, own) };
  });
}

function frameInput(fn: string, value: ProgramValue, pixels: PixelOptions): FrameInput {
  needOptions(fn, pixels, pixelFields, 'pixels');
  const size = pictureSize(fn, value);
  const { fit = 'cover', interpolation = 'bilinear', background = 0, order = 'rgb' } = pixels;
  const { scale = 1 / 255, mean = 0, std = 1 } = pixels;
  const { channels } = size;
  return {
    ...size,
    ...{ fit, interpolation },
    reversed: order === 'bgr',
    background: typeof background === 'number' ? [background, background, background] : [...background],
    shift: channelNumbers({ fn, name: 'mean', channels }, mean).map((m) => m / scale),
    factor: channelNumbers({ fn, name: 'std', channels }, std).map((s) => scale / s),
  };
}

const isColour = (channels: number | undefined): channels is 1 | 3 => channels === 1 || channels === 3;

/** Of `[n, channels, height, width]`, else of `[n, height, width, channels]`. */
function pictureSize(fn: string, { name, shape, dtype }: ProgramValue) {
  const [images, a, b, c] = shape;
  if (shape.length === 4 && shape.every((size) => size > 0)) {
    if (isColour(a)) return { images, channels: a, height: b, width: c };
    if (isColour(c)) return { images, channels: c, height: a, width: b };
  }
  throw new ShapeError(
    `${fn}: ${name} is ${dtype} ${formatShape(shape)}, but pixels need [n, 1 or 3, height, width] or [n, height, width, 1 or 3] of at least one pixel; compile without pixels, and give tensors`,
  );
}

/** Who asks for numbers of channels. */
interface Asking {
  readonly fn: string;
  readonly name: string;
  readonly channels: number;
}

function channelNumbers({ fn, name, channels }: Asking, given: PerChannel): readonly number[] {
  if (typeof given === 'number') return new Array<number>(channels).fill(given);
  if (given.length === channels) return given;
  throw new ShapeError(
    `${fn}: pixels.${name} has ${counted(given.length, 'number')} for ${counted(channels, 'channel')}; give one for each, or one number for all`,
  );
}
