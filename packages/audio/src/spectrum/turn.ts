// Sine and cosine of parts of a turn, in plain arithmetic: the last bits of Math.sin are each engine's own, and weights made of
// these are the same everywhere. Exact at whole eighths of symmetry: cos of a quarter turn is 0.

const factorial = (n: number): number => (n === 0 ? 1 : n * factorial(n - 1));
/** (−1)^i / (2i + first)!, the highest power first. */
const series = (first: number): number[] =>
  Array.from({ length: 9 }, (_, i) => ((8 - i) % 2 === 0 ? 1 : -1) / factorial(2 * (8 - i) + first));
const [cosTerms, sinTerms] = [series(0), series(1)];

/** A plain loop: tables of a million values are made of it. */
function polynomial(coefficients: readonly number[], z: number): number {
  let sum = 0;
  for (let i = 0; i < coefficients.length; i++) sum = sum * z + coefficients[i];
  return sum;
}

/** Of an eighth of a turn at most, by Taylor's series to the last bit. */
function cosNear(t: number): number {
  const x = 2 * Math.PI * t;
  return polynomial(cosTerms, x * x);
}

function sinNear(t: number): number {
  const x = 2 * Math.PI * t;
  return x * polynomial(sinTerms, x * x);
}

/** cos(2π·t) */
export function cosOfTurn(t: number): number {
  const part = Math.abs(t - Math.round(t));
  if (part > 0.375) return -cosNear(0.5 - part);
  return part > 0.125 ? sinNear(0.25 - part) : cosNear(part);
}

/** sin(2π·t) */
export function sinOfTurn(t: number): number {
  const part = t - Math.round(t);
  const size = Math.abs(part);
  const sine = size > 0.375 ? sinNear(0.5 - size) : size > 0.125 ? cosNear(0.25 - size) : sinNear(size);
  return part < 0 ? -sine : sine;
}
