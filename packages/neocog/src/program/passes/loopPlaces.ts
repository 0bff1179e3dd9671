// How the axes of a fused loop lie on an array `[image][channel][…space]`, so that a loop can join the convolution that made
// the array.

import type { NodeOf } from '../../backends/graph.ts';
import type { ConvWork } from '../../backends/work.ts';
import type { FusedLoop } from '../../backends/workParts.ts';
import { stridesOf } from '../../tensor/shape.ts';

export interface Planes {
  readonly images: number;
  readonly channels: number;
  /** Cells of one channel of one image. */
  readonly plane: number;
}

/** The planes of a convolution's result. */
export function planesOf({ op, geometry: g }: NodeOf<ConvWork>): Planes {
  const sizes = g.axes.map((axis) => (op === 'conv' ? axis.output : axis.input));
  const channels = op === 'conv' ? g.outChannels : g.inChannels;
  return { images: g.batch, channels, plane: sizes.reduce((a, b) => a * b, 1) };
}

/** Whether input `i` is read at each point's own place. */
export function readsInPlace(loop: FusedLoop, i: number): boolean {
  const dense = stridesOf(loop.shape);
  return loop.shape.every((size, d) => size === 1 || loop.strides[i][d] === dense[d]);
}

/**
 * What input `i` of a loop is to an array of these planes that is read in place: `pixel` for the same place, `channel` for
 * one value per channel, null for anything else.
 */
export function kindOf(loop: FusedLoop, i: number, p: Planes): 'pixel' | 'channel' | null {
  if (readsInPlace(loop, i)) return 'pixel';
  const dense = stridesOf(loop.shape);
  const perChannel = loop.shape.every((size, d) => {
    if (size === 1) return true;
    const step = loop.strides[i][d];
    // Image axes and axes within a plane do not move; channel axes move by channels.
    const inPlane = dense[d] * size <= p.plane;
    const inImages = dense[d] % (p.channels * p.plane) === 0;
    if (inPlane || inImages) return step === 0;
    const inChannels = dense[d] % p.plane === 0 && dense[d] * size <= p.channels * p.plane;
    return inChannels && step === dense[d] / p.plane;
  });
  return perChannel ? 'channel' : null;
}

export const isChannel = (loop: FusedLoop, i: number, p: Planes): boolean => kindOf(loop, i, p) === 'channel';

/** Whether input `i` has one value per channel: an array of one image of one cell has that too. */
export const isPerChannel = (loop: FusedLoop, i: number, p: Planes): boolean =>
  isChannel(loop, i, p) || (p.images * p.plane === 1 && kindOf(loop, i, p) === 'pixel');
