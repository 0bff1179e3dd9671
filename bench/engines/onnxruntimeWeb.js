// onnxruntime's WebAssembly engine, as it runs in Node.

import { readFileSync } from 'node:fs';
import { env, InferenceSession, Tensor } from 'onnxruntime-web';
import { serve, threads, versionOf } from './serve.js';

env.wasm.numThreads = threads;

await serve(versionOf('onnxruntime-web'), async ({ graph, folder, x }) => {
  const session = await InferenceSession.create(readFileSync(`${folder}/network.onnx`), {
    executionProviders: ['wasm'],
    graphOptimizationLevel: 'all',
    logSeverityLevel: 3,
  });
  const feeds = { x: new Tensor('float32', x, graph.input) };
  const run = () => session.run(feeds);
  return { run, output: (await run())[graph.output].data, dispose: () => session.release() };
});
