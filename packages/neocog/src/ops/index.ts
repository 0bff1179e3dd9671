// Every operation: values in, values out, at once.

export {
  celu,
  elu,
  type GeluOptions,
  gelu,
  hardShrink,
  hardSigmoid,
  hardSwish,
  hardTanh,
  leakyRelu,
  logSigmoid,
  mish,
  prelu,
  relu,
  relu6,
  selu,
  sigmoid,
  silu,
  softplus,
  softShrink,
  softsign,
  tanh,
  tanhShrink,
} from './activation.ts';
export {
  type AdaptivePoolOptions,
  adaptiveAvgPool1d,
  adaptiveAvgPool2d,
  adaptiveAvgPool3d,
  adaptiveMaxPool1d,
  adaptiveMaxPool1dWithIndices,
  adaptiveMaxPool2d,
  adaptiveMaxPool2dWithIndices,
  adaptiveMaxPool3d,
  adaptiveMaxPool3dWithIndices,
} from './adaptive.ts';
export { add, div, mul, sub } from './arithmetic.ts';
export { cast } from './cast.ts';
export { type CrossEntropyOptions, crossEntropy, type NllOptions, nll } from './classLoss.ts';
export { equal, greater, greaterEqual, less, lessEqual, notEqual } from './comparison.ts';
export {
  type ConvOptions,
  type ConvTransposeOptions,
  conv1d,
  conv2d,
  conv3d,
  convTranspose1d,
  convTranspose2d,
  convTranspose3d,
} from './conv.ts';
export { type CumSumOptions, cumSum } from './cumSum.ts';
export { type DropoutOptions, dropout } from './dropout.ts';
export { gather, type ScatterOptions, scatter } from './elements.ts';
export {
  abs,
  type ClampOptions,
  ceil,
  clamp,
  cos,
  erf,
  exp,
  floor,
  log,
  maximum,
  minimum,
  neg,
  pow,
  reciprocal,
  round,
  sign,
  sin,
  sqrt,
  square,
  tan,
  where,
} from './elementwise.ts';
export { embedding } from './embedding.ts';
export { expand, tile } from './expand.ts';
export type { TensorLike } from './formula.ts';
export { type GlobalPoolOptions, globalAvgPool, globalMaxPool } from './globalPool.ts';
export {
  type GroupNormOptions,
  groupNorm,
  type InstanceNormOptions,
  instanceNorm,
  type LayerNormOptions,
  layerNorm,
} from './groupNorm.ts';
export { indexSelect } from './indexSelect.ts';
export { type LocalResponseNormOptions, localResponseNorm } from './localResponse.ts';
export {
  type BceOptions,
  type BceWithLogitsOptions,
  bce,
  bceWithLogits,
  type HuberOptions,
  huber,
  type KlDivOptions,
  klDiv,
  l1,
  mse,
  type SmoothL1Options,
  smoothL1,
} from './loss.ts';
export { type LpPoolOptions, lpPool1d, lpPool2d, lpPool3d } from './lpPool.ts';
export { linear, matmul } from './matmul.ts';
export { concat, flip, permute, type SliceOptions, slice, transpose } from './move.ts';
export { type BatchNormOptions, batchNorm } from './norm.ts';
export { type PadOptions, pad } from './pad.ts';
export { pixelShuffle, pixelUnshuffle, type ShuffleOptions, type ShuffleOrder } from './pixelShuffle.ts';
export {
  type AvgPoolOptions,
  avgPool1d,
  avgPool2d,
  avgPool3d,
  type MaxPoolResult,
  maxPool1d,
  maxPool1dWithIndices,
  maxPool2d,
  maxPool2dWithIndices,
  maxPool3d,
  maxPool3dWithIndices,
} from './pool.ts';
export {
  type ArgOptions,
  argMax,
  argMin,
  logSumExp,
  max,
  mean,
  min,
  prod,
  type ReduceOptions,
  sum,
} from './reduce.ts';
export type { BatchReduction, LossOptions, Reduction } from './reduction.ts';
export { flatten, reshape, squeeze, unsqueeze } from './reshape.ts';
export { type ResizeMode, type ResizeOptions, resize } from './resize.ts';
export { logSoftmax, type SoftmaxOptions, softmax } from './softmax.ts';
export { split, stack } from './stack.ts';
export { type TriangleOptions, tril, triu } from './triangle.ts';
export { fold, type UnfoldOptions, unfold } from './unfold.ts';
export { maxUnpool1d, maxUnpool2d, maxUnpool3d, type UnpoolOptions } from './unpool.ts';
