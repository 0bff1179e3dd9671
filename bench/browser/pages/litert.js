// LiteRT.js: XNNPACK in WebAssembly, a .tflite file.

import { loadAndCompile, loadLiteRt, Tensor } from '@litertjs/core';
import { measure, prefix, sampleInput, shape, threads } from '../page.js';

void measure(async () => {
  await loadLiteRt('/wasm/', { threads: threads > 1 });
  const model = await loadAndCompile(`/files/${prefix}network.tflite`, {
    accelerator: 'wasm',
    cpuOptions: { numThreads: threads },
  });
  const [n, c, height, width] = shape;
  const x = new Tensor(sampleInput('channels-last'), [n, height, width, c]);
  return async () => {
    const [y] = await model.run(x);
    const values = y.toTypedArray().slice();
    y.delete();
    return values;
  };
});
