// One forward pass of a module that computes nothing: what each of its parts was given and gave, how many multiply-adds
// it took, and which cells of the input its cells depend on. Not here: gradients, and anything that depends on values.

import { backend, setBackend } from '../backends/current.ts';
import type { ReceptiveField } from '../geometry/receptive.ts';
import type { ConvGeometry } from '../geometry/types.ts';
import type { Module } from '../nn/module.ts';
import { inEvaluation, watchParts } from '../nn/watch.ts';
import { noGrad } from '../tensor/graph.ts';
import type { Tensor } from '../tensor/tensor.ts';
import { KnownFields } from './knownFields.ts';
import { observer } from './observer.ts';

/** One forward pass of one part of a module, in the order in which the parts finish. */
export interface Step {
  /** Path of the part in the module, such as `features.0`. */
  readonly name: string;
  readonly module: Module;
  readonly input: Tensor;
  readonly output: Tensor;
  /** Of this part itself, without those of its children. */
  readonly multiplyAdds: number;
  /** The convolutions that this part itself ran; transposed ones as the geometry that they transpose. */
  readonly convolutions: readonly ConvGeometry[];
  /** What the output's cells see of the traced input; null where that is not known. */
  readonly field: ReceptiveField | null;
}

/** Follows `module` on `input` in evaluation mode. Values come out as zeros; modes and methods are as before afterwards. */
export function traceModule(module: Module, input: Tensor): Step[] {
  const steps: Step[] = [];
  const running: { multiplyAdds: number; convolutions: ConvGeometry[] }[] = [];
  const fields = new KnownFields(
    input.data,
    Object.values(module.stateDict()).map((t) => t.data),
  );
  const restore = watchParts(module, ({ name, part, x, forward }) => {
    const own = { multiplyAdds: 0, convolutions: [] };
    running.push(own);
    const y = forward();
    running.pop();
    steps.push({ name, module: part, input: x, output: y, ...own, field: fields.read(y) });
    return y;
  });
  const before = backend();
  const watching = observer(before, fields, (work, convolution) => {
    const own = running[running.length - 1];
    own.multiplyAdds += work;
    if (convolution) own.convolutions.push(convolution);
  });
  try {
    setBackend(watching);
    inEvaluation(module, () => noGrad(() => module.forward(input)));
    return steps;
  } finally {
    setBackend(before);
    restore();
  }
}
