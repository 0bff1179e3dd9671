// Numbers as people write them. Tables of a network's layers are made in the library (`formatSummary`).

/** 61706 → 61,706 */
export const formatCount = (count: number): string => count.toLocaleString('en-US');

/** 0.98765 → 98.77 % */
export const formatShare = (share: number, digits = 2): string => `${(100 * share).toFixed(digits)} %`;

/** 75 → 1 min 15 s; 4.2 → 4.2 s */
export function formatSeconds(seconds: number, digits = seconds < 10 ? 1 : 0): string {
  if (seconds < 60) return `${seconds.toFixed(digits)} s`;
  const whole = Math.round(seconds);
  return `${Math.floor(whole / 60)} min ${whole % 60} s`;
}
