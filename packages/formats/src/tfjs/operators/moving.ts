// What operators that rearrange values share.

import type { Tensor } from 'neocog';
import { type Operation, operation } from '../../graph/operation.ts';
import type { Wire } from '../../graph/plan.ts';
import { moveValues, readHost } from '../../graph/value.ts';

/** An operation that moves its first input as `move` says, given the numbers of the others. */
export const moving = (op: string, move: (x: Tensor, ...numbers: number[][]) => Tensor): Operation =>
  operation(op, ([x, ...rest]) => {
    const numbers = rest.map((value) => [...readHost(op, value!).data]);
    return moveValues([x!], ([t]) => move(t, ...numbers));
  });

/** Two numbers for each axis, from a row for each. */
export const pairs = (numbers: readonly number[]): [number, number][] =>
  Array.from({ length: numbers.length / 2 }, (_, i) => [numbers[2 * i], numbers[2 * i + 1]]);

/** The number of values of a vector that is computed, where it is known. */
const lengths = new WeakMap<Wire, number>();

export const lengthOf = (wire: Wire): number | undefined =>
  wire.constant === null
    ? lengths.get(wire)
    : wire.constant.shape.length === 1
      ? wire.constant.data.length
      : undefined;

export function withLength(wire: Wire, length: number | undefined): Wire {
  if (length !== undefined) lengths.set(wire, length);
  return wire;
}
