// Sizes of a network's inputs and outputs: those that the caller fixes at load, and those of the outputs that follow.

import { NeocogError, nn, ShapeError, summary, type Tensor, zeros } from 'neocog';
import type { GraphInput, GraphModule } from './graphModule.ts';

/** A shape by the name of an input, or a number by the name of an open axis. */
export type Shapes = Readonly<Record<string, readonly number[] | number>>;

const isSize = (n: unknown): boolean => Number.isSafeInteger(n) && (n as number) > 0;

/** Inputs with the sizes that `shapes` gives. @throws ShapeError for names that are unknown and sizes that do not fit. */
export function fixInputs(about: string, inputs: readonly GraphInput[], shapes: Shapes): GraphInput[] {
  const names = new Set(inputs.flatMap(({ name, shape }) => [name, ...shape]));
  const unknown = Object.keys(shapes).find((name) => !names.has(name));
  if (unknown !== undefined) {
    throw new ShapeError(
      `${about}: shapes name '${unknown}', known are ${[...names].filter(isName).join(', ')}`,
    );
  }
  return inputs.map((input) => ({ ...input, shape: fixInput(about, input, shapes) }));
}

const isName = (axis: number | string): boolean => typeof axis === 'string';

function fixInput(about: string, { name, shape }: GraphInput, shapes: Shapes): readonly (number | string)[] {
  const given = Object.hasOwn(shapes, name) ? shapes[name] : undefined;
  const wanted = Array.isArray(given)
    ? given
    : shape.map((axis) => (typeof axis === 'string' && Object.hasOwn(shapes, axis) ? shapes[axis] : axis));
  const fits =
    wanted.length === shape.length &&
    wanted.every((n, d) => n === shape[d] || (typeof shape[d] === 'string' && isSize(n)));
  if (fits) return wanted;
  throw new ShapeError(`${about}: shapes give input '${name}' [${wanted}], the network needs [${shape}]`);
}

/** Outputs with the sizes that follow from the inputs', where these are known but for the batch. */
export function findOutputs(net: GraphModule): readonly nn.NamedValue[] {
  const open = new Set(net.inputs.flatMap(({ shape }) => shape).filter(isName));
  if ([...open].some((axis) => axis !== 'batch')) return net.outputs;
  try {
    // What changes with the batch is the batch.
    const [two, three] = [2, 3].map((batch) => probe(net, batch));
    return net.outputs.map((output) => ({
      ...output,
      shape: two[output.name].shape.map((n, d) => (n === three[output.name].shape[d] ? n : 'batch')),
      dtype: two[output.name].dtype,
    }));
  } catch (error) {
    // Some networks run with one batch only: their shapes stay open.
    if (error instanceof NeocogError) return net.outputs;
    throw error;
  }
}

/** The network's outputs for inputs of zeros, of which only shapes are computed. */
function probe(net: GraphModule, batch: number): Record<string, Tensor> {
  const tensors = net.inputs.map(({ name, shape, dtype }): [string, Tensor] => [
    name,
    zeros(
      shape.map((n) => (typeof n === 'number' ? n : batch)),
      { dtype },
    ),
  ]);
  let found: Record<string, Tensor> = {};
  const [[first, x], ...others] = tensors;
  class Probe extends nn.Module {
    readonly net = net;

    forward(t: Tensor): Tensor {
      found = net.run(Object.fromEntries([[first, t], ...others]));
      return Object.values(found)[0];
    }
  }
  summary(new Probe(), x.shape, { dtype: x.dtype });
  return found;
}
