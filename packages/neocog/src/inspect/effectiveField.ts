// How much one output cell of a network really depends on each input cell, by gradients: less at the rim of its receptive
// field than in the middle. Luo, Li, Urtasun & Zemel, "Understanding the effective receptive field in deep convolutional
// neural networks", 2016.

import { need, text, whole } from '../arguments/field.ts';
import { type Fields, needOptions } from '../arguments/options.ts';
import { shortText } from '../arguments/show.ts';
import { grad } from '../autograd/grad.ts';
import { ShapeError } from '../errors.ts';
import { show } from '../geometry/options.ts';
import type { Module } from '../nn/module.ts';
import { aModule } from '../nn/parts.ts';
import { inEvaluation, watchParts } from '../nn/watch.ts';
import { aShape, floatTensor, generator } from '../tensor/fields.ts';
import { Generator } from '../tensor/random.ts';
import { randn } from '../tensor/sampling.ts';
import { checkShape, formatShape, type Shape, sameShape, sizeOf, stridesOf } from '../tensor/shape.ts';
import { Tensor, zeros } from '../tensor/tensor.ts';

/** Which cell `effectiveReceptiveField` asks about, and with which inputs. */
export interface EffectiveFieldOptions {
  /** Path of the layer whose cell is meant, as `net.namedModules()` has it. Default: the output of the module. */
  layer?: string | undefined;
  /** Position of the output cell, one number per axis after batch and channels. Default: the middle. */
  output?: readonly number[] | undefined;
  /** Look at one output channel. Default: the sum over all. */
  channel?: number | undefined;
  /** Asks about this input, of the given shape. Default: inputs that `generator` draws. */
  input?: Tensor | undefined;
  /** Draws the inputs, from a normal distribution. Default: seeded with 0. */
  generator?: Generator | undefined;
}

const fields: Fields<EffectiveFieldOptions> = {
  layer: text,
  output: aShape,
  channel: whole(0),
  input: floatTensor,
  generator,
};

/**
 * How much one output cell depends on each input cell: |d output / d input|, averaged over the input's channels and over
 * the samples of the batch, for normally distributed inputs `inputShape` `[n, c, …spatial]` → `[…spatial]`. Larger
 * batches average more. The module runs in evaluation mode; its gradients are left alone.
 *
 * @throws ShapeError where input, output position or channel do not fit the module.
 */
export function effectiveReceptiveField(
  module: Module,
  inputShape: Shape,
  options: EffectiveFieldOptions = {},
): Tensor {
  const fn = 'effectiveReceptiveField';
  need(fn, 'module', module, aModule);
  checkShape(fn, inputShape);
  needOptions(fn, options, fields);
  if (inputShape.length < 3) {
    throw new ShapeError(
      `effectiveReceptiveField: input has shape ${formatShape(inputShape)}; give [n, c, …spatial]`,
    );
  }
  const x = inputOf(inputShape, options);
  return undisturbed(module, () => {
    const y = options.layer === undefined ? module.forward(x) : outputOf(module, options.layer, x);
    const [dx] = grad(y, [x], { gradient: oneCell(y.shape, options) });
    return averageMagnitude(dx);
  });
}

function inputOf(
  shape: Shape,
  { input, generator: source = new Generator(0) }: EffectiveFieldOptions,
): Tensor {
  if (!input) return randn(shape, { generator: source, requiresGrad: true });
  if (sameShape(input.shape, shape)) return new Tensor(input.data, shape, true);
  throw new ShapeError(
    `effectiveReceptiveField: input has shape ${formatShape(input.shape)}, but inputShape is ${formatShape(shape)}; give the same twice`,
  );
}

/** What a layer gives while the module runs; of one that runs several times, the last. */
function outputOf(module: Module, layer: string, x: Tensor): Tensor {
  let found: Tensor | undefined;
  const restore = watchParts(module, ({ name, forward }) => {
    const y = forward();
    if (name === layer) found = y;
    return y;
  });
  try {
    module.forward(x);
  } finally {
    restore();
  }
  if (found) return found;
  throw new ShapeError(
    `effectiveReceptiveField: no layer '${shortText(layer)}' ran; net.namedModules() lists the paths of all`,
  );
}

/** Runs `body` with the module in evaluation mode and without gradients by its parameters. */
function undisturbed<T>(module: Module, body: () => T): T {
  const wanted = module.parameters().filter((parameter) => parameter.requiresGrad);
  try {
    for (const parameter of wanted) parameter.requiresGrad = false;
    return inEvaluation(module, body);
  } finally {
    for (const parameter of wanted) parameter.requiresGrad = true;
  }
}

/** 1 at one cell of each sample, in one channel or in all. */
function oneCell(shape: Shape, options: EffectiveFieldOptions): Tensor {
  const { cell, channels } = readCell(shape, options);
  const strides = stridesOf(shape);
  const at = cell.reduce((sum, position, d) => sum + position * strides[d + 2], 0);
  const gradient = zeros(shape);
  for (let sample = 0; sample < shape[0]; sample++) {
    for (const channel of channels) gradient.data[sample * strides[0] + channel * strides[1] + at] = 1;
  }
  return gradient;
}

/** Which cell and channels of an output `[n, c, …spatial]` are meant. */
function readCell(shape: Shape, { output, channel }: EffectiveFieldOptions) {
  const refuse = (problem: string, remedy: string): never => {
    const came = `the module's output is ${formatShape(shape)}`;
    throw new ShapeError(`effectiveReceptiveField: ${problem} (${came}); ${remedy}`);
  };
  if (shape.length < 2)
    refuse('the output has no channels', 'give a module whose output is [n, c, …spatial]');
  const [spatial, count] = [shape.slice(2), shape[1]];
  const cell = output ?? spatial.map((size) => Math.floor(size / 2));
  if (cell.length !== spatial.length || !cell.every((at, d) => isIndex(at, spatial[d]))) {
    refuse(`output is ${show(cell)}`, 'give the position of a cell, one number for each spatial axis');
  }
  if (channel === undefined) return { cell, channels: Array.from({ length: count }, (_, c) => c) };
  if (!isIndex(channel, count)) refuse(`channel is ${show(channel)}`, `give one from 0 to ${count - 1}`);
  return { cell, channels: [channel] };
}

const isIndex = (at: number, size: number): boolean => Number.isInteger(at) && at >= 0 && at < size;

/** The mean of |x| over samples and channels: `[n, c, …]` → `[…]`. */
function averageMagnitude(x: Tensor): Tensor {
  const spatial = x.shape.slice(2);
  const [plane, count] = [sizeOf(spatial), x.shape[0] * x.shape[1]];
  const sums = new Float64Array(plane);
  for (let i = 0; i < x.size; i++) sums[i % plane] += Math.abs(x.data[i]) / count;
  return new Tensor(Float32Array.from(sums), Object.freeze(spatial));
}
