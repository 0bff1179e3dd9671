// Boxes on a picture, as frames that lie within them.

import type { Tensor } from 'neocog';
import { type Fields, needOptions, whole } from 'neocog/arguments';
import { aPaletteChoice, type PaletteChoice } from '../pixels/palettes.ts';
import { aRow, needBoxes, numbersOf } from '../tensors/image.ts';
import { anOpacity, finished, type Ink, mix, type Sheet, sheetOf, turns } from './canvas.ts';

/** How boxes are drawn. */
export interface DrawBoxesOptions {
  /** The class of each box, which says its colour: a list or a tensor [n]. Default: each box has its own. */
  classes?: Tensor | readonly number[] | undefined;
  /** Colours that classes, or boxes, take in turn. Default 'classes', without its black. */
  palette?: PaletteChoice | undefined;
  /** Of the lines, in pixels. Default 2. */
  width?: number | undefined;
  /** Of what lies within the lines, from 0 to 1. Default 0, nothing. */
  fillOpacity?: number | undefined;
}

const drawBoxesFields: Fields<DrawBoxesOptions> = {
  classes: aRow,
  palette: aPaletteChoice,
  width: whole(1, 1000),
  fillOpacity: anOpacity,
};

/**
 * A copy of a picture [c, h, w] in colours with frames of boxes [n, 4]: left, top, right, bottom in pixels, of which the lines lie
 * within. Values are from 0 to 1 (float32) or 255 (int32).
 *
 * @throws ShapeError for tensors that are no picture or no boxes.
 * @example drawTo(canvas, drawBoxes(photo, boxes, { classes }));
 */
export function drawBoxes(image: Tensor, boxes: Tensor, options: DrawBoxesOptions = {}): Tensor {
  const sheet = sheetOf('drawBoxes', image);
  needBoxes('drawBoxes', 'boxes', boxes);
  needOptions('drawBoxes', options, drawBoxesFields);
  const { width = 2, fillOpacity = 0 } = options;
  const n = boxes.shape[0];
  const classes = options.classes && numbersOf('drawBoxes', 'classes', options.classes, n);
  const colourOf = turns(options.palette);
  for (let i = 0; i < n; i++) {
    const colour = colourOf(classes ? classes[i] : i);
    const frame = frameOf(boxes.data.subarray(4 * i, 4 * i + 4), sheet);
    if (frame) drawFrame(sheet, frame, { colour, width, fillOpacity });
  }
  return finished(sheet);
}

interface Frame {
  readonly left: number;
  readonly top: number;
  readonly right: number;
  readonly bottom: number;
}

/** The nearest whole pixels, cut a little outside of the picture; null for a box that is none. */
function frameOf([left, top, right, bottom]: Tensor['data'], { width, height }: Sheet): Frame | null {
  if (!(right > left && bottom > top)) return null;
  const cut = (v: number, end: number): number => Math.min(Math.max(Math.round(v), -1001), end + 1001);
  return {
    left: cut(left, width),
    top: cut(top, height),
    right: cut(right, width),
    bottom: cut(bottom, height),
  };
}

interface Pen {
  readonly colour: Ink['colour'];
  readonly width: number;
  readonly fillOpacity: number;
}

function drawFrame(
  sheet: Sheet,
  { left, top, right, bottom }: Frame,
  { colour, width, fillOpacity }: Pen,
): void {
  for (let y = Math.max(0, top); y < Math.min(bottom, sheet.height); y++)
    for (let x = Math.max(0, left); x < Math.min(right, sheet.width); x++) {
      const depth = Math.min(x - left, right - 1 - x, y - top, bottom - 1 - y);
      const share = depth < width ? 1 : fillOpacity;
      if (share > 0) mix(sheet, { x, y }, { colour, share });
    }
}
