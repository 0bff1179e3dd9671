// Networks whose inputs and outputs have names, such as those that come from a file.

import { ShapeError } from '../errors.ts';
import type { DType, Tensor } from '../tensor/tensor.ts';
import { Module } from './module.ts';

/** An input or output of a network. */
export interface NamedValue {
  /** Unique among the inputs, or among the outputs. */
  readonly name: string;
  /** A size per axis; a text names a size that is open, such as the batch. `['…']` is any number of axes. */
  readonly shape: readonly (number | string)[];
  /** What its tensor holds. */
  readonly dtype: DType;
}

/** Tensors by the names of inputs or outputs. */
export type NamedTensors = Readonly<Record<string, Tensor>>;

/** A network with any number of named inputs and outputs; one with a single input is used like any other module. */
export abstract class NamedModule extends Module {
  /** In the order of the network; `run` takes tensors by their names. */
  abstract readonly inputs: readonly NamedValue[];
  /** In the order of the network; `run` gives tensors by their names, and `forward` gives the first. */
  abstract readonly outputs: readonly NamedValue[];

  override get inputType(): DType {
    return this.inputs[0].dtype;
  }

  /** Every output by its name. @throws ShapeError for an input that is missing, unknown or of another shape. */
  abstract run(inputs: NamedTensors): Record<string, Tensor>;

  /** The first output for the only input. @throws ShapeError if there are several inputs: call `run`. */
  forward(x: Tensor): Tensor {
    if (this.inputs.length !== 1) {
      const names = this.inputs.map((input) => input.name).join(', ');
      throw new ShapeError(
        `forward: the network has ${this.inputs.length} inputs (${names}); call run({ ${names} })`,
      );
    }
    return this.run({ [this.inputs[0].name]: x })[this.outputs[0].name];
  }
}
