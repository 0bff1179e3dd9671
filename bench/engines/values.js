// Inputs and outputs of networks that have several, as one array of numbers.

/**
 * Inputs by name, out of the numbers of all of them.
 *
 * @param {Record<string, number[]>} shapes @param {Float32Array} x
 * @returns {{ name: string, shape: number[], data: Float32Array }[]}
 */
export function splitInputs(shapes, x) {
  let at = 0;
  return Object.entries(shapes).map(([name, shape]) => {
    const size = shape.reduce((a, b) => a * b, 1);
    at += size;
    return { name, shape, data: x.slice(at - size, at) };
  });
}

/** The numbers of all outputs, one after the other. @param {ArrayLike<number>[]} parts */
export function joinOutputs(parts) {
  const joined = new Float32Array(parts.reduce((sum, { length }) => sum + length, 0));
  let at = 0;
  for (const part of parts) {
    joined.set(part, at);
    at += part.length;
  }
  return joined;
}

/**
 * What a session of onnxruntime is given. Numbers are inputs of int64.
 *
 * @param {new (type: string, data: any, shape: number[]) => object} Tensor of either onnxruntime
 * @param {{ graph: { input: number[] }, shapes?: Record<string, number[]>, values?: Record<string, number>, x: Float32Array }} job
 */
export function onnxFeeds(Tensor, { graph, shapes = { x: graph.input }, values = {}, x }) {
  const tensors = splitInputs(shapes, x).map(({ name, shape, data }) => ({
    [name]: new Tensor('float32', data, shape),
  }));
  const numbers = Object.entries(values).map(([name, value]) => ({
    [name]: new Tensor('int64', [BigInt(value)], []),
  }));
  return Object.assign({}, ...tensors, ...numbers);
}
