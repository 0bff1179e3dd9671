// The error function to double precision. Formulas: NIST Digital Library of Mathematical Functions, 7.6.2 and
// 7.9.1.

/** Above this the complement is small enough that its own error vanishes beside 1. */
const seriesEnd = 3;
/** From here on erf(x) is 1 in double precision. */
const saturated = 6;
/** Levels of the continued fraction that give every digit of 1 − erfc(x) for x ≥ `seriesEnd`. */
const levels = 40;

export function erf(x: number): number {
  const size = Math.abs(x);
  if (size < seriesEnd) return series(x);
  if (size < saturated) return Math.sign(x) * (1 - complement(size));
  return Math.sign(x);
}

/**
 * erf x = 2/√π · e^(−x²) · Σ 2^n x^(2n+1) / (1·3·5 … (2n+1)): all terms have one sign, so nothing cancels.
 */
function series(x: number): number {
  let [term, sum] = [x, x];
  for (let n = 1; Math.abs(term) > (Number.EPSILON * Math.abs(sum)) / 4; n++) {
    term *= (2 * x * x) / (2 * n + 1);
    sum += term;
  }
  return (2 / Math.sqrt(Math.PI)) * Math.exp(-x * x) * sum;
}

/** erfc x = e^(−x²)/√π · 1/(x + ½/(x + 1/(x + 1½/(x + …)))) for x > 0 */
function complement(x: number): number {
  let tail = x;
  for (let n = levels; n > 0; n--) tail = x + n / 2 / tail;
  return Math.exp(-x * x) / Math.sqrt(Math.PI) / tail;
}
