// onnxruntime-web: an .onnx file.

import { env, InferenceSession, Tensor } from 'onnxruntime-web/wasm';
import { fetchBytes, measure, sampleInput, shape, threads } from '../page.js';

env.wasm.numThreads = threads;
env.wasm.wasmPaths = '/wasm/';

void measure(async () => {
  const session = await InferenceSession.create(await fetchBytes('network.onnx'), {
    executionProviders: ['wasm'],
    graphOptimizationLevel: 'all',
    logSeverityLevel: 3,
  });
  const x = new Tensor('float32', sampleInput('channels-first'), shape);
  const [name] = session.outputNames;
  return async () => (await session.run({ x }))[name].data;
});
