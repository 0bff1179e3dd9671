// onnxruntime's native CPU engine.

import { readFileSync } from 'node:fs';
import { InferenceSession, Tensor } from 'onnxruntime-node';
import { serve, threads, versionOf } from './serve.js';

await serve(versionOf('onnxruntime-node'), async ({ graph, folder, x }) => {
  const session = await InferenceSession.create(readFileSync(`${folder}/network.onnx`), {
    intraOpNumThreads: threads,
    interOpNumThreads: 1,
    graphOptimizationLevel: 'all',
    logSeverityLevel: 3,
  });
  const feeds = { x: new Tensor('float32', x, graph.input) };
  const run = () => session.run(feeds);
  return { run, output: (await run())[graph.output].data, dispose: () => session.release() };
});
