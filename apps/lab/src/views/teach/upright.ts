// Rows of values with the last row first: pitches grow upwards.

export function upright(values: Float32Array, rows: number, columns: number): Float32Array {
  const turned = new Float32Array(rows * columns);
  for (let row = 0; row < rows; row++)
    turned.set(values.subarray(row * columns, (row + 1) * columns), (rows - 1 - row) * columns);
  return turned;
}
