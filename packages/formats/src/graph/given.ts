// Tensors on their way into a graph of values, and out of it.

import { cast, type nn, ShapeError, Tensor } from 'neocog';
import { anyAxes } from './shapes.ts';
import {
  HostArray,
  type HostType,
  isKnown,
  knownValues,
  rememberType,
  toFloats,
  toTensor,
  type Value,
} from './value.ts';

/** An input of an imported network. */
export interface GraphInput extends nn.NamedValue {
  /** The type in the file, where it is not `dtype`: int64 arrives as int32 and is int64 inside. */
  readonly type?: HostType | undefined;
}

/** Truth and, in a compiled network, whole numbers may have been computed as floats. */
export function asTensor(value: Value, dtype: GraphInput['dtype']): Tensor {
  const t = dtype === 'float32' ? toFloats(value) : toTensor(value);
  return t.dtype === dtype ? t : cast(t, dtype);
}

export function checkInputs(wanted: readonly GraphInput[], given: nn.NamedTensors): [string, Value][] {
  const list = wanted.map(({ name }) => name).join(', ');
  const unknown = Object.keys(given).find((name) => !wanted.some((input) => input.name === name));
  if (unknown !== undefined) {
    throw new ShapeError(`run: there is no input '${unknown}'; the network takes ${list}`);
  }
  return wanted.map((input) => {
    if (!Object.hasOwn(given, input.name)) {
      throw new ShapeError(`run: input '${input.name}' is missing; the network takes ${list}`);
    }
    return [input.name, checkInput(input, given[input.name])];
  });
}

function checkInput(input: GraphInput, x: Tensor): Value {
  const { name, shape, dtype, type = dtype } = input;
  if (!(x instanceof Tensor)) {
    throw new ShapeError(`run: input '${name}' is ${String(x)}; give a Tensor, such as tensor([1, 2])`);
  }
  const fits =
    shape[0] === anyAxes ||
    (x.rank === shape.length && x.shape.every((n, d) => typeof shape[d] === 'string' || shape[d] === n));
  if (!fits) {
    throw new ShapeError(`run: input '${name}' has shape [${x.shape}], but the network needs [${shape}]`);
  }
  if (x.dtype !== dtype) {
    throw new ShapeError(`run: input '${name}' is ${x.dtype}, but the network needs ${dtype}`);
  }
  return asValue(x, dtype === 'int32' ? type : undefined);
}

/** Whole numbers are computed with on the host wherever their values can be seen. */
export function asValue(x: Tensor, type: HostType | undefined): Value {
  if (x.dtype !== 'int32') return x;
  if (isKnown(x)) return new HostArray(type ?? 'int64', knownValues(x), x.shape);
  return type ? rememberType(x, type) : x;
}
