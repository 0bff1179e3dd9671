// Pictures in a page: tensors as files inside its text.

import { toPixels } from '@neocog/vision';
import { Tensor } from 'neocog';
import { encodeJpeg } from '../../image.ts';
import { type Html, html } from '../../report/html.ts';

/** How many pictures of a kind a page shows. */
export const shown = 24;

/** Longest side on the page. */
const side = 132;

/** What values became before the network saw them. */
export interface Scaling {
  readonly mean: readonly number[];
  readonly std: readonly number[];
}

/** A picture [c, h, w] that a network sees, as it was before it was scaled for it. */
export async function imageOf(image: Tensor, { mean, std }: Scaling, alt: string): Promise<Html> {
  const one = (list: readonly number[]) => (list.length === 1 ? (list[0] as number) : list);
  const { data, width, height } = toPixels(image, { mean: one(mean), std: one(std) });
  const jpeg = await encodeJpeg(data, width, height);
  const scale = side / Math.max(width, height);
  const [w, h] = [width, height].map((size) => Math.round(size * scale)) as [number, number];
  return html`<img class="thumbnail" src="data:image/jpeg;base64,${Buffer.from(jpeg).toString('base64')}" width="${w}" height="${h}" alt="${alt}">`;
}

/** Values from 0 to 1 again. */
export function unscaled(image: Tensor, { mean, std }: Scaling): Tensor {
  const cells = image.size / mean.length;
  const values = Float32Array.from(image.data, (value, i) => {
    const channel = Math.floor(i / cells);
    return value * (std[channel] as number) + (mean[channel] as number);
  });
  return new Tensor(values, image.shape);
}

/** Each sample of a batch. */
export function rowsOf(x: Tensor): Tensor[] {
  const [count, ...shape] = x.shape as [number, ...number[]];
  const size = x.size / count;
  return Array.from({ length: count }, (_, i) => new Tensor(x.data.slice(i * size, (i + 1) * size), shape));
}
