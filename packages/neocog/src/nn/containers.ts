// Modules made of modules.

import { ShapeError } from '../errors.ts';
import { add } from '../ops/index.ts';
import type { DType, Tensor } from '../tensor/tensor.ts';
import type { Chains } from '../types/rules.ts';
import { Layer, Module } from './module.ts';

/**
 * Layers one after another, numbered from 0 in the state dict, or named when given as an object.
 *
 * @example new Sequential(new Conv2d(1, 6, 5), new ReLU())
 * @example new Sequential({ conv1: new Conv2d(1, 6, 5), relu1: new ReLU() })
 */
export class Sequential<const Layers extends SequentialArguments = SequentialArguments> extends Layer<
  Chains<Layers>
> {
  readonly #layers: [name: string, layer: Module][];

  constructor(...layers: Layers) {
    super();
    this.#layers = Object.entries(namedLayers(layers));
    for (const [name, layer] of this.#layers) {
      if (layer instanceof Module) continue;
      throw new ShapeError(
        `Sequential: layer ${name} is ${typeof layer}, a Module is needed; wrap a function in a class`,
      );
    }
  }

  override children(): [name: string, child: Module][] {
    return [...this.#layers];
  }

  override get inputType(): DType {
    return this.#layers[0]?.[1].inputType ?? 'float32';
  }

  protected run(x: Tensor): Tensor {
    return this.#layers.reduce((value, [, layer]) => layer.forward(value), x);
  }
}

/** Layers, or one object of named ones. */
type SequentialArguments = readonly Module[] | readonly [Record<string, Module>];

function namedLayers(layers: SequentialArguments): Record<string, Module> {
  const [first] = layers;
  return layers.length === 1 && !(first instanceof Module) && first
    ? first
    : Object.fromEntries(Object.entries(layers as readonly Module[]));
}

/** body(x) + shortcut(x); without a shortcut body(x) + x. He et al., 2016. */
export class Residual extends Module {
  readonly body: Module;
  readonly shortcut: Module | null;

  constructor(body: Module, shortcut: Module | null = null) {
    super();
    this.body = body;
    this.shortcut = shortcut;
  }

  forward(x: Tensor): Tensor {
    return add(this.body.forward(x), this.shortcut ? this.shortcut.forward(x) : x);
  }
}
