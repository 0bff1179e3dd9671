// A case as files that every engine can read, and the result that they are held to: that of neocog's eager operations,
// which its own tests hold to plain loops in float64.

import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { crossEntropy, optim, rand, summary, tensor } from '../packages/neocog/dist/index.js';
import { buildModule, labelsOf, withoutDropout } from './cases.js';
import { traceGraph } from './graph.js';
import { writeOnnx } from './onnx.js';

/** @typedef {'layers' | 'networks' | 'training'} Kind */

/** Small steps, so that rounding does not grow within those that are compared. */
const sgd = { lr: 0.01, momentum: 0.9 };
const checkedSteps = 3;

/**
 * @typedef {object} Job
 * @property {string} name
 * @property {object} request what engines are sent
 * @property {number} multiplyAdds of one call, forward
 * @property {(engine: string, losses?: number[]) => number} difference largest one from the right result, relative to the
 *   right result's largest magnitude
 * @property {() => void} remove
 */

/** @param {ArrayLike<number>} a @param {ArrayLike<number>} right */
export function relativeDifference(a, right) {
  if (a.length !== right.length) return Number.POSITIVE_INFINITY;
  let [largest, worst] = [0, 0];
  for (let i = 0; i < right.length; i++) {
    largest = Math.max(largest, Math.abs(right[i]));
    const difference = Math.abs(a[i] - right[i]);
    // NaN compares as false.
    if (!(difference <= worst)) worst = difference;
  }
  return worst / largest;
}

/** Losses of the first steps, without dropout. @param {import('./cases.js').Case} each @param {import('../packages/neocog/dist/index.js').Tensor} x */
function firstLosses(each, x) {
  const net = withoutDropout(buildModule(each, 'training'));
  const optimizer = new optim.SGD(net.parameters(), sgd);
  const y = tensor(labelsOf(each.input[0]), [each.input[0]], { dtype: 'int32' });
  return Array.from({ length: checkedSteps }, () => {
    optimizer.zeroGrad();
    const loss = crossEntropy(net.forward(x), y);
    loss.backward();
    optimizer.step();
    return loss.item();
  });
}

/** @param {import('./cases.js').Case} each @param {Kind} kind @returns {Job} */
export function prepareJob(each, kind) {
  const folder = mkdtempSync(join(tmpdir(), 'neocog-bench-'));
  const module = buildModule(each, kind);
  const x = rand(each.input);
  x.data.forEach((value, i) => (x.data[i] = value - 0.5));
  const { graph, weights, output } = traceGraph(module, x);
  writeFileSync(join(folder, 'x.bin'), /** @type {Float32Array} */ (x.data));
  writeFileSync(join(folder, 'weights.bin'), weights);
  if (kind !== 'training') writeFileSync(join(folder, 'network.onnx'), writeOnnx(graph, weights));
  const losses = kind === 'training' ? firstLosses(each, x) : [];
  const resultOf = (/** @type {string} */ engine) =>
    new Float32Array(new Uint8Array(readFileSync(join(folder, `${engine}.bin`))).buffer);
  return {
    name: each.name,
    request: { kind, name: each.name, folder, graph, labels: labelsOf(each.input[0]), checkedSteps, ...sgd },
    multiplyAdds: summary(module, each.input).multiplyAdds,
    difference: (engine, found) =>
      kind === 'training'
        ? relativeDifference(found ?? [], losses)
        : relativeDifference(resultOf(engine), output),
    remove: () => rmSync(folder, { recursive: true }),
  };
}
