// TensorFlow.js on WebAssembly: a list of operations and a file of weights.

import { compile, plain } from '../../engines/tensorflowGraph.js';
import { tf } from '../../engines/tf.js';
import { fetchBytes, measure, sampleInput, shape } from '../page.js';

void measure(async () => {
  const [graph, weights] = await Promise.all([
    fetch('/files/graph.json').then((response) => response.json()),
    fetchBytes('weights.bin'),
  ]);
  const forward = compile(graph, new Float32Array(weights.buffer));
  const [n, c, height, width] = shape;
  const x = tf.tensor(sampleInput('channels-last'), [n, height, width, c]);
  return () => {
    const y = forward(x);
    const values = plain(y);
    y.dispose();
    return values;
  };
});
