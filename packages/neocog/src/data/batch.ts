// Samples side by side: a batch. What goes into x and into y is said by the names that samples have; sizes must agree.

import { refuseValue } from '../arguments/field.ts';
import { show } from '../arguments/show.ts';
import { ShapeError } from '../errors.ts';
import { sameShape, sizeOf } from '../tensor/shape.ts';
import { Tensor } from '../tensor/tensor.ts';
import { type Dataset, nameOf } from './dataset.ts';

/** One batch: what the network sees, what it should say, and which samples they are. */
export interface Batch {
  /** `[n, …]`: the pictures, sounds or values of the samples, float32 or int32 as they are. */
  readonly x: Tensor;
  /** `[n, …]`: int32 of classes, −1 for a sample without one; else as the samples have it. */
  readonly y: Tensor;
  /** Position of each sample in the data set. */
  readonly index: Int32Array;
  /** True if this rank of a world has none of the batch's samples: this one is another rank's, and counts for nothing. */
  readonly spare?: boolean | undefined;
}

/** A sample that was read, and its place in the data set. */
export interface Placed<S extends object = object> {
  readonly sample: S;
  readonly index: number;
}

/** What a batch is made of: samples, and what errors call each. */
interface Stack {
  readonly placed: readonly Placed[];
  readonly nameOf: (index: number) => string;
}

/** Names in a sample from which `x` and `y` are taken: the first that is there. */
export const inputNames = ['x', 'image', 'sound'] as const;
export const targetNames = ['y', 'mask', 'label'] as const;

/** @throws ShapeError if samples lack an input, or what they hold does not fit together. */
export function makeBatch<S extends object>(placed: readonly Placed<S>[], dataset: Dataset<S> | null): Batch {
  const stack = { placed, nameOf: (index: number) => nameOf(dataset, index) };
  const first = placed[0].sample;
  const input = inputNames.find((name) => name in first);
  const target = targetNames.find((name) => isGiven(first, name));
  if (!input) {
    throw new ShapeError(
      `DataLoader: ${stack.nameOf(placed[0].index)} has { ${Object.keys(first).join(', ')} }; ` +
        `a sample needs one of ${inputNames.join(', ')}, or the loader a collate`,
    );
  }
  return {
    x: stackPart(stack, input),
    y:
      dataset?.targetsOf?.(placed.map(({ sample }) => sample)) ??
      (target ? stackPart(stack, target) : noTargets(placed.length)),
    index: Int32Array.from(placed, ({ index }) => index),
  };
}

const noTargets = (n: number): Tensor => new Tensor(new Int32Array(n).fill(-1), [n]);

/** What a caller made of samples, as a batch. @throws ShapeError unless it is `{ x, y }`. */
export function madeBatch(by: string, made: Pick<Batch, 'x' | 'y'>, index: Int32Array): Batch {
  const { x, y } = Object(made) as Partial<Batch>;
  if (x instanceof Tensor && y instanceof Tensor) return { x, y, index };
  return refuseValue('DataLoader', `what ${by} returned`, made, 'Tensors { x, y }');
}

const partOf = (sample: object, name: string): unknown => (sample as Readonly<Record<string, unknown>>)[name];
const isGiven = (sample: object, name: string): boolean => partOf(sample, name) !== undefined;

/** One part of all samples as a tensor: numbers `[n]`, tensors `[n, …]`. */
function stackPart(stack: Stack, name: string): Tensor {
  const parts = stack.placed.map(({ sample }) => partOf(sample, name));
  if (parts.every((part) => typeof part === 'number')) return stackNumbers(stack, name, parts);
  if (parts.every((part) => part instanceof Tensor)) return stackTensors(stack, name, parts);
  const kindOf = (part: unknown) => (part instanceof Tensor ? 'Tensor' : typeof part);
  const odd = Math.max(
    parts.findIndex((part) => kindOf(part) !== kindOf(parts[0])),
    0,
  );
  throw new ShapeError(
    `DataLoader: ${name} of ${stack.nameOf(stack.placed[odd].index)} is ${show(parts[odd])}; ` +
      'give a Tensor in all samples, or a number in all',
  );
}

function stackNumbers(stack: Stack, name: string, numbers: readonly number[]): Tensor {
  const wrong = numbers.findIndex((number) => !Number.isInteger(number));
  if (wrong < 0) return new Tensor(Int32Array.from(numbers), [numbers.length]);
  throw new ShapeError(
    `DataLoader: ${name} of ${stack.nameOf(stack.placed[wrong].index)} is ${numbers[wrong]}, a class is a whole number; ` +
      'give other values as a Tensor',
  );
}

function stackTensors(stack: Stack, name: string, tensors: readonly Tensor[]): Tensor {
  const [{ shape, dtype }] = tensors;
  const wrong = tensors.findIndex((t) => t.dtype !== dtype || !sameShape(t.shape, shape));
  if (wrong >= 0) {
    const [first, other] = [0, wrong].map((i) => stack.nameOf(stack.placed[i].index));
    throw new ShapeError(
      `DataLoader: ${name} is ${dtype} [${shape}] of ${first}, but ${tensors[wrong].dtype} [${tensors[wrong].shape}] of ${other}; ` +
        'make all alike in the transform, such as by a resize, or use batches of 1',
    );
  }
  const size = sizeOf(shape);
  const Values = dtype === 'int32' ? Int32Array : Float32Array;
  const data = new Values(tensors.length * size);
  tensors.forEach((t, i) => {
    data.set(t.data, i * size);
  });
  return new Tensor(data, [tensors.length, ...shape]);
}
