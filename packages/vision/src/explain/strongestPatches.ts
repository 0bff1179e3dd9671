// What a unit responds to, by example: the places of pictures where it answers most (Zeiler and Fergus, 2013).

import { type nn, noGrad, type ReceptiveField, ShapeError, summary, type Tensor } from 'neocog';
import { count, type Fields, need, needOptions, required, show, text, whole } from 'neocog/arguments';
import { aModule, needPictures, outputOf, singles } from './watch.ts';

/** Which unit `strongestPatches` asks about. */
export interface StrongestPatchesOptions {
  /** Path of its layer, as `net.namedModules()` has it. */
  layer: string;
  /** Its channel, or its place in a layer without maps. */
  unit: number;
  /** How many patches at most, each of another picture. Default 9. */
  count?: number | undefined;
}

/** A place where a unit answers. */
export interface Patch {
  /** Which of the pictures. */
  readonly picture: number;
  /** The unit's answer there. */
  readonly value: number;
  /** Row and column of the answer in the unit's map; null of a layer without maps. */
  readonly cell: readonly [row: number, column: number] | null;
  /**
   * What the unit sees of the picture from there: left, top, right and bottom in pixels, cut at the picture's edges. The whole
   * picture where that is not known.
   */
  readonly box: readonly [left: number, top: number, right: number, bottom: number];
}

const patchesFields: Fields<StrongestPatchesOptions> = {
  layer: required(text),
  unit: required(whole(0)),
  count,
};

/**
 * Of several pictures [n, c, h, w] those on which a unit answers most, each with the place of its strongest answer, the strongest
 * first. Runs eagerly and in evaluation mode.
 *
 * @throws ShapeError for a layer or a unit that there is not.
 * @example const [{ picture, box }] = strongestPatches(net, pictures, { layer: 'conv2', unit: 3 });
 */
export function strongestPatches(net: nn.Module, x: Tensor, options: StrongestPatchesOptions): Patch[] {
  need('strongestPatches', 'net', net, aModule);
  const pictures = needPictures('strongestPatches', x);
  needOptions('strongestPatches', options, patchesFields);
  const { layer, unit, count: most = 9 } = options;
  const field = fieldOf(net, pictures, layer);
  return singles(pictures)
    .map((one, picture) => {
      const maps = noGrad(() => outputOf('strongestPatches', { net, layer }, one));
      needUnit('strongestPatches', maps, unit);
      return { picture, ...peakOf(maps, unit) };
    })
    .sort((a, b) => b.value - a.value)
    .slice(0, most)
    .map((peak) => ({ ...peak, box: boxOf(peak.cell, field, pictures.shape) }));
}

/** @throws ShapeError for a unit that a layer does not have */
export function needUnit(fn: string, { shape }: Tensor, unit: number): void {
  if (shape.length >= 2 && unit < shape[1]) return;
  throw new ShapeError(
    `${fn}: unit is ${unit}, but the layer gives ${show(shape)}; units are along its second axis and count from 0`,
  );
}

function fieldOf(net: nn.Module, { shape }: Tensor, layer: string): ReceptiveField | null {
  const { layers } = summary(net, [1, ...shape.slice(1)]);
  return layers.find(({ name }) => name === layer)?.receptiveField ?? null;
}

function peakOf({ data, shape }: Tensor, unit: number): Pick<Patch, 'value' | 'cell'> {
  const area = shape.slice(2).reduce((a, b) => a * b, 1);
  const plane = data.subarray(unit * area, (unit + 1) * area);
  let at = 0;
  for (let i = 1; i < area; i++) if (plane[i] > plane[at]) at = i;
  const width = shape[3];
  const cell = shape.length === 4 ? ([Math.floor(at / width), at % width] as const) : null;
  return { value: plane[at], cell };
}

function boxOf(cell: Patch['cell'], field: ReceptiveField | null, shape: readonly number[]): Patch['box'] {
  const [height, width] = shape.slice(2);
  if (!cell || field?.size.length !== 2) return [0, 0, width, height];
  const span = (d: 0 | 1, size: number): [number, number] => {
    const first = Math.floor(field.start[d] + cell[d] * field.jump[d]);
    return [Math.max(0, first), Math.min(size, first + field.size[d])];
  };
  const [[top, bottom], [left, right]] = [span(0, height), span(1, width)];
  return [left, top, right, bottom];
}
