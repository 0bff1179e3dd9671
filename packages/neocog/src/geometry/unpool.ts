// The sizes that maximum pooling may have come from. PyTorch's rule: (in − 1)·stride − pads + kernel, and since pooling
// rounds down, up to a stride less or more.

import {
  axisNames,
  type Caller,
  callOf,
  checkShape,
  type PoolOptions,
  readPads,
  readSizes,
  refuse,
  show,
  showShapes,
} from './options.ts';
import type { Windowed } from './pool.ts';
import { checkElements } from './window.ts';

/** What `maxUnpool2d`, and those of other ranks, must know of the pooling that they undo. */
export interface UnpoolOptions extends Pick<PoolOptions, 'stride' | 'padding' | 'layout'> {
  /** The spatial size of the result. Default: the smallest that the windows fill. */
  outputSize?: readonly number[] | undefined;
}

/** The shape of what a `kernel` window pooled into `input` `[batch, channels, ...spatial]`. */
export function unpoolShape(caller: Caller, { input, kernel }: Windowed, options: UnpoolOptions): number[] {
  const { stride, padding = 0, outputSize, layout } = options;
  const call = callOf(caller, () => showShapes({ input, kernel }, layout));
  checkShape(call, { input });
  const kernels = readSizes(call, 'kernel', kernel);
  const strides = readSizes(call, 'stride', stride ?? kernels);
  const pads = readPads(call, padding);
  const sizes = outputSize && readSizes(call, 'outputSize', outputSize);
  const plain = kernels.map((k, i) => (input[i + 2] - 1) * strides[i] - pads[i][0] - pads[i][1] + k);
  sizes?.forEach((size, i) => {
    if (Math.abs(size - plain[i]) < strides[i]) return;
    const [least, most] = [Math.max(1, plain[i] - strides[i] + 1), plain[i] + strides[i] - 1];
    const range = `${axisNames[call.rank][i]} ${least} to ${most}`;
    refuse(call, `outputSize ${show(outputSize)} is out of reach`, `kernel and stride allow ${range}`);
  });
  const shape = [...input.slice(0, 2), ...(sizes ?? plain)];
  checkShape(call, { output: shape });
  checkElements(call, { output: shape });
  return shape;
}
