// TensorFlow.js on its WebAssembly backend.

import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { serve, versionOf } from './serve.js';
import { channelsLast, compile, plain, twoAxes } from './tensorflowGraph.js';
import { tf } from './tf.js';
import { joinOutputs, splitInputs } from './values.js';

const require = createRequire(import.meta.url);

/** What TensorFlow.js loads: model.json and the shards beside it. */
function readModel(file) {
  const model = JSON.parse(readFileSync(file, 'utf8'));
  const paths = model.weightsManifest.flatMap((group) => group.paths);
  const weightSpecs = model.weightsManifest.flatMap((group) => group.weights);
  const bytes = Buffer.concat(paths.map((path) => readFileSync(join(dirname(file), path))));
  return { ...model, weightSpecs, weightData: Uint8Array.from(bytes).buffer };
}

async function loadPretrained({ format, model: file, shapes, x }) {
  if (format !== 'tfjs') throw new Error('it reads models of TensorFlow.js only');
  const artifacts = readModel(file);
  const isGraph = artifacts.format === 'graph-model';
  const handler = { load: async () => artifacts };
  const model = isGraph
    ? await require('@tensorflow/tfjs-converter').loadGraphModel(handler)
    : await require('@tensorflow/tfjs-layers').loadLayersModel(handler);
  const [input] = splitInputs(shapes, x).map(({ data, shape }) => tf.tensor(data, shape));
  const names = model.outputs.map(({ name }) => name);
  const forward = () => [isGraph ? model.execute(input, names) : model.predict(input)].flat();
  const results = forward();
  const output = joinOutputs(results.map((y) => y.dataSync()));
  tf.dispose(results);
  return { run: () => tf.dispose(tf.tidy(forward)), output, dispose: () => model.dispose() };
}

async function loadGraph({ graph, weights, x }) {
  // Everything made from here on is freed by the end of the scope.
  tf.engine().startScope();
  const [n, c, ...space] = graph.input;
  const first = tf.tensor(x, [n, c, ...twoAxes(space, 1)]);
  const input = tf.transpose(first, channelsLast(first.rank));
  const forward = compile(graph, weights());
  const y = forward(input);
  const output = Float32Array.from(plain(y));
  y.dispose();
  return { run: () => forward(input).dispose(), output, dispose: () => tf.engine().endScope() };
}

await serve(versionOf('@tensorflow/tfjs-backend-wasm'), (job) =>
  job.kind === 'pretrained' ? loadPretrained(job) : loadGraph(job),
);
