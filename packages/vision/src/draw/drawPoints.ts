// Key points on a picture, as discs, and the lines of a skeleton between them.

import { ShapeError, type Tensor } from 'neocog';
import { between, type Field, type Fields, field, isListOf, isSize, needOptions } from 'neocog/arguments';
import { aPaletteChoice, type PaletteChoice } from '../pixels/palettes.ts';
import { needRows } from '../tensors/image.ts';
import { finished, type Ink, mix, type Sheet, sheetOf, turns } from './canvas.ts';

/** How points are drawn. */
export interface DrawPointsOptions {
  /** Of the discs, in pixels. Default 2. */
  radius?: number | undefined;
  /** Pairs of points that a line joins, by their places, as [[0, 1], [1, 2]]. Default: none. */
  edges?: readonly (readonly [from: number, to: number])[] | undefined;
  /** Of the lines, in pixels. Default 1. */
  width?: number | undefined;
  /** Colours that points take in turn; a line has that of its first point. Default 'classes', without its black. */
  palette?: PaletteChoice | undefined;
}

const somePairs: Field<readonly (readonly [number, number])[]> = field(
  'a list of pairs of places, such as [[0, 1], [1, 2]]',
  (v) => isListOf(v, (pair) => isListOf(pair, (place) => isSize(place, 0)) && pair.length === 2),
);

const drawPointsFields: Fields<DrawPointsOptions> = {
  radius: between(0, 1000),
  edges: somePairs,
  width: between(0, 1000),
  palette: aPaletteChoice,
};

/**
 * A copy of a picture [c, h, w] in colours with points [n, 2] (x, y), or [n, 3] of which the third says whether a point is seen (above
 * 0). A pixel's center lies at a half: the point 0.5, 0.5 is the middle of the first pixel.
 *
 * @throws ShapeError for tensors that are no picture or no points, and edges to points that there are not.
 */
export function drawPoints(image: Tensor, points: Tensor, options: DrawPointsOptions = {}): Tensor {
  const sheet = sheetOf('drawPoints', image);
  needRows('drawPoints', 'points', points, [2, 3]);
  needOptions('drawPoints', options, drawPointsFields);
  const { radius = 2, width = 1, edges = [] } = options;
  const colourOf = turns(options.palette);
  const places = placesOf(points);
  for (const [from, to] of edges) {
    const [a, b] = [pointAt(places, from), pointAt(places, to)];
    if (a && b) fillAround(sheet, { from: a, to: b, reach: width / 2 }, colourOf(from));
  }
  places.forEach((point, i) => {
    if (point) fillAround(sheet, { from: point, to: point, reach: radius }, colourOf(i));
  });
  return finished(sheet);
}

type Point = readonly [x: number, y: number];

/** Null for what is not seen. */
function placesOf({ data, shape: [n, columns] }: Tensor): readonly (Point | null)[] {
  return Array.from({ length: n }, (_, i) => {
    const [x, y, seen = 1] = data.subarray(i * columns, (i + 1) * columns);
    return seen > 0 && Number.isFinite(x) && Number.isFinite(y) ? [x, y] : null;
  });
}

function pointAt(places: readonly (Point | null)[], i: number): Point | null {
  if (i < places.length) return places[i];
  throw new ShapeError(
    `drawPoints: an edge leads to point ${i}, there are ${places.length}; they count from 0`,
  );
}

/** A stretch from point to point with all that is near. */
interface Stretch {
  readonly from: Point;
  readonly to: Point;
  readonly reach: number;
}

/** Pixels whose centers are within reach; those at the rim in part. */
function fillAround(sheet: Sheet, stretch: Stretch, colour: Ink['colour']): void {
  const { from, to, reach } = stretch;
  const begin = (axis: 0 | 1): number => Math.max(0, Math.floor(Math.min(from[axis], to[axis]) - reach - 1));
  const end = (axis: 0 | 1, most: number): number =>
    Math.min(most, Math.ceil(Math.max(from[axis], to[axis]) + reach + 1));
  for (let y = begin(1); y < end(1, sheet.height); y++)
    for (let x = begin(0); x < end(0, sheet.width); x++) {
      const share = Math.min(1, reach + 0.5 - distance([x + 0.5, y + 0.5], stretch));
      if (share > 0) mix(sheet, { x, y }, { colour, share });
    }
}

function distance([x, y]: Point, { from, to }: Stretch): number {
  const [dx, dy] = [to[0] - from[0], to[1] - from[1]];
  const length = dx * dx + dy * dy;
  const along = length > 0 ? ((x - from[0]) * dx + (y - from[1]) * dy) / length : 0;
  const t = Math.min(1, Math.max(0, along));
  return Math.hypot(x - from[0] - t * dx, y - from[1] - t * dy);
}
