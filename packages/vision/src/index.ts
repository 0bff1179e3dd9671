// @neocog/vision: pictures in and out, and sets of them. Re-exports only.

export {
  type BrokenSample,
  channelStatistics,
  DataLoader,
  type DataLoaderOptions,
} from 'neocog';
export type { PixelFit as Fit, PixelInterpolation as Interpolation } from 'neocog/pixels';
export { type BoxForm, boxConvert } from './boxes/convert.ts';
export { type LetterboxOptions, letterbox, type UnletterboxOptions, unletterbox } from './boxes/letterbox.ts';
export { iou, type NmsOptions, nms } from './boxes/overlap.ts';
export { type CocoOptions, coco } from './data/coco.ts';
export { type CsvLabelsOptions, csvLabels, jsonLabels, type LabelsOptions } from './data/csvLabels.ts';
export type { PictureFolder } from './data/find.ts';
export { imageFolder, type PictureSetOptions } from './data/imageFolder.ts';
export { type ImagePairsOptions, imagePairs } from './data/imagePairs.ts';
export { type MaskColour, type MaskColoursOptions, maskColours } from './data/maskColours.ts';
export type { PictureSample, PictureSet, PictureSets } from './data/sample.ts';
export { type YoloOptions, yolo } from './data/yolo.ts';
export { type DrawBoxesOptions, drawBoxes } from './draw/drawBoxes.ts';
export { type DrawMapsOptions, drawMaps } from './draw/drawMaps.ts';
export { type DrawMaskOptions, drawMask } from './draw/drawMask.ts';
export { type DrawPointsOptions, drawPoints } from './draw/drawPoints.ts';
export { type HeatmapOptions, heatmap } from './draw/heatmap.ts';
export { type Activations, type ActivationsOptions, activations } from './explain/activations.ts';
export { type FeatureMapsOptions, featureMaps } from './explain/featureMaps.ts';
export { forPictures, type PictureNetwork } from './explain/forPictures.ts';
export { type GradCamOptions, gradCam } from './explain/gradCam.ts';
export { type OcclusionOptions, occlusion } from './explain/occlusion.ts';
export { type OptimalPictureOptions, optimalPicture } from './explain/optimalPicture.ts';
export { type Patch, type StrongestPatchesOptions, strongestPatches } from './explain/strongestPatches.ts';
export type { ImageSource } from './files/bytes.ts';
export { type ReadImageOptions, readImage } from './files/read.ts';
export { type WriteImageOptions, writeImage } from './files/write.ts';
export type { Drawable } from './picture/canvas.ts';
export { drawTo } from './pixels/drawTo.ts';
export { fromPixels } from './pixels/fromPixels.ts';
export { fromVideo, videoFrames } from './pixels/fromVideo.ts';
export { type Palette, type PaletteChoice, palettes } from './pixels/palettes.ts';
export { rawPixels } from './pixels/rawPixels.ts';
export type { PixelSource, RawPixels } from './pixels/sources.ts';
export { type Pixels, type ToPixelsOptions, toPixels } from './pixels/toPixels.ts';
export type { PixelOptions } from './tensors/options.ts';
export type { ValueOptions } from './tensors/toPicture.ts';
export * as transforms from './transforms/index.ts';
