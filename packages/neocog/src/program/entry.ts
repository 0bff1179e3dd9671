// The first part of a network in stages that takes frames, or tensors of another layout: it makes what the network takes.

import type { Layout } from '../geometry/options.ts';
import { NamedModule, type NamedTensors } from '../nn/named.ts';
import { toChannelsFirst, toChannelsLast } from '../ops/layout.ts';
import type { Tensor } from '../tensor/tensor.ts';
import type { GivenValue, OpenValue } from './signature.ts';

/** Inputs as the network takes them. */
export class Entry extends NamedModule {
  readonly inputs: readonly GivenValue[];
  readonly outputs: readonly GivenValue[];
  readonly #layout: Layout | undefined;

  constructor(inputs: readonly GivenValue[], layout?: Layout) {
    super();
    this.inputs = inputs;
    this.outputs = inputs;
    this.#layout = layout;
  }

  run(inputs: NamedTensors): Record<string, Tensor> {
    return Object.fromEntries(
      this.inputs.map(({ name }) => [name, entering(inputs[name], this.#layout)] as const),
    );
  }
}

/** Whether a network takes something else than what runs are given. */
export const needsEntry = (inputs: readonly GivenValue[], layout?: Layout): boolean =>
  inputs.some(({ frames, shape }) => frames || isTurned(shape, layout));

const isTurned = ({ length }: { readonly length: number }, layout?: Layout): boolean =>
  layout === 'channels-last' && length > 2;

/** A tensor of the caller's layout as the network takes it. */
export const entering = (x: Tensor, layout?: Layout): Tensor =>
  isTurned(x.shape, layout) ? toChannelsFirst(x) : x;

/** A result of the network in the caller's layout. */
export const leaving = (y: Tensor, layout?: Layout): Tensor =>
  isTurned(y.shape, layout) ? toChannelsLast(y) : y;

/** Inputs with the shapes that the network has them in. */
export const enteringShapes = (inputs: readonly GivenValue[], layout?: Layout): GivenValue[] =>
  inputs.map((input) => {
    const { shape } = input;
    if (!isTurned(shape, layout)) return input;
    return { ...input, shape: [shape[0], shape[shape.length - 1], ...shape.slice(1, -1)] };
  });

/** What is known of a result's shape in the caller's layout. */
export function leavingShape<T extends OpenValue>(output: T, layout?: Layout): T {
  const [n, c, ...space] = output.shape;
  return isTurned(output.shape, layout) ? { ...output, shape: [n, ...space, c] } : output;
}
