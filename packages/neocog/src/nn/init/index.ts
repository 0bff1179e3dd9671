// Initial values of weights, filled in place. Names and defaults are those of torch.nn.init.

export { constant, dirac, eye, ones, zeros } from './fixed.ts';
export { type OrthogonalOptions, orthogonal } from './orthogonal.ts';
export { normal, type RandomOptions, type TruncNormalOptions, truncNormal, uniform } from './random.ts';
export { skip } from './skip.ts';
export {
  fans,
  gain,
  type KaimingOptions,
  kaimingNormal,
  kaimingStd,
  kaimingUniform,
  layerDefault,
  type Nonlinearity,
  type XavierOptions,
  xavierBound,
  xavierNormal,
  xavierUniform,
} from './variance.ts';
