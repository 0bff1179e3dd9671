// What a program takes and gives: names, shapes and types, from a module and from what the caller says of its inputs.

import { type Field, field, isRecord, need } from '../arguments/field.ts';
import { show } from '../arguments/show.ts';
import { ShapeError } from '../errors.ts';
import type { Module } from '../nn/module.ts';
import { NamedModule, type NamedTensors, type NamedValue } from '../nn/named.ts';
import { checkShape, formatShape, type Shape, sameShape } from '../tensor/shape.ts';
import { type DType, needWhole, Tensor } from '../tensor/tensor.ts';

/** An input or output of a program. */
export interface ProgramValue {
  /** Unique among the inputs, or among the outputs; `input` and `output` for modules without names. */
  readonly name: string;
  /** Of each run, batch included. */
  readonly shape: Shape;
  /** What its tensor holds. */
  readonly dtype: DType;
}

/** One shape for the only input, or shapes by the names of inputs. */
export type InputShapes = Shape | Readonly<Record<string, Shape>>;

/** The option `input` of what compiles. */
export const inputField: Field<InputShapes> = field(
  'a shape [n, c, …], or an object of shapes by the names of inputs',
  (v) => Array.isArray(v) || isRecord(v),
);

/** The input of modules without names. */
const plainInputs = (dtype: DType): readonly NamedValue[] => [
  { name: 'input', shape: ['n', 'c', '…'], dtype },
];

const inputsOf = (module: Module): readonly NamedValue[] =>
  module instanceof NamedModule ? module.inputs : plainInputs(module.inputType);

/** Every input with a shape: the caller's, or the module's own where all of its axes are known. */
export function resolveInputs(fn: string, module: Module, given: InputShapes | undefined): ProgramValue[] {
  const inputs = inputsOf(module);
  const shapes = shapesByName(fn, inputs, given);
  return inputs.map(({ name, shape, dtype }) => {
    const chosen = Object.hasOwn(shapes, name) ? shapes[name] : shape;
    if (!Array.isArray(chosen)) checkShape(fn, chosen as Shape);
    const open = chosen.filter((size) => typeof size === 'string');
    if (open.length > 0) {
      throw new ShapeError(
        `${fn}: sizes ${open.join(', ')} of ${name} [${shape.join(',')}] are open, state its shape in the option input`,
      );
    }
    checkShape(fn, chosen as Shape);
    return { name, shape: [...(chosen as Shape)], dtype };
  });
}

function shapesByName(
  fn: string,
  inputs: readonly NamedValue[],
  given: InputShapes | undefined,
): Readonly<Record<string, Shape>> {
  if (given === undefined) return {};
  const names = inputs.map(({ name }) => name);
  if (Array.isArray(given)) {
    if (inputs.length === 1) return { [names[0]]: given };
    throw new ShapeError(
      `${fn}: input is one shape, the network has ${inputs.length} inputs (${names.join(', ')}); give { name: shape }`,
    );
  }
  const shapes = given as Readonly<Record<string, Shape>>;
  need(fn, 'input', shapes, inputField);
  needNames(fn, Object.keys(shapes), { names, side: 'inputs', what: 'shape' });
  return shapes;
}

/** The names on one side of a network, and what is given for each. */
interface Known {
  readonly names: readonly string[];
  readonly side: 'inputs' | 'outputs';
  readonly what: 'shape' | 'tensor';
}

function needNames(fn: string, given: readonly string[], { names, side, what }: Known): void {
  const stray = given.find((name) => !names.includes(name));
  if (stray === undefined) return;
  throw new ShapeError(`${fn}: there is a ${what} for ${stray}, the ${side} are ${names.join(', ')}`);
}

/** The tensors of a run in the order of the inputs, each of the shape and type that was compiled for. */
export function orderInputs(
  fn: string,
  inputs: readonly ProgramValue[],
  given: Tensor | NamedTensors,
): Tensor[] {
  const names = inputs.map(({ name }) => name);
  if (given instanceof Tensor && inputs.length !== 1) {
    throw new ShapeError(`${fn}: one tensor is given, { ${names.join(', ')} } is needed`);
  }
  const tensors = given instanceof Tensor ? { [names[0]]: given } : given;
  if (!(given instanceof Tensor))
    needNames(fn, Object.keys(Object(given)), { names, side: 'inputs', what: 'tensor' });
  return inputs.map((input) => needTensor(fn, input, Object(tensors)[input.name]));
}

function needTensor(fn: string, { name, shape, dtype }: ProgramValue, x: unknown): Tensor {
  if (x instanceof Tensor && x.dtype === dtype && sameShape(x.shape, shape)) return needWhole(fn, name, x);
  const found = x instanceof Tensor ? `${x.dtype} ${formatShape(x.shape)}` : show(x);
  throw new ShapeError(
    `${fn}: ${name} is ${found}, ${dtype} ${formatShape(shape)} is needed; compile again for another shape`,
  );
}

/** The tensors that take results, in the order of the outputs: one is for the first, named ones for some of them. */
export function orderResults(
  fn: string,
  outputs: readonly ProgramValue[],
  into: Tensor | NamedTensors,
): (Tensor | undefined)[] {
  if (into instanceof Tensor) return [needTensor(fn, outputs[0], into)];
  const names = outputs.map(({ name }) => name);
  if (typeof into !== 'object' || into === null || Array.isArray(into)) {
    throw new ShapeError(`${fn}: into is ${String(into)}, a Tensor or { ${names.join(', ')} } is needed`);
  }
  needNames(fn, Object.keys(into), { names, side: 'outputs', what: 'tensor' });
  const tensors = outputs.map((output) => {
    const tensor = into[output.name];
    return tensor === undefined ? undefined : needTensor(fn, output, tensor);
  });
  const given = tensors.filter((t) => t !== undefined);
  if (new Set(given.map((t) => t.data)).size === given.length) return tensors;
  throw new ShapeError(`${fn}: into has one array for several outputs, each needs its own`);
}
