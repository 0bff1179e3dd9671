// The whole numbers of a TensorFlow Lite file: a byte is a number of steps from a zero point. Weights have steps for each output channel and
// their zero point at 0, sums of products have the product of both steps: https://ai.google.dev/edge/litert/models/quantization_spec

/** For a whole tensor one of each, else one for each index of an axis. @typedef {{ scales: number[], zeros: number[], axis: number }} Steps */
/** @typedef {[least: number, most: number]} Range */

/** What a sigmoid's must be. @type {Range} */
export const ofSigmoid = [0, 255 / 256];

/** 256 steps through a range and 0. @param {Range} range @returns {Steps} */
export function stepsOf([least, most]) {
  const [from, to] = [Math.min(least, 0), Math.max(most, 0)];
  const scale = (to - from) / 255 || 1;
  return { scales: [scale], zeros: [Math.round(-128 - from / scale)], axis: 0 };
}

/** Operations whose inputs and result have the same steps. */
const sharing = ['concat', 'maxPool', 'flatten'];

/** The steps of all that lies between operations. @param {{ op: string, inputs: string[], output: string }[]} ops @param {Map<string, Range>} seen */
export function stepsOfAll(ops, seen) {
  const ranges = new Map(seen);
  for (const { output } of ops.filter(({ op }) => op === 'sigmoid')) ranges.set(output, ofSigmoid);
  const groups = ops
    .filter(({ op }) => sharing.includes(op))
    .map(({ inputs, output }) => [...inputs, output]);
  // One that widens may widen others: as often as there are groups is always enough.
  for (const names of groups.flatMap(() => groups)) {
    const all = names.map((name) => /** @type {Range} */ (ranges.get(name)));
    /** @type {Range} */
    const widest = [Math.min(...all.map(([least]) => least)), Math.max(...all.map(([, most]) => most))];
    for (const name of names) ranges.set(name, widest);
  }
  return new Map([...ranges].map(([name, range]) => [name, stepsOf(range)]));
}

/** Weights `[out, …]` as bytes from −127 to 127. @param {Float32Array} values @param {number} out @param {number} axis where the file has output channels */
export function bytesOf(values, out, axis) {
  const size = values.length / out;
  const scales = Array.from({ length: out }, (_, i) => {
    const row = values.subarray(i * size, (i + 1) * size);
    return row.reduce((most, value) => Math.max(most, Math.abs(value)), 0) / 127 || 1;
  });
  const bytes = Int8Array.from(values, (value, i) => Math.round(value / scales[Math.floor(i / size)]));
  return { bytes, steps: { scales, zeros: scales.map(() => 0), axis } };
}

/** A bias as the sum that it is added to. @param {Float32Array} bias @param {Steps} input @param {Steps} weight */
export function sumsOf(bias, { scales: [scale] }, { scales, zeros }) {
  const steps = { scales: scales.map((each) => each * scale), zeros, axis: 0 };
  return { values: Int32Array.from(bias, (value, i) => Math.round(value / steps.scales[i])), steps };
}
