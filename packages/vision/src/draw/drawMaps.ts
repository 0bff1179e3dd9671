// Maps of values as SVG: a rectangle for each run of cells of one colour. For pages and documents; pictures as pixels are heatmap's
// and toPixels'.

import { ShapeError, type Tensor } from 'neocog';
import {
  above,
  count,
  type Fields,
  field,
  floatTensor,
  isListOf,
  need,
  needOptions,
  oneOf,
  show,
} from 'neocog/arguments';
import { aPaletteChoice, colourAt, type Palette, type PaletteChoice, paletteOf } from '../pixels/palettes.ts';

/** How maps are drawn. */
export interface DrawMapsOptions {
  /** How many maps stand side by side. Default: as many as make the drawing about square. */
  columns?: number | undefined;
  /** Side of a map's longer side. Default 96. */
  size?: number | undefined;
  /** Colours from low to high. Default 'magma'; of values below 0 too blue, white and red, with white for 0. */
  palette?: PaletteChoice | undefined;
  /** Which values span the colours: those of all maps ('all', the default), or each map's own ('each'). */
  range?: 'all' | 'each' | undefined;
  /** A frame on each map, such as a receptive field: left, top, right and bottom in cells. Default none. */
  frame?: readonly [left: number, top: number, right: number, bottom: number] | undefined;
}

const mapsFields: Fields<DrawMapsOptions> = {
  columns: count,
  size: above(0),
  palette: aPaletteChoice,
  range: oneOf('all', 'each'),
  frame: field('a list of 4 numbers', (v) => isListOf(v, Number.isFinite) && v.length === 4),
};

/** From blue through white to red. */
const signed: Palette = [
  [33, 102, 172],
  [146, 197, 222],
  [247, 247, 247],
  [244, 165, 130],
  [178, 24, 43],
];

/** Colours are rounded to so many steps, so that neighbours join. */
const levels = 64;
/** Between maps. */
const gap = 6;

/**
 * Feature maps, a heat map or kernels as the text of an SVG: float32 [h, w], [c, h, w] or [n, c, h, w], one map after the other.
 *
 * @throws ShapeError for a tensor that is none.
 * @example await writeFile('maps.svg', drawMaps(featureMaps(net, x, { layers: ['conv1'] }).conv1));
 */
export function drawMaps(maps: Tensor, options: DrawMapsOptions = {}): string {
  need('drawMaps', 'the maps', maps, floatTensor);
  needOptions('drawMaps', options, mapsFields);
  const { rank, shape } = maps;
  const [height, width] = shape.slice(-2);
  if (rank < 2 || rank > 4 || maps.size === 0)
    throw new ShapeError(
      `drawMaps: the maps have shape ${show(shape)}; give [h, w], [c, h, w] or [n, c, h, w]`,
    );
  const number = maps.size / (height * width);
  const columns = Math.min(number, options.columns ?? Math.ceil(Math.sqrt(number)));
  const cell = (options.size ?? 96) / Math.max(height, width);
  const pitch = [width * cell + gap, height * cell + gap];
  const planes = Array.from({ length: number }, (_, i) => ({
    width,
    height,
    values: Float32Array.from(maps.data.subarray(i * height * width, (i + 1) * height * width)),
  }));
  const all = rangeOf(planes.flatMap(({ values }) => [...extremes(values)]));
  const parts = planes.map((plane, i) => {
    const range = options.range === 'each' ? rangeOf(extremes(plane.values)) : all;
    const palette = options.palette ? paletteOf(options.palette) : range[0] < 0 ? signed : paletteOf('magma');
    const at = [(i % columns) * pitch[0], Math.floor(i / columns) * pitch[1]].map(rounded).join(' ');
    return `<g transform="translate(${at}) scale(${rounded(cell)})">${cells(plane, { palette, range })}${frameOf(options.frame)}</g>`;
  });
  const [w, h] = [columns * pitch[0] - gap, Math.ceil(number / columns) * pitch[1] - gap].map(rounded);
  return `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${w} ${h}" width="${w}" height="${h}" shape-rendering="crispEdges">${parts.join('\n')}</svg>`;
}

interface Plane {
  readonly width: number;
  readonly height: number;
  readonly values: Float32Array;
}

type Range = readonly [low: number, high: number];

function extremes(values: Float32Array): Range {
  let [low, high] = [Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY];
  for (const value of values) {
    if (value < low) low = value;
    if (value > high) high = value;
  }
  return [low, high];
}

/** From 0 up, or as far below 0 as above. */
function rangeOf(values: readonly number[]): Range {
  const [low, high] = extremes(Float32Array.from(values.filter(Number.isFinite)));
  const most = Math.max(Math.abs(low), Math.abs(high)) || 1;
  return [low < 0 ? -most : 0, most];
}

function cells({ width, height, values }: Plane, look: { palette: Palette; range: Range }): string {
  const [low, high] = look.range;
  const level = (i: number): number => Math.round(((values[i] - low) / (high - low)) * levels);
  const rows = Array.from({ length: height }, (_, y) => {
    const parts: string[] = [];
    for (let x = 0; x < width; ) {
      let end = x + 1;
      while (end < width && level(y * width + end) === level(y * width + x)) end++;
      const colour = hex(colourAt(look.palette, level(y * width + x) / levels));
      parts.push(`<path fill="${colour}" d="M${x} ${y}h${end - x}v1h${x - end}z"/>`);
      x = end;
    }
    return parts.join('');
  });
  return rows.join('\n');
}

const frameOf = (frame: DrawMapsOptions['frame']): string => {
  if (!frame) return '';
  const [left, top, right, bottom] = frame;
  return `<path fill="none" stroke="#fff" stroke-width="0.4" d="M${left} ${top}H${right}V${bottom}H${left}z"/>`;
};

const hex = (colour: readonly number[]): string =>
  `#${colour.map((value) => Math.round(value).toString(16).padStart(2, '0')).join('')}`;

const rounded = (value: number): number => Math.round(1000 * value) / 1000;
