// What a converter does for engines that run operations one by one: batch normalisation becomes part of the convolution
// before it, and so does an activation that the engine can apply there.

/** The only operation that reads an operation's result, or undefined. */
function onlyReader(ops, op) {
  const readers = ops.filter(({ inputs }) => inputs.includes(op.output));
  return readers.length === 1 ? readers[0] : undefined;
}

/** Scales a convolution's weight and bias: y·s + (shift − mean·s) with s = scale/√(variance + eps). */
function foldNorm(conv, norm) {
  const { scale, shift, mean, variance } = norm.data;
  const factors = scale.map((value, i) => value / Math.sqrt(variance[i] + norm.eps));
  const size = conv.data.weight.length / factors.length;
  const bias = factors.map((factor, i) => shift[i] + ((conv.data.bias?.[i] ?? 0) - mean[i]) * factor);
  return { ...conv.data, weight: conv.data.weight.map((w, i) => w * factors[Math.floor(i / size)]), bias };
}

/** An operation with its weights as arrays. */
function withData(op, weights) {
  const entries = Object.entries(op.weights).map(([key, { at, shape }]) => {
    return [key, weights.slice(at, at + shape.reduce((a, b) => a * b, 1))];
  });
  return { ...op, data: Object.fromEntries(entries) };
}

/** The convolution with what reads it alone, as far as that can be part of it; and what is then needless. */
function absorb(ops, conv, activations) {
  const norm = onlyReader(ops, conv);
  const normalised =
    norm?.op === 'batchNorm' ? { ...conv, data: foldNorm(conv, norm), output: norm.output } : conv;
  const next = onlyReader(ops, normalised);
  if (!activations.includes(next?.op)) return { merged: normalised, gone: [norm] };
  return { merged: { ...normalised, activation: next.op, output: next.output }, gone: [norm, next] };
}

/** The graph's operations with weights in `data`, fewer of them, an `activation` in some convolutions. */
export function simplify(graph, weights, activations) {
  let ops = graph.ops.map((op) => withData(op, weights));
  for (const conv of ops.filter(({ op }) => op === 'conv')) {
    const { merged, gone } = absorb(ops, conv, activations);
    const absorbed = merged.output === conv.output ? [] : gone;
    ops = ops.filter((op) => !absorbed.includes(op)).map((op) => (op === conv ? merged : op));
  }
  return ops;
}
