// Boxes in the three forms in which data sets and networks write them.

import { Tensor } from 'neocog';
import { need, oneOf } from 'neocog/arguments';
import { needBoxes } from '../tensors/image.ts';

/** Left, top, right, bottom (`xyxy`); left, top, width, height (`xywh`, COCO); center, width, height (`cxcywh`, YOLO). */
export type BoxForm = 'xyxy' | 'xywh' | 'cxcywh';

const aForm = oneOf('xyxy', 'xywh', 'cxcywh');

type Four = readonly [number, number, number, number];

const toCorners: Readonly<Record<BoxForm, (box: Four) => Four>> = {
  xyxy: (box) => box,
  xywh: ([x, y, w, h]) => [x, y, x + w, y + h],
  cxcywh: ([x, y, w, h]) => [x - w / 2, y - h / 2, x + w / 2, y + h / 2],
};

const fromCorners: Readonly<Record<BoxForm, (box: Four) => Four>> = {
  xyxy: (box) => box,
  xywh: ([l, t, r, b]) => [l, t, r - l, b - t],
  cxcywh: ([l, t, r, b]) => [(l + r) / 2, (t + b) / 2, r - l, b - t],
};

/**
 * Boxes [n, 4] in another form. All functions of this package take and give `xyxy`, in pixels.
 *
 * @throws ShapeError for a tensor that is no boxes, or an unknown form.
 * @example boxConvert(boxes, 'xywh', 'xyxy')
 */
export function boxConvert(boxes: Tensor, from: BoxForm, to: BoxForm): Tensor {
  needBoxes('boxConvert', 'boxes', boxes);
  need('boxConvert', 'from', from, aForm);
  need('boxConvert', 'to', to, aForm);
  const values = new Float32Array(boxes.data.length);
  for (let i = 0; i < values.length; i += 4) {
    const [a, b, c, d] = boxes.data.subarray(i, i + 4);
    values.set(fromCorners[to](toCorners[from]([a, b, c, d])), i);
  }
  return new Tensor(values, boxes.shape);
}
