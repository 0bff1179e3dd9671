// onnxruntime's native CPU engine.

import { readFileSync } from 'node:fs';
import { InferenceSession, Tensor } from 'onnxruntime-node';
import { serve, threads, versionOf } from './serve.js';
import { joinOutputs, onnxFeeds } from './values.js';

await serve(versionOf('onnxruntime-node'), async (job) => {
  const file = job.format === 'onnx' ? job.model : `${job.folder}/network.onnx`;
  const session = await InferenceSession.create(readFileSync(file), {
    intraOpNumThreads: threads,
    interOpNumThreads: 1,
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
