// What the values of layers are like on some pictures: where they lie, how many are 0, and which units never answer.

import { type nn, noGrad, type Shape, ShapeError, type Tensor } from 'neocog';
import { count, type Fields, listOf, need, needOptions, shortText, text } from 'neocog/arguments';
import { aModule, needPictures, singles, watch } from './watch.ts';

/** Which layers `activations` looks at, and how finely. */
export interface ActivationsOptions {
  /** Their paths, as `net.namedModules()` has them. Default: all. */
  layers?: readonly string[] | undefined;
  /** How many bars the histogram has. Default 32. */
  bins?: number | undefined;
}

/** What the values of a layer are like, over all pictures. Values that are not finite are counted, and left out of the rest. */
export interface Activations {
  /** Of what the layer gives, with the batch of pictures. */
  readonly shape: Shape;
  /** Of all values. */
  readonly mean: number;
  /** Of all values, not of a sample. */
  readonly std: number;
  /** The smallest value. */
  readonly min: number;
  /** The largest value. */
  readonly max: number;
  /** Share of values that are 0, from 0 to 1. */
  readonly zeros: number;
  /** How many are NaN or infinite. */
  readonly notFinite: number;
  /** How many values lie in each of equally wide bars from `min` to `max`. */
  readonly histogram: readonly number[];
  /** The largest value of each unit: of a map [c, …] one for each channel, else one for each value. */
  readonly strongest: readonly number[];
  /** Units that are 0 everywhere on all pictures. */
  readonly dead: readonly number[];
}

const activationsFields: Fields<ActivationsOptions> = { layers: listOf('paths', text), bins: count };

/**
 * Statistics of what layers give, by path, in the order in which they ran. `x` is a picture [c, h, w] or several [n, c, h, w]; with
 * more of them it is surer that a unit is dead. Runs eagerly and in evaluation mode.
 *
 * @throws ShapeError for a layer that there is not.
 * @example const { dead } = activations(net, x, { layers: ['relu1'] }).relu1;
 */
export function activations(
  net: nn.Module,
  x: Tensor,
  options: ActivationsOptions = {},
): Record<string, Activations> {
  need('activations', 'net', net, aModule);
  const pictures = needPictures('activations', x);
  needOptions('activations', options, activationsFields);
  const { layers, bins = 32 } = options;
  const tallies = new Map<string, Tally>();
  const isWanted = (path: string): boolean => layers?.includes(path) ?? true;
  eachPicture(net, pictures, (path, { data, shape }) => {
    if (!isWanted(path)) return;
    const tally = tallies.get(path) ?? new Tally(shape);
    tallies.delete(path);
    tallies.set(path, tally);
    tally.add(data);
  });
  for (const path of layers ?? [])
    if (!tallies.has(path))
      throw new ShapeError(
        `activations: no layer '${shortText(path)}' ran; net.namedModules() lists all layers`,
      );
  // The bars are known when all values were seen.
  eachPicture(net, pictures, (path, { data }) => tallies.get(path)?.sort(data, bins));
  const paths = layers ?? [...tallies.keys()];
  return Object.fromEntries(paths.map((path) => [path, (tallies.get(path) as Tally).result()]));
}

/** Runs the pictures one by one, which networks of one picture allow too; of a layer that runs several times, all are told. */
function eachPicture(net: nn.Module, pictures: Tensor, tell: (path: string, given: Tensor) => void): void {
  for (const one of singles(pictures)) noGrad(() => watch(net, one, tell));
}

type Values = Tensor['data'];

/** What is known of the values of a layer so far. */
class Tally {
  readonly #shape: Shape;
  readonly #area: number;
  readonly #strongest: number[];
  readonly #speaks: Set<number> = new Set();
  #pictures = 0;
  #count = 0;
  #finite = 0;
  #zeros = 0;
  #mean = 0;
  /** Sum of the squares around the mean. */
  #squares = 0;
  #min = Number.POSITIVE_INFINITY;
  #max = Number.NEGATIVE_INFINITY;
  #histogram: number[] = [];

  constructor(shape: Shape) {
    this.#shape = shape;
    this.#area = shape.slice(2).reduce((a, b) => a * b, 1);
    this.#strongest = new Array<number>(shape[1] ?? 1).fill(Number.NEGATIVE_INFINITY);
  }

  add(data: Values): void {
    this.#pictures++;
    this.#count += data.length;
    for (let i = 0; i < data.length; i++) {
      const value = data[i];
      const unit = Math.floor(i / this.#area) % this.#strongest.length;
      if (value !== 0) this.#speaks.add(unit);
      if (value > this.#strongest[unit]) this.#strongest[unit] = value;
      if (Number.isFinite(value)) this.#addFinite(value);
    }
  }

  /** Welford, 1962: the difference of two large sums would lose its digits. */
  #addFinite(value: number): void {
    this.#finite++;
    const before = value - this.#mean;
    this.#mean += before / this.#finite;
    this.#squares += before * (value - this.#mean);
    if (value < this.#min) this.#min = value;
    if (value > this.#max) this.#max = value;
    if (value === 0) this.#zeros++;
  }

  /** Puts the values into bars; all have been added. */
  sort(data: Values, bins: number): void {
    if (this.#histogram.length === 0) this.#histogram = new Array<number>(bins).fill(0);
    const scale = this.#max > this.#min ? bins / (this.#max - this.#min) : 0;
    for (const value of data)
      if (Number.isFinite(value))
        this.#histogram[Math.min(bins - 1, Math.floor((value - this.#min) * scale))]++;
  }

  result(): Activations {
    const { length: units } = this.#strongest;
    return {
      shape: [this.#pictures, ...this.#shape.slice(1)],
      mean: this.#mean,
      std: Math.sqrt(this.#squares / Math.max(1, this.#finite)),
      min: this.#finite > 0 ? this.#min : 0,
      max: this.#finite > 0 ? this.#max : 0,
      zeros: this.#zeros / Math.max(1, this.#count),
      notFinite: this.#count - this.#finite,
      histogram: this.#histogram,
      strongest: this.#strongest,
      dead: Array.from({ length: units }, (_, unit) => unit).filter((unit) => !this.#speaks.has(unit)),
    };
  }
}
