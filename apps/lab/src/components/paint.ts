// Draws pictures, maps and overlays on canvases.

import { scaleTable } from '../design/scale.ts';
import { colorOf } from '../shell/theme.svelte.ts';
import type { Maps } from '../work/maps.ts';
import type { PixelData } from '../work/pictures.ts';

export function paintPicture(canvas: HTMLCanvasElement, { data, width, height }: PixelData): void {
  canvas.width = width;
  canvas.height = height;
  canvas.getContext('2d')?.putImageData(new ImageData(data, width, height), 0, 0);
}

/** Values over a picture: the stronger, the less transparent; below zero in the other colour. */
export function paintOverlay(
  canvas: HTMLCanvasElement,
  { values, width, height }: { values: ArrayLike<number>; width: number; height: number },
): void {
  const [above, below] = [colorOf('--accent'), colorOf('--negative')];
  let most = 0;
  for (let i = 0; i < values.length; i++) most = Math.max(most, Math.abs(values[i]!));
  const pixels = new Uint8ClampedArray(4 * width * height);
  for (let i = 0; i < width * height; i++) {
    const share = most > 0 ? values[i]! / most : 0;
    pixels.set(share < 0 ? below : above, 4 * i);
    pixels[4 * i + 3] = 255 * Math.min(0.82, Math.abs(share) ** 0.8);
  }
  canvas.width = width;
  canvas.height = height;
  canvas.getContext('2d')?.putImageData(new ImageData(pixels, width, height), 0, 0);
}

export interface Sheet {
  readonly columns: number;
  readonly rows: number;
  /** Pixels of the page from one map to the next. */
  readonly pitch: number;
}

/** All maps side by side, each as a square of the page. */
export function paintSheet(canvas: HTMLCanvasElement, maps: Maps, { columns, rows, pitch }: Sheet): void {
  const scale = Math.min(2, devicePixelRatio);
  const context = canvas.getContext('2d');
  if (!context) return;
  canvas.width = Math.round(columns * pitch * scale);
  canvas.height = Math.round(rows * pitch * scale);
  context.imageSmoothingEnabled = false;
  const { kind, most } = rangeOf(maps.values);
  const paint = painter(kind, most);
  const one = new OffscreenCanvas(maps.width, maps.height);
  const inner = one.getContext('2d')!;
  const area = maps.width * maps.height;
  const side = (pitch - 4) * scale;
  const fit = side / Math.max(maps.width, maps.height);
  for (let i = 0; i < maps.count; i++) {
    const image = new ImageData(
      paint(maps.values.subarray(i * area, (i + 1) * area)),
      maps.width,
      maps.height,
    );
    inner.putImageData(image, 0, 0);
    const [x, y] = [(i % columns) * pitch * scale, Math.floor(i / columns) * pitch * scale];
    context.drawImage(one, x, y, maps.width * fit, maps.height * fit);
  }
}

/** Sequential where nothing is below zero. */
export function rangeOf(values: Float32Array): { kind: 'diverging' | 'sequential'; most: number } {
  let [least, most] = [0, 0];
  for (const value of values) {
    if (value < least) least = value;
    if (value > most) most = value;
  }
  const kind = least < 0 ? 'diverging' : 'sequential';
  return { kind, most: Math.max(most, -least) || 1 };
}

/** As `paint` of the design, with the table of colours made once. */
function painter(kind: 'diverging' | 'sequential', most: number) {
  const table = scaleTable(kind);
  const last = table.length / 3 - 1;
  const [offset, slope] = kind === 'diverging' ? [last / 2, last / 2 / most] : [0, last / most];
  return (values: Float32Array): Uint8ClampedArray<ArrayBuffer> => {
    const pixels = new Uint8ClampedArray(4 * values.length);
    for (let i = 0; i < values.length; i++) {
      const at = 3 * Math.min(last, Math.max(0, Math.round(offset + slope * values[i]!)));
      pixels[4 * i] = table[at]!;
      pixels[4 * i + 1] = table[at + 1]!;
      pixels[4 * i + 2] = table[at + 2]!;
      pixels[4 * i + 3] = 255;
    }
    return pixels;
  };
}
