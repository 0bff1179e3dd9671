// Values over a picture as colours: where a network looked, or how sure it is.

import { ShapeError, type Tensor } from 'neocog';
import { type Fields, flag, floatTensor, need, needOptions, show } from 'neocog/arguments';
import { aPaletteChoice, colourAt, type PaletteChoice, paletteOf } from '../pixels/palettes.ts';
import { resamplePlanes } from '../resize/planes.ts';
import { anOpacity, finished, mix, sheetOf } from './canvas.ts';

/** How a map of values is laid over a picture. */
export interface HeatmapOptions {
  /** Colours from low to high. Default 'heat'. */
  palette?: PaletteChoice | undefined;
  /** How much of the colour, from 0 to 1. Default 0.5. */
  opacity?: number | undefined;
  /** Stretch the values so that the least is 0 and the greatest 1; else they are taken for 0 to 1. Default true. */
  normalize?: boolean | undefined;
}

const heatmapFields: Fields<HeatmapOptions> = {
  palette: aPaletteChoice,
  opacity: anOpacity,
  normalize: flag,
};

/**
 * A copy of a picture [c, h, w] in colours with a float32 map [mh, mw] or [1, mh, mw] of any size over it, stretched to the picture.
 *
 * @throws ShapeError for tensors that are no picture or no map.
 * @example drawTo(canvas, heatmap(photo, gradCam(net, x, { class: 3 })));
 */
export function heatmap(image: Tensor, map: Tensor, options: HeatmapOptions = {}): Tensor {
  const sheet = sheetOf('heatmap', image);
  need('heatmap', 'the map', map, floatTensor);
  needOptions('heatmap', options, heatmapFields);
  const { width, height } = sheet;
  const [rows, columns] = map.shape.slice(-2);
  if (map.shape.length < 2 || map.data.length === 0 || rows * columns !== map.data.length)
    throw new ShapeError(
      `heatmap: the map has shape ${show(map.shape)}; give one of values, [h, w] or [1, h, w]`,
    );
  const values = new Float32Array(map.data);
  const planes = { count: 1, width: columns, height: rows, values };
  const stretched = resamplePlanes(planes, { width, height, interpolation: 'bilinear' }).values;
  const palette = paletteOf(options.palette ?? 'heat');
  const share = options.opacity ?? 0.5;
  const level = (options.normalize ?? true) ? levelOf(stretched) : (value: number) => value;
  stretched.forEach((value, p) => {
    const colour = colourAt(palette, level(value));
    mix(sheet, { x: p % width, y: Math.floor(p / width) }, { colour, share });
  });
  return finished(sheet);
}

/** From 0 at the least to 1 at the greatest; all 0 where they are equal. */
function levelOf(values: ArrayLike<number>): (value: number) => number {
  let [least, most] = [Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY];
  for (let i = 0; i < values.length; i++) {
    least = Math.min(least, values[i]);
    most = Math.max(most, values[i]);
  }
  return (value) => (most > least ? (value - least) / (most - least) : 0);
}
