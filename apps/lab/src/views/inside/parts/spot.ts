// A cell of a layer's map, and what it can see of the picture.

import type { LayerFacts } from '../work/facts.ts';

export type Overlay = 'none' | 'gradcam' | 'occlusion' | 'field';

export interface Spot {
  readonly layer: string;
  readonly row: number;
  readonly column: number;
  /** Of the map. */
  readonly rows: number;
  readonly columns: number;
  /** Left, top, right and bottom in pixels of the picture; null where it is not known. */
  readonly box: readonly [number, number, number, number] | null;
}

/** The receptive field of a cell, in the padding too. */
export function boxOf(layer: LayerFacts, row: number, column: number): Spot['box'] {
  const field = layer.receptiveField;
  if (field?.size.length !== 2) return null;
  const [top, left] = [row, column].map((at, d) => field.start[d]! + at * field.jump[d]!) as [number, number];
  return [left, top, left + field.size[1]!, top + field.size[0]!];
}
