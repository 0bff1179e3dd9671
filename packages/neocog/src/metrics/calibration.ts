// Whether probabilities mean what they say: reliability bins, as scikit-learn's calibration_curve makes them, the expected and
// the largest calibration error (Naeini, Cooper and Hauskrecht, 2015; Guo et al., 2017), and Brier's score (1950).

import { oneOf, whole } from '../arguments/field.ts';
import { type Fields, needOptions } from '../arguments/options.ts';
import { ShapeError } from '../errors.ts';
import { formatShape } from '../tensor/shape.ts';
import { total } from './confusion.ts';
import { classified, type Grid, gridOf, type Numbers, needAlike, needBits } from './given.ts';

/** How `metrics.calibration` cuts its bins. */
export interface CalibrationOptions {
  /** How many. Default 15. */
  bins?: number | undefined;
  /** Equally wide from 0 to 1, or with equally many samples. Default 'uniform'. */
  strategy?: 'uniform' | 'quantile' | undefined;
}

const fields: Fields<CalibrationOptions> = { bins: whole(1, 10_000), strategy: oneOf('uniform', 'quantile') };

/** Samples whose probability is above `from` and at most `to`; the first bin has those at its lower end too. */
export interface ReliabilityBin {
  /** The lower end. */
  readonly from: number;
  /** The upper end. */
  readonly to: number;
  /** Samples in it. */
  readonly count: number;
  /** The mean of their probabilities; NaN in an empty bin. */
  readonly confidence: number;
  /** The fraction that came true; NaN in an empty bin. */
  readonly accuracy: number;
}

/** What `metrics.calibration` gives. */
export interface Calibration {
  /** Expected calibration error: |accuracy − confidence|, averaged over the samples. NaN without samples. */
  readonly ece: number;
  /** The largest |accuracy − confidence| of a bin; NaN without samples. */
  readonly mce: number;
  /** The mean of (probability − outcome)², of several classes summed over them. NaN without samples. */
  readonly brier: number;
  /** From 0 to 1, empty ones too. */
  readonly bins: readonly ReliabilityBin[];
}

/**
 * How far the probabilities of a network can be believed. Of several classes, the one with the largest is looked at.
 *
 * @param probabilities `[n]`, of the class 1; or `[n, classes]`, such as `softmax` gives.
 * @param labels 0 or 1, or classes, `[n]`.
 * @throws ShapeError for shapes that do not go together, and what is no probability, but for a rounding error.
 * @example metrics.calibration(softmax(net.forward(x)), y).ece
 */
export function calibration(
  probabilities: Numbers,
  labels: Numbers,
  options: CalibrationOptions = {},
): Calibration {
  needOptions('calibration', options, fields);
  const given = gridOf('calibration', 'probabilities', probabilities);
  needProbabilities(given);
  const { claims, brier } = given.shape.length === 1 ? ofOneClass(given, labels) : ofClasses(given, labels);
  const bins = fill(edgesOf(claims, options), claims);
  const gaps = bins.filter(({ count }) => count > 0).map((bin) => Math.abs(bin.accuracy - bin.confidence));
  const counts = bins.map(({ count }) => count).filter((count) => count > 0);
  return {
    ece: total(gaps.map((gap, i) => gap * counts[i])) / claims.length,
    mce: gaps.length > 0 ? Math.max(...gaps) : Number.NaN,
    brier,
    bins,
  };
}

/** A probability, and 1 if what it was of came true. */
interface Claim {
  readonly probability: number;
  readonly isTrue: number;
}

interface Claims {
  readonly claims: readonly Claim[];
  readonly brier: number;
}

/** float32 sums to a little more than 1. */
const rounding = 1e-5;

function needProbabilities({ data, shape }: Grid): void {
  if (shape.length !== 1 && (shape.length !== 2 || shape[1] === 0)) {
    throw new ShapeError(
      `calibration: probabilities have shape ${formatShape(shape)}; give [n] or [n, classes]`,
    );
  }
  const stray = Array.prototype.find.call(data, (v) => v < -rounding || v > 1 + rounding);
  if (stray === undefined) return;
  throw new ShapeError(
    `calibration: probabilities hold ${stray}; give numbers from 0 to 1, from logits by softmax or sigmoid`,
  );
}

const clip = (value: number): number => Math.min(1, Math.max(0, value));

function ofOneClass(given: Grid, labels: Numbers): Claims {
  const truth = gridOf('calibration', 'labels', labels);
  needAlike('calibration', { probabilities: given, labels: truth });
  needBits('calibration', 'labels', truth);
  const claims = Array.from(given.data, (value, i) => ({ probability: clip(value), isTrue: truth.data[i] }));
  return { claims, brier: total(claims.map((c) => (c.probability - c.isTrue) ** 2)) / claims.length };
}

function ofClasses(given: Grid, labels: Numbers): Claims {
  const [n, classes] = given.shape;
  const probabilities = Float64Array.from(given.data, clip);
  const { taken, labels: truth } = classified('calibration', [takenOf(probabilities, classes), labels], {
    classes,
  });
  const claims = Array.from(taken, (c, i) => ({
    probability: probabilities[i * classes + c],
    isTrue: Number(truth[i] === c),
  }));
  const error = (value: number, i: number): number =>
    (value - Number(truth[Math.floor(i / classes)] === i % classes)) ** 2;
  return { claims, brier: total(Array.from(probabilities, error)) / n };
}

const takenOf = (rows: Float64Array, classes: number): number[] =>
  Array.from({ length: rows.length / classes }, (_, i) => {
    const row = rows.subarray(i * classes, (i + 1) * classes);
    return row.indexOf(row.reduce((a, b) => Math.max(a, b)));
  });

/** Borders of the bins, ascending. */
function edgesOf(
  claims: readonly Claim[],
  { bins = 15, strategy = 'uniform' }: CalibrationOptions,
): number[] {
  const step = 1 / bins;
  const shares = Array.from({ length: bins + 1 }, (_, i) => (i === bins ? 1 : i * step));
  if (strategy === 'uniform' || claims.length === 0) return shares;
  const sorted = claims.map(({ probability }) => probability).sort((a, b) => a - b);
  return shares.map((share) => {
    const place = share * (sorted.length - 1);
    const below = Math.floor(place);
    const next = sorted[Math.min(below + 1, sorted.length - 1)];
    return sorted[below] + (next - sorted[below]) * (place - below);
  });
}

function fill(edges: readonly number[], claims: readonly Claim[]): ReliabilityBin[] {
  const inner = edges.slice(1, -1);
  const groups = Array.from({ length: edges.length - 1 }, (): Claim[] => []);
  for (const claim of claims) {
    const after = inner.findIndex((edge) => edge >= claim.probability);
    groups[after < 0 ? inner.length : after].push(claim);
  }
  return groups.map((group, i) => ({
    from: edges[i],
    to: edges[i + 1],
    count: group.length,
    confidence: total(group.map(({ probability }) => probability)) / group.length,
    accuracy: total(group.map(({ isTrue }) => isTrue)) / group.length,
  }));
}
