// What a cell is made of, as numbers: the cells under the window, the weights, their products.

import type { Tap } from 'neocog';
import { shortNumber } from '../../design/scale.ts';
import { indexOf } from './samples.ts';
import { channelsIn, groupOf, isInside, product, type Scene, tapsAt, valueAt, windowsOf } from './scene.ts';

/** One channel of the window. */
export interface Plane {
  /** Of the input. */
  readonly channel: number;
  /** In the order of the taps; NaN outside a pool's input. */
  readonly cells: readonly number[];
  /** Empty for pooling. */
  readonly weights: readonly number[];
  /** Cells times weights; the cells themselves for pooling. */
  readonly products: readonly number[];
}

export interface Terms {
  readonly planes: readonly Plane[];
  readonly bias: number | null;
  /** As the library computed it. */
  readonly value: number;
  /** `1·2 + 0·1 − 1·3 = −1` */
  readonly text: string;
}

const kernelOf = ({ geometry }: Scene): readonly number[] => geometry.axes.map(({ kernel }) => kernel);

/** Of the weights `[narrow channel, wide channel in its group, …kernel]`. */
function weightAt(scene: Scene, [first, second]: readonly [number, number], tap: readonly number[]): number {
  const per = channelsIn(scene, scene.wide, 0).length;
  const kernel = kernelOf(scene);
  return scene.weight![(first * per + (second % per)) * product(kernel) + indexOf(tap, kernel)]!;
}

const joinTerms = (terms: readonly string[]): string =>
  terms.reduce((text, term) => (term.startsWith('−') ? `${text} − ${term.slice(1)}` : `${text} + ${term}`));

/** `2·(−1)` as `−2·1`: the sign leads. */
function productText(cell: number, weight: number): string {
  const sign = weight < 0 ? '−' : '';
  const left = cell < 0 ? `(${shortNumber(cell)})` : shortNumber(cell);
  return `${sign}${left}·${shortNumber(Math.abs(weight))}`;
}

const biasTerms = (bias: number | null): string[] => (bias === null ? [] : [shortNumber(bias)]);

function planeOf(scene: Scene, taps: readonly Tap[], [filter, channel]: readonly [number, number]): Plane {
  const isPool = scene.weight === null;
  const cells = taps.map(({ position, cell }) =>
    isPool && cell === null ? Number.NaN : valueAt(scene.wide, channel, position),
  );
  if (isPool) return { channel, cells, weights: [], products: cells };
  const weights = taps.map(({ tap }) => weightAt(scene, [filter, channel], tap));
  return { channel, cells, weights, products: cells.map((cell, i) => cell * weights[i]!) };
}

/** How many cells an average counts: those of the input, or of the padding too. */
function divisorOf(scene: Scene, taps: readonly Tap[]): number {
  const { geometry, layer } = scene;
  const isCounted = ({ position, cell }: Tap): boolean =>
    cell !== null ||
    (layer.settings.counted &&
      position.every((at, d) => at < geometry.axes[d]!.input + geometry.axes[d]!.padAfter));
  return taps.filter(isCounted).length;
}

function poolText(scene: Scene, taps: readonly Tap[], cells: readonly number[]): string {
  const shown = cells.filter((cell) => !Number.isNaN(cell)).map((cell) => shortNumber(cell));
  if (scene.layer.settings.op === 'max') return `max(${shown.join(', ')})`;
  return `(${joinTerms(shown)}) / ${divisorOf(scene, taps)}`;
}

/** What a cell of the narrow map is made of. */
export function windowTerms(scene: Scene, filter: number, place: readonly number[]): Terms {
  const taps = tapsAt(scene, place);
  const group = groupOf(scene, scene.narrow.channels, filter);
  const planes = channelsIn(scene, scene.wide, group).map((channel) =>
    planeOf(scene, taps, [filter, channel]),
  );
  const bias = scene.values.bias?.data[filter] ?? null;
  const value = valueAt(scene.narrow, filter, place);
  if (scene.weight === null) {
    const text = `${poolText(scene, taps, planes[0]!.cells)} = ${shortNumber(value)}`;
    return { planes, bias: null, value, text };
  }
  const terms = planes.flatMap(({ cells, weights }) =>
    cells.map((cell, i) => productText(cell, weights[i]!)),
  );
  return {
    planes,
    bias,
    value,
    text: `${joinTerms([...terms, ...biasTerms(bias)])} = ${shortNumber(value)}`,
  };
}

/** What an input cell of a transposed convolution stamps on channel `filter` of the output. */
export function stampTerms(scene: Scene, filter: number, place: readonly number[]): readonly Plane[] {
  const taps = tapsAt(scene, place);
  const group = groupOf(scene, scene.wide.channels, filter);
  return channelsIn(scene, scene.narrow, group).map((channel) => {
    const cell = valueAt(scene.narrow, channel, place);
    const weights = taps.map(({ tap }) => weightAt(scene, [channel, filter], tap));
    return {
      channel,
      cells: taps.map(() => cell),
      weights,
      products: weights.map((weight) => cell * weight),
    };
  });
}

/** What a cell of a transposed convolution's output adds up: the stamps that reach it. */
export function stampedTerms(scene: Scene, filter: number, cell: readonly number[]): Omit<Terms, 'planes'> {
  const taps = windowsOf(scene, cell);
  const group = groupOf(scene, scene.wide.channels, filter);
  const terms = channelsIn(scene, scene.narrow, group).flatMap((channel) =>
    taps.map(({ output, tap }) =>
      productText(valueAt(scene.narrow, channel, output), weightAt(scene, [channel, filter], tap)),
    ),
  );
  const bias = scene.values.bias?.data[filter] ?? null;
  const value = valueAt(scene.wide, filter, cell);
  const all = [...terms, ...biasTerms(bias)];
  return { bias, value, text: `${all.length > 0 ? joinTerms(all) : 'no stamp'} = ${shortNumber(value)}` };
}

/** Whether a window lies on padding with a tap. */
export const touchesPadding = (scene: Scene, place: readonly number[]): boolean =>
  tapsAt(scene, place).some(({ position }) => !isInside(position, scene.wide.real));
