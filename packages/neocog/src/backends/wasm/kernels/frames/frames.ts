// The kernels that make an input of a network from frames, in their order.

import type { FrameInput } from '../../../../geometry/frames/picture.ts';
import type { Step } from '../kernel.ts';
import { columnsKernel } from './columns.ts';
import { rowsKernel } from './rows.ts';
import { shapeOf } from './shape.ts';

/** `header`: words of each image. `frames`: everything that depends on frames. `out0`: the values, row-major. */
export type FrameOperand = 'header' | 'frames' | 'out0';

export interface FramesPlan {
  readonly description: string;
  readonly workspaces: readonly number[];
  readonly steps: readonly Step<FrameOperand>[];
}

export function framesPlan(input: FrameInput): FramesPlan {
  const shape = shapeOf(input);
  const { images, channels, width, height, fit, interpolation, reversed } = input;
  const several = images === 1 ? '' : `${images} frames, `;
  const description = `${several}${fit}, ${interpolation}, to ${channels}×${height}×${width}${reversed ? ', blue first' : ''}`;
  const steps = [columnsKernel(shape), rowsKernel(shape)].map((kernel) => ({
    kernel,
    operands: kernel.operands as FrameOperand[],
  }));
  return { description, workspaces: [], steps };
}
