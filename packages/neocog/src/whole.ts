// What quantised networks compute with, as `neocog/whole`: products and sums of whole numbers. It is for the packages of this house: names
// here may change with any version, and nothing else should import them.

export { roundToEven } from './geometry/round.ts';
export { type ByteScale, QuantizedConv, QuantizedLinear } from './nn/quantized.ts';
export {
  convWhole,
  linearWhole,
  matmulWhole,
  mostSumOf,
  paysOff,
  type WholeConvOptions,
  type WholeSums,
} from './ops/whole.ts';
