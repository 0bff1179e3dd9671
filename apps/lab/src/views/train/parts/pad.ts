// Drawings as networks know them: of one size and in the middle, as the pictures of MNIST are (LeCun et al., 1998).

import type { PixelData } from '../../../work/pictures.ts';

/** Where strokes lie: left, top, right, bottom. */
type Box = readonly [left: number, top: number, right: number, bottom: number];

const brightness = (context: OffscreenCanvasRenderingContext2D, side: number): Uint8Array => {
  const { data } = context.getImageData(0, 0, side, side);
  return Uint8Array.from({ length: side * side }, (_, i) => data[4 * i] ?? 0);
};

/** Null for an empty canvas. */
function boxOf(canvas: HTMLCanvasElement): Box | null {
  const { width, height } = canvas;
  const { data } = canvas.getContext('2d', { willReadFrequently: true })!.getImageData(0, 0, width, height);
  let [left, top, right, bottom] = [width, height, 0, 0];
  for (let y = 0; y < height; y++)
    for (let x = 0; x < width; x++) {
      if ((data[4 * (y * width + x) + 3] ?? 0) < 32) continue;
      [left, right] = [Math.min(left, x), Math.max(right, x + 1)];
      [top, bottom] = [Math.min(top, y), Math.max(bottom, y + 1)];
    }
  return right > left ? [left, top, right, bottom] : null;
}

/** The middle of what is bright, in cells. */
function middleOf(grey: Uint8Array, side: number): [x: number, y: number] {
  let [sum, x, y] = [0, 0, 0];
  grey.forEach((value, i) => {
    sum += value;
    x += value * ((i % side) + 0.5);
    y += value * (Math.floor(i / side) + 0.5);
  });
  return sum > 0 ? [x / sum, y / sum] : [side / 2, side / 2];
}

function drawn(side: number, place: (context: OffscreenCanvasRenderingContext2D) => void) {
  const context = new OffscreenCanvas(side, side).getContext('2d', { willReadFrequently: true })!;
  context.fillStyle = '#000';
  context.fillRect(0, 0, side, side);
  context.imageSmoothingQuality = 'high';
  place(context);
  return brightness(context, side);
}

/** What share of the picture the longer side of a drawing takes: digits of MNIST have 20 of 28 cells, garments nearly all. */
export const usualFill = 20 / 28;
export const wideFill = 26 / 28;

/** What a drawing becomes: a square of so many cells, of which it takes a share. */
export interface Framing {
  readonly side: number;
  readonly fill: number;
}

/**
 * White strokes on a transparent canvas as grey bytes on black: the middle of what is bright lies in the middle. Null for an empty
 * canvas.
 */
export function centred(canvas: HTMLCanvasElement, { side, fill }: Framing): Uint8Array | null {
  const box = boxOf(canvas);
  if (!box) return null;
  const [left, top, right, bottom] = box;
  const [width, height] = [right - left, bottom - top];
  const scale = (fill * side) / Math.max(width, height);
  const put = (x: number, y: number) => (context: OffscreenCanvasRenderingContext2D) =>
    context.drawImage(canvas, left, top, width, height, x, y, width * scale, height * scale);
  const [x, y] = [(side - width * scale) / 2, (side - height * scale) / 2];
  const [middleX, middleY] = middleOf(drawn(side, put(x, y)), side);
  return drawn(side, put(x + side / 2 - middleX, y + side / 2 - middleY));
}

/** Grey bytes as pixels. */
export function pixelsOfGrey(grey: Uint8Array, side: number): PixelData {
  const data = new Uint8ClampedArray(4 * grey.length);
  grey.forEach((value, i) => {
    data.set([value, value, value, 255], 4 * i);
  });
  return { data, width: side, height: side };
}
