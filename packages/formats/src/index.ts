// @neocog/formats: weights and networks in and out. Re-exports only.

export {
  type EsModuleOptions,
  esModule,
  type OutputFile,
  type WeightStorage,
} from './es-module/index.ts';
export type { GraphInput, GraphModule } from './graph/graphModule.ts';

export { loadNpy, parseNpy, saveNpy } from './npy.ts';
export { loadNpz, parseNpz, saveNpz } from './npz.ts';
export { type LoadOnnxOptions, loadOnnx } from './onnx/load.ts';
export {
  loadSafetensors,
  parseSafetensors,
  safetensorsMetadata,
  saveSafetensors,
  type TensorDict,
} from './safetensors.ts';
export type { Source } from './source.ts';
export { loadTorch, parseTorch, type TorchOptions } from './torch.ts';
