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

/** Rows as columns two spaces apart, those from `firstNumber` on aligned at their right, a rule below the first row. */
export function formatColumns(rows: readonly (readonly string[])[], firstNumber: number): string {
  const widths = rows[0].map((_, column) => Math.max(...rows.map((row) => row[column].length)));
  return [rows[0], widths.map((width) => '─'.repeat(width)), ...rows.slice(1)]
    .map((row) =>
      row
        .map((cell, i) => (i < firstNumber ? cell.padEnd(widths[i]) : cell.padStart(widths[i])))
        .join('  ')
        .trimEnd(),
    )
    .join('\n');
}

/** Why a file could not be read, without what its line says already. */
export const formatReason = ({ name, reason }: { readonly name: string; readonly reason: string }): string =>
  reason
    .replace(/^\w+: /, '')
    .replaceAll(name, 'it')
    .replace(/; [^;]*$/, '');

/** 0.0312345 → 0.03123, with a real minus sign */
export const formatValue = (value: number): string =>
  String(Number(value.toPrecision(4))).replaceAll('-', '−');
