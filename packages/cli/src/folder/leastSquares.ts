// How well a linear layer would tell classes apart, without training one: least squares with small weights (ridge regression), and for
// each sample the answer of a layer that has learned from all the others. Both follow from one inverse matrix (Stone, "Cross-validatory
// choice and assessment of statistical predictions", 1974; Craven and Wahba, 1979).

/** Rows of features, each feature with mean 0 and deviation 1, and the class of each row. */
export interface Labelled {
  readonly rows: readonly ArrayLike<number>[];
  readonly labels: readonly number[];
  readonly classes: number;
}

/** How much weights cost: with features of deviation 1, a tenth of what their products are on average. */
const ridge = 0.1;

/** The mean squared error of answers about samples that were left out; 1 for a layer that knows nothing. */
export function leftOutError({ rows, labels, classes }: Labelled): number {
  const n = rows.length;
  const inverse = inverted(products(rows), n);
  const shares = Array.from({ length: classes }, (_, c) => labels.filter((label) => label === c).length / n);
  let [error, all] = [0, 0];
  for (let c = 0; c < classes; c++) {
    const share = shares[c] as number;
    const targets = labels.map((label) => Number(label === c) - share);
    for (let i = 0; i < n; i++) {
      let sum = 0;
      for (let j = 0; j < n; j++) sum += (inverse[i * n + j] as number) * (targets[j] as number);
      // What a layer of all others is wrong by about sample i.
      error += (sum / (inverse[i * n + i] as number)) ** 2;
      all += (targets[i] as number) ** 2;
    }
  }
  return error / (all || 1);
}

/** The product of each pair of rows, by the number of features; the ridge on the diagonal. */
function products(rows: readonly ArrayLike<number>[]): Float64Array {
  const n = rows.length;
  const matrix = new Float64Array(n * n);
  for (let i = 0; i < n; i++)
    for (let j = 0; j <= i; j++) {
      const [a, b] = [rows[i], rows[j]] as [ArrayLike<number>, ArrayLike<number>];
      let sum = 0;
      for (let k = 0; k < a.length; k++) sum += (a[k] as number) * (b[k] as number);
      matrix[i * n + j] = matrix[j * n + i] = sum / a.length + (i === j ? ridge : 0);
    }
  return matrix;
}

/** The inverse of a symmetric, positive definite matrix, in its place, column by column (Gauss and Jordan). */
function inverted(matrix: Float64Array, n: number): Float64Array {
  for (let k = 0; k < n; k++) {
    const pivot = 1 / (matrix[k * n + k] as number);
    matrix[k * n + k] = 1;
    for (let j = 0; j < n; j++) matrix[k * n + j] = (matrix[k * n + j] as number) * pivot;
    for (let i = 0; i < n; i++) {
      if (i === k) continue;
      const factor = matrix[i * n + k] as number;
      matrix[i * n + k] = 0;
      for (let j = 0; j < n; j++)
        matrix[i * n + j] = (matrix[i * n + j] as number) - factor * (matrix[k * n + j] as number);
    }
  }
  return matrix;
}
