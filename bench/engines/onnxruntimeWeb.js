// onnxruntime's WebAssembly engine, as it runs in Node.

import { readFileSync } from 'node:fs';
import { env, InferenceSession, Tensor } from 'onnxruntime-web';
import { serve, threads, versionOf } from './serve.js';
import { joinOutputs, onnxFeeds } from './values.js';

env.wasm.numThreads = threads;

await serve(versionOf('onnxruntime-web'), async (job) => {
  const file = job.format === 'onnx' ? job.model : `${job.folder}/network.onnx`;
  const session = await InferenceSession.create(readFileSync(file), {
    executionProviders: ['wasm'],
    graphOptimizationLevel: 'all',
    logSeverityLevel: 3,
  });
  const feeds = onnxFeeds(Tensor, job);
  const run = () => session.run(feeds);
  const outputs = job.outputs ?? [job.graph.output];
  const result = await run();
  return {
    run,
    output: joinOutputs(outputs.map((name) => result[name].data)),
    dispose: () => session.release(),
  };
});
