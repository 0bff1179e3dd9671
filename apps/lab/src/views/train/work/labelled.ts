// Pictures as bytes, with the class of each.

import type { Samples, Tensor } from 'neocog';

/** Bytes `[n, channels, side, side]` and the class of each. */
export interface Labelled {
  readonly images: Samples & { readonly data: Uint8Array };
  readonly labels: Samples & { readonly data: Int32Array };
}

/** One picture and its class. */
export interface Labelling {
  /** Bytes, channel after channel. */
  readonly bytes: ArrayLike<number>;
  readonly label: number;
}

export interface Format {
  readonly channels: number;
  readonly side: number;
}

export function labelled(items: readonly Labelling[], { channels, side }: Format): Labelled {
  const size = channels * side * side;
  const data = new Uint8Array(items.length * size);
  items.forEach(({ bytes }, i) => {
    data.set(bytes, i * size);
  });
  return {
    images: { shape: [items.length, channels, side, side], data },
    labels: { shape: [items.length], data: Int32Array.from(items, ({ label }) => label) },
  };
}

/** The bytes of a picture. */
export function bytesAt({ images }: Labelled, index: number): Uint8Array {
  const size = images.data.length / (images.shape[0] ?? 1);
  return images.data.subarray(index * size, (index + 1) * size);
}

/** Pictures of each class. */
export function countsOf({ labels }: Labelled, classes: number): number[] {
  const counts = new Array<number>(classes).fill(0);
  for (const label of labels.data) counts[label] = (counts[label] ?? 0) + 1;
  return counts;
}

/** Values from 0 to 255 as bytes. */
export const roundedBytes = ({ data }: Tensor): Uint8ClampedArray => Uint8ClampedArray.from(data);
