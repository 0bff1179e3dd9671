// What a network's pages fetch: the same weights in every engine's format, and the result that they are held to.

import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { esModule, saveSafetensors } from '../../packages/formats/dist/index.js';
import { pack, quantize, tensor } from '../../packages/neocog/dist/index.js';
import { buildModule } from '../cases.js';
import { traceGraph } from '../graph.js';
import { writeOnnx } from '../onnx.js';
import { sample } from './sample.js';
import { writeTflite } from './tflite.js';

/**
 * Writes the files into a folder, those of whole numbers with `quantised` before their names, and gives the right result.
 *
 * @param {import('../cases.js').Case} each @param {string} folder
 */
export function writeFiles(each, folder) {
  const module = buildModule(each, 'networks');
  const size = each.input.reduce((a, b) => a * b, 1);
  const x = tensor(sample(size), each.input);
  const { graph, weights, output, ranges } = traceGraph(module, x);
  const put = (/** @type {string} */ name, /** @type {string | Uint8Array} */ data) =>
    writeFileSync(join(folder, name), data);
  const putModule = (/** @type {string} */ name) => {
    mkdirSync(join(folder, name), { recursive: true });
    for (const { name: file, data } of esModule(pack(module, { input: each.input })))
      put(`${name}/${file}`, typeof data === 'string' ? data : Buffer.concat([...data]));
  };
  putModule('built');
  put('weights.safetensors', saveSafetensors(module.stateDict()));
  put('weights.bin', new Uint8Array(weights.buffer));
  put('graph.json', JSON.stringify(graph));
  put('network.onnx', writeOnnx(graph, weights));
  put('network.tflite', writeTflite(graph, weights));
  put('quantised-network.tflite', writeTflite(graph, weights, ranges));
  quantize(module, [x]);
  putModule('quantised-built');
  return output;
}
