// Parts of a sound, with silence where it has none.

import { pad, slice, type Tensor } from 'neocog';

export const lengthOf = ({ shape }: Tensor): number => shape[shape.length - 1];

/** So many samples from `start`, which may lie before the first, with silence around the sound. */
export function cutOf(x: Tensor, start: number, length: number): Tensor {
  const samples = lengthOf(x);
  const [from, to] = [start, start + length].map((at) => Math.max(0, Math.min(samples, at)));
  const inner = slice(x, { axis: -1, start: from, end: to });
  const before = from < to ? from - start : 0;
  const after = length - (to - from) - before;
  return pad(
    inner,
    x.shape.map((_, d) => (d < x.rank - 1 ? [0, 0] : [before, after])),
  );
}

/** So many samples from the middle; a shorter sound lies in the middle of silence. */
export const middleOf = (x: Tensor, length: number): Tensor =>
  cutOf(x, Math.trunc((lengthOf(x) - length) / 2), length);
