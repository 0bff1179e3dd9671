// @neocog/formats: weights and networks in and out. Re-exports only.

export type { Limits } from './budget.ts';
export { detectFormat, type Format } from './detect.ts';
export {
  type EsModuleOptions,
  esModule,
  type OutputFile,
  singlePage,
  type WeightStorage,
} from './es-module/index.ts';
export type { GraphInput } from './graph/given.ts';
export type { GraphModule } from './graph/graphModule.ts';
export { type LoadKerasOptions, loadKeras } from './keras/load.ts';
export type { CustomLayer, CustomLayers } from './keras/network.ts';
export { type LoadedFile, type LoadOptions, loadFile, loadFiles } from './load.ts';
export { loadNpy, parseNpy, saveNpy } from './npy.ts';
export { loadNpz, parseNpz, saveNpz } from './npz.ts';
export { type LoadOnnxOptions, loadOnnx } from './onnx/load.ts';
export { type SaveOnnxOptions, saveOnnx } from './onnx/save.ts';
export type { ReadOptions } from './open.ts';
export type { PretrainedStore } from './pretrained/cache.ts';
export type { Progress } from './pretrained/download.ts';
export { loadPretrained, type PretrainedOptions, type PretrainedSource } from './pretrained/load.ts';
export type { PretrainedName } from './pretrained/table.ts';
export {
  loadSafetensors,
  parseSafetensors,
  safetensorsMetadata,
  saveSafetensors,
  type TensorDict,
} from './safetensors.ts';
export type { Source } from './source.ts';
export type { TfjsParts, TfjsSource } from './tfjs/artifacts.ts';
export { type LoadTfjsOptions, loadTfjs } from './tfjs/load.ts';
export { loadTorch, parseTorch, type TorchOptions } from './torch.ts';
