// Exponential, logarithm, cosine and power of a number in plain arithmetic. JavaScript leaves the last bits of Math's to each
// engine; sums, products, quotients and roots it does not. So random numbers, rates and weights are the same everywhere.
// Reduction and series as in textbooks (Muller, "Elementary Functions", 2016), to about 1e-15 of the result.

/** ln 2 and π/2 in two parts; products of the first with whole numbers below 2^20 are exact. */
const [ln2High, ln2Low] = [0x162e42fe / 2 ** 29, 1.8206359985041462e-9];
const [quarterHigh, quarterLow] = [0x1921fb54 / 2 ** 28, 9.920935796805404e-10];

/** Σ cᵢ zⁱ, the highest coefficient first. */
function polynomial(coefficients: readonly number[], z: number): number {
  let sum = 0;
  for (let i = 0; i < coefficients.length; i++) sum = sum * z + coefficients[i];
  return sum;
}

/** m · 2^e, by doubling and halving, which are exact. */
function scaled(m: number, e: number): number {
  let result = m;
  for (let i = Math.abs(e); i > 0; i--) result *= e > 0 ? 2 : 0.5;
  return result;
}

const factorial = (n: number): number => (n === 0 ? 1 : n * factorial(n - 1));
/** 1/n! for n = first, first − step, …, down to 0 or 1. */
const inverseFactorials = (first: number, step: number): number[] =>
  Array.from({ length: Math.floor(first / step) + 1 }, (_, i) => 1 / factorial(first - i * step));

const expTerms = inverseFactorials(14, 1);

/** e^x */
export function exp(x: number): number {
  if (x > 750) return Infinity;
  if (!(x >= -750)) return x < -750 ? 0 : x;
  const e = Math.round(x / Math.LN2);
  return scaled(polynomial(expTerms, x - e * ln2High - e * ln2Low), e);
}

/** 2/n for n = 25, 23 … 3: log m = 2 artanh s with s = (m − 1) / (m + 1). */
const logTerms = Array.from({ length: 12 }, (_, i) => 2 / (25 - 2 * i));

/** The natural logarithm. */
export function log(x: number): number {
  if (!(x > 0 && x < Infinity)) return x === 0 ? -Infinity : x === Infinity ? x : Number.NaN;
  let [m, e] = [x, 0];
  for (; m < Math.SQRT1_2; e--) m *= 2;
  for (; m > Math.SQRT2; e++) m /= 2;
  const s = (m - 1) / (m + 1);
  const z = s * s;
  return e * ln2High + (2 * s + (s * z * polynomial(logTerms, z) + e * ln2Low));
}

/** Of even and odd powers, with their signs. */
const alternating = (terms: readonly number[]): number[] =>
  terms.map((term, i) => ((terms.length - 1 - i) % 2 === 0 ? term : -term));
const cosTerms = alternating(inverseFactorials(18, 2));
const sinTerms = alternating(inverseFactorials(19, 2));

/** For angles of up to a million. */
export function cos(x: number): number {
  const quarters = Math.round(x / (Math.PI / 2));
  const r = x - quarters * quarterHigh - quarters * quarterLow;
  const z = r * r;
  const size = quarters % 2 === 0 ? polynomial(cosTerms, z) : r * polynomial(sinTerms, z);
  // Of four quarters the cosine is 1, −sin, −1 and sin near their middle.
  return [0, 3].includes(((quarters % 4) + 4) % 4) ? size : -size;
}

/** a^b for a ≥ 0; whole b of 0 or more by squaring. */
export function power(a: number, b: number): number {
  if (!Number.isInteger(b) || b < 0) return exp(b * log(a));
  let [result, square] = [1, a];
  for (let rest = b; rest > 0; rest = Math.floor(rest / 2)) {
    if (rest % 2 === 1) result *= square;
    square *= square;
  }
  return result;
}
