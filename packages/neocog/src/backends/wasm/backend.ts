// The WebAssembly backend: kernels written at run time for the geometry at hand. One thread.

import { inputShape, outputShape, weightShape } from '../../geometry/conv.ts';
import type { ConvGeometry } from '../../geometry/types.ts';
import type { Backend, ConvKernel } from '../backend.ts';
import { convRoutine, explainConv } from './conv/conv.ts';
import { copy, copyAdd } from './copy.ts';
import { fused } from './fused/index.ts';
import { matmul } from './matmul.ts';
import { compileGraph } from './program/compile.ts';
import { maxPool, scatterAdd, sumPool, sumPoolGrad, take } from './pool/index.ts';

const resultShape = { conv: outputShape, inputGrad: inputShape, weightGrad: weightShape };

function convolve(
  kernel: ConvKernel,
  g: ConvGeometry,
  a: Float32Array,
  b: Float32Array,
  bias: Float32Array | null = null,
): Float32Array {
  // Nothing to do for a batch of none: kernels count down from 1 at least.
  if (g.batch === 0) return new Float32Array(resultShape[kernel](g).reduce((n, size) => n * size, 1));
  return convRoutine(g, kernel).run(a, b, bias);
}

export const wasmBackend: Backend = {
  name: 'wasm',
  conv: (g, x, w, bias) => convolve('conv', g, x, w, bias),
  convInputGrad: (g, y, w, bias) => convolve('inputGrad', g, y, w, bias),
  convWeightGrad: (g, x, y) => convolve('weightGrad', g, x, y),
  maxPool,
  sumPool,
  sumPoolGrad,
  take,
  scatterAdd,
  matmul,
  fused,
  copy,
  copyAdd,
  explainConv,
  compile: compileGraph,
};
