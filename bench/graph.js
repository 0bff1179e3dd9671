// A network as a list of operations on named values, with all weights in one array: what the other engines are given.
// It is seen, not described: a forward pass runs on a backend that notes what it is asked for, and layers that are several
// calls of the backend (normalisation, linear, mean of planes) are noted as one.

import { backend, setBackend } from '../packages/neocog/dist/backends/current.js';
import * as neocog from '../packages/neocog/dist/index.js';

const { nn, zeros } = neocog;

/** @typedef {import('../packages/neocog/dist/index.js').Tensor} Tensor */
/** @typedef {Float32Array | Int32Array} Values */

/** Weights: floats from `at` on. @typedef {{ at: number, shape: number[] }} Placed */

/**
 * `conv` and `convTranspose` have kernel, stride, dilation, pads (`[before, after]` per axis) and groups; `batchNorm` has
 * mean, variance, scale and shift; weights are laid out as PyTorch's.
 *
 * @typedef {{ op: string, inputs: string[], output: string, weights: Record<string, Placed> } & Record<string, any>} Op
 */

/** @typedef {{ input: number[], output: string, outputShape: number[], ops: Op[] }} Graph the input is named `x` */

/** The formula that the library computes an elementwise operation with. @param {() => unknown} call */
function formulaOf(call) {
  /** @type {unknown} */
  let found;
  const real = backend();
  const listening = Object.assign(Object.create(real), {
    /** @type {typeof real.run} */
    run(work, inputs) {
      if (work.op === 'fused') found = work.loop.expr;
      return real.run(work, inputs);
    },
  });
  setBackend(listening);
  try {
    call();
  } finally {
    setBackend(real);
  }
  return found;
}

/** The names of formulas; equal formulas are one object. */
function elementwiseNames() {
  const t = zeros([1]);
  const unary = ['relu', 'relu6', 'silu', 'sigmoid'];
  const binary = ['add', 'mul'];
  const functions = /** @type {Record<string, (...t: Tensor[]) => Tensor>} */ (
    /** @type {unknown} */ (neocog)
  );
  return new Map([...unary, ...binary].map((name) => [formulaOf(() => functions[name](t, t)), name]));
}

/** @param {readonly import('../packages/neocog/dist/geometry/types.js').WindowAxis[]} axes */
const windowOf = (axes) => ({
  kernel: axes.map((axis) => axis.kernel),
  stride: axes.map((axis) => axis.stride),
  dilation: axes.map((axis) => axis.dilation),
  pads: axes.map((axis) => [axis.padBefore, axis.padAfter]),
});

class Recorder {
  /** @type {Op[]} */
  ops = [];
  /** @type {Map<Values, string>} */
  names = new Map();
  /** @type {Float32Array[]} */
  arrays = [];
  size = 0;
  /** The least and the largest value of what comes in and of every result. @type {Map<string, [number, number]>} */
  ranges = new Map();
  /** Inside a layer that is noted as a whole. */
  muted = false;

  /** @param {Values | null} data @param {number[]} shape @returns {Placed} */
  place(data, shape) {
    const at = this.size;
    this.arrays.push(/** @type {Float32Array} */ (data).slice());
    this.size += /** @type {Float32Array} */ (data).length;
    return { at, shape };
  }

  /**
   * @template {Values} T
   * @param {string} op @param {Values[]} inputs @param {T} output
   * @param {Record<string, unknown>} [rest]
   */
  note(op, inputs, output, { weights = {}, ...rest } = {}) {
    if (this.muted) return output;
    const known = inputs.map((x) => this.names.get(x));
    if (known.includes(undefined))
      throw new Error(`graph: an input of ${op} comes from an unknown operation`);
    const name = `v${this.ops.length}`;
    this.ops.push(/** @type {Op} */ ({ op, inputs: known, output: name, weights, ...rest }));
    this.name(output, name);
    return output;
  }

  /** @param {Values} values @param {string} name */
  name(values, name) {
    this.names.set(values, name);
    let [least, most] = [Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY];
    for (const value of values) {
      least = Math.min(least, value);
      most = Math.max(most, value);
    }
    this.ranges.set(name, [least, most]);
  }

  weights() {
    const all = new Float32Array(this.size);
    let at = 0;
    for (const array of this.arrays) {
      all.set(array, at);
      at += array.length;
    }
    return all;
  }
}

/** @param {Recorder} recorder @param {ReturnType<typeof backend>} real */
function recordingBackend(recorder, real) {
  const names = elementwiseNames();
  /** @param {Values} w @param {number[]} shape @param {Values | null} bias */
  const placeConv = (w, shape, bias) => ({
    weight: recorder.place(w, shape),
    ...(bias && { bias: recorder.place(bias, [bias.length]) }),
  });
  /** @type {typeof real.run} */
  const run = (work, inputs) => {
    const results = real.run(work, inputs);
    const [x, w, bias] = inputs;
    const [y] = results;
    switch (work.op) {
      case 'conv':
      case 'inputGrad': {
        const { geometry: g } = work;
        const isForward = work.op === 'conv';
        recorder.note(isForward ? 'conv' : 'convTranspose', [x], y, {
          weights: placeConv(w, neocog.weightShape(g), work.bias ? bias : null),
          groups: g.groups,
          ...windowOf(g.axes),
          ...(!isForward && { outputSize: g.axes.map((axis) => axis.input) }),
        });
        break;
      }
      case 'maxPool': {
        const { axes } = work.geometry;
        const ceil = axes.some(
          (a) => (a.output - 1) * a.stride + a.kernel > a.input + a.padBefore + a.padAfter,
        );
        recorder.note('maxPool', [x], y, { ...windowOf(axes), ceil });
        break;
      }
      case 'fused': {
        const name = names.get(work.loop.expr);
        if (name) recorder.note(name, [...inputs], y);
        break;
      }
      case 'copyAdd':
        recorder.note('concat', [...inputs], y);
    }
    return results;
  };
  return Object.assign(Object.create(real), { run });
}

/** How layers are noted that are not one call of the backend. @param {Recorder} recorder @param {any} part */
function wholeLayer(recorder, part) {
  const place = (/** @type {Tensor} */ t) => recorder.place(t.data, [...t.shape]);
  if (part instanceof nn.BatchNorm2d) {
    const { weight, bias, runningMean, runningVar, eps } = /** @type {any} */ (part);
    const weights = {
      scale: place(weight),
      shift: place(bias),
      mean: place(runningMean),
      variance: place(runningVar),
    };
    return { op: 'batchNorm', weights, eps };
  }
  if (part instanceof nn.Linear) {
    return {
      op: 'linear',
      weights: { weight: place(part.weight), bias: place(/** @type {Tensor} */ (part.bias)) },
    };
  }
  if (part instanceof nn.GlobalAvgPool) return { op: 'globalAvgPool' };
  if (part instanceof nn.Flatten) return { op: 'flatten' };
  if (part instanceof nn.Dropout && part.p > 0) return { op: 'dropout', p: part.p };
  return null;
}

/** @param {Recorder} recorder @param {import('../packages/neocog/dist/index.js').nn.Module} module @returns {() => void} what takes the watching off */
function watchLayers(recorder, module) {
  const parts = module.namedModules().map(([, part]) => part);
  for (const part of parts) {
    const noted = wholeLayer(recorder, part);
    if (!noted) continue;
    const { op, ...rest } = noted;
    const forward = part.forward.bind(part);
    part.forward = (x) => {
      recorder.muted = true;
      const y = forward(x);
      recorder.muted = false;
      recorder.note(op, [x.data], y.data, rest);
      return y;
    };
  }
  return () => {
    for (const part of parts) delete (/** @type {{ forward?: unknown }} */ (part).forward);
  };
}

/**
 * The operations of a module, its weights, and its result on `input`, computed by the library's eager operations; and the ranges of
 * the input and of all results by name.
 *
 * @param {import('../packages/neocog/dist/index.js').nn.Module} module
 * @param {Tensor} input
 * @returns {{ graph: Graph, weights: Float32Array, output: Float32Array, ranges: Map<string, [least: number, most: number]> }}
 */
export function traceGraph(module, input) {
  const recorder = new Recorder();
  const real = backend();
  const restoreMode = module.evalForNow();
  const restoreLayers = watchLayers(recorder, module);
  recorder.name(input.data, 'x');
  setBackend(recordingBackend(recorder, real));
  try {
    const y = neocog.noGrad(() => module.forward(input));
    const output = recorder.names.get(y.data) ?? '';
    const graph = { input: [...input.shape], output, outputShape: [...y.shape], ops: recorder.ops };
    const { ranges } = recorder;
    return { graph, weights: recorder.weights(), output: Float32Array.from(y.data), ranges };
  } finally {
    setBackend(real);
    restoreLayers();
    restoreMode();
  }
}
