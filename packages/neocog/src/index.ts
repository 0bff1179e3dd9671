// The library's public names.

export { type GradcheckOptions, type GradOptions, grad, gradcheck } from './autograd/grad.ts';
export type { Explanation } from './backends/backend.ts';
export type { Frame, Numbers, PixelBytes } from './backends/frames.ts';
export type { GraphNode, GraphValue } from './backends/graph.ts';
export { type Meter, withMeter } from './backends/metered.ts';
export type { Choices, TuneOptions } from './backends/tuning.ts';
export type { WideSimd } from './backends/wasm/engine.ts';
export type { Compression, PendingSum, SumOptions, TopK, World } from './backends/world.ts';
export * from './data/index.ts';
export { DeviceError, FormatError, NeocogError, ShapeError, UnsupportedError } from './errors.ts';
export type { Expr } from './expression/expression.ts';
export * as filters from './filters/index.ts';
export * from './fit/index.ts';
export type { Filtering } from './geometry/filtering.ts';
export {
  convGeometry,
  convTransposeGeometry,
  formatConv,
  formatPool,
  inputShape,
  multiplyAdds,
  outputShape,
  parseConv,
  parsePool,
  poolGeometry,
  poolOutputShape,
  weightShape,
} from './geometry/given.ts';
export type { Layout, Padding, PerAxis, PoolOptions } from './geometry/options.ts';
export type { Tap } from './geometry/reach.ts';
export type { ReceptiveField } from './geometry/receptive.ts';
export type { ConvGeometry, PaddingMode, PoolGeometry, WindowAxis } from './geometry/types.ts';
export type { ZeroInsertion } from './geometry/zeros.ts';
export * as explain from './inspect/arithmetic.ts';
export type { AxisArithmetic, LayerArithmetic, SeparableArithmetic } from './inspect/arithmeticRecord.ts';
export { type DrawLayerOptions, drawLayer } from './inspect/drawLayer.ts';
export { type EffectiveFieldOptions, effectiveReceptiveField } from './inspect/effectiveField.ts';
export { explainPlan, formatExplanation, type PlanOptions } from './inspect/explain.ts';
export {
  type LayerField,
  receptiveField,
  type StackLayer,
  type WindowAxes,
  type WindowOptions,
} from './inspect/receptiveField.ts';
export {
  type FormatSummaryOptions,
  formatSummary,
  type LayerSummary,
  type MemorySummary,
  type Summary,
  type SummaryOptions,
  summary,
} from './inspect/summary.ts';
export * as metrics from './metrics/index.ts';
export * as models from './models/index.ts';
export {
  featuresOf,
  type HeadOptions,
  headOf,
  type LoadedBackbone,
  loadBackbone,
  replaceHead,
} from './nn/head.ts';
export * as nn from './nn/index.ts';
export * as init from './nn/init/index.ts';
export { type QuantizeOptions, quantize } from './nn/quantize.ts';
export * from './ops/index.ts';
export * as optim from './optim/index.ts';
export { type KeptProgramOptions, keptProgram } from './program/cache/keptProgram.ts';
export type { ProgramCache } from './program/cache/place.ts';
export type { ProgramStore, StoredBytes } from './program/cache/store.ts';
export { type CompileOptions, compile, type OpenCompileOptions } from './program/compile.ts';
export { formatReport } from './program/formatReport.ts';
export type { Frames } from './program/frames.ts';
export { type NetworkGraph, type NetworkNode, networkGraph } from './program/networkGraph.ts';
export { OpenProgram } from './program/openProgram.ts';
export {
  type ConstantPlace,
  type PackedCode,
  type PackedConstant,
  type PackedProgram,
  type PackOptions,
  pack,
} from './program/pack.ts';
export type { InputPixels, PerChannel, PixelOptions } from './program/pixels.ts';
export { Program, type ProgramReport, type RunOptions } from './program/program.ts';
export {
  type RecordedCall,
  type RecordedNetwork,
  type RecordedTensor,
  type RecordOptions,
  recordNetwork,
} from './program/recorded.ts';
export type {
  AxisSizes,
  InputShapes,
  OpenInputShapes,
  OpenShape,
  OpenValue,
  ProgramValue,
} from './program/signature.ts';
export {
  type CompileTrainingOptions,
  compileTraining,
  type StepOptions,
  type TargetSpec,
  Trainer,
  type TrainingStep,
} from './program/training.ts';
export * as schedule from './schedule/index.ts';
export {
  type BackendName,
  configure,
  enginePeak,
  type Features,
  features,
  type Settings,
  withBackend,
} from './settings.ts';
export { isRecording, noGrad } from './tensor/graph.ts';
export { Generator, type GeneratorState, manualSeed } from './tensor/random.ts';
export { rand, randn, type SamplingOptions } from './tensor/sampling.ts';
export type { Shape } from './tensor/shape.ts';
export {
  arange,
  type DType,
  full,
  type Nested,
  ones,
  Tensor,
  type TensorOptions,
  tensor,
  zeros,
} from './tensor/tensor.ts';
export { version } from './version.ts';
