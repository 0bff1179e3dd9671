// 3 × 3 matrices, row by row, that take points (x, y, 1) of one picture to another, where they are divided by their third number.

import { ShapeError } from 'neocog';

export type Matrix = readonly [number, number, number, number, number, number, number, number, number];

/** a · b: first b, then a. */
export function times(a: Matrix, b: Matrix): Matrix {
  const cell = (i: number): number => {
    const [row, column] = [3 * Math.floor(i / 3), i % 3];
    return a[row] * b[column] + a[row + 1] * b[column + 3] + a[row + 2] * b[column + 6];
  };
  return [cell(0), cell(1), cell(2), cell(3), cell(4), cell(5), cell(6), cell(7), cell(8)];
}

export const shift = (x: number, y: number): Matrix => [1, 0, x, 0, 1, y, 0, 0, 1];

/** By cofactors. @throws ShapeError for a matrix that takes an area to a line. */
export function inverse(fn: string, m: Matrix): Matrix {
  const [a, b, c, d, e, f, g, h, i] = m;
  const whole = a * (e * i - f * h) - b * (d * i - f * g) + c * (d * h - e * g);
  if (!(Math.abs(whole) > 1e-12))
    throw new ShapeError(`${fn}: the picture would become a line; give a smaller shear or a larger scale`);
  return [
    ...[(e * i - f * h) / whole, (c * h - b * i) / whole, (b * f - c * e) / whole],
    ...[(f * g - d * i) / whole, (a * i - c * g) / whole, (c * d - a * f) / whole],
    ...[(d * h - e * g) / whole, (b * g - a * h) / whole, (a * e - b * d) / whole],
  ] as unknown as Matrix; // nine numbers
}

export function apply([a, b, c, d, e, f, g, h, i]: Matrix, x: number, y: number): [x: number, y: number] {
  const w = g * x + h * y + i;
  return [(a * x + b * y + c) / w, (d * x + e * y + f) / w];
}

/** What an affine map does, in this order: shear, scale, turn (clockwise), move. Angles in degrees. */
export interface AffineParts {
  readonly angle?: number;
  readonly translate?: readonly [right: number, down: number];
  readonly scale?: number;
  readonly shear?: readonly [x: number, y: number];
}

const radians = (degrees: number): number => (degrees * Math.PI) / 180;

/** Around a center, as torchvision composes it. */
export function affineMatrix(parts: AffineParts, center: readonly [x: number, y: number]): Matrix {
  const { angle = 0, translate = [0, 0], scale = 1, shear = [0, 0] } = parts;
  const [turn, sx, sy] = [radians(angle), radians(shear[0]), radians(shear[1])];
  const a = Math.cos(turn - sy) / Math.cos(sy);
  const b = -a * Math.tan(sx) - Math.sin(turn);
  const c = Math.sin(turn - sy) / Math.cos(sy);
  const d = -c * Math.tan(sx) + Math.cos(turn);
  const linear: Matrix = [a * scale, b * scale, 0, c * scale, d * scale, 0, 0, 0, 1];
  const [cx, cy] = center;
  return times(shift(cx + translate[0], cy + translate[1]), times(linear, shift(-cx, -cy)));
}

/** Four corners to four others: eight equations, solved by elimination. @throws ShapeError where three lie on a line. */
export function perspectiveMatrix(
  fn: string,
  from: readonly (readonly [x: number, y: number])[],
  to: readonly (readonly [x: number, y: number])[],
): Matrix {
  const rows = from.flatMap(([x, y], i) => {
    const [u, v] = to[i];
    return [
      [x, y, 1, 0, 0, 0, -u * x, -u * y, u],
      [0, 0, 0, x, y, 1, -v * x, -v * y, v],
    ];
  });
  const [a, b, c, d, e, f, g, h] = solve(fn, rows);
  return [a, b, c, d, e, f, g, h, 1];
}

/** Gauss's elimination with the largest pivot; the last column is the right side. */
function solve(fn: string, rows: number[][]): number[] {
  const n = rows.length;
  for (let k = 0; k < n; k++) {
    const rest = rows.slice(k).map((row) => Math.abs(row[k]));
    const pivot = k + rest.indexOf(Math.max(...rest));
    [rows[k], rows[pivot]] = [rows[pivot], rows[k]];
    if (!(Math.abs(rows[k][k]) > 1e-12))
      throw new ShapeError(`${fn}: three corners lie on a line; give others`);
    for (let i = 0; i < n; i++) {
      const factor = i === k ? 0 : rows[i][k] / rows[k][k];
      if (factor !== 0) rows[i] = rows[i].map((value, j) => value - factor * rows[k][j]);
    }
  }
  return rows.map((row, k) => row[n] / row[k]);
}
