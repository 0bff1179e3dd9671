// Inputs that are made of frames: kernels make planes of float32, `[n, c, h, w]`; a network may take pixels, `[n, h, w, c]`, or
// whole numbers.

import type { FrameInput } from '../geometry/frames/picture.ts';
import { cast, permute } from '../ops/index.ts';
import { noGrad } from '../tensor/graph.ts';
import { type Shape, sameShape } from '../tensor/shape.ts';
import type { Tensor } from '../tensor/tensor.ts';

/** Of what the kernels make. */
export const planesShape = ({ images, channels, height, width }: FrameInput): Shape => [
  images,
  channels,
  height,
  width,
];

/** The input as the network takes it. */
export function fromPlanes({ shape, dtype }: Pick<Tensor, 'shape' | 'dtype'>, planes: Tensor): Tensor {
  const x = sameShape(shape, planes.shape) ? planes : permute(planes, [0, 2, 3, 1]);
  return x.dtype === dtype ? x : cast(x, dtype);
}

/** A tensor that the network takes, as the kernels would make it of frames. */
export function toPlanes(frames: FrameInput, x: Tensor): Tensor {
  return noGrad(() => {
    const planes = sameShape(x.shape, planesShape(frames)) ? x : permute(x, [0, 3, 1, 2]);
    return planes.dtype === 'float32' ? planes : cast(planes, 'float32');
  });
}
