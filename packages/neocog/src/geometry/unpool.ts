// The sizes that maximum pooling may have come from. PyTorch's rule: (in − 1)·stride − pads + kernel, and since pooling
// rounds down, up to a stride less or more.

import {
  axisNames,
  type Call,
  checkShape,
  type PerAxis,
  type PoolOptions,
  type Rank,
  readPads,
  readPerAxis,
  refuse,
  show,
  showShapes,
} from './options.ts';
import { checkElements } from './window.ts';

/** What `maxUnpool2d`, and those of other ranks, must know of the pooling that they undo. */
export interface UnpoolOptions extends Pick<PoolOptions, 'stride' | 'padding' | 'layout'> {
  /** The spatial size of the result. Default: the smallest that the windows fill. */
  outputSize?: readonly number[] | undefined;
}

/** The shape of what a `kernel` window pooled into `input` `[batch, channels, ...spatial]`. */
export function unpoolShape(
  fn: string,
  rank: Rank,
  input: readonly number[],
  kernel: PerAxis,
  { stride, padding = 0, outputSize, layout }: UnpoolOptions,
): number[] {
  const call: Call = {
    fn,
    rank,
    get shapes() {
      return showShapes({ input, kernel }, layout);
    },
  };
  checkShape(call, 'input', input, ['batch', 'channels']);
  const kernels = readPerAxis(call, 'kernel', kernel, 1);
  const strides = readPerAxis(call, 'stride', stride ?? kernels, 1);
  const pads = readPads(call, padding);
  const sizes = outputSize && readPerAxis(call, 'outputSize', outputSize, 1);
  const plain = kernels.map((k, i) => (input[i + 2] - 1) * strides[i] - pads[i][0] - pads[i][1] + k);
  sizes?.forEach((size, i) => {
    if (Math.abs(size - plain[i]) < strides[i]) return;
    const [least, most] = [Math.max(1, plain[i] - strides[i] + 1), plain[i] + strides[i] - 1];
    const range = `${least} to ${most} of ${axisNames[rank][i]}`;
    refuse(call, `outputSize ${show(outputSize)} is out of reach`, `kernel and stride allow ${range}`);
  });
  const shape = [...input.slice(0, 2), ...(sizes ?? plain)];
  checkShape(call, 'output', shape, ['batch', 'channels']);
  checkElements(call, { output: shape });
  return shape;
}
