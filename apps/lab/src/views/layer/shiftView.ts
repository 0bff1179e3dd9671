// Equivariance: the layer of the shifted input, beside the shifted output of the layer.

import type { Tensor } from 'neocog';
import { indexOf, placeOf } from './samples.ts';
import { product, type Scene } from './scene.ts';
import { applyLayer, rollInput } from './values.ts';

/** How a cell of the shifted output compares with the cell that should have moved there. */
export type Comparison = 'same' | 'differs' | 'new';

export interface Shifted {
  readonly input: Tensor;
  readonly output: Tensor;
  /** How far the output should move; null where that is no whole number of cells. */
  readonly expected: readonly number[] | null;
  /** One per cell of the output, all channels. */
  readonly cells: readonly Comparison[];
}

/** Moves the input, what leaves it comes in at the other end, and compares. */
export function shiftScene(scene: Scene, shift: readonly number[]): Shifted {
  const { layer, values } = scene;
  const input = rollInput(values.input, shift);
  const output = applyLayer(layer, { ...values, input });
  const moves = layer.geometry.axes.map(({ stride }, d) => shift[d]! / stride);
  const whole = moves.every(Number.isInteger);
  const nearest = moves.map((move) => Math.round(move));
  return { input, output, expected: whole ? moves : null, cells: compare(scene, output, nearest) };
}

/** Whether the output's ends meet as those of the input do. */
const closes = ({ layer }: Scene): boolean[] =>
  layer.geometry.axes.map(
    ({ input, output, stride }) => layer.settings.mode === 'circular' && output * stride === input,
  );

function compare(scene: Scene, output: Tensor, move: readonly number[]): Comparison[] {
  const sizes = output.shape.slice(2);
  const cells = product(sizes);
  const around = closes(scene);
  return Array.from({ length: output.size }, (_, i) => {
    const [channel, index] = [Math.floor(i / cells), i % cells];
    const from = placeOf(index, sizes).map((at, d) => {
      const source = at - move[d]!;
      return around[d] ? ((source % sizes[d]!) + sizes[d]!) % sizes[d]! : source;
    });
    if (from.some((at, d) => at < 0 || at >= sizes[d]!)) return 'new';
    const before = scene.values.output.data[channel * cells + indexOf(from, sizes)]!;
    return Math.abs(output.data[i]! - before) < 1e-5 ? 'same' : 'differs';
  });
}

/** What the comparison shows, in words. */
export function shiftText({ expected, cells }: Shifted): string {
  const count = (kind: Comparison): number => cells.filter((cell) => cell === kind).length;
  const [same, differs, fresh] = [count('same'), count('differs'), count('new')];
  const compared = same + differs;
  if (expected === null)
    return `The input moves by a part of the stride, so no output cell sees what another one saw: ${differs} of ${compared} cells differ from the nearest.`;
  const borders = fresh > 0 ? ` ${fresh} ${fresh === 1 ? 'cell comes' : 'cells come'} in at the border.` : '';
  if (differs === 0) return `The output moves with the input: all ${compared} cells are the same.${borders}`;
  return `The output moves with the input, but ${differs} of ${compared} cells differ: their windows reach over the border.${borders}`;
}
