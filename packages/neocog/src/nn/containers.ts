// Modules made of modules.

import { isRecord, need, orNull } from '../arguments/field.ts';
import { add } from '../ops/index.ts';
import type { DType, Tensor } from '../tensor/tensor.ts';
import type { Chains } from '../types/rules.ts';
import { Layer, Module } from './module.ts';
import { aModule, namedParts } from './parts.ts';

/**
 * Layers one after another, numbered from 0 in the state dict, or named when given as an object.
 *
 * @example new Sequential(new Conv2d(1, 6, 5), new ReLU())
 * @example new Sequential({ conv1: new Conv2d(1, 6, 5), relu1: new ReLU() })
 */
export class Sequential<const Layers extends SequentialArguments = SequentialArguments> extends Layer<
  Chains<Layers>
> {
  readonly #layers: Map<string, Module>;

  constructor(...layers: Layers) {
    super();
    this.#layers = namedParts(this, { parts: namedLayers(layers), taken: aModule });
  }

  /** The layers, then those that were assigned to new names. */
  override children(): [name: string, child: Module][] {
    return [...this.#layers, ...super.children()];
  }

  override get inputType(): DType {
    return this.children()[0]?.[1].inputType ?? 'float32';
  }

  protected run(x: Tensor): Tensor {
    return this.children().reduce((value, [, layer]) => layer.forward(value), x);
  }
}

/** Layers, or one object of named ones. */
type SequentialArguments = readonly Module[] | readonly [Record<string, Module>];

function namedLayers(layers: SequentialArguments): Record<string, Module> {
  const [first] = layers;
  if (layers.length === 1 && isRecord(first) && !(first instanceof Module)) return first;
  return Object.fromEntries(Object.entries(layers as readonly Module[]));
}

/** body(x) + shortcut(x); without a shortcut body(x) + x. He et al., 2016. */
export class Residual extends Module {
  /** What is computed; its result has the shape of the shortcut's, or of x without one. */
  readonly body: Module;
  /** What x goes through on its way past the body; null for x as it is. */
  readonly shortcut: Module | null;

  constructor(body: Module, shortcut: Module | null = null) {
    super();
    need('Residual', 'body', body, aModule);
    need('Residual', 'shortcut', shortcut, orNull(aModule));
    this.body = body;
    this.shortcut = shortcut;
    this.namedModules(); // refuses what is nested too deep
  }

  forward(x: Tensor): Tensor {
    return add(this.body.forward(x), this.shortcut ? this.shortcut.forward(x) : x);
  }
}
