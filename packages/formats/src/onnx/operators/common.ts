// What operators share that work on each element, move values, or compute with shapes.

import { ShapeError, Tensor } from 'neocog';
import { type Arguments, operation } from '../../graph/operation.ts';
import {
  HostArray,
  type HostType,
  isKnown,
  knownValues,
  mapHost,
  moveValues,
  toFloats,
  type Value,
} from '../../graph/value.ts';
import { fromStart } from '../../shape.ts';
import type { OnnxNode, Operator } from '../node.ts';

/** Moves one value by a function of tensors. */
export const move = (value: Value | undefined, f: (t: Tensor) => Tensor): Value => {
  const [settled] = settle([value]);
  return moveValues([settled], ([t]) => f(t));
};

export const axisOf = (node: OnnxNode, axis: number, rank: number): number => {
  const resolved = fromStart(axis, rank);
  if (Number.isInteger(axis) && resolved >= 0 && resolved < Math.max(rank, 1)) return resolved;
  throw new ShapeError(`${node}: axis ${axis} does not exist in rank ${rank}`);
};

export const simple = (
  name: string,
  build: (node: OnnxNode) => (inputs: Arguments) => Value,
  limits = '',
): Operator => ({
  name,
  limits,
  build: (node) => operation(name, build(node)),
});

/** Inputs that are there; whole numbers that can be seen now move to the host. */
export function settle(inputs: Arguments): Value[] {
  return inputs
    .filter((value) => value !== undefined)
    .map((value) =>
      value instanceof Tensor && value.dtype === 'int32' && isKnown(value)
        ? new HostArray('int64', knownValues(value), value.shape)
        : value,
    );
}

/** `onHost` where all values are on the host, else `onTensors`; the host's result has type `dtype` or that of the first value. */
export function elementwise(
  inputs: Arguments,
  onTensors: (tensors: Tensor[]) => Tensor,
  onHost: (...xs: number[]) => number,
  dtype?: HostType,
): Value {
  const values = settle(inputs);
  const host = values.filter((value) => value instanceof HostArray);
  if (host.length === values.length) return mapHost(dtype ?? host[0].dtype, host, onHost);
  return onTensors(values.map(toFloats));
}

/** A function of two tensors that broadcast to each other. */
export type Binary = (a: Tensor, b: Tensor) => Tensor;
