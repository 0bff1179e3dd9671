// How well a network tells classes apart: figures of each class, what is taken for what, and the mistakes.

import { type Evaluation, evaluate, metrics } from 'neocog';
import { formatColumns, formatCount, formatShare } from '../../table.ts';
import { type Looking, type Runnable, whileCompiled, withBar } from '../trained.ts';

/** What is measured. */
export interface ClassTest extends Looking {
  readonly network: Runnable;
  readonly classes: readonly string[];
  readonly noun: string;
  /** The class of each sample of the loader's data set, by the network's own numbers, as the samples have them. */
  readonly labels: readonly number[];
}

export interface ClassFigures {
  readonly evaluation: Evaluation;
  readonly rates: metrics.PrecisionRecall;
  /** Samples that could be read. */
  readonly tested: number;
}

export async function measureClasses(
  { network, classes, noun, labels, ...looking }: ClassTest,
  threads: number,
): Promise<ClassFigures> {
  const evaluation = await whileCompiled(network, threads, (program) =>
    withBar(looking, `looking at ${noun}s`, (seen) => evaluate(network.module, seen, { program })),
  );
  const { predictions } = evaluation;
  const tested = labels.flatMap((_, i) => ((predictions[i] ?? -1) >= 0 ? [i] : []));
  const of = (values: ArrayLike<number>): Int32Array => Int32Array.from(tested, (i) => values[i] as number);
  const rates = metrics.precisionRecall(of(predictions), of(labels), { classes: classes.length });
  return { evaluation, rates, tested: tested.length };
}

/** A sample that was taken for another class. */
export interface Mistake {
  readonly index: number;
  readonly truth: number;
  readonly taken: number;
  /** The share of the answer that the wrong class got. */
  readonly confidence: number;
}

/** The most confident first. */
export const mistakesOf = ({ predictions, confidences }: Evaluation, labels: readonly number[]): Mistake[] =>
  labels
    .map((truth, index) => ({
      ...{ index, truth },
      taken: predictions[index] as number, // there is one for each sample
      confidence: confidences[index] as number,
    }))
    .filter(({ taken, truth }) => taken >= 0 && taken !== truth)
    .sort((a, b) => b.confidence - a.confidence || a.index - b.index);

/** As `neocog evaluate` prints it. */
export function describeClasses(
  { evaluation, rates, tested }: ClassFigures,
  { classes, noun }: Pick<ClassTest, 'classes' | 'noun'>,
): string {
  const { accuracy, confusion } = evaluation;
  const rows = classes.map((name, i) => [
    name,
    formatCount(rates.support[i] ?? 0),
    ...[rates.precision, rates.recall, rates.f1].map((list) => formatShare(list[i] ?? 0, 1)),
    takenFor(i, confusion[i] ?? [], classes),
  ]);
  const table = formatColumns([['class', `${noun}s`, 'precision', 'recall', 'F1', 'taken for'], ...rows], 1);
  return `${formatShare(accuracy)} of ${formatCount(tested)} ${noun}s right\n\n${table}\n`;
}

/** The class that samples of another one are most often taken for. */
function takenFor(truth: number, row: readonly number[], classes: readonly string[]): string {
  const wrong = row.map((count, taken) => ({ count: taken === truth ? 0 : count, taken }));
  const most = wrong.reduce((a, b) => (b.count > a.count ? b : a), { count: 0, taken: truth });
  return most.count === 0 ? '' : `${classes[most.taken] ?? ''} (${formatCount(most.count)})`;
}

/** As `neocog evaluate --json` prints it. */
export function jsonOfClasses(
  { evaluation, rates, tested }: ClassFigures,
  { classes, noun }: Pick<ClassTest, 'classes' | 'noun'>,
): object {
  const { accuracy, loss, confusion } = evaluation;
  const { support, precision, recall, f1 } = rates;
  return {
    ...{ [`${noun}s`]: tested, accuracy, loss },
    classes: classes.map((name, i) => ({
      ...{ name, [`${noun}s`]: support[i], precision: precision[i], recall: recall[i], f1: f1[i] },
    })),
    confusion,
  };
}
