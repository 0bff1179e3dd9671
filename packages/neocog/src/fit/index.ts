// Training, and what takes part in it.

export { type CacheFeaturesOptions, cacheFeatures } from './cacheFeatures.ts';
export type { CallbackState, FitCallback, FitRun } from './callback.ts';
export {
  type CheckpointOptions,
  type CheckpointStore,
  checkpoint,
  type Keeper,
  readCheckpoint,
} from './checkpoint.ts';
export type { Checkpoint, CheckpointRest } from './checkpointData.ts';
export { type EarlyStoppingOptions, earlyStopping } from './earlyStopping.ts';
export { type EmaOptions, ema } from './ema.ts';
export { fit } from './fit.ts';
export type { LogOptions, LogSink } from './logFile.ts';
export type { Monitor, MonitorOptions } from './monitor.ts';
export type { FitOptions } from './options.ts';
export type { FitOptimizer, FitTrainer, TakenStep } from './parties.ts';
export type { BatchReport, EpochReport, FitHistory } from './reports.ts';
export { type TensorBoardOptions, tensorBoard } from './tensorBoard.ts';
export { csvLog, type JsonLogOptions, jsonLog } from './textLogs.ts';
