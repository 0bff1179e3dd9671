// The convolution family.

import { inputShape, outputShape, weightShape } from '../../../geometry/conv.ts';
import { formatConv } from '../../../geometry/text.ts';
import type { ConvGeometry } from '../../../geometry/types.ts';
import { product } from '../../../geometry/window.ts';
import type { ConvKernel } from '../../backend.ts';
import { plainFinish } from '../../graph.ts';
import { carryOut, type Describe } from './routine.ts';

const resultShape = { conv: outputShape, inputGrad: inputShape, weightGrad: weightShape };

/** conv: (x, w, bias) → y; inputGrad: (y, w, bias) → x; weightGrad: (x, y) → w. See `Backend`. */
export function convolve(
  kernel: ConvKernel,
  g: ConvGeometry,
  a: Float32Array,
  b: Float32Array,
  bias: Float32Array | null = null,
): Float32Array {
  const size = product(resultShape[kernel](g));
  if (g.batch === 0) return new Float32Array(size);
  const key = `${kernel}${bias ? ' bias' : ''} ${formatConv(g)}`;
  const [result] = carryOut(key, bias ? [a, b, bias] : [a, b], convNode(kernel, g, bias !== null));
  return result as Float32Array;
}

export const convNode =
  (kernel: ConvKernel, geometry: ConvGeometry, bias: boolean): Describe =>
  (inputs, output) => {
    const common = { geometry, inputs, outputs: [output(product(resultShape[kernel](geometry)))], label: '' };
    if (kernel === 'weightGrad') return { op: kernel, ...common };
    return { op: kernel, ...common, bias, finish: plainFinish };
  };
