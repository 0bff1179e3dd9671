// Layers and what they are made of.

export {
  type Activation,
  CELU,
  ELU,
  GELU,
  Hardshrink,
  Hardsigmoid,
  Hardswish,
  Hardtanh,
  LeakyReLU,
  LogSigmoid,
  LogSoftmax,
  Mish,
  PReLU,
  ReLU,
  ReLU6,
  SELU,
  Sigmoid,
  SiLU,
  Softmax,
  Softplus,
  Softshrink,
  Softsign,
  Tanh,
  Tanhshrink,
} from './activations.ts';
export {
  AdaptiveAvgPool1d,
  AdaptiveAvgPool2d,
  AdaptiveAvgPool3d,
  AdaptiveMaxPool1d,
  AdaptiveMaxPool2d,
  AdaptiveMaxPool3d,
} from './adaptivePool.ts';
export { Residual, Sequential } from './containers.ts';
export {
  Conv1d,
  Conv2d,
  Conv3d,
  type ConvLayerOptions,
  ConvTranspose1d,
  ConvTranspose2d,
  ConvTranspose3d,
  type ConvTransposeLayerOptions,
} from './conv.ts';
export { Embedding } from './embedding.ts';
export { type FreezeFilter, freeze, unfreeze } from './freeze.ts';
export { Dropout, Flatten, Linear } from './layers.ts';
export {
  LazyConv1d,
  LazyConv2d,
  LazyConv3d,
  LazyConvTranspose1d,
  LazyConvTranspose2d,
  LazyConvTranspose3d,
  LazyLinear,
} from './lazy.ts';
export { Module, type StateDict } from './module.ts';
export { NamedModule, type NamedTensors, type NamedValue } from './named.ts';
export {
  BatchNorm1d,
  BatchNorm2d,
  BatchNorm3d,
  type BatchNormLayerOptions,
  GroupNorm,
  type GroupNormLayerOptions,
  InstanceNorm1d,
  InstanceNorm2d,
  InstanceNorm3d,
  type InstanceNormLayerOptions,
  LayerNorm,
  type LayerNormLayerOptions,
} from './norm.ts';
export { Parameter } from './parameter.ts';
export {
  AvgPool1d,
  AvgPool2d,
  AvgPool3d,
  GlobalAvgPool,
  GlobalMaxPool,
  LpPool1d,
  LpPool2d,
  LpPool3d,
  MaxPool1d,
  MaxPool2d,
  MaxPool3d,
} from './pool.ts';
export { PixelShuffle, PixelUnshuffle, Upsample } from './resize.ts';
export {
  DepthwiseConv1d,
  DepthwiseConv2d,
  DepthwiseConv3d,
  type DepthwiseLayerOptions,
  PointwiseConv1d,
  PointwiseConv2d,
  PointwiseConv3d,
  type PointwiseLayerOptions,
  SeparableConv1d,
  SeparableConv2d,
  SeparableConv3d,
} from './separable.ts';
export {
  type HostStage,
  onHost,
  type PartStage,
  type Stage,
  StagedModule,
  type Stages,
  stage,
} from './staged.ts';
export { Fold, LocalResponseNorm, Unfold } from './unfold.ts';
export { MaxUnpool1d, MaxUnpool2d, MaxUnpool3d } from './unpool.ts';
