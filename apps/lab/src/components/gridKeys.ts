// Where the keys of a grid lead.

export interface GridPlace {
  readonly row: number;
  readonly column: number;
}

export interface GridSize {
  readonly rows: number;
  readonly columns: number;
}

const clampTo = (value: number, count: number): number => Math.min(count - 1, Math.max(0, value));

/** The place after a key, or null for a key that moves nothing. */
export function gridMove(event: KeyboardEvent, { row, column }: GridPlace, size: GridSize): GridPlace | null {
  const { rows, columns } = size;
  const all = event.ctrlKey || event.metaKey;
  const moves: Record<string, readonly [number, number]> = {
    ArrowUp: [row - 1, column],
    ArrowDown: [row + 1, column],
    ArrowLeft: [row, column - 1],
    ArrowRight: [row, column + 1],
    Home: [all ? 0 : row, 0],
    End: [all ? rows - 1 : row, columns - 1],
    PageUp: [0, column],
    PageDown: [rows - 1, column],
  };
  const to = moves[event.key];
  return to ? { row: clampTo(to[0], rows), column: clampTo(to[1], columns) } : null;
}
