// Numbers in few characters.

/** `1.8 M`, `70.2 k` */
export function count(value: number): string {
  for (const [unit, size] of [
    ['G', 1e9],
    ['M', 1e6],
    ['k', 1e3],
  ] as const)
    if (value >= size) return `${(value / size).toPrecision(3).replace(/\.0+$/, '')} ${unit}`;
  return String(Math.round(value));
}

export const percent = (share: number, digits = 0): string => `${(100 * share).toFixed(digits)} %`;
