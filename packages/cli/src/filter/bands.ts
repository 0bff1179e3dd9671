// A filter over a picture of any size, in bands of whole rows, so that memory stays bounded: a band takes
// along as many rows of its neighbours as the filter reaches, and gives away what the filter makes of them.

import { type PaddingMode, Tensor } from 'neocog';
import { channelsOf, type Picture, whiteOf } from './picture.ts';

/** A filter, and how its answers become brightness. */
export interface Treatment {
  /** Image `[channels, height, width]` of values from 0 to 1 → the same shape. */
  readonly run: (image: Tensor) => Tensor;
  /** Rows above and below that an answer depends on. */
  readonly reach: number;
  readonly paddingMode: PaddingMode;
  readonly tone: Tone;
}

export interface Tone {
  /** What answers are multiplied by; 1 is then white. */
  readonly gain: number;
  /** `signed`: 0 becomes mid-grey, 128 of 255, and −1 black. */
  readonly show: 'value' | 'magnitude' | 'signed';
}

/**
 * About 6 MB of floats a band in colour: small enough for caches, large enough that setting up costs nothing.
 */
const bandPixels = 500_000;

/** Filters the colours and keeps the opacity. `report` hears of the rows done. */
export function filterPicture(
  picture: Picture,
  treatment: Treatment,
  report: (rows: number) => void = () => {},
): Picture {
  const result = { ...picture, pixels: picture.pixels.slice() };
  const { width, height } = picture;
  const rows = Math.max(4 * treatment.reach, Math.ceil(bandPixels / width));
  for (let top = 0; top < height; top += rows) {
    const bottom = Math.min(top + rows, height);
    const { sources, skip } = sourceRows({ top, bottom }, height, treatment);
    const answer = treatment.run(gather(picture, sources));
    spread(result, { answer, top, bottom, skip }, treatment.tone);
    report(bottom);
  }
  return result;
}

/**
 * The rows that the answers in `top` … `bottom` depend on, and how many of them come before `top`. Where the
 * picture ends the filter's own padding takes over; only a torus has rows to fetch from the other side.
 */
function sourceRows(
  { top, bottom }: Record<'top' | 'bottom', number>,
  height: number,
  { reach, paddingMode }: Treatment,
): { sources: number[]; skip: number } {
  const whole = top === 0 && bottom === height;
  const wraps = paddingMode === 'circular' && !whole;
  const from = wraps ? top - reach : Math.max(0, top - reach);
  const to = wraps ? bottom + reach : Math.min(height, bottom + reach);
  const sources = Array.from({ length: to - from }, (_, i) => (from + i + height) % height);
  return { sources, skip: top - from };
}

/** Rows of a picture as an image `[colours, rows, width]` of values from 0 to 1. */
function gather(picture: Picture, rows: readonly number[]): Tensor {
  const { width, colours, pixels } = picture;
  const channels = channelsOf(picture);
  const unit = 1 / whiteOf(picture);
  const values = new Float32Array(colours * rows.length * width);
  let to = 0;
  for (let colour = 0; colour < colours; colour++) {
    for (const row of rows) {
      let from = row * width * channels + colour;
      for (const end = to + width; to < end; to++, from += channels) values[to] = pixels[from] * unit;
    }
  }
  return new Tensor(values, [colours, rows.length, width]);
}

interface Band {
  /** `[colours, rows, width]`; row `skip` is the picture's row `top`. */
  readonly answer: Tensor;
  readonly top: number;
  readonly bottom: number;
  readonly skip: number;
}

/** Writes a band's answers into the picture, rounded and held between black and white. */
function spread(picture: Picture, { answer, top, bottom, skip }: Band, tone: Tone): void {
  const { width, colours, pixels } = picture;
  const channels = channelsOf(picture);
  const white = whiteOf(picture);
  const unit = tone.show === 'signed' ? Math.ceil(white / 2) : white;
  const offset = (tone.show === 'signed' ? unit : 0) + 0.5; // storing cuts the fraction off: this rounds
  const scale = tone.gain * unit;
  for (let colour = 0; colour < colours; colour++) {
    let from = (colour * answer.shape[1] + skip) * width;
    let to = top * width * channels + colour;
    for (const end = from + (bottom - top) * width; from < end; from++, to += channels) {
      const value = tone.show === 'magnitude' ? Math.abs(answer.data[from]) : answer.data[from];
      pixels[to] = Math.min(white, Math.max(0, scale * value + offset));
    }
  }
}
