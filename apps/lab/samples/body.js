// Writes the pre-trained body of "Teach" to public/data/body: nsfwjs's MobileNetV2 up to its 13th block, its weights in the eight bits in
// which they are published. README.md beside it says what it is.
//
//   npm ci --prefix examples && node apps/lab/samples/body.js

import { copyFileSync, mkdirSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

const folder = fileURLToPath(new URL('../public/data/body/', import.meta.url));
const source = fileURLToPath(new URL('../../../examples/node_modules/nsfwjs/', import.meta.url));
const require = createRequire(import.meta.url);
const last = 'block_13_expand_relu';
const weightsFile = 'weights.bin';

/** The package has the files of the network as modules, the weights as base64. */
const at = (file) => require(join(source, 'dist/models/mobilenet_v2', file));

const { modelTopology, weightsManifest } = at('model.min.js');
const bytes = Buffer.from(at('group1-shard1of1.min.js'), 'base64');

/** The layers up to the last that is wanted. */
function cutTopology({ keras_version, backend, model_config: { class_name, config } }) {
  const end = config.layers.findIndex(({ name }) => name === last);
  const layers = config.layers.slice(0, end + 1);
  const cut = { ...config, name: 'body', layers, output_layers: [[last, 0, 0]] };
  return { keras_version, backend, model_config: { class_name, config: cut } };
}

/** The weights of some layers, one byte a value. */
function cutWeights({ weights }, layers) {
  const kept = [];
  const parts = [];
  let place = 0;
  for (const weight of weights) {
    const size = weight.shape.reduce((product, side) => product * side, 1);
    if (layers.has(weight.name.split('/')[0])) {
      kept.push(weight);
      parts.push(bytes.subarray(place, place + size));
    }
    place += size;
  }
  if (place !== bytes.length)
    throw new Error(`the network has ${bytes.length} bytes of weights, not ${place}`);
  return { kept, data: Buffer.concat(parts) };
}

const topology = cutTopology(modelTopology);
const layers = new Set(topology.model_config.config.layers.map(({ name }) => name));
const { kept, data } = cutWeights(weightsManifest[0], layers);
const manifest = [{ paths: [weightsFile], weights: kept }];
mkdirSync(folder, { recursive: true });
writeFileSync(
  join(folder, 'model.json'),
  JSON.stringify({ format: 'layers-model', modelTopology: topology, weightsManifest: manifest }),
);
writeFileSync(join(folder, weightsFile), data);
copyFileSync(join(source, 'LICENSE'), join(folder, 'LICENSE.txt'));
console.log(`${layers.size} layers, ${kept.length} weights, ${data.length} bytes`);
