// jax-js on its WebAssembly backend, compiled by its `jit`. Layers only: at its speed a network would take many seconds.

import { defaultDevice, init, jit, lax, numpy } from '@jax-js/jax';
import { serve, versionOf } from './serve.js';
import { simplify } from './simplify.js';

await init('wasm');
defaultDevice('wasm');

function layer(op) {
  const weight = numpy.array(op.data.weight).reshape(op.weights.weight.shape);
  const ones = op.kernel.map(() => 1);
  const bias = numpy.array(op.data.bias).reshape([1, op.data.bias.length, ...ones]);
  if (op.op === 'conv') {
    const options = { rhsDilation: op.dilation, featureGroupCount: op.groups };
    const convolve = jit((x, w, b) => lax.convGeneralDilated(x, w, op.stride, op.pads, options).add(b));
    return (x) => convolve(x, weight.ref, bias.ref);
  }
  const pads = op.pads.map(([before, after], i) => {
    const reach = (op.kernel[i] - 1) * op.dilation[i];
    return [reach - before, reach - after];
  });
  const options = { rhsDilation: op.dilation, transposeKernel: true };
  const convolve = jit((x, w, b) => lax.convTranspose(x, w, op.stride, pads, options).add(b));
  return (x) => convolve(x, weight.ref, bias.ref);
}

await serve(versionOf('@jax-js/jax'), async ({ graph, weights, x }) => {
  const [op, ...more] = simplify(graph, weights(), []);
  if (more.length > 0) throw new Error('layers only');
  const input = numpy.array(x).reshape(graph.input);
  const apply = layer(op);
  const run = async () => {
    const y = apply(input.ref);
    await y.blockUntilReady();
    return y;
  };
  const output = Float32Array.from(await (await run()).data());
  return { run: async () => (await run()).dispose(), output };
});
