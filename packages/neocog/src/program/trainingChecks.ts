// What a compiled training step refuses of a network, its optimiser and its targets.

import { counted, show } from '../arguments/show.ts';
import type { GraphValue } from '../backends/graph.ts';
import { ShapeError } from '../errors.ts';
import type { Module } from '../nn/module.ts';
import { formatShape, type Shape, sameShape } from '../tensor/shape.ts';
import { type DType, needWhole, Tensor } from '../tensor/tensor.ts';

/** Refuses to bring values back into an array that was transferred or resized since. */
export function needRoom({ data }: GraphValue, size: number): void {
  if (!data || data.length === size) return;
  throw new ShapeError(
    `Trainer.sync: a tensor of the module has ${counted(data.length, 'value')} instead of ${size}; copy its memory before you transfer or resize it`,
  );
}

/** An optimiser of another network would move nothing here. */
export function needOwn(module: Module, { parameters }: { readonly parameters: readonly Tensor[] }): void {
  const own = new Set<Tensor>(module.parameters());
  const stranger = parameters.findIndex((parameter) => !own.has(parameter));
  if (stranger < 0) return;
  throw new ShapeError(
    `compileTraining: parameter ${stranger} of the optimiser does not belong to the network; make the optimiser from module.parameters()`,
  );
}

/** Refuses a target that is not as large as the step's, or of another type. */
export function checkTarget(y: Tensor, target: GraphValue): void {
  if (y instanceof Tensor && y.size === target.size && y.dtype === target.dtype) return;
  const given = y instanceof Tensor ? `${y.dtype} ${formatShape(y.shape)}` : show(y);
  throw new ShapeError(
    `Trainer.step: target is ${given}; give ${target.dtype} with ${counted(target.size, 'element')}`,
  );
}

/** Refuses samples of another shape or type than the step's, or more of them; as many or fewer may come. */
export function checkInput(x: Tensor, input: Shape, dtype: DType): void {
  const fits =
    x instanceof Tensor &&
    x.dtype === dtype &&
    x.rank === input.length &&
    x.shape[0] <= input[0] &&
    sameShape(x.shape.slice(1), input.slice(1));
  if (fits) {
    needWhole('Trainer.step', 'input', x);
    return;
  }
  const given = x instanceof Tensor ? `${x.dtype} ${formatShape(x.shape)}` : show(x);
  throw new ShapeError(
    `Trainer.step: input is ${given}; give ${dtype} ${formatShape(input)}, or fewer samples`,
  );
}
