// How a network does on a data set: evaluate. Eager, or through a forward pass that was compiled for a batch's shape.

import { aFunction, type Field, field, instance, need } from '../arguments/field.ts';
import { type Fields, needOptions } from '../arguments/options.ts';
import type { Module } from '../nn/index.ts';
import { aModule } from '../nn/parts.ts';
import { crossEntropy, softmax } from '../ops/index.ts';
import { floatTensor } from '../tensor/fields.ts';
import { noGrad } from '../tensor/graph.ts';
import { type Shape, sameShape } from '../tensor/shape.ts';
import type { Tensor } from '../tensor/tensor.ts';
import { makeBreather } from './breather.ts';
import { BatchLoader } from './loader.ts';
import { Tally } from './tally.ts';

/** Of a network's output and the labels: one number. */
export type Loss = (output: Tensor, target: Tensor) => Tensor;

/** A network made ready for batches of one shape; the `Program` of `compile` is one. */
export interface ForwardPass {
  /** The one shape that `run` takes, batch included. */
  readonly inputShape: Shape;
  /** x `[n, …]` of `inputShape` → what the network gives for it, `[n, …]`. */
  run(x: Tensor): Promise<Tensor>;
}

/** How `evaluate` measures, beside network and data. */
export interface EvaluateOptions {
  /** `crossEntropy` unless given. */
  loss?: Loss | undefined;
  /** Runs the batches of its shape; `module` runs the others, such as a smaller last one. Must hold the module's weights. */
  program?: ForwardPass | undefined;
}

export const aLoader: Field<BatchLoader> = instance('a BatchLoader', BatchLoader);
export const aProgram: Field<ForwardPass> = field(
  'a program, as compile(…) makes it',
  (v) => typeof v === 'object' && v !== null && 'run' in v && 'inputShape' in v,
);
const fields: Fields<EvaluateOptions> = { loss: aFunction, program: aProgram };

/** How a network does on a data set. Arrays are in the order of the data set. */
export interface Evaluation {
  /** The mean over all samples. */
  readonly loss: number;
  /** Fraction of 1; NaN where labels are no classes. */
  readonly accuracy: number;
  /** `confusion[t][p]`: how many of class t were taken for class p. */
  readonly confusion: number[][];
  /** The class each sample was taken for; −1 for one that the loader left out. */
  readonly predictions: Int32Array;
  /** The probability the network gave to that class. */
  readonly confidences: Float32Array;
}

/**
 * Measures a network on a data set, without gradients and in evaluation mode; restores the mode that each part was in.
 *
 * @example (await evaluate(net, testLoader)).accuracy // 0.99
 */
export async function evaluate(
  module: Module,
  loader: BatchLoader,
  options: EvaluateOptions = {},
): Promise<Evaluation> {
  need('evaluate', 'module', module, aModule);
  need('evaluate', 'loader', loader, aLoader);
  needOptions('evaluate', options, fields);
  const restore = module.evalForNow();
  try {
    return await measure(module, loader, options);
  } finally {
    restore();
  }
}

/** The number that a loss came to. @throws ShapeError if it is none. */
export function numberOf(fn: string, loss: Tensor): number {
  need(fn, 'the result of loss', loss, floatTensor);
  return loss.item();
}

async function measure(
  module: Module,
  loader: BatchLoader,
  { loss = crossEntropy, program }: EvaluateOptions,
): Promise<Evaluation> {
  const tally = new Tally();
  const predictions = new Int32Array(loader.size).fill(-1);
  const confidences = new Float32Array(loader.size);
  const confusion: number[][] = [];
  const breathe = makeBreather();
  for (const { x, y, index } of loader) {
    await breathe();
    const fits = program && sameShape(x.shape, program.inputShape);
    const output = fits ? await program.run(x) : noGrad(() => module.forward(x));
    const taken = tally.add(
      numberOf(
        'evaluate',
        noGrad(() => loss(output, y)),
      ),
      output,
      y,
    );
    if (taken === null || y.rank !== 1) continue;
    const shares = noGrad(() => softmax(output, { axis: 1 })).data;
    const classes = output.shape[1];
    while (confusion.length < classes) confusion.push(Array<number>(classes).fill(0));
    index.forEach((sample, i) => {
      predictions[sample] = taken[i];
      confidences[sample] = shares[i * classes + taken[i]];
      confusion[y.data[i]][taken[i]]++;
    });
  }
  return { loss: tally.loss, accuracy: tally.accuracy, confusion, predictions, confidences };
}
