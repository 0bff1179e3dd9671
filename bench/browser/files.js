// What a network's pages fetch: the same weights in every engine's format, and the result that they are held to.

import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { esModule, saveSafetensors } from '../../packages/formats/dist/index.js';
import { pack, tensor } from '../../packages/neocog/dist/index.js';
import { buildModule } from '../cases.js';
import { traceGraph } from '../graph.js';
import { writeOnnx } from '../onnx.js';
import { sample } from './sample.js';
import { writeTflite } from './tflite.js';

/**
 * Writes the files into a folder, and gives the right result.
 *
 * @param {import('../cases.js').Case} each @param {string} folder
 */
export function writeFiles(each, folder) {
  const module = buildModule(each, 'networks');
  const size = each.input.reduce((a, b) => a * b, 1);
  const { graph, weights, output } = traceGraph(module, tensor(sample(size), each.input));
  mkdirSync(join(folder, 'built'), { recursive: true });
  const put = (/** @type {string} */ name, /** @type {string | Uint8Array} */ data) =>
    writeFileSync(join(folder, name), data);
  put('weights.safetensors', saveSafetensors(module.stateDict()));
  put('weights.bin', new Uint8Array(weights.buffer));
  put('graph.json', JSON.stringify(graph));
  put('network.onnx', writeOnnx(graph, weights));
  put('network.tflite', writeTflite(graph, weights));
  for (const { name, data } of esModule(pack(module, { input: each.input })))
    put(`built/${name}`, typeof data === 'string' ? data : Buffer.concat([...data]));
  return output;
}
