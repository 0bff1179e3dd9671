// Learning rates over time: `optimizer.lr = rate(step)`.

export { type CosineOptions, type CosineWarmRestartsOptions, cosine, cosineWarmRestarts } from './cosine.ts';
export {
  type ConstantOptions,
  constant,
  type ExponentialOptions,
  exponential,
  type LinearOptions,
  linear,
  type MultiStepOptions,
  multiStep,
  type PolynomialOptions,
  polynomial,
  type StepOptions,
  step,
} from './decay.ts';
export { type OneCycleOptions, oneCycle, oneCycleMomentum } from './oneCycle.ts';
export type { BaseOptions, Schedule } from './schedule.ts';
export { type WarmupOptions, warmup } from './warmup.ts';
