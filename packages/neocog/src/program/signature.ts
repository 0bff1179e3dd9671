// What a program takes and gives: names, shapes and types, from a module and from what the caller says of its inputs.

import { type Field, field, isRecord, need } from '../arguments/field.ts';
import { show } from '../arguments/show.ts';
import type { Given, Numbers } from '../backends/frames.ts';
import { ShapeError } from '../errors.ts';
import type { FrameInput } from '../geometry/frames/picture.ts';
import type { Module } from '../nn/module.ts';
import { NamedModule, type NamedTensors, type NamedValue } from '../nn/named.ts';
import { checkShape, formatShape, type Shape, sameShape } from '../tensor/shape.ts';
import { type DType, needWhole, Tensor } from '../tensor/tensor.ts';
import { areFrames, type Frames, isFrame, needFrames } from './frames.ts';
import { isNumbers, needNumbers } from './numbers.ts';
import { toPlanes } from './planes.ts';

/** An input or output of a program. */
export interface ProgramValue {
  /** Unique among the inputs, or among the outputs; `input` and `output` for modules without names. */
  readonly name: string;
  /** Of each run, batch included. */
  readonly shape: Shape;
  /** What its tensor holds. */
  readonly dtype: DType;
}

/** An input, and how frames become its values if it takes such. */
export interface GivenValue extends ProgramValue {
  /** Of an input that takes frames. The program makes planes of float32 of them, and of these the input. */
  readonly frames?: FrameInput | undefined;
}

/** One shape for the only input, or shapes by the names of inputs. */
export type InputShapes = Shape | Readonly<Record<string, Shape>>;

/** A size for each axis; a name stands for a size that each run may bring, the same wherever the name is. */
export type OpenShape = readonly (number | string)[];

/** One shape for the only input, or shapes by the names of inputs, some of which leave axes open. */
export type OpenInputShapes = OpenShape | Readonly<Record<string, OpenShape>>;

/** An input or output whose shape may leave axes open. */
export interface OpenValue extends Omit<ProgramValue, 'shape'> {
  /** Of each run, batch included; names stand for sizes that runs bring. `['…']` is any number of axes. */
  readonly shape: OpenShape;
}

/** The option `input` of what compiles. */
export const inputField: Field<InputShapes & OpenInputShapes> = field(
  'a shape [n, c, …], or an object of shapes by name of input',
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
  return resolveOpen(fn, module, given).map((input) => {
    const open = namesIn(input.shape);
    if (open.length > 0) refuseOpen(fn, input, open);
    return { ...input, shape: input.shape as Shape };
  });
}

const namesIn = (shape: OpenShape): string[] => shape.filter((axis) => typeof axis === 'string');

function refuseOpen(fn: string, { name, shape }: Pick<OpenValue, 'name' | 'shape'>, open: string[]): never {
  throw new ShapeError(
    `${fn}: ${name} [${shape.join(',')}] leaves ${open.join(', ')} open; give its shape in the option input`,
  );
}

/** The same where the caller may leave axes open. */
export function resolveOpen(fn: string, module: Module, given: OpenInputShapes | undefined): OpenValue[] {
  const inputs = inputsOf(module);
  const shapes = shapesByName(fn, inputs, given);
  return inputs.map(({ name, shape, dtype }) => {
    if (Object.hasOwn(shapes, name)) return { name, shape: needOpenShape(fn, shapes[name]), dtype };
    const open = namesIn(shape);
    if (open.length > 0) refuseOpen(fn, { name, shape }, open);
    return { name, shape: [...shape], dtype };
  });
}

/** Whether a caller leaves axes open. */
export function isOpen(given: OpenInputShapes | undefined): boolean {
  const shapes = Array.isArray(given) ? [given] : Object.values(given ?? {});
  return shapes.some((shape) => Array.isArray(shape) && namesIn(shape).length > 0);
}

function needOpenShape(fn: string, shape: OpenShape): OpenShape {
  if (!Array.isArray(shape)) checkShape(fn, shape as Shape);
  const stray = shape.find((size) => size === '' || size === '…');
  if (stray !== undefined)
    throw new ShapeError(
      `${fn}: shape has the axis ${show(stray)}; give a size, or a name for one that runs bring`,
    );
  checkShape(
    fn,
    shape.map((size) => (typeof size === 'string' ? 1 : size)),
  );
  return [...shape];
}

function shapesByName(
  fn: string,
  inputs: readonly NamedValue[],
  given: OpenInputShapes | undefined,
): Readonly<Record<string, OpenShape>> {
  if (given === undefined) return {};
  const names = inputs.map(({ name }) => name);
  if (Array.isArray(given)) {
    if (inputs.length === 1) return { [names[0]]: given as OpenShape };
    throw new ShapeError(
      `${fn}: input is one shape, but the network has ${inputs.length} inputs (${names.join(', ')}); give { name: shape }`,
    );
  }
  const shapes = given as Readonly<Record<string, OpenShape>>;
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
  throw new ShapeError(
    `${fn}: there is a ${what} for ${stray}, but the ${side} are ${names.join(', ')}; name one of them`,
  );
}

/** Sizes of open axes by their names. */
export type AxisSizes = Readonly<Record<string, number>>;

/** The sizes that the inputs of a run bring. @throws ShapeError for inputs of other shapes or types, or that do not agree */
export function sizesOf(fn: string, inputs: readonly OpenValue[], given: ProgramInputs): AxisSizes {
  const single = isSingle(given);
  const sizes = new Map<string, number>();
  for (const input of inputs) {
    const x: unknown = single ? given : Object(given)[input.name];
    if (!(x instanceof Tensor) || x.dtype !== input.dtype || !fits(x.shape, input.shape)) {
      throw new ShapeError(
        `${fn}: ${input.name} is ${inWords(x)}, but the program needs ${input.dtype} [${input.shape.join(',')}]`,
      );
    }
    input.shape.forEach((axis, i) => {
      if (typeof axis === 'number') return;
      const size = sizes.get(axis) ?? x.shape[i];
      if (size !== x.shape[i])
        throw new ShapeError(
          `${fn}: ${axis} is ${size}, and ${x.shape[i]} in ${input.name}; give inputs that agree`,
        );
      sizes.set(axis, size);
    });
  }
  return Object.fromEntries(sizes);
}

/** What is given for a tensor. */
const inWords = (x: unknown): string =>
  x instanceof Tensor ? `${x.dtype} ${formatShape(x.shape)}` : show(x);

const fits = (shape: Shape, open: OpenShape): boolean =>
  shape.length === open.length && open.every((axis, i) => typeof axis === 'string' || axis === shape[i]);

/** Inputs with the sizes that a run brings. */
export const closed = (inputs: readonly OpenValue[], sizes: AxisSizes): ProgramValue[] =>
  inputs.map((input) => ({
    ...input,
    shape: input.shape.map((axis) => (typeof axis === 'string' ? sizes[axis] : axis)),
  }));

/** Outputs of a network with the sizes that its inputs have under the same names. `?` is no name. */
export function bindAxes(
  { inputs: open, outputs }: Pick<NamedModule, 'inputs' | 'outputs'>,
  inputs: readonly ProgramValue[],
): OpenValue[] {
  const sizes = new Map<number | string, number>();
  open.forEach(({ shape }, i) => {
    if (shape.length === inputs[i].shape.length)
      shape.forEach((axis, d) => sizes.set(axis, inputs[i].shape[d]));
  });
  sizes.delete('?');
  return outputs.map(({ name, shape, dtype }) => ({
    name,
    shape: shape.map((axis) => (typeof axis === 'string' ? (sizes.get(axis) ?? axis) : axis)),
    dtype,
  }));
}

/** What a run takes for its only input, or by the names of inputs. */
export type ProgramInput = Tensor | Numbers | Frames;

/** The same, or an object of such. */
export type ProgramInputs = ProgramInput | Readonly<Record<string, ProgramInput>>;

/** Whether one input is meant, and not inputs by name. */
export const isSingle = (given: ProgramInputs): given is ProgramInput =>
  given instanceof Tensor || areFrames(given) || isNumbers(given);

/**
 * The values or frames of a run in the order of the inputs, each of the shape and type that was compiled for.
 */
export function orderInputs(fn: string, inputs: readonly GivenValue[], given: ProgramInputs): Given[] {
  const names = inputs.map(({ name }) => name);
  const single = isSingle(given);
  if (single && inputs.length !== 1) {
    throw new ShapeError(
      `${fn}: one tensor is given for ${names.length} inputs; give { ${names.join(', ')} }`,
    );
  }
  const values = single ? { [names[0]]: given } : given;
  if (!single) needNames(fn, Object.keys(Object(given)), { names, side: 'inputs', what: 'tensor' });
  return inputs.map((input) => {
    const own: unknown = Object(values)[input.name];
    if (input.frames && !(own instanceof Tensor)) return needFrames(fn, input.name, own, input.frames);
    if (isFrame(own)) refuseFrame(fn, input);
    if (isNumbers(own)) return needNumbers(fn, input, own);
    const x = needTensor(fn, input, own);
    return (input.frames ? toPlanes(input.frames, x) : x).data;
  });
}

function refuseFrame(fn: string, { name, dtype, shape }: ProgramValue): never {
  throw new ShapeError(
    `${fn}: ${name} is a frame, but the program takes ${dtype} ${formatShape(shape)}; compile it with pixels`,
  );
}

function needTensor(fn: string, { name, shape, dtype }: ProgramValue, x: unknown): Tensor {
  if (x instanceof Tensor && x.dtype === dtype && sameShape(x.shape, shape)) return needWhole(fn, name, x);
  throw new ShapeError(
    `${fn}: ${name} is ${inWords(x)}, but the program needs ${dtype} ${formatShape(shape)}; compile again for another shape`,
  );
}

/** The shape of an output that has one. @throws ShapeError where sizes follow from values */
export function needClosed(fn: string, { name, shape }: OpenValue): Shape {
  const open = namesIn(shape);
  if (open.length === 0) return shape as Shape;
  throw new ShapeError(
    `${fn}: the sizes ${open.join(', ')} of ${name} [${shape.join(',')}] follow from values, in each run anew; take the shapes of results`,
  );
}

/** A tensor for an output of a known shape. */
function needTarget(fn: string, output: OpenValue, x: unknown): Tensor {
  return needTensor(fn, { ...output, shape: needClosed(`${fn}: into cannot be used`, output) }, x);
}

/** The tensors that take results, in the order of the outputs: one is for the first, named ones for some of them. */
export function orderResults(
  fn: string,
  outputs: readonly OpenValue[],
  into: Tensor | NamedTensors,
): (Tensor | undefined)[] {
  if (into instanceof Tensor) return [needTarget(fn, outputs[0], into)];
  const names = outputs.map(({ name }) => name);
  if (typeof into !== 'object' || into === null || Array.isArray(into)) {
    throw new ShapeError(`${fn}: into is ${show(into)}; give a Tensor or { ${names.join(', ')} }`);
  }
  needNames(fn, Object.keys(into), { names, side: 'outputs', what: 'tensor' });
  const tensors = outputs.map((output) => {
    const tensor = into[output.name];
    return tensor === undefined ? undefined : needTarget(fn, output, tensor);
  });
  const given = tensors.filter((t) => t !== undefined);
  if (new Set(given.map((t) => t.data)).size === given.length) return tensors;
  throw new ShapeError(`${fn}: into has one array for several outputs; give each its own`);
}
