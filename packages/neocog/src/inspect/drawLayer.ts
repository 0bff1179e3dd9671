// One layer drawn to scale, as SVG: the input with what padding adds, one window with its taps, and the cell that belongs to it. Of
// a transposed convolution the window lies over the output. Dumoulin & Visin, "A guide to convolution arithmetic for deep
// learning", 2016, draw so.

import { above, type Field, field, isListOf, isRecord, need } from '../arguments/field.ts';
import { type Fields, needOptions } from '../arguments/options.ts';
import { show } from '../arguments/show.ts';
import { ShapeError, UnsupportedError } from '../errors.ts';
import { aShape } from '../tensor/fields.ts';
import type { AxisArithmetic, LayerArithmetic } from './arithmeticRecord.ts';

/** Which window `drawLayer` shows, and how large. */
export interface DrawLayerOptions {
  /** The cell whose window is shown, one number per axis: of the output, or of the input of a transposed layer. Default: the middle. */
  cell?: readonly number[] | undefined;
  /** Pixels from cell to cell. Default 16. */
  pitch?: number | undefined;
}

const fields: Fields<DrawLayerOptions> = { cell: aShape, pitch: above(0) };
const anArithmetic: Field<LayerArithmetic> = field(
  'the result of explain.conv2d(…) or of another layer',
  (v) => isRecord(v) && isListOf(v.axes, isRecord),
);

/** More cells than these along an axis are a picture no more. */
const mostCells = 128;

/**
 * A layer of one or two axes as the text of an SVG, to scale: input, padding, a window with its taps, and the output. Its colours are
 * `currentColor` and custom properties with defaults, so that a page may set them: `--tap`, `--padding`, `--cell`.
 *
 * @throws UnsupportedError for a layer with no or three axes, or more than 128 cells along one. @throws ShapeError for a cell outside.
 * @example await writeFile('layer.svg', drawLayer(explain.conv2d({ input: [1, 1, 5, 5], filters: 1, kernel: 3, stride: 2, padding: 1 })));
 */
export function drawLayer(layer: LayerArithmetic, options: DrawLayerOptions = {}): string {
  need('drawLayer', 'layer', layer, anArithmetic);
  needOptions('drawLayer', options, fields);
  const transposed = /transpose/i.test(layer.op);
  const axes = layer.axes.map((axis) => spanOf(axis, transposed));
  if (axes.length < 1 || axes.length > 2 || axes.some(({ cells }) => cells > mostCells)) {
    throw new UnsupportedError(
      `drawLayer: ${layer.op} has the axes ${show(layer.axes.map(({ input }) => input))}; one or two of at most ${mostCells} cells can be drawn`,
    );
  }
  const cell = options.cell ?? axes.map(({ windows }) => Math.floor(windows / 2));
  if (cell.length !== axes.length || cell.some((at, d) => at >= axes[d].windows))
    throw new ShapeError(
      `drawLayer: cell is ${show(cell)}, but there are ${show(axes.map(({ windows }) => windows))} of them`,
    );
  return drawing(axes, { cell, pitch: options.pitch ?? 16, transposed });
}

/** One axis from the side over which windows slide. */
interface Span {
  /** Of the grid under the windows, without padding. */
  readonly cells: number;
  readonly before: number;
  readonly after: number;
  readonly windows: number;
  /** First tap of window 0, which may lie in the padding. */
  readonly taps: (window: number) => number[];
}

function spanOf(axis: AxisArithmetic, transposed: boolean): Span {
  const { kernel, stride, dilation, padding } = axis;
  const [cells, windows] = transposed ? [axis.output, axis.input] : [axis.input, axis.output];
  const taps = (window: number): number[] =>
    Array.from({ length: kernel }, (_, k) => window * stride - padding[0] + k * dilation);
  return { cells, windows, before: padding[0], after: padding[1], taps };
}

interface Look {
  readonly cell: readonly number[];
  readonly pitch: number;
  readonly transposed: boolean;
}

const single: Span = { cells: 1, before: 0, after: 0, windows: 1, taps: () => [0] };

function drawing(axes: readonly Span[], { cell, pitch, transposed }: Look): string {
  const [rows, columns] = axes.length === 1 ? [single, axes[0]] : axes;
  const [row, column] = axes.length === 1 ? [0, cell[0]] : cell;
  const under = grid(rows, columns, { row, column });
  const over = plain(rows.windows, columns.windows, { row, column });
  const gap = 2;
  const height = Math.max(under.height, over.height);
  const shifts = transposed ? [over.width + gap, 0] : [0, under.width + gap];
  const place = (part: Part, left: number): string =>
    `<g transform="translate(${left} ${(height - part.height) / 2})">${part.marks}</g>`;
  const width = under.width + gap + over.width;
  const arrowAt = (transposed ? over.width : under.width) + 0.5;
  const arrow = `<path d="M${arrowAt} ${height / 2}h1m-0.3 -0.3l0.3 0.3l-0.3 0.3" fill="none" stroke="currentColor" stroke-width="0.1"/>`;
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" viewBox="-0.1 -0.1 ${width + 0.2} ${height + 0.2}" width="${(width + 0.2) * pitch}" height="${(height + 0.2) * pitch}">`,
    place(under, shifts[0]),
    place(over, shifts[1]),
    arrow,
    '</svg>',
  ].join('\n');
}

interface Part {
  readonly width: number;
  readonly height: number;
  readonly marks: string;
}

interface Place {
  readonly row: number;
  readonly column: number;
}

const box = (x: number, y: number, fill: string): string =>
  `<path d="M${x} ${y}h1v1h-1z" fill="${fill}" stroke="currentColor" stroke-width="0.05"/>`;

const colours = {
  tap: 'var(--tap, #4c36b8)',
  padding: 'var(--padding, #c9c5bc)',
  cell: 'var(--cell, #f6f5f2)',
};

/** The grid over which windows slide, with its padding; the taps of one window are filled. */
function grid(rows: Span, columns: Span, { row, column }: Place): Part {
  const [downs, acrosses] = [new Set(rows.taps(row)), new Set(columns.taps(column))];
  const marks: string[] = [];
  for (let y = -rows.before; y < rows.cells + rows.after; y++)
    for (let x = -columns.before; x < columns.cells + columns.after; x++) {
      const inside = y >= 0 && y < rows.cells && x >= 0 && x < columns.cells;
      const fill = downs.has(y) && acrosses.has(x) ? colours.tap : inside ? colours.cell : colours.padding;
      marks.push(box(x + columns.before, y + rows.before, fill));
    }
  const sizeOf = ({ cells, before, after }: Span): number => cells + before + after;
  return { width: sizeOf(columns), height: sizeOf(rows), marks: marks.join('') };
}

/** A grid of which one cell is filled. */
function plain(rows: number, columns: number, { row, column }: Place): Part {
  const marks: string[] = [];
  for (let y = 0; y < rows; y++)
    for (let x = 0; x < columns; x++)
      marks.push(box(x, y, y === row && x === column ? colours.tap : colours.cell));
  return { width: columns, height: rows, marks: marks.join('') };
}
