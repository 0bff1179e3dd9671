// Floats as whole numbers. A plain loop on the JavaScript heap, for every backend's eager use.

const [least, most] = [-(2 ** 31), 2 ** 31 - 1];

/** See `Backend.truncate`. */
export function truncate(x: Float32Array): Int32Array {
  const y = new Int32Array(x.length);
  // Storing in an Int32Array cuts off towards zero, and makes 0 of NaN.
  for (let i = 0; i < y.length; i++) y[i] = Math.min(Math.max(x[i], least), most);
  return y;
}
