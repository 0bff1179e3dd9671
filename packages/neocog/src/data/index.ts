// Data sets, batches, and how a network does on them.

export { flipAxis, shiftAxes } from './augment.ts';
export type { Batch } from './batch.ts';
export { type ChannelStatistics, channelStatistics, type StatisticsOptions } from './channelStatistics.ts';
export { type BrokenSample, DataLoader, type SampleSource } from './dataLoader.ts';
export type { Dataset, PortableTransform, Recipe, Sample, Transform } from './dataset.ts';
export {
  type EvaluateOptions,
  type Evaluation,
  evaluate,
  type ForwardPass,
} from './evaluation.ts';
export { type IdxData, type IdxValues, parseIdx } from './idx.ts';
export { BatchLoader, type BatchLoaderOptions } from './loader.ts';
export type { DataLoaderOptions } from './loaderOptions.ts';
export type { LoaderState } from './order.ts';
export type { BatchSource, LabelledBatch, SourceState } from './source.ts';
export { type Parts, type Split, type SplitOptions, stratifiedSplit } from './split.ts';
export { subset } from './subset.ts';
export { type Samples, type TensorDatasetOptions, tensorDataset } from './tensorDataset.ts';
