// Whether a network can learn from pictures: classes and sizes are the same.

interface Ends {
  readonly classes: readonly string[];
  readonly channels: number;
  readonly side: number;
}

export const fits = (a: Ends | null, b: Ends | null): boolean =>
  a !== null &&
  b !== null &&
  a.channels === b.channels &&
  a.side === b.side &&
  JSON.stringify(a.classes) === JSON.stringify(b.classes);
