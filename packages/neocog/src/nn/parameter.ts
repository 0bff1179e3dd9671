// Parameter: a tensor that training changes. Its first values may be drawn when somebody reads them: weights that are loaded
// from a file, or only counted, cost nothing then.

import { need } from '../arguments/field.ts';
import { floatTensor } from '../tensor/fields.ts';
import { sizeOf } from '../tensor/shape.ts';
import { type DType, Tensor, zeros } from '../tensor/tensor.ts';

/** A tensor that training changes. As the property of a module it is one of the module's parameters. */
export class Parameter extends Tensor {
  constructor(t: Tensor) {
    need('Parameter', 'the tensor', t, floatTensor);
    super(t.data, t.shape, true);
  }

  /** The type of `data`. */
  override get dtype(): DType {
    return 'float32';
  }

  /** Number of elements. */
  override get size(): number {
    return sizeOf(this.shape);
  }
}

/** Fills some tensors, which are 0, together. */
type Fill = (targets: readonly Tensor[]) => unknown;

/** How the values of a parameter that nobody has read yet come. */
interface Wait {
  /** Draws them, and those of the parameters that are drawn together with it. */
  readonly draw: () => void;
  /** Its array, which is 0. */
  readonly values: Float32Array;
}

const waits = new WeakMap<Tensor, Wait>();

/** Lets values be drawn when one of them is read for the first time. */
export function fillWhenRead(parameters: readonly Parameter[], fill: Fill): void {
  const draw = (): void => {
    const targets = parameters.map((parameter) =>
      stopWaiting(parameter) ? parameter : zeros(parameter.shape),
    );
    fill(targets);
  };
  for (const parameter of parameters) {
    waits.set(parameter, { draw, values: parameter.data as Float32Array });
    const get = (): Tensor['data'] => {
      draw();
      return parameter.data;
    };
    Object.defineProperty(parameter, 'data', { get, enumerable: true, configurable: true });
  }
}

/** Gives a parameter its array as it is, for whoever fills it all; whether it had still to wait for its values. */
export function stopWaiting(parameter: Tensor): boolean {
  const wait = waits.get(parameter);
  if (!wait) return false;
  waits.delete(parameter);
  const value = wait.values;
  Object.defineProperty(parameter, 'data', { value, writable: true, enumerable: true, configurable: true });
  return true;
}

/** Whether values would be drawn if they were read. */
export const isWaiting = (t: Tensor): boolean => waits.has(t);

/** Overwrites all values of a tensor; what they would have been is not drawn. */
export function overwrite(t: Tensor, values: Tensor['data']): void {
  stopWaiting(t);
  t.data.set(values);
}
