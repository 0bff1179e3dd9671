// How the packages of this house bring pictures to a size, as `neocog/pixels`: which part goes where, and how pixels are weighed. It is
// for them: names here may change with any version, and nothing else should import them.

export {
  type FittedFrame,
  type FramePart,
  fitFrame,
  type PicturePart,
  type PictureSize,
  type PixelFit,
} from './geometry/frames/fit.ts';
export {
  type AxisWeights,
  axisWeights,
  nearestPixels,
  type PixelInterpolation,
  type ResizedAxis,
  toWhole,
  weightBits,
} from './geometry/frames/weights.ts';
export { roundToEven } from './geometry/round.ts';
