// How good a network is, in numbers.

export { type Areas, type Auc, auc } from './auc.ts';
export type { Boxes, BoxFormat, Detections, TrueBoxes } from './boxes.ts';
export {
  type Calibration,
  type CalibrationOptions,
  calibration,
  type ReliabilityBin,
} from './calibration.ts';
export { type ConfusionOptions, confusion } from './confusion.ts';
export type { ClassOptions, Numbers } from './given.ts';
export {
  type MeanAveragePrecision,
  type MeanAveragePrecisionOptions,
  meanAveragePrecision,
} from './meanAveragePrecision.ts';
export { dice, meanIoU, type Overlap } from './overlap.ts';
export {
  type PrecisionRecall,
  type PrecisionRecallOptions,
  precisionRecall,
  type Rates,
} from './precisionRecall.ts';
export { type TopKOptions, topK } from './topK.ts';
