// Data sets, batches, and the training loop.

export { flipAxis, shiftAxes } from './augment.ts';
export {
  type EvaluateOptions,
  type Evaluation,
  evaluate,
  type ForwardPass,
} from './evaluation.ts';
export { type IdxData, type IdxValues, parseIdx } from './idx.ts';
export { type Batch, BatchLoader, type BatchLoaderOptions, type Samples } from './loader.ts';
export {
  type BatchReport,
  type EpochReport,
  type FitHistory,
  type FitOptimizer,
  type FitOptions,
  type FitTrainer,
  fit,
} from './training.ts';
