// Parts that several networks are made of.

import { BatchNorm2d, Conv2d, Module, Sequential } from '../nn/index.ts';
import { aModule, namedParts } from '../nn/parts.ts';
import { add, concat } from '../ops/index.ts';
import type { Tensor } from '../tensor/tensor.ts';

interface ConvNormOptions {
  stride?: number;
  dilation?: number;
  groups?: number;
  activation?: Module;
}

/** A convolution without bias that keeps the size at stride 1, batch normalisation and, if given, an activation. */
export function convNormLayers(
  inChannels: number,
  outChannels: number,
  kernel: number,
  { activation, ...window }: ConvNormOptions = {},
): Module[] {
  const padding = ((kernel - 1) / 2) * (window.dilation ?? 1);
  const conv = new Conv2d(inChannels, outChannels, kernel, { ...window, padding, bias: false });
  return [conv, new BatchNorm2d(outChannels), ...(activation ? [activation] : [])];
}

/** The same as one module, with keys `0.weight`, `1.weight` … */
export const convNorm = (...parameters: Parameters<typeof convNormLayers>): Module =>
  new Sequential(...convNormLayers(...parameters));

/** Layers one after another, and what becomes of their result with the input of the first. The layers are its children. */
export abstract class Block extends Module {
  readonly #layers: Map<string, Module>;

  constructor(layers: Record<string, Module>) {
    super();
    this.#layers = namedParts(this, { parts: layers, taken: aModule });
  }

  protected abstract join(y: Tensor, x: Tensor): Tensor;

  override children(): [name: string, child: Module][] {
    return [...this.#layers, ...super.children()];
  }

  forward(x: Tensor): Tensor {
    const layers = [...this.#layers.values()];
    return this.join(
      layers.reduce((value, layer) => layer.forward(value), x),
      x,
    );
  }
}

/** The layers' result plus the input. */
export class Skip extends Block {
  protected override join(y: Tensor, x: Tensor): Tensor {
    return add(y, x);
  }
}

/** Branches that see the same input, joined along the channels. */
export class Parallel extends Module {
  readonly #branches: Map<string, Module>;

  constructor(branches: Record<string, Module> | readonly Module[]) {
    super();
    this.#branches = namedParts(this, { parts: branches, taken: aModule });
  }

  /** The branches, then those that were assigned to new names. */
  override children(): [name: string, child: Module][] {
    return [...this.#branches, ...super.children()];
  }

  forward(x: Tensor): Tensor {
    const results = this.children().map(([, branch]) => branch.forward(x));
    return concat(results, { axis: 1 });
  }
}

/** Channels times a width, as a multiple of 8 that is at least 90 % of the product. Sandler et al., 2018. */
export function scaleChannels(channels: number, width: number): number {
  const wanted = channels * width;
  const rounded = Math.max(8, Math.round(wanted / 8) * 8);
  return rounded < 0.9 * wanted ? rounded + 8 : rounded;
}
