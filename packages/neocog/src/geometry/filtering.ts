// The matrices of Winograd's minimal filtering F(m, r) along one axis: m outputs of a kernel of r taps from n = m + r − 1
// inputs with n products instead of m·r. Of a tile, with one filtering per axis:
//
//   Y = Aᵀ [ (G g Gᵀ) ⊙ (Bᵀ d B) ] A
//
// They follow from n − 1 points at which polynomials are evaluated, and the point at infinity (Toom and Cook); Bᵀ depends on
// the points alone. Lavin and Gray, Fast Algorithms for Convolutional Neural Networks, 2016, use 0, ±1, ±2. For n = 6 the
// points 0, ±3/4, ±3/2 give less than half of that rounding error; those for n = 5 and 7 were found the same way, among
// multiples of 1/8. Their powers are exact in float32 too. Numbers only; the code that applies them is in
// backends/wasm/kernels/winograd.

/** Rows of coefficients. */
export type Matrix = readonly (readonly number[])[];

/** Minimal filtering along one axis; the matrices are rows of coefficients. */
export interface Filtering {
  /** m: outputs of a tile. */
  readonly outputs: number;
  /** r: taps of the kernel. */
  readonly taps: number;
  /** n: inputs of a tile, or its products where it has fewer inputs. */
  readonly inputs: number;
  /** Aᵀ, m × n. */
  readonly output: Matrix;
  /** G, n × r. */
  readonly weight: Matrix;
  /** Bᵀ, n × n. */
  readonly input: Matrix;
}

/** n by the finite points that it stands for. An axis whose kernel has one tap is left as it is. */
const pointsOf = {
  1: [],
  3: [0, 1],
  4: [0, 1, -1],
  5: [3 / 8, -3 / 8, 5 / 4, -5 / 4],
  6: [0, 3 / 4, -3 / 4, 3 / 2, -3 / 2],
  7: [1 / 4, -1 / 4, 7 / 8, -7 / 8, 7 / 4, -7 / 4],
} as const;

/** Coefficients of Π (x − root), lowest power first. */
function polynomial(roots: readonly number[]): number[] {
  let p = [1];
  for (const root of roots) p = [...p, 0].map((c, i) => (p[i - 1] ?? 0) - (i < p.length ? c * root : 0));
  return p;
}

const upTo = (n: number): number[] => Array.from({ length: n }, (_, i) => i);

/**
 * Large tiles do fewer products, small ones round less and waste less at the edges of small maps; two taps have one size. The
 * largest of three taps fit maps whose sides are multiples of five, also those that dilation leaves of a larger one.
 */
export type TileSize = 'largest' | 'large' | 'small';

const tileSizes: readonly TileSize[] = ['small', 'large', 'largest'];

/** n by the taps of a kernel. */
const sides = {
  largest: { 1: 1, 2: 5, 3: 7, 4: 7, 5: 7 },
  large: { 1: 1, 2: 5, 3: 6, 4: 7, 5: 7 },
  small: { 1: 1, 2: 5, 3: 4, 4: 6, 5: 6 },
} as const;

/** The most taps of an axis that are transformed together. */
export const mostTaps = 5;

/** Of the longer axis of a kernel. */
export const tapRange = {
  largest: { least: 3, most: 3 },
  large: { least: 2, most: mostTaps },
  small: { least: 3, most: mostTaps },
} as const;

/** F(n − r + 1, r) for kernels of `taps` = r, 1 to 5. */
export const filtering = (size: TileSize, taps: number): Filtering =>
  minimalFiltering(sides[size][taps as keyof (typeof sides)[TileSize]], taps);

/** F(r, r), for 1 to 4 taps. */
export const squareFiltering = (taps: number): Filtering => minimalFiltering(2 * taps - 1, taps);

/**
 * A line of 1 to 3 cells, between zeros, under a kernel of 3 taps or of 1: y(o) = Σ x(o + k − (taps − 1)/2)·w(k). It is
 * F(cells, cells) with inputs and taps exchanged; its outputs then come in reverse.
 */
export function lineFiltering(cells: number, taps: number): Filtering {
  const { inputs, output, weight, input } = squareFiltering(cells);
  const before = cells - (taps + 1) / 2;
  return {
    ...{ outputs: cells, taps, inputs },
    output: output.toReversed(),
    weight: input.map((row) => upTo(taps).map((k) => row[k + before] ?? 0)),
    input: weight,
  };
}

/** All that kernels of 2 to 5 taps have, the fewest outputs first. */
export const filteringsOf = (taps: number): Filtering[] =>
  [...tileSizes.map((size) => filtering(size, taps)), ...(taps === 3 ? [squareFiltering(taps)] : [])].sort(
    (a, b) => a.outputs - b.outputs,
  );

function minimalFiltering(n: number, taps: number): Filtering {
  const points: readonly number[] = pointsOf[n as keyof typeof pointsOf];
  const outputs = n - taps + 1;
  const others = (j: number): number[] => points.filter((_, l) => l !== j);
  const scale = (j: number): number => others(j).reduce((product, b) => product * (points[j] - b), 1);
  /** The highest power alone is left at infinity. */
  const atInfinity = (i: number, powers: number): number => (i === powers - 1 ? 1 : 0);
  return {
    ...{ outputs, taps, inputs: n },
    output: upTo(outputs).map((i) => [...points.map((a) => a ** i), atInfinity(i, outputs)]),
    weight: [
      ...points.map((a, j) => upTo(taps).map((k) => a ** k / scale(j))),
      upTo(taps).map((k) => atInfinity(k, taps)),
    ],
    input: [...points.map((_, j) => [...polynomial(others(j)), 0]), polynomial(points)],
  };
}

/**
 * F(4, 3) by the points 0, ±1, ±2 and ∞, of whole numbers: weights are not divided by anything, so that outputs come as `scale` times what they
 * are. Numbers of 9 bits stay below 2¹⁵ in two dimensions (10² · 255), and weights of 8 bits too (7² · 128). An axis of one tap is left as it is.
 */
export function wholeFiltering(taps: 1 | 3): Filtering & { readonly scale: number } {
  if (taps === 1) return { ...filtering('large', 1), scale: 1 };
  const signs = [1, -1];
  const pairs = (a: number): number[] => signs.map((sign) => sign * a);
  const finite = [0, ...pairs(1), ...pairs(2)];
  const scale = 24;
  // What each point's weights would be divided by.
  const divisors = [4, -6, -6, 24, 24, 1];
  const outputs = 4;
  const powers = (a: number, count: number): number[] => upTo(count).map((k) => a ** k);
  return {
    ...{ outputs, taps, inputs: 6, scale },
    output: upTo(outputs).map((i) =>
      [...finite.map((a) => a ** i), i === outputs - 1 ? 1 : 0].map((c, j) => (c * scale) / divisors[j]),
    ),
    weight: [...finite.map((a) => powers(a, taps)), [0, 0, 1]],
    input: [
      [4, 0, -5, 0, 1, 0],
      [0, -4, -4, 1, 1, 0],
      [0, 4, -4, -1, 1, 0],
      [0, -2, -1, 2, 1, 0],
      [0, 2, -1, -2, 1, 0],
      [0, 4, 0, -5, 0, 1],
    ],
  };
}

export const transposed = (m: Matrix): Matrix => m[0].map((_, j) => m.map((row) => row[j]));
