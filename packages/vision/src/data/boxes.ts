// Boxes of a picture: from what files hold to pixels of the picture as it was read, and into the targets of a batch.

import { Tensor } from 'neocog';
import { fitFrame, type PictureSize } from 'neocog/pixels';
import type { PixelPlan } from '../tensors/options.ts';
import type { ItemBoxes, PictureSample } from './sample.ts';

/** Where the pixels of a picture go: x ↦ x · scale + shift, and how far the picture then reaches. */
interface AxisPlace {
  readonly scale: number;
  readonly shift: number;
  readonly end: number;
}

function placesOf(picture: PictureSize, { size, fit }: PixelPlan): readonly [x: AxisPlace, y: AxisPlace] {
  const target = size ?? picture;
  const { source: box, target: place } = fitFrame(fit, picture, target);
  const [across, down] = [place.width / (box.right - box.left), place.height / (box.bottom - box.top)];
  return [
    { scale: across, shift: place.left - box.left * across, end: target.width },
    { scale: down, shift: place.top - box.top * down, end: target.height },
  ];
}

/** In pixels of the picture as it was read, cut at its edges; boxes that lie outside are left out with their classes. */
export function boxesIn(
  { corners, classes, unit }: ItemBoxes,
  picture: PictureSize,
  plan: PixelPlan,
): Required<Pick<PictureSample, 'boxes' | 'label'>> {
  const [x, y] = placesOf(picture, plan);
  const [width, height] = unit === 'pixels' ? [1, 1] : [picture.width, picture.height];
  const put = ({ scale, shift, end }: AxisPlace, value: number): number =>
    Math.min(Math.max(value * scale + shift, 0), end);
  const kept: number[] = [];
  const labels: number[] = [];
  classes.forEach((label, i) => {
    const [left, top, right, bottom] = corners.slice(4 * i, 4 * i + 4);
    const box = [put(x, left * width), put(y, top * height), put(x, right * width), put(y, bottom * height)];
    if (box[2] <= box[0] || box[3] <= box[1]) return;
    kept.push(...box);
    labels.push(label);
  });
  return {
    boxes: new Tensor(Float32Array.from(kept), [labels.length, 4]),
    label: new Tensor(Int32Array.from(labels), [labels.length]),
  };
}

/** float32 [n, most, 5]: left, top, right, bottom and class of each box; rows of −1 where a sample has fewer than the most. */
export function boxTargets(samples: readonly PictureSample[]): Tensor {
  const counts = samples.map(({ boxes }) => boxes?.shape[0] ?? 0);
  const most = Math.max(...counts);
  const rows = new Float32Array(samples.length * most * 5).fill(-1);
  samples.forEach(({ boxes, label }, n) => {
    for (let i = 0; i < counts[n]; i++) {
      const at = 5 * (n * most + i);
      rows.set((boxes as Tensor).data.subarray(4 * i, 4 * i + 4), at); // it has rows
      rows[at + 4] = label instanceof Tensor ? label.data[i] : (label ?? -1);
    }
  });
  return new Tensor(rows, [samples.length, most, 5]);
}
