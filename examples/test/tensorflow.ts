// TensorFlow.js on plain JavaScript, as tests use it: a model of either kind, tensors of neocog in and out.

import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { Tensor } from 'neocog';

const packages = fileURLToPath(new URL('../node_modules/', import.meta.url));

interface TfTensor {
  readonly shape: number[];
  dataSync(): Float32Array | Int32Array;
}

type Execute<Results> = (
  inputs: TfTensor | TfTensor[] | Record<string, TfTensor>,
  outputs: string[],
) => Results;

interface Model {
  readonly outputs: { readonly name: string }[];
  predict(inputs: TfTensor | TfTensor[]): TfTensor | TfTensor[];
  execute?: Execute<TfTensor | TfTensor[]>;
  /** Also where the sizes of results follow from values. */
  executeAsync?: Execute<Promise<TfTensor | TfTensor[]>>;
}

interface Artifacts {
  readonly modelTopology: unknown;
  readonly weightsManifest: readonly { paths: string[]; weights: object[] }[];
  readonly [key: string]: unknown;
}

/** A model.json that was parsed, and its shards in order. */
export interface TfParts {
  readonly modelJson: Artifacts;
  readonly weights: readonly Uint8Array[];
}

/** A folder with model.json and shards. */
export function fromFolder(folder: string): TfParts {
  const read = (file: string) => readFileSync(`${packages}${folder}/${file}`);
  const modelJson: TfParts['modelJson'] = JSON.parse(read('model.json').toString());
  return { modelJson, weights: modelJson.weightsManifest.flatMap(({ paths }) => paths).map(read) };
}

/** nsfwjs wraps model.json and the shards, in base64, as modules. */
export function fromModules(require: NodeJS.Require, name: string): TfParts {
  const folder = `nsfwjs/dist/models/${name}`;
  const modelJson = require(`${packages}${folder}/model.min.js`) as TfParts['modelJson'];
  const shard = (path: string) =>
    Buffer.from(require(`${packages}${folder}/${path}.min.js`) as string, 'base64');
  return { modelJson, weights: modelJson.weightsManifest.flatMap(({ paths }) => paths).map(shard) };
}

type Load = (handler: { load(): Promise<object> }) => Promise<Model>;

const joined = (parts: readonly Uint8Array[]): ArrayBuffer => new Uint8Array(Buffer.concat(parts)).buffer;

/** What TensorFlow.js gives for these inputs, in the order of its outputs. `require` finds the examples' packages. */
export async function runTensorFlow(
  require: NodeJS.Require,
  { modelJson, weights }: TfParts,
  inputs: readonly Tensor[],
  open = false,
): Promise<Tensor[]> {
  const tf = require('@tensorflow/tfjs-core') as {
    tensor(data: Float32Array | Int32Array, shape: readonly number[], dtype: string): TfTensor;
    setBackend(name: string): Promise<boolean>;
  };
  require('@tensorflow/tfjs-backend-cpu');
  await tf.setBackend('cpu');
  const isGraph = modelJson.format === 'graph-model';
  const load = isGraph
    ? (require('@tensorflow/tfjs-converter') as { loadGraphModel: Load }).loadGraphModel
    : (require('@tensorflow/tfjs-layers') as { loadLayersModel: Load }).loadLayersModel;
  const weightSpecs = modelJson.weightsManifest.flatMap((group) => group.weights);
  const model = await load({
    load: async () => ({ ...modelJson, weightSpecs, weightData: joined(weights) }),
  });
  const given = inputs.map((x) => tf.tensor(x.data, x.shape, x.dtype));
  const names = model.outputs.map(({ name }) => name);
  const fed = given.length === 1 ? given[0] : given;
  const results = !isGraph
    ? model.predict(fed)
    : open
      ? await model.executeAsync!(fed, names)
      : model.execute!(fed, names);
  return [results].flat().map((y) => new Tensor(y.dataSync(), y.shape));
}
