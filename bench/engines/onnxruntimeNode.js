// onnxruntime's native CPU engine.

import { readFileSync } from 'node:fs';
import { InferenceSession, Tensor } from 'onnxruntime-node';
import { serve, threads, versionOf } from './serve.js';
import { joinOutputs, onnxFeeds } from './values.js';

await serve(versionOf('onnxruntime-node'), async (job) => {
  if (job.format === 'tfjs') throw new Error('it reads ONNX only');
  const session = await InferenceSession.create(readFileSync(job.model ?? `${job.folder}/network.onnx`), {
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
