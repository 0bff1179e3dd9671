// The error of left-out samples against layers that really leave them out.

import { Generator } from 'neocog';
import { expect, it } from 'vitest';
import { leftOutError } from './leastSquares.ts';

const random = new Generator(3);
const [n, width, classes] = [14, 5, 3];
const labels = Array.from({ length: n }, (_, i) => i % classes);
const rows = labels.map((label) =>
  Array.from({ length: width }, (_, k) => random.normal() + (k === label ? 1.5 : 0)),
);

/** Solves A x = b by elimination. */
function solved(a: number[][], b: number[]): number[] {
  const m = a.map((row, i) => [...row, b[i] as number]);
  for (let k = 0; k < m.length; k++)
    for (let i = 0; i < m.length; i++) {
      if (i === k) continue;
      const factor = (m[i]?.[k] as number) / (m[k]?.[k] as number);
      m[i] = (m[i] as number[]).map((v, j) => v - factor * (m[k]?.[j] as number));
    }
  return m.map((row, i) => (row.at(-1) as number) / (row[i] as number));
}

it('is what layers that learned from all other samples are wrong by', () => {
  let [error, all] = [0, 0];
  for (let c = 0; c < classes; c++) {
    const share = labels.filter((label) => label === c).length / n;
    const y = labels.map((label) => Number(label === c) - share);
    for (let out = 0; out < n; out++) {
      const kept = [...rows.keys()].filter((i) => i !== out);
      // (XᵀX / width + 0.1) w = Xᵀy: weights of least squares with a ridge.
      const gram = Array.from({ length: width }, (_, p) =>
        Array.from(
          { length: width },
          (_, q) =>
            kept.reduce((sum, i) => sum + ((rows[i]?.[p] as number) * (rows[i]?.[q] as number)) / width, 0) +
            (p === q ? 0.1 : 0),
        ),
      );
      const right = Array.from({ length: width }, (_, p) =>
        kept.reduce((sum, i) => sum + ((rows[i]?.[p] as number) * (y[i] as number)) / width, 0),
      );
      const weights = solved(gram, right);
      const answer = weights.reduce((sum, w, p) => sum + w * (rows[out]?.[p] as number), 0);
      error += ((y[out] as number) - answer) ** 2;
      all += (y[out] as number) ** 2;
    }
  }
  expect(leftOutError({ rows, labels, classes })).toBeCloseTo(error / all, 10);
});

it('is small where features tell the classes, and near 1 where they tell nothing', () => {
  const clear = labels.map((label) => [0, 1, 2].map((c) => (c === label ? 1.4 : -0.7)));
  expect(leftOutError({ rows: clear, labels, classes })).toBeLessThan(0.1);
  const noise = labels.map(() => Array.from({ length: 3 }, () => random.normal()));
  expect(leftOutError({ rows: noise, labels, classes })).toBeGreaterThan(0.8);
});
