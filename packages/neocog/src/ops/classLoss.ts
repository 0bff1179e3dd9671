// Losses over classes: nll of log-probabilities, and crossEntropy, which is nll of logSoftmax with more kinds of target.

import { between, field, oneOf, orNull } from '../arguments/field.ts';
import { type Fields, needOptions } from '../arguments/options.ts';
import { effects } from '../backends/current.ts';
import { ShapeError } from '../errors.ts';
import type { Expr } from '../expression/expression.ts';
import * as e from '../expression/expression.ts';
import { floatsOrNull } from '../tensor/fields.ts';
import { formatShape, type Shape, sameShape } from '../tensor/shape.ts';
import type { Tensor } from '../tensor/tensor.ts';
import { div } from './arithmetic.ts';
import { floats, needShape, needTensor } from './check.ts';
import { fuse } from './fuse.ts';
import { type Compared, type LossOptions, reductions } from './reduction.ts';
import { reshape } from './reshape.ts';
import { logSoftmax } from './softmax.ts';

/** How `nll` weighs and sums up. */
export interface NllOptions extends LossOptions {
  /** A weight per class, `[c]`. Default null, which weighs all alike. The mean is over the weights of the targets kept. */
  weight?: Tensor | null | undefined;
  /** Samples of this class count nothing; null (default) for none. */
  ignoreIndex?: number | null | undefined;
}

const nllFields: Fields<NllOptions> = {
  reduction: oneOf(...reductions),
  weight: floatsOrNull,
  ignoreIndex: orNull(field<number>('a whole number', Number.isSafeInteger)),
};

/**
 * −weight · log-probability of the target's class, for log-probabilities `[n, c, …]` (or `[c]`) and class indices int32
 * `[n, …]` (or `[]`).
 *
 * @throws ShapeError if shapes differ, a class lies outside 0 … c − 1, or an option is out of range.
 * @example nll(logSoftmax(tensor([[2, 0, 0]])), tensor([0], [1], { dtype: 'int32' })).item() // 0.2395…
 */
export function nll(input: Tensor, target: Tensor, options: NllOptions = {}): Tensor {
  needOptions('nll', options, nllFields);
  const task = taskOf('nll', { input, target }, options);
  if (isProbabilities(task)) {
    throw new ShapeError("nll: target is float32; give class indices with dtype 'int32'");
  }
  return reduce(task, classTerms(task, task.scores, 0));
}

/** How `crossEntropy` weighs and sums up. */
export interface CrossEntropyOptions extends NllOptions {
  /** From 0 to 1: the share of each target that is spread evenly over all classes. Default 0. */
  labelSmoothing?: number | undefined;
}

const crossEntropyFields: Fields<CrossEntropyOptions> = { ...nllFields, labelSmoothing: between(0, 1) };

/**
 * Cross-entropy between logits `[n, c, …]` (or `[c]`) and class indices int32 `[n, …]` (or `[]`), or probabilities of
 * the logits' shape: `−Σ_c target_c · weight_c · log softmax(input)_c` per sample. The mean is over the weights of the
 * targets kept (class indices), or over the samples (probabilities).
 *
 * @throws ShapeError if shapes differ, a class lies outside 0 … c − 1, or an option is out of range.
 * @example crossEntropy(tensor([[2, 0, 0]]), tensor([0], [1], { dtype: 'int32' })).item() // 0.2395…
 */
export function crossEntropy(input: Tensor, target: Tensor, options: CrossEntropyOptions = {}): Tensor {
  needOptions('crossEntropy', options, crossEntropyFields);
  const { labelSmoothing: smoothing = 0 } = options;
  const task = taskOf('crossEntropy', { input, target }, options);
  const termsOf = isProbabilities(task) ? probabilityTerms : classTerms;
  return reduce(task, termsOf(task, logSoftmax(task.scores, { axis: 1 }), smoothing));
}

/** What is asked: a score per class, in a batch, and what is right. */
interface Task extends Required<{ [K in keyof NllOptions]: NonNullable<NllOptions[K]> | null }> {
  readonly fn: string;
  readonly scores: Tensor;
  readonly target: Tensor;
  readonly unbatched: boolean;
}

function taskOf(fn: string, { input, target }: Compared, options: NllOptions): Task {
  const { reduction = 'mean', weight = null, ignoreIndex = null } = options;
  floats(fn, 'input', input);
  needTensor(fn, 'target', target);
  const unbatched = input.rank === 1;
  const withBatch = (t: Tensor): Tensor => (unbatched ? reshape(t, [1, ...t.shape]) : t);
  const shared = { fn, reduction, weight, ignoreIndex, unbatched };
  const task = { ...shared, scores: withBatch(input), target: withBatch(target) };
  if (isProbabilities(task)) checkProbabilities(task);
  else checkClasses(task);
  if (weight) {
    floats(fn, 'weight', weight);
    needShape(fn, { weight }, { shape: [task.scores.shape[1]], to: `input ${formatShape(input.shape)}` });
    needNoNegative(fn, weight);
  }
  return task;
}

/** A class cannot count less than nothing. */
function needNoNegative(fn: string, weight: Tensor): void {
  effects().look(weight.data, (data) => {
    const wrong = data.findIndex((w: number) => !(w >= 0));
    if (wrong < 0) return;
    throw new ShapeError(
      `${fn}: weight holds ${data[wrong]} at index ${wrong}; give each class a weight of at least 0`,
    );
  });
}

const isProbabilities = (task: Task): boolean => task.target.dtype === 'float32';

function checkProbabilities({ fn, scores, target, ignoreIndex }: Task): void {
  if (!sameShape(scores.shape, target.shape)) {
    throw new ShapeError(
      `${fn}: target is float32 ${formatShape(target.shape)} for input ${formatShape(scores.shape)}; give probabilities of the input's shape, or class indices with dtype 'int32'`,
    );
  }
  if (ignoreIndex !== null && ignoreIndex >= 0) {
    throw new ShapeError(
      `${fn}: ignoreIndex is ${ignoreIndex}, but the target holds probabilities and no classes; leave it out`,
    );
  }
}

function checkClasses({ fn, scores, target, ignoreIndex }: Task): void {
  if (scores.rank < 2 || !sameShape(target.shape, withoutClasses(scores.shape))) {
    throw new ShapeError(
      `${fn}: target has shape ${formatShape(target.shape)} for input ${formatShape(scores.shape)}; give [n, …] for an input [n, c, …]`,
    );
  }
  const classes = scores.shape[1];
  effects().look(target.data, (data) => {
    const wrong = data.findIndex((y: number) => y !== ignoreIndex && (y < 0 || y >= classes));
    if (wrong < 0) return;
    throw new ShapeError(
      `${fn}: target holds class ${data[wrong]} at index ${wrong}, but the input has classes 0 to ${classes - 1}; correct it, or set ignoreIndex to leave it out`,
    );
  });
}

/** One term of the sum per (sample, class), and what the terms of a mean are divided by, as formulas over `inputs`. */
interface Terms {
  readonly inputs: readonly Tensor[];
  readonly loss: Expr;
  readonly count: Expr;
}

/** What is common to both kinds: input 0 is the log-probability, 1 the target, 2 the weight of each class, if any. */
function costsOf(task: Task, logP: Tensor, target: Tensor): { inputs: Tensor[]; weight: Expr; cost: Expr } {
  const inputs = [logP, target];
  const perClass = logP.shape.map((n, d) => (d === 1 ? n : 1));
  const weight = task.weight ? e.input(inputs.push(reshape(task.weight, perClass)) - 1) : e.constant(1);
  return { inputs, weight, cost: e.neg(e.mul(weight, e.input(0))) };
}

function probabilityTerms(task: Task, logP: Tensor, smoothing: number): Terms {
  const { inputs, cost } = costsOf(task, logP, task.target);
  const smoothed = e.add(e.mul(e.input(1), 1 - smoothing), smoothing / logP.shape[1]);
  // The mean is over samples, each of which is counted once, at its first class.
  return { inputs, loss: e.mul(smoothed, cost), count: e.eq(e.position(1), 0) };
}

function classTerms(task: Task, logP: Tensor, smoothing: number): Terms {
  const { inputs, weight, cost } = costsOf(task, logP, reshape(task.target, perSample(logP.shape)));
  const given = e.input(1);
  // Selected rather than multiplied: the log of an impossible class is −∞, and 0·∞ would be NaN.
  const chosen = e.eq(e.position(1), given);
  const share = (own: number): Expr => e.mul(cost, own + smoothing / logP.shape[1]);
  const loss = e.select(chosen, share(1 - smoothing), share(0));
  const count = e.select(chosen, weight, 0);
  if (task.ignoreIndex === null) return { inputs, loss, count };
  const kept = (terms: Expr): Expr => e.select(e.eq(given, task.ignoreIndex as number), 0, terms);
  return { inputs, loss: kept(loss), count: kept(count) };
}

function reduce({ fn, scores, reduction, unbatched }: Task, { inputs, loss, count }: Terms): Tensor {
  const into = reduction === 'none' ? perSample(scores.shape) : scores.shape.map(() => 1);
  const total = (terms: Expr): Tensor => fuse(fn, terms, inputs, { into, over: scores.shape });
  if (reduction === 'none') return reshape(total(loss), unbatched ? [] : withoutClasses(scores.shape));
  return reshape(reduction === 'sum' ? total(loss) : div(total(loss), total(count)), []);
}

const perSample = (shape: Shape): Shape => shape.map((n, d) => (d === 1 ? 1 : n));
const withoutClasses = (shape: Shape): Shape => shape.filter((_, d) => d !== 1);
