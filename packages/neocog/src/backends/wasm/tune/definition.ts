// One value of a convolution's result by the definition, in plain JavaScript: for a few places, where a kernel gives all.

import { evaluate } from '../../../expression/evaluate.ts';
import { inputShape, outputShape, weightShape } from '../../../geometry/conv.ts';
import { axisLinks, jointLinks, type Links, linksAt } from '../../../geometry/links.ts';
import type { ConvGeometry } from '../../../geometry/types.ts';
import { product } from '../../../geometry/window.ts';
import type { ConvKernel } from '../../work.ts';
import type { ConvTask } from '../kernels/convPlan.ts';
import { arrays, unitFor, wholeAt } from './wholes.ts';

/** Where a value lies in a result: image and channel, or both channels of a weight, and a position along each axis. */
export interface Place {
  readonly first: number;
  readonly second: number;
  readonly cells: readonly number[];
}

/** Of each kernel: its result, the side of a link that a place in it states, and the arrays whose products are summed. */
const results = {
  conv: { shape: outputShape, side: 'output', factors: ['x', 'w'] },
  inputGrad: { shape: inputShape, side: 'input', factors: ['y', 'w'] },
  weightGrad: { shape: weightShape, side: 'tap', factors: ['x', 'y'] },
} as const;

/** Products in a sum; fewer at borders. */
function termsOf(kernel: ConvKernel, g: ConvGeometry): number {
  const taps = product(g.axes.map((axis) => axis.kernel));
  if (kernel === 'conv') return (g.inChannels / g.groups) * taps;
  if (kernel === 'inputGrad') return (g.outChannels / g.groups) * taps;
  return g.batch * product(g.axes.map((axis) => axis.output));
}

export class Definition {
  /** What the values of the array that is read are multiplied by. */
  readonly unit: number;
  /** `[images, channels, …space]` of the result, `[out, in / groups, …kernel]` of weights. */
  readonly shape: readonly number[];
  readonly #task: ConvTask;
  readonly #links: readonly Links[];
  readonly #sums = new Map<number, number>();

  constructor(task: ConvTask) {
    const { kernel, geometry, epilogue } = task;
    this.#task = task;
    this.#links = geometry.axes.map((axis) => axisLinks(axis, geometry.paddingMode));
    this.shape = results[kernel].shape(geometry);
    this.unit = epilogue.formula ? unitFor(termsOf(kernel, geometry)) : 1;
  }

  /** Within its plane. */
  cellOf({ cells }: Place): number {
    return cells.reduce((index, at, d) => index * this.shape[d + 2] + at, 0);
  }

  placeOf(first: number, second: number, cell: number): Place {
    const cells: number[] = [];
    let rest = cell;
    for (let d = this.shape.length - 1; d >= 2; d--) {
      cells.unshift(rest % this.shape[d]);
      rest = Math.floor(rest / this.shape[d]);
    }
    return { first, second, cells };
  }

  /** Row-major. */
  #indexOf(place: Place): number {
    const [, channels, ...space] = this.shape;
    return (place.first * channels + place.second) * product(space) + this.cellOf(place);
  }

  /** The finished value, and what it would be of sums that are off by ± `error`: an activation may be steep there, or jump. */
  at(place: Place, error = 0): { readonly value: number; readonly least: number; readonly most: number } {
    const { bias, formula, extras } = this.#task.epilogue;
    const { second: channel } = place;
    const index = this.#indexOf(place);
    const sum = this.unit * this.#sumOf(place, index) + (bias ? wholeAt(arrays.bias, channel) : 0);
    const more = extras.map((kind, i) => wholeAt(arrays.extra + i, kind === 'pixel' ? index : channel));
    const near = [sum, sum - error, sum + error].map((s) => (formula ? evaluate(formula, [s, ...more]) : s));
    return { value: near[0], least: Math.min(...near), most: Math.max(...near) };
  }

  /** Several ask for the same places. */
  #sumOf(place: Place, index: number): number {
    const sum = this.#sums.get(index) ?? this.#sumAt(place);
    this.#sums.set(index, sum);
    return sum;
  }

  /** Σ of the products of the two arrays that are not the result, over all links of the place. */
  #sumAt(place: Place): number {
    const { kernel, geometry: g } = this.#task;
    const {
      side,
      factors: [a, b],
    } = results[kernel];
    const own = this.#links.map((links, d) => linksAt(links, side, place.cells[d]));
    const { output, tap, input } = jointLinks(g.axes, own);
    const positions = { x: input, w: tap, y: output };
    let sum = 0;
    for (const each of channelsAt(kernel, g, place)) {
      const from = baseOf(g, each);
      for (let t = 0; t < tap.length; t++)
        sum += wholeAt(arrays[a], from[a] + positions[a][t]) * wholeAt(arrays[b], from[b] + positions[b][t]);
    }
    return sum;
  }
}

/** An image and two channels that meet in a value. */
interface Meeting {
  readonly n: number;
  readonly oc: number;
  readonly ic: number;
}

/** Where the planes of a meeting begin, in each array. */
function baseOf(g: ConvGeometry, { n, oc, ic }: Meeting) {
  const [inPlane, taps, outPlane] = [inputShape, weightShape, outputShape].map((of) =>
    product(of(g).slice(2)),
  );
  const inGroup = g.inChannels / g.groups;
  return {
    x: (n * g.inChannels + ic) * inPlane,
    w: (oc * inGroup + (ic % inGroup)) * taps,
    y: (n * g.outChannels + oc) * outPlane,
  };
}

function channelsAt(kernel: ConvKernel, g: ConvGeometry, { first, second }: Place): Meeting[] {
  const [inGroup, outGroup] = [g.inChannels / g.groups, g.outChannels / g.groups];
  const list = <T>(length: number, make: (i: number) => T): T[] => Array.from({ length }, (_, i) => make(i));
  if (kernel === 'conv') {
    const from = Math.floor(second / outGroup) * inGroup;
    return list(inGroup, (c) => ({ n: first, oc: second, ic: from + c }));
  }
  if (kernel === 'inputGrad') {
    const from = Math.floor(second / inGroup) * outGroup;
    return list(outGroup, (c) => ({ n: first, oc: from + c, ic: second }));
  }
  const ic = Math.floor(first / outGroup) * inGroup + second;
  return list(g.batch, (n) => ({ n, oc: first, ic }));
}
