// The matrices of Winograd's minimal filtering F(m×m, 3×3): an m×m tile of outputs from an (m+2)×(m+2) tile of inputs with
// (m+2)² products instead of 9·m². Numbers only; the code that applies them is in `apply.ts`.
//
//   Y = Aᵀ [ (G g Gᵀ) ⊙ (Bᵀ d B) ] A
//
// They follow from m + 1 points at which polynomials are evaluated, and the point at infinity (Toom and Cook). Lavin and
// Gray, Fast Algorithms for Convolutional Neural Networks, 2016, use 0, ±1, ±2. For F(4×4) the points 0, ±3/4, ±3/2 give
// less than half of that rounding error, and their powers are exact in float32 too.

/** Rows of coefficients. */
export type Matrix = readonly (readonly number[])[];

export interface Filtering {
  /** m: outputs along an axis of a tile. */
  readonly outputs: number;
  /** m + 2: inputs along an axis of a tile. */
  readonly inputs: number;
  /** Aᵀ, m × (m+2). */
  readonly output: Matrix;
  /** G, (m+2) × 3. */
  readonly weight: Matrix;
  /** Bᵀ, (m+2) × (m+2). */
  readonly input: Matrix;
}

const taps = [0, 1, 2];

/** Coefficients of Π (x − root), lowest power first. */
function polynomial(roots: readonly number[]): number[] {
  let p = [1];
  for (const root of roots) p = [...p, 0].map((c, i) => (p[i - 1] ?? 0) - (i < p.length ? c * root : 0));
  return p;
}

/** F(m×m, 3×3) from its m + 1 finite points. */
function filtering(points: readonly number[]): Filtering {
  const [outputs, inputs] = [points.length - 1, points.length + 1];
  const others = (j: number): number[] => points.filter((_, l) => l !== j);
  const scale = (j: number): number => others(j).reduce((n, b) => n * (points[j] - b), 1);
  return {
    outputs,
    inputs,
    output: Array.from({ length: outputs }, (_, i) => [
      ...points.map((a) => a ** i),
      i === outputs - 1 ? 1 : 0,
    ]),
    weight: [...points.map((a, j) => taps.map((k) => a ** k / scale(j))), [0, 0, 1]],
    input: [...points.map((_, j) => [...polynomial(others(j)), 0]), polynomial(points)],
  };
}

export const filterings: Readonly<Record<2 | 4, Filtering>> = {
  2: filtering([0, 1, -1]),
  4: filtering([0, 3 / 4, -3 / 4, 3 / 2, -3 / 2]),
};

export const transposed = (m: Matrix): Matrix => m[0].map((_, j) => m.map((row) => row[j]));
