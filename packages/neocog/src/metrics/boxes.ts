// Boxes and their labels as `meanAveragePrecision` is given them, checked and brought to one form: left, top, width, height.

import { field, isListOf, isRecord, isSize, refuseValue } from '../arguments/field.ts';
import { ShapeError } from '../errors.ts';
import { formatShape } from '../tensor/shape.ts';
import { Tensor } from '../tensor/tensor.ts';
import { gridOf, type Numbers } from './given.ts';

/** Four numbers a box: a tensor `[k, 4]`, or a list of lists of 4. */
export type Boxes = Tensor | readonly (readonly number[])[];

/** What four numbers say: both corners, or a corner and the size. */
export type BoxFormat = 'xyxy' | 'xywh';

/** What a network found in one picture. */
export interface Detections {
  /** `[k, 4]` */
  readonly boxes: Boxes;
  /** How sure it is of each, `[k]`. */
  readonly scores: Numbers;
  /** The class of each, `[k]`. */
  readonly labels: Numbers;
}

/** What is in one picture. */
export interface TrueBoxes {
  /** `[k, 4]` */
  readonly boxes: Boxes;
  /** The class of each, `[k]`. */
  readonly labels: Numbers;
  /** 1 for a box around many things, of which any number may be found without a penalty, `[k]`. Default: none. */
  readonly crowd?: Numbers | undefined;
  /** Of what is in the box, by which it is small, medium or large, `[k]`. Default: width times height. */
  readonly areas?: Numbers | undefined;
}

/** A box of one class in one picture. */
export interface Box {
  readonly left: number;
  readonly top: number;
  readonly width: number;
  readonly height: number;
  readonly area: number;
  readonly label: number;
  /** 1 for what is certainly there. */
  readonly score: number;
  readonly crowd: boolean;
}

const isPicture = (...names: readonly string[]) =>
  field<object>(`a list of one object { ${names.join(', ')} } for each picture`, (v) =>
    isListOf(v, (one) => isRecord(one) && names.every((name) => name in one)),
  );

export const someDetections = isPicture('boxes', 'scores', 'labels');
export const someTruths = isPicture('boxes', 'labels');

interface Place {
  readonly fn: string;
  /** The argument and the picture, for errors. */
  readonly at: string;
  readonly format: BoxFormat;
}

/** What was found in a picture. */
export function detectionsOf(place: Place, { boxes, scores, labels }: Detections): Box[] {
  const rows = rowsOf(place, boxes);
  const how = columnOf(place, 'scores', scores, rows.length);
  const what = classesOf(place, labels, rows.length);
  return rows.map((row, i) => {
    const box = boxOf(place, row);
    return { ...box, area: box.width * box.height, label: what[i], score: how[i], crowd: false };
  });
}

/** What is in a picture. */
export function truthsOf(place: Place, { boxes, labels, crowd, areas }: TrueBoxes): Box[] {
  const rows = rowsOf(place, boxes);
  const what = classesOf(place, labels, rows.length);
  const many = crowd === undefined ? null : columnOf(place, 'crowd', crowd, rows.length);
  const sizes = areas === undefined ? null : columnOf(place, 'areas', areas, rows.length);
  return rows.map((row, i) => {
    const box = boxOf(place, row);
    const area = sizes?.[i] ?? box.width * box.height;
    return { ...box, area, label: what[i], score: 1, crowd: many !== null && many[i] !== 0 };
  });
}

function rowsOf({ fn, at }: Place, boxes: Boxes): readonly ArrayLike<number>[] {
  if (!(boxes instanceof Tensor)) {
    const isFour = (row: unknown): boolean => isListOf(row, Number.isFinite) && row.length === 4;
    if (!isListOf(boxes, isFour))
      refuseValue(fn, `boxes of ${at}`, boxes, 'a Tensor [k, 4], or a list of lists of 4 finite numbers');
    return boxes;
  }
  const { data, shape } = boxes;
  if (shape.length !== 2 || shape[1] !== 4 || !data.every(Number.isFinite))
    refuseValue(fn, `boxes of ${at}`, boxes, 'finite numbers [k, 4]');
  return Array.from({ length: shape[0] }, (_, i) => data.subarray(4 * i, 4 * i + 4));
}

function columnOf({ fn, at }: Place, name: string, values: Numbers, count: number): ArrayLike<number> {
  const { data, shape } = gridOf(fn, `${name} of ${at}`, values);
  if (shape.length === 1 && shape[0] === count) return data;
  throw new ShapeError(
    `${fn}: ${name} of ${at} have shape ${formatShape(shape)}; give one for each of ${count} boxes`,
  );
}

function classesOf(place: Place, labels: Numbers, count: number): ArrayLike<number> {
  const data = columnOf(place, 'labels', labels, count);
  const stray = Array.prototype.find.call(data, (v) => !isSize(v, 0));
  if (stray === undefined) return data;
  throw new ShapeError(
    `${place.fn}: labels of ${place.at} hold ${stray}; give classes, whole numbers from 0`,
  );
}

function boxOf(
  { fn, at, format }: Place,
  row: ArrayLike<number>,
): Pick<Box, 'left' | 'top' | 'width' | 'height'> {
  const [left, top, third, fourth] = Array.from(row);
  const [width, height] = format === 'xywh' ? [third, fourth] : [third - left, fourth - top];
  if (width >= 0 && height >= 0) return { left, top, width, height };
  throw new ShapeError(
    `${fn}: a box of ${at} is [${[left, top, third, fourth]}], of negative size as ${format}; say with format how boxes are given`,
  );
}

/** Intersection over union; with a crowd, over the found box alone. */
export function overlapOf(found: Box, truth: Box): number {
  const width =
    Math.min(found.left + found.width, truth.left + truth.width) - Math.max(found.left, truth.left);
  const height =
    Math.min(found.top + found.height, truth.top + truth.height) - Math.max(found.top, truth.top);
  if (width <= 0 || height <= 0) return 0;
  const common = width * height;
  const own = found.width * found.height;
  return common / (truth.crowd ? own : own + truth.width * truth.height - common);
}
