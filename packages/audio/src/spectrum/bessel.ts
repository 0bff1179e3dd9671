// The modified Bessel function of order 0, which Kaiser's window is made of, by its power series.
// Source: Abramowitz and Stegun, 9.6.12.

/** I₀(x) = Σ (x²/4)^k / k!², of which all terms are positive, so that nothing cancels. */
export function besselI0(x: number): number {
  const quarter = (x * x) / 4;
  let sum = 0;
  let term = 1;
  for (let k = 1; term > sum * 1e-18; k++) {
    sum += term;
    term *= quarter / (k * k);
  }
  return sum;
}
