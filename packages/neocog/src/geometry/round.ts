// Rounding where JavaScript and IEEE 754 differ.

/** The nearest whole number; of two as near, the even one. What rounds up to 0 is −0. */
export function roundToEven(x: number): number {
  const lower = Math.floor(x);
  const rest = x - lower;
  if (rest < 0.5 || (rest === 0.5 && lower % 2 === 0)) return lower;
  return lower === -1 ? -0 : lower + 1;
}
