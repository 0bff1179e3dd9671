// Tensor: a shape, a typed array on the JavaScript heap, and where it came from. Collected like any object.

import { anyNumber, finite, flag, need, oneOf, refuseValue } from '../arguments/field.ts';
import { type Fields, needOptions } from '../arguments/options.ts';
import { counted, show } from '../arguments/show.ts';
import { compute } from '../backends/current.ts';
import type { Values } from '../backends/work.ts';
import { ShapeError } from '../errors.ts';
import * as e from '../expression/expression.ts';
import type { Plain } from '../types/shapes.ts';
import { type GraphNode, isRecording, reverseWalk, withRecording } from './graph.ts';
import { allocate, checkShape, formatShape, keepShape, type Shape, sameShape, sizeOf } from './shape.ts';

/** What tensors hold: 32-bit floats, or 32-bit whole numbers with sign, for indices and classes. */
export type DType = 'float32' | 'int32';

/** What a new tensor is beside its values. */
export interface TensorOptions {
  /** Default 'float32'. */
  dtype?: DType | undefined;
  /** Record what is computed from this tensor, so that `backward` fills its `grad`. Default false. */
  requiresGrad?: boolean | undefined;
}

const tensorFields: Fields<TensorOptions> = { dtype: oneOf('float32', 'int32'), requiresGrad: flag };

/**
 * An n-dimensional array of float32 or int32 values. Where the shape is known when the program is written, it is part of
 * the type: `Tensor<[1, 64, 112, 112]>`.
 */
export class Tensor<S extends Shape = Shape> {
  /** Size of each axis; `[]` for a single number. */
  readonly shape: S;
  /** Row-major in the order of `shape`. */
  readonly data: Values;
  /** Whether what is computed from this tensor is recorded, so that `backward` can come back to it. */
  requiresGrad: boolean;
  /** Sum of the gradients that `backward` brought here since it was last set to null. */
  grad: Tensor<S> | null = null;
  /** How this tensor was computed; null for one that was made from data. */
  readonly node: GraphNode<Tensor> | null;

  /**
   * Wraps `data` without a copy; `tensor()` is the copying way, which takes other numbers too.
   *
   * @throws ShapeError for a shape that `data` does not fill, or data that are no Float32Array or Int32Array.
   */
  constructor(data: Values, shape: S, requiresGrad = false, node: GraphNode<Tensor> | null = null) {
    needFilled(data, shape);
    this.data = data;
    this.shape = shape;
    this.requiresGrad = requiresGrad;
    this.node = node;
  }

  /** The type of `data`. */
  get dtype(): DType {
    return this.data instanceof Int32Array ? 'int32' : 'float32';
  }

  /** Number of axes. */
  get rank(): number {
    return this.shape.length;
  }

  /** Number of elements. */
  get size(): number {
    return this.data.length;
  }

  /** The only element. @throws ShapeError if there is not exactly one. */
  item(): number {
    if (this.size !== 1) {
      throw new ShapeError(`item: the tensor has shape ${formatShape(this.shape)}; reduce it to one element`);
    }
    return this.data[0];
  }

  /** The same values, cut off from how they were computed. */
  detach(): Tensor<S> {
    return new Tensor(this.data, this.shape);
  }

  /**
   * Adds to `grad` of every leaf tensor that this one was computed from the gradient of this tensor by it.
   *
   * @param gradient Gradient of the final result by this tensor, of this shape; 1 where this is a single element.
   * @throws ShapeError if there is nothing to differentiate, or `gradient` is missing or of another shape.
   */
  backward(gradient?: Tensor): void {
    const seed = seedOf('backward', this, gradient);
    withRecording(false, () => {
      for (const [leaf, part] of reverseWalk(this as Tensor, seed, { add: addGradients })) {
        if (leaf.requiresGrad && !leaf.node) leaf.grad = leaf.grad ? addGradients(leaf.grad, part) : part;
      }
    });
  }

  /** Type, shape and the first eight values, for messages and logs. */
  toString(): string {
    const shown = Array.from(this.data.subarray(0, 8)).join(', ');
    return `Tensor ${this.dtype} ${formatShape(this.shape)} (${shown}${this.size > 8 ? ', …' : ''})`;
  }
}

function needFilled(data: Values, shape: Shape): void {
  if (!(data instanceof Float32Array || data instanceof Int32Array))
    refuseValue('Tensor', 'data', data, 'a Float32Array or Int32Array; tensor(…) takes other numbers');
  checkShape('Tensor', shape);
  if (data.length === sizeOf(shape)) return;
  throw new ShapeError(
    `Tensor: data has ${counted(data.length, 'value')}, but shape ${formatShape(shape)} needs ${sizeOf(shape)}`,
  );
}

/** Refuses a tensor whose memory was handed over to a thread, or made smaller or larger, since it was made. */
export function needWhole(fn: string, name: string, t: Tensor): Tensor {
  if (t.data.length === sizeOf(t.shape)) return t;
  throw new ShapeError(
    `${fn}: ${name} of shape ${formatShape(t.shape)} has ${counted(t.data.length, 'value')} instead of ${sizeOf(t.shape)}; ` +
      'copy its memory before you transfer or resize it',
  );
}

/** The gradient that a walk back from `root` starts with. */
export function seedOf(fn: string, root: Tensor, gradient: Tensor | undefined): Tensor {
  if (gradient !== undefined && !(gradient instanceof Tensor && gradient.dtype === 'float32'))
    refuseValue(fn, 'gradient', gradient, 'a float32 Tensor');
  if (!root.requiresGrad) {
    throw new ShapeError(
      `${fn}: nothing to differentiate; make an input of this tensor with requiresGrad: true`,
    );
  }
  if (!gradient && root.size !== 1) {
    throw new ShapeError(
      `${fn}: the tensor has shape ${formatShape(root.shape)}; pass a gradient of that shape, or reduce the tensor to one element`,
    );
  }
  if (gradient && !sameShape(gradient.shape, root.shape)) {
    throw new ShapeError(
      `${fn}: gradient has shape ${formatShape(gradient.shape)}; give the tensor's shape ${formatShape(root.shape)}`,
    );
  }
  return gradient ?? new Tensor(new Float32Array(root.size).fill(1), root.shape);
}

/** Wraps the result of an operation, remembering how to differentiate it if anything asks for that. */
export function record(data: Values, shape: Shape, node: GraphNode<Tensor>): Tensor {
  const wanted = isRecording() && node.inputs.some((t, i) => t.requiresGrad && node.rules[i]);
  return new Tensor(data, shape, wanted, wanted ? node : null);
}

const sumOfTwo = e.add(e.input(0), e.input(1));

/** a + b of equal shapes, itself differentiable: what the walk back does where a value was used twice. */
export function addGradients(a: Tensor, b: Tensor): Tensor {
  const flat = {
    expr: sumOfTwo,
    shape: [a.size],
    strides: [[1], [1]],
    reduced: [false],
    combine: 'sum',
  } as const;
  const same = (gradient: Tensor): Tensor => gradient;
  const sums = compute({ op: 'fused', loop: flat }, [a.data, b.data]);
  return record(sums, a.shape, { name: 'add', inputs: [a, b], rules: [same, same] });
}

/** Numbers nested to any depth, all rows of one depth equally long. */
export type Nested = number | readonly Nested[];

/**
 * Makes a tensor from numbers. The values are copied.
 *
 * @param data A number, nested arrays, or a typed array.
 * @param shape Needed for a flat array of several axes; else the shape of the nesting.
 * @throws ShapeError for ragged nesting, values that are no numbers, or a shape that does not hold them.
 * @example tensor([[1, 2], [3, 4]]).shape // [2, 2]
 */
export function tensor<const S extends Shape = Shape>(
  data: Nested | ArrayLike<number>,
  shape?: S,
  options: TensorOptions = {},
): Tensor<Plain<S>> {
  needOptions('tensor', options, tensorFields);
  if (!isData(data)) refuseValue('tensor', 'data', data, 'a number, nested arrays or a typed array');
  const typed = ArrayBuffer.isView(data) ? (data as unknown as ArrayLike<number>) : null;
  const nested = typed ? null : (data as Nested);
  const ownShape = nested === null ? [(typed as ArrayLike<number>).length] : nestedShape(nested);
  const flat = typed ?? flatten(nested as Nested, ownShape);
  // Without a shape argument S is `Shape`, which the shape of the nesting is.
  const finalShape = shape === undefined ? (ownShape as Shape as S) : shape;
  checkShape('tensor', finalShape);
  if (sizeOf(finalShape) !== flat.length) {
    throw new ShapeError(
      `tensor: data has ${counted(flat.length, 'value')}, but shape ${formatShape(finalShape)} needs ${sizeOf(finalShape)}`,
    );
  }
  const dtype = options.dtype ?? (data instanceof Int32Array ? 'int32' : 'float32');
  return new Tensor(toValues(flat, dtype), keepShape(finalShape), checkGrad('tensor', dtype, options));
}

const typedArray = Object.getPrototypeOf(Uint8Array) as typeof Uint8Array;

/** A number, an array, or numbers in a typed array: of 64-bit whole numbers JavaScript makes no numbers. */
const isData = (data: unknown): boolean =>
  typeof data === 'number' ||
  Array.isArray(data) ||
  (data instanceof typedArray && !/^Big/.test(data.constructor.name));

function toValues(flat: ArrayLike<number>, dtype: DType): Values {
  if (dtype === 'float32') return Float32Array.from(flat);
  const values = Int32Array.from(flat);
  const lost = values.findIndex((v, i) => v !== flat[i]);
  return lost < 0 ? values : refuseInt32('tensor', flat[lost], lost);
}

function refuseInt32(fn: string, value: unknown, index: number): never {
  throw new ShapeError(
    `${fn}: value ${show(value)} at index ${index} is not an int32; round it or use dtype 'float32'`,
  );
}

/** Only float32 tensors have gradients. */
function checkGrad(fn: string, dtype: DType, options: TensorOptions): boolean {
  if (options.requiresGrad && dtype === 'int32') {
    throw new ShapeError(
      `${fn}: requiresGrad is true, but an int32 tensor has no gradient; use dtype 'float32', or leave requiresGrad out`,
    );
  }
  return options.requiresGrad ?? false;
}

/** NumPy's limit. Arrays that hold themselves are nested without end. */
const mostAxes = 64;

function nestedShape(data: Nested): number[] {
  const shape: number[] = [];
  for (let level: Nested | undefined = data; Array.isArray(level); level = level[0]) {
    if (shape.push(level.length) > mostAxes)
      refuseValue('tensor', 'data', data, `arrays nested at most ${mostAxes} deep`);
  }
  return shape;
}

function flatten(data: Nested, shape: Shape): number[] {
  const flat: number[] = [];
  const visit = (level: Nested, depth: number): void => {
    if (depth === shape.length && typeof level === 'number') flat.push(level);
    else if (Array.isArray(level) && level.length === shape[depth])
      for (const row of level) visit(row, depth + 1);
    else throw new ShapeError(raggedMessage(level, depth, shape));
  };
  visit(data, 0);
  return flat;
}

function raggedMessage(level: Nested, depth: number, shape: Shape): string {
  const found = Array.isArray(level) ? `a row of ${level.length}` : show(level);
  const needed = depth < shape.length ? `a row of ${shape[depth]}` : 'a number';
  return `tensor: nested arrays are ragged, found ${found} at depth ${depth} where the first row has ${needed}`;
}

/** A tensor of one value throughout. @throws ShapeError for an impossible shape. */
export function full<const S extends Shape>(
  shape: S,
  value: number,
  options: TensorOptions = {},
): Tensor<Plain<S>> {
  need('full', 'value', value, anyNumber);
  return filled('full', { shape, value }, options);
}

function filled<S extends Shape>(
  fn: string,
  { shape, value }: { readonly shape: S; readonly value: number },
  options: TensorOptions = {},
): Tensor<Plain<S>> {
  checkShape(fn, shape);
  needOptions(fn, options, tensorFields);
  const { dtype = 'float32' } = options;
  if (dtype === 'int32' && value !== (value | 0)) {
    throw new ShapeError(`${fn}: value ${value} is not an int32; round it or use dtype 'float32'`);
  }
  const requiresGrad = checkGrad(fn, dtype, options);
  const data = allocate<Values>(fn, shape, (size) =>
    dtype === 'int32' ? new Int32Array(size) : new Float32Array(size),
  );
  return new Tensor(value === 0 ? data : data.fill(value), keepShape(shape), requiresGrad);
}

/** A tensor of zeros. */
export const zeros = <const S extends Shape>(shape: S, options?: TensorOptions): Tensor<Plain<S>> =>
  filled('zeros', { shape, value: 0 }, options);

/** A tensor of ones. */
export const ones = <const S extends Shape>(shape: S, options?: TensorOptions): Tensor<Plain<S>> =>
  filled('ones', { shape, value: 1 }, options);

/** The whole numbers from `start` up to, not including, `end`, by `step`; with one argument from 0. */
export function arange(start: number, end?: number, step = 1, options: TensorOptions = {}): Tensor {
  const [from, to] = end === undefined ? [0, start] : [start, end];
  for (const [name, value] of Object.entries({ start: from, end: to, step }))
    need('arange', name, value, finite);
  needOptions('arange', options, tensorFields);
  const count = Math.max(0, Math.ceil((to - from) / step));
  if (!Number.isFinite(count)) {
    throw new ShapeError(
      `arange: from ${from} to ${to} by ${step} never ends; give finite numbers and a step other than 0`,
    );
  }
  const values = filled('arange', { shape: [count], value: 0 }, options);
  for (let i = 0; i < count; i++) {
    const value = from + i * step;
    values.data[i] = value;
    if (options.dtype === 'int32' && values.data[i] !== value) refuseInt32('arange', value, i);
  }
  return values;
}
