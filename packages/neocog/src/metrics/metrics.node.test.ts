// The metrics against scikit-learn and pycocotools, and what they refuse.

import { describe, expect, it } from 'vitest';
import { metricCases } from '../../../../test/metrics/fixtures.ts';
import { metrics, NeocogError, softmax, tensor } from '../index.ts';

/** Both compute in float64, in orders of their own. */
const near = (value: number) => (Number.isNaN(value) ? Number.NaN : expect.closeTo(value, 12));

function nearAll<T>(value: T): T {
  if (typeof value === 'number') return near(value) as T;
  if (Array.isArray(value)) return value.map(nearAll) as T;
  return Object.fromEntries(Object.entries(Object(value)).map(([key, part]) => [key, nearAll(part)])) as T;
}

interface ClassCase {
  name: string;
  scores: number[][];
  labels: number[];
  topK: number[];
  confusion: Record<'counts' | 'labels' | 'predictions' | 'all', number[][]>;
  zeroDivision0: Omit<metrics.PrecisionRecall, 'accuracy'>;
  zeroDivision1: Omit<metrics.PrecisionRecall, 'accuracy'>;
  accuracy: number;
  iou: metrics.Overlap;
  dice: metrics.Overlap;
  auc: AucCase;
}

interface AucCase {
  perClass: Record<'roc' | 'averagePrecision', number[]>;
  roc: Record<'macro' | 'weighted' | 'micro', number>;
  averagePrecision: Record<'macro' | 'weighted' | 'micro', number>;
}

/** The same numbers under the names of `metrics.auc`. */
const named = ({ perClass, roc, averagePrecision }: AucCase): metrics.Auc => ({
  roc: near(roc.macro),
  averagePrecision: near(averagePrecision.macro),
  perClass: perClass.roc.map((area, i) => ({
    roc: near(area),
    averagePrecision: near(perClass.averagePrecision[i]),
  })),
  weighted: { roc: near(roc.weighted), averagePrecision: near(averagePrecision.weighted) },
  micro: { roc: near(roc.micro), averagePrecision: near(averagePrecision.micro) },
});

const argmax = (row: readonly number[]): number => row.indexOf(Math.max(...row));

describe.each(metricCases<ClassCase>('classes'))('scikit-learn, $name', (known) => {
  const scores = tensor(known.scores);
  const labels = tensor(Int32Array.from(known.labels));
  const classes = known.scores[0].length;

  it('topK', () => {
    const found = known.topK.map((_, i) => metrics.topK(scores, labels, { k: i + 1 }));
    expect(found).toEqual(known.topK.map(near));
    expect(metrics.topK(scores, labels)).toBe(found[0]);
    expect(metrics.topK(scores, labels, { k: classes + 1 })).toBe(1);
  });

  it('confusion, from scores and from classes', () => {
    const taken = known.scores.map(argmax);
    expect(metrics.confusion(scores, labels)).toEqual(known.confusion.counts);
    expect(metrics.confusion(taken, known.labels, { classes })).toEqual(known.confusion.counts);
    for (const normalize of ['labels', 'predictions', 'all'] as const)
      expect(metrics.confusion(scores, labels, { normalize })).toEqual(nearAll(known.confusion[normalize]));
  });

  it.each([0, 1] as const)('precisionRecall with zeroDivision %i', (zeroDivision) => {
    const expected = { ...known[`zeroDivision${zeroDivision}`], accuracy: known.accuracy };
    expect(metrics.precisionRecall(scores, labels, { zeroDivision })).toEqual(nearAll(expected));
    if (zeroDivision === 0) expect(metrics.precisionRecall(scores, labels)).toEqual(nearAll(expected));
  });

  it('meanIoU and dice', () => {
    expect(metrics.meanIoU(scores, labels)).toEqual(nearAll(known.iou));
    expect(metrics.dice(scores, labels)).toEqual(nearAll(known.dice));
  });

  it('auc, one against the rest', () => {
    expect(metrics.auc(scores, labels)).toEqual(named(known.auc));
  });
});

interface BinaryCase {
  name: string;
  scores: number[];
  labels: number[];
  roc: number;
  averagePrecision: number;
}

it.each(metricCases<BinaryCase>('binary'))('scikit-learn, auc of two classes, $name', (known) => {
  const areas = { roc: near(known.roc), averagePrecision: near(known.averagePrecision) };
  expect(metrics.auc(known.scores, known.labels)).toEqual({
    ...areas,
    perClass: [areas],
    weighted: known.name === 'no positives' ? { roc: 0, averagePrecision: 0 } : areas,
    micro: areas,
  });
});

interface SeveralCase {
  name: string;
  predictions: number[][];
  labels: number[][];
  scores: number[][];
  zeroDivision0: Omit<metrics.PrecisionRecall, 'accuracy'>;
  zeroDivision1: Omit<metrics.PrecisionRecall, 'accuracy'>;
  auc: AucCase;
}

describe.each(metricCases<SeveralCase>('several'))('scikit-learn, $name', (known) => {
  const labels = tensor(known.labels, undefined, { dtype: 'int32' });
  const whole = known.labels.filter((row, i) => String(row) === String(known.predictions[i]));
  const accuracy = whole.length / known.labels.length;

  it.each([0, 1] as const)('precisionRecall with zeroDivision %i', (zeroDivision) => {
    const expected = { ...known[`zeroDivision${zeroDivision}`], accuracy };
    const predictions = tensor(known.predictions, undefined, { dtype: 'int32' });
    const found = metrics.precisionRecall(predictions, labels, { multiLabel: true, zeroDivision });
    expect(found).toEqual(nearAll(expected));
  });

  it('auc', () => {
    expect(metrics.auc(tensor(known.scores), labels)).toEqual(named(known.auc));
  });
});

it('takes scores from a threshold on for labels', () => {
  const [{ scores, labels }] = metricCases<SeveralCase>('several');
  const truth = tensor(labels, undefined, { dtype: 'int32' });
  for (const threshold of [0.25, 0.5]) {
    const bits = tensor(
      scores.map((row) => row.map((score) => Number(score >= threshold))),
      undefined,
      { dtype: 'int32' },
    );
    const options = { multiLabel: true, ...(threshold !== 0.5 && { threshold }) };
    expect(metrics.precisionRecall(tensor(scores), truth, options)).toEqual(
      metrics.precisionRecall(bits, truth, { multiLabel: true }),
    );
  }
});

interface CurveCase {
  name: string;
  probabilities: number[];
  labels: number[];
  bins: number;
  uniform: Record<'accuracy' | 'confidence', number[]>;
  quantile: Record<'accuracy' | 'confidence', number[]>;
  brier: number;
}

describe.each(metricCases<CurveCase>('calibration'))('scikit-learn, calibration of $name', (known) => {
  const { probabilities, labels, bins } = known;

  it.each(['uniform', 'quantile'] as const)('%s', (strategy) => {
    const found = metrics.calibration(probabilities, labels, { bins, strategy });
    const filled = found.bins.filter(({ count }) => count > 0);
    expect(found.bins).toHaveLength(bins);
    expect(filled.map(({ accuracy }) => accuracy)).toEqual(known[strategy].accuracy.map(near));
    expect(filled.map(({ confidence }) => confidence)).toEqual(known[strategy].confidence.map(near));
    expect(found.brier).toEqual(near(known.brier));
    const gaps = filled.map(({ accuracy, confidence }) => Math.abs(accuracy - confidence));
    const sum = filled.reduce((all, { count }, i) => all + count * gaps[i], 0);
    expect(found.ece).toEqual(near(sum / probabilities.length));
    expect(found.mce).toBe(Math.max(...gaps));
  });
});

describe('calibration of several classes', () => {
  it('looks at the largest probability', () => {
    const rows = tensor([
      [0.75, 0.25, 0],
      [0.125, 0.75, 0.125],
      [0.25, 0.25, 0.5],
      [0, 0, 1],
    ]);
    const found = metrics.calibration(rows, [0, 2, 2, 2], { bins: 4 });
    expect(found.bins.map(({ count, accuracy, confidence }) => [count, accuracy, confidence])).toEqual([
      [0, Number.NaN, Number.NaN],
      [1, 1, 0.5],
      [2, 0.5, 0.75],
      [1, 1, 1],
    ]);
    expect(found.ece).toBe((0.5 + 2 * 0.25 + 0) / 4);
    expect(found.mce).toBe(0.5);
    const squares = [0.125, 0.125 ** 2 + 0.75 ** 2 + 0.875 ** 2, 0.375, 0];
    expect(found.brier).toEqual(near(squares.reduce((a, b) => a + b) / 4));
  });

  it('bears the rounding of softmax, not logits', () => {
    const logits = tensor([
      [40, 0],
      [1, 2],
    ]);
    expect(metrics.calibration(softmax(logits, { axis: 1 }), [0, 1]).ece).toBeGreaterThan(0);
    expect(() => metrics.calibration(logits, [0, 1])).toThrow(
      'probabilities hold 40; give numbers from 0 to 1',
    );
    expect(metrics.calibration([1 + 5e-6, -5e-6], [1, 0]).ece).toBe(0);
  });

  it('of nothing is nothing', () => {
    const { ece, mce, brier, bins } = metrics.calibration([], [], { bins: 2 });
    expect([ece, mce, brier]).toEqual([Number.NaN, Number.NaN, Number.NaN]);
    expect(bins.map(({ from, to, count }) => [from, to, count])).toEqual([
      [0, 0.5, 0],
      [0.5, 1, 0],
    ]);
  });
});

describe('masks', () => {
  const scores = tensor([[[[0.9, 0.2, 0.4]], [[0.1, 0.8, 0.6]]]]);
  const masks = tensor([[[0, 1, 255]]], undefined, { dtype: 'int32' });

  it('have a class at every place, but where labels are left out', () => {
    const found = metrics.meanIoU(scores, masks, { ignoreIndex: 255 });
    expect(found).toEqual({ mean: 1, perClass: [1, 1] });
    expect(metrics.confusion(scores, masks, { ignoreIndex: 255 })).toEqual([
      [1, 0],
      [0, 1],
    ]);
    expect(() => metrics.meanIoU(scores, masks)).toThrow('labels hold 255; give classes from 0 to 1');
  });

  it('without a sample have no mean', () => {
    const nothing = metrics.dice([7], [7], { ignoreIndex: 7, classes: 2 });
    expect(nothing).toEqual({ mean: Number.NaN, perClass: [Number.NaN, Number.NaN] });
  });
});

describe('metrics refuse', () => {
  const rows = tensor([
    [0.1, 0.9],
    [0.8, 0.2],
  ]);
  it.each<[string, () => unknown, string]>([
    [
      'classes of other numbers',
      () => metrics.confusion([0, 1], [0]),
      'predictions has shape [2], labels [1]',
    ],
    ['half a class', () => metrics.confusion([0.5], [0]), 'predictions hold 0.5; give classes from 0 to 0'],
    ['a class below 0', () => metrics.confusion([0], [-1]), 'labels hold -1'],
    ['classes beyond what is said', () => metrics.confusion([3], [0], { classes: 2 }), 'predictions hold 3'],
    ['a class beyond memory', () => metrics.confusion([0], [1e6]), 'there is a class 1000000'],
    [
      'classes at odds with scores',
      () => metrics.dice(rows, [0, 1], { classes: 3 }),
      'scores of 2; leave it out',
    ],
    [
      'scores of other samples',
      () => metrics.meanIoU(rows, [0, 1, 1]),
      'predictions have shape [2,2], labels [3]',
    ],
    ['NaN', () => metrics.auc([0.5, Number.NaN], [0, 1]), 'auc: scores holds NaN at index 1'],
    [
      'labels that are neither',
      () => metrics.auc([0.5, 0.1], [0, 2]),
      'auc: labels holds 2 at index 1; give 0',
    ],
    [
      'a class without scores',
      () => metrics.auc(rows, [0, 2]),
      'auc: labels hold 2; give classes from 0 to 1',
    ],
    ['a row of scores for topK', () => metrics.topK([1, 2], [0, 1]), 'topK: scores have shape [2]'],
    ['no label for a row', () => metrics.topK(rows, [0]), 'topK: labels have shape [1], scores [2,2]'],
    [
      'a threshold for classes',
      () => metrics.precisionRecall(rows, [0, 1], { threshold: 0.1 }),
      'multiLabel: true',
    ],
    [
      'one label where there may be several',
      () => metrics.precisionRecall([0, 1], [0, 1], { multiLabel: true }),
      '[n, classes]',
    ],
    ['nested lists', () => metrics.confusion([[0]] as never, [0]), 'predictions is [[0]]; give a Tensor'],
  ])('%s', (_, call, message) => {
    expect(call).toThrow(message);
    expect(call).toThrow(NeocogError);
  });
});
