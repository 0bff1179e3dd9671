// What a compiled training step refuses of a network, its optimiser and its targets.

import { show } from '../arguments/show.ts';
import type { GraphValue } from '../backends/graph.ts';
import { ShapeError } from '../errors.ts';
import type { Module } from '../nn/module.ts';
import { formatShape } from '../tensor/shape.ts';
import { Tensor } from '../tensor/tensor.ts';

/** Refuses to bring values back into an array that was transferred or resized since. */
export function needRoom({ data }: GraphValue, size: number): void {
  if (!data || data.length === size) return;
  throw new ShapeError(
    `Trainer.sync: a tensor of the module has ${data.length} values left, ${size} are needed; copy its memory before it is transferred or resized`,
  );
}

/** An optimiser of another network would move nothing here. */
export function needOwn(module: Module, { parameters }: { readonly parameters: readonly Tensor[] }): void {
  const own = new Set<Tensor>(module.parameters());
  const stranger = parameters.findIndex((parameter) => !own.has(parameter));
  if (stranger < 0) return;
  throw new ShapeError(
    `compileTraining: parameter ${stranger} of the optimiser is none of the network's; make the optimiser of module.parameters()`,
  );
}

/** Refuses a target that is not as large as the step's, or of another type. */
export function checkTarget(y: Tensor, target: GraphValue): void {
  if (y instanceof Tensor && y.size === target.size && y.dtype === target.dtype) return;
  const given = y instanceof Tensor ? `${y.dtype} ${formatShape(y.shape)}` : show(y);
  throw new ShapeError(
    `Trainer.step: target is ${given}, ${target.dtype} with ${target.size} elements is needed`,
  );
}
