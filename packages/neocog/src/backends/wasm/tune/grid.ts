// How the values of a convolution's arrays lie in memory, in any order, and their row-major places.

import { product } from '../../../geometry/window.ts';
import type { Order } from '../kernels/convPlan.ts';

/** Values `[images, channels, cells]`, with the floats from one to the next. */
export interface Grid {
  readonly images: number;
  readonly channels: number;
  readonly cells: number;
  /** That it takes. */
  readonly floats: number;
  readonly steps: { readonly image: number; readonly channel: number; readonly cell: number };
}

export function gridOf(
  [images, channels, ...space]: readonly number[],
  order: Order = 'planes',
  pitch = 0,
): Grid {
  const cells = product(space);
  const isPlanes = order === 'planes';
  const floats = images * cells * (isPlanes ? channels : pitch);
  const steps = isPlanes
    ? { image: channels * cells, channel: cells, cell: 1 }
    : { image: cells * pitch, channel: 1, cell: pitch };
  return { images, channels, cells, floats, steps };
}

/** Names a grid among those of the same values. */
export const gridKey = ({ floats, steps }: Grid): string => `${floats} ${Object.values(steps)}`;

/** Calls back for each plane, with its number. */
export function eachPlane(
  { images, channels }: Grid,
  visit: (image: number, channel: number, plane: number) => void,
): void {
  for (let n = 0; n < images; n++) for (let c = 0; c < channels; c++) visit(n, c, n * channels + c);
}

/** Where a plane begins. */
export const planeAt = ({ steps }: Grid, image: number, channel: number): number =>
  image * steps.image + channel * steps.channel;
