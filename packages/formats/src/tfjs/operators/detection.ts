// Operators of TensorFlow whose results have as many rows as values decide: boxes that stay, places that hold something. On the
// host.

import { boxFromCorners, keptOf } from '../../graph/boxes.ts';
import { Operation, operation } from '../../graph/operation.ts';
import { placesByAxis } from '../../graph/places.ts';
import { HostArray, readHost, type Value } from '../../graph/value.ts';
import type { GraphNode, OperatorReader, Operators } from '../node.ts';

const int32s = (data: ArrayLike<number>, shape: readonly number[] = [data.length]): HostArray =>
  new HostArray('int32', data, shape);

const numberOf = (node: GraphNode, value: Value | undefined): number => readHost(node.op, value!).data[0];

/** boxes `[k, 4]` by two corners, scores `[k]`, and limits → numbers of the boxes that stay, the best first. */
function kept(node: GraphNode, [boxes, scores, ...limits]: readonly (Value | undefined)[]): number[] {
  const corners = readHost(node.op, boxes!).data;
  const own = readHost(node.op, scores!).data;
  const [most, overlap, score] = limits.map((value) => numberOf(node, value));
  const all = Array.from(own, (_, i) => boxFromCorners(corners, 4 * i));
  return keptOf(all, own, { most, overlap, score });
}

const suppression: OperatorReader = (node) => {
  const module = operation(node.op, (inputs) => int32s(kept(node, inputs)));
  return node.plan.plain(node.name, module, node.inputs, 1);
};

/** Zeros behind what stays, if asked for, and how many stay. */
const paddedSuppression: OperatorReader = (node) => {
  const pads = node.flag('pad_to_max_output_size');
  const most = node.known(2)?.[0];
  const module = new Operation(
    node.op,
    (inputs) => {
      const found = kept(node, inputs);
      const size = pads ? numberOf(node, inputs[2]) : found.length;
      return [
        int32s([...found, ...new Array<number>(size - found.length).fill(0)]),
        int32s([found.length], []),
      ];
    },
    () => {
      if (!pads || most === undefined) return undefined;
      return [[most], []].map((shape) => ({ shape, type: 'int32' as const }));
    },
  );
  return node.plan.several(node.name, module, node.inputs, [1, 0]);
};

/** With the scores of what stays; a sigma would lower those of what overlaps, instead of leaving it out. */
const scoredSuppression: OperatorReader = (node) => {
  const [sigma] = node.numbers(5);
  if (sigma !== 0) node.refuse(`has soft_nms_sigma ${sigma}, but neocog knows 0`);
  const inputs = node.inputs.slice(0, 5);
  const module = new Operation(node.op, (given) => {
    const found = kept(node, given);
    const scores = readHost(node.op, given[1]!).data;
    const own = new HostArray(
      'float32',
      found.map((i) => scores[i]),
    );
    return [int32s(found), own, int32s([found.length], [])];
  });
  return node.plan.several(node.name, module, inputs, [1, 1, 0]);
};

/** A row of indices for each value that is not zero. */
const where: OperatorReader = (node) => {
  const module = operation(node.op, ([x]) => {
    const { count, columns } = placesByAxis(readHost(node.op, x!));
    const rows = Array.from({ length: count }, (_, i) => columns.map((column) => column[i]));
    return new HostArray('int64', rows.flat(), [count, columns.length]);
  });
  return node.plan.plain(node.name, module, [node.input(0)], 2);
};

export const detectionOperators: Operators = {
  NonMaxSuppressionV3: suppression,
  NonMaxSuppressionV4: paddedSuppression,
  NonMaxSuppressionV5: scoredSuppression,
  Where: where,
};
