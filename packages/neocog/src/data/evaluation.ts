// How a network does on a data set: evaluate. Eager, or through a forward pass that was compiled for a batch's shape.

import { aFunction, type Field, field, need } from '../arguments/field.ts';
import { type Fields, needOptions } from '../arguments/options.ts';
import type { Module } from '../nn/index.ts';
import { aModule } from '../nn/parts.ts';
import { crossEntropy, softmax } from '../ops/index.ts';
import { floatTensor } from '../tensor/fields.ts';
import { noGrad } from '../tensor/graph.ts';
import { type Shape, sameShape } from '../tensor/shape.ts';
import type { Tensor } from '../tensor/tensor.ts';
import { makeBreather } from './breather.ts';
import { foundByAll, tallyOfAll } from './sharedEvaluation.ts';
import { aSource, type BatchSource, batchesOf } from './source.ts';
import { judge, Tally } from './tally.ts';

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
  /** The class each sample was taken for; −1 for one that the loader left out, or that has no class. */
  readonly predictions: Int32Array;
  /** The probability the network gave to that class. */
  readonly confidences: Float32Array;
}

/**
 * Measures a network on a data set, without gradients and in evaluation mode; restores the mode that each part was in. Ranks of a
 * world that share a loader out each measure their samples, and all get the result of all.
 *
 * @example (await evaluate(net, testLoader)).accuracy // 0.99
 */
export async function evaluate(
  module: Module,
  loader: BatchSource,
  options: EvaluateOptions = {},
): Promise<Evaluation> {
  need('evaluate', 'module', module, aModule);
  need('evaluate', 'loader', loader, aSource);
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
  loader: BatchSource,
  { loss = crossEntropy, program }: EvaluateOptions,
): Promise<Evaluation> {
  const tally = new Tally();
  const answers = new Answers();
  const breathe = makeBreather();
  for await (const { x, y, index, spare } of batchesOf('evaluate', loader)) {
    await breathe();
    if (spare) continue;
    const fits = program && sameShape(x.shape, program.inputShape);
    const output = fits ? await program.run(x) : noGrad(() => module.forward(x));
    const value = noGrad(() => loss(output, y));
    const judged = judge(output, y);
    const { taken } = judged;
    tally.add(numberOf('evaluate', value), judged);
    if (taken !== null && y.rank === 1) answers.add({ output, y, index, taken });
  }
  const found = answers.inOrder(loader.size ?? 0);
  const { world } = loader;
  const { loss: mean, accuracy } = world ? new Tally(await tallyOfAll(world, tally.state())) : tally;
  return { loss: mean, accuracy, ...(world ? await foundByAll(world, found) : found) };
}

/** What a network said of a batch of samples with one class each. */
interface Answered {
  /** `[n, classes]` */
  readonly output: Tensor;
  readonly y: Tensor;
  readonly index: Int32Array | undefined;
  /** The class of each sample. */
  readonly taken: Int32Array;
}

/** What a network took each sample for, in whatever order samples come. */
class Answers {
  readonly #confusion: number[][] = [];
  readonly #found: { readonly place: number; readonly taken: number; readonly share: number }[] = [];

  add({ output, y, index, taken }: Answered): void {
    const shares = noGrad(() => softmax(output, { axis: 1 })).data;
    const classes = output.shape[1];
    const before = this.#found.length;
    while (this.#confusion.length < classes) this.#confusion.push(Array<number>(classes).fill(0));
    taken.forEach((predicted, i) => {
      const place = index ? index[i] : before + i;
      this.#found.push({ place, taken: predicted, share: shares[i * classes + predicted] });
      if (y.data[i] >= 0) this.#confusion[y.data[i]][predicted]++;
    });
  }

  /** Arrays of at least `size` samples. */
  inOrder(size: number): Pick<Evaluation, 'confusion' | 'predictions' | 'confidences'> {
    const samples = this.#found.reduce((most, { place }) => Math.max(most, place + 1), size);
    const predictions = new Int32Array(samples).fill(-1);
    const confidences = new Float32Array(samples);
    for (const { place, taken, share } of this.#found) {
      predictions[place] = taken;
      confidences[place] = share;
    }
    return { confusion: this.#confusion, predictions, confidences };
  }
}
