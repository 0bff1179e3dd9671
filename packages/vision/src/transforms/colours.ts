// Arithmetic on the colours of one picture, float32 [c, h, w] from 0 to 1, with torchvision's formulas. Opacity, a fourth channel, stays.

import { Tensor } from 'neocog';

/** How many planes are colours: one of grey, or three. */
const coloursOf = (image: Tensor): 1 | 3 => (image.shape[0] >= 3 ? 3 : 1);

const unit = (value: number): number => Math.min(Math.max(value, 0), 1);

/** ITU-R BT.601's luma, as torchvision rounds it. */
const luma = (red: number, green: number, blue: number): number =>
  0.2989 * red + 0.587 * green + 0.114 * blue;

/** Every colour of every pixel by itself. */
export function eachValue(image: Tensor, change: (value: number) => number): Tensor {
  const values = image.data.slice() as Float32Array;
  const end = coloursOf(image) * image.shape[1] * image.shape[2];
  for (let i = 0; i < end; i++) values[i] = change(values[i]);
  return new Tensor(values, image.shape);
}

type Rgb = readonly [red: number, green: number, blue: number];

/** Every pixel by itself; pictures without colours stay. */
function eachPixel(image: Tensor, change: (red: number, green: number, blue: number) => Rgb): Tensor {
  if (coloursOf(image) === 1) return image;
  const values = image.data.slice() as Float32Array;
  const area = image.shape[1] * image.shape[2];
  for (let p = 0; p < area; p++) {
    const [red, green, blue] = change(values[p], values[p + area], values[p + 2 * area]);
    values[p] = red;
    values[p + area] = green;
    values[p + 2 * area] = blue;
  }
  return new Tensor(values, image.shape);
}

/** Towards black with less than 1. */
export const adjustBrightness = (image: Tensor, factor: number): Tensor =>
  eachValue(image, (value) => unit(value * factor));

/** Towards the mean of the picture's grey with less than 1. */
export function adjustContrast(image: Tensor, factor: number): Tensor {
  const area = image.shape[1] * image.shape[2];
  const { data } = image;
  let sum = 0;
  for (let p = 0; p < area; p++)
    sum += coloursOf(image) === 1 ? data[p] : luma(data[p], data[p + area], data[p + 2 * area]);
  const mean = sum / area;
  return eachValue(image, (value) => unit(value * factor + mean * (1 - factor)));
}

/** Towards grey with less than 1. */
export const adjustSaturation = (image: Tensor, factor: number): Tensor =>
  eachPixel(image, (red, green, blue) => {
    const grey = luma(red, green, blue) * (1 - factor);
    return [unit(red * factor + grey), unit(green * factor + grey), unit(blue * factor + grey)];
  });

/** Without colours, in as many channels. */
export const toGrey = (image: Tensor): Tensor =>
  eachPixel(image, (red, green, blue) => {
    const grey = luma(red, green, blue);
    return [grey, grey, grey];
  });

/** Hues turned by a share of the circle, from −0.5 to 0.5. */
export const adjustHue = (image: Tensor, by: number): Tensor =>
  eachPixel(image, (red, green, blue) => {
    const most = Math.max(red, green, blue);
    const span = most - Math.min(red, green, blue);
    if (span === 0) return [unit(red), unit(green), unit(blue)];
    // In sixths of the circle, from red on.
    const hue =
      most === red
        ? (green - blue) / span
        : most === green
          ? 2 + (blue - red) / span
          : 4 + (red - green) / span;
    // Two whole turns more, so that nothing is below 0.
    const turned = hue + 6 * by + 12;
    return [level(turned + 5, most, span), level(turned + 3, most, span), level(turned + 1, most, span)];
  });

/** value − span · max(0, min(k, 4 − k, 1)) with k the sixths of the circle from the color: red 5, green 3, blue 1. */
function level(sixths: number, value: number, span: number): number {
  const k = sixths % 6;
  return unit(value - span * Math.max(0, Math.min(k, 4 - k, 1)));
}
