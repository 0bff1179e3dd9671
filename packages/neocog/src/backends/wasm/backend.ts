// The WebAssembly backend: kernels written at run time for the geometry at hand. Eager operations run on one thread.

import type { Backend } from '../backend.ts';
import { truncate } from '../truncate.ts';
import { convolve } from './eager/conv.ts';
import { copy, copyAdd } from './eager/copy.ts';
import { explainConv } from './eager/explain.ts';
import { fused } from './eager/fused.ts';
import { scatterAdd, take } from './eager/gather.ts';
import { matmul } from './eager/matmul.ts';
import { maxPool, sumPool, sumPoolGrad } from './eager/pool.ts';
import { compileGraph } from './program/compile.ts';
import { packGraph } from './program/pack.ts';

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
  truncate,
  copy,
  copyAdd,
  explainConv,
  compile: compileGraph,
  pack: packGraph,
};
