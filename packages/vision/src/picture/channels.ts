// Channels as they are wanted: opacity kept, or the picture laid on a ground; colours kept, made grey or repeated. Grey is
// ITU-R BT.601's luma, rounded as Pillow rounds it: (19595 R + 38470 G + 7471 B + 2^15) / 2^16.

import { type Channels, dataLike, hasAlpha, type Picture } from './picture.ts';

/** Red, green and blue, each from 0 to 255. */
export type Colour = readonly [red: number, green: number, blue: number];

/** The picture with these channels; what is transparent shows `ground` where they have no opacity. */
export function withChannels(picture: Picture, channels: Channels, ground: Colour): Picture {
  const opaque = hasAlpha(picture) && channels % 2 === 1 ? layOn(picture, ground) : picture;
  return opaque.channels === channels ? opaque : changeColours(opaque, channels);
}

/** Over: c · a + ground · (1 − a), a pixel at a time, into a picture without opacity. */
function layOn(picture: Picture, ground: Colour): Picture {
  const { width, height, channels, data } = picture;
  const colours = channels - 1;
  const under = colours === 1 ? [lumaOf(...ground)] : ground;
  const laid = dataLike(picture, width * height * colours);
  const isByte = !(laid instanceof Float32Array);
  for (let p = 0, from = 0, to = 0; p < width * height; p++, from += channels, to += colours) {
    const alpha = data[from + colours];
    for (let c = 0; c < colours; c++) {
      const value = (data[from + c] * alpha + under[c] * (255 - alpha)) / 255;
      laid[to + c] = isByte ? Math.floor(value + 0.5) : value;
    }
  }
  return { width, height, channels: colours as Channels, data: laid };
}

/** From and to any channels, except from opacity to none. */
function changeColours(picture: Picture, channels: Channels): Picture {
  const { width, height, data } = picture;
  const size = width * height;
  const changed = dataLike(picture, size * channels);
  const colours = channels > 2 ? 3 : 1;
  const given = picture.channels > 2 ? 3 : 1;
  const grey = changed instanceof Float32Array ? lumaOfFloats : lumaOf;
  for (let p = 0, from = 0, to = 0; p < size; p++, from += picture.channels, to += channels) {
    if (given === colours) for (let c = 0; c < colours; c++) changed[to + c] = data[from + c];
    else if (given === 1) changed.fill(data[from], to, to + 3);
    else changed[to] = grey(data[from], data[from + 1], data[from + 2]);
    if (channels % 2 === 0) changed[to + colours] = hasAlpha(picture) ? data[from + given] : 255;
  }
  return { width, height, channels, data: changed };
}

/** Of bytes, rounded. */
export const lumaOf = (red: number, green: number, blue: number): number =>
  (19595 * red + 38470 * green + 7471 * blue + 0x8000) >> 16;

const lumaOfFloats = (red: number, green: number, blue: number): number =>
  (19595 * red + 38470 * green + 7471 * blue) / 0x10000;
