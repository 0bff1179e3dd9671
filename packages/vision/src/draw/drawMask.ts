// A mask of classes over a picture.

import { ShapeError, type Tensor } from 'neocog';
import { type Fields, intTensor, need, needOptions, orNull, show, whole } from 'neocog/arguments';
import { aPaletteChoice, type PaletteChoice, paletteOf } from '../pixels/palettes.ts';
import { anOpacity, finished, mix, sheetOf } from './canvas.ts';

/** How a mask is drawn. */
export interface DrawMaskOptions {
  /** The colour of each class. Default 'classes'. */
  palette?: PaletteChoice | undefined;
  /** How much of the colour, from 0 to 1. Default 0.5. */
  opacity?: number | undefined;
  /** A class through which the picture shows as it is; null for none. Default 0. */
  ignoreIndex?: number | null | undefined;
}

const drawMaskFields: Fields<DrawMaskOptions> = {
  palette: aPaletteChoice,
  opacity: anOpacity,
  ignoreIndex: orNull(whole(0)),
};

/**
 * A copy of a picture [c, h, w] in colours with the classes of an int32 mask [h, w] or [1, h, w] laid over it.
 *
 * @throws ShapeError for tensors that do not fit together, or a class that the palette lacks.
 * @example drawTo(canvas, drawMask(photo, mask, { opacity: 0.6 }));
 */
export function drawMask(image: Tensor, mask: Tensor, options: DrawMaskOptions = {}): Tensor {
  const sheet = sheetOf('drawMask', image);
  need('drawMask', 'the mask', mask, intTensor);
  needOptions('drawMask', options, drawMaskFields);
  const { width, height } = sheet;
  const [h, w] = mask.shape.slice(-2);
  if (mask.data.length !== width * height || h !== height || w !== width)
    throw new ShapeError(
      `drawMask: the mask has shape ${show(mask.shape)}, the image is ${height}×${width}; they must be equal`,
    );
  const { ignoreIndex = 0, opacity: share = 0.5 } = options;
  const palette = paletteOf(options.palette ?? 'classes');
  mask.data.forEach((id, p) => {
    if (id === ignoreIndex) return;
    const colour = palette[id];
    if (!colour)
      throw new ShapeError(`drawMask: the palette has no colour for class ${id}; give more colours`);
    mix(sheet, { x: p % width, y: Math.floor(p / width) }, { colour, share });
  });
  return finished(sheet);
}
