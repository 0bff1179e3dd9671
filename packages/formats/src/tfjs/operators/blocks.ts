// Blocks of cells into the batch and back, which is how TensorFlow writes dilated convolutions.

import { pad, permute, reshape, slice } from 'neocog';
import { product } from '../../shape.ts';
import type { OperatorReader, Operators } from '../node.ts';
import { moving, pairs } from './moving.ts';

const spaceToBatch: OperatorReader = (node) => {
  const [block, pads] = [node.numbers(1), pairs(node.numbers(2))];
  const count = block.length;
  const module = moving(node.op, (t) => {
    const rest = t.shape.slice(count + 1);
    const padded = pad(t, [[0, 0], ...pads, ...rest.map((): [number, number] => [0, 0])]);
    const inner = padded.shape.slice(1, count + 1);
    const apart = reshape(padded, [
      t.shape[0],
      ...inner.flatMap((n, d) => [n / block[d], block[d]]),
      ...rest,
    ]);
    const order = [...block.map((_, d) => 2 + 2 * d), 0, ...block.map((_, d) => 1 + 2 * d)];
    const moved = permute(apart, [...order, ...rest.map((_, d) => 2 * count + 1 + d)]);
    const n = t.shape[0] * product(block);
    return reshape(moved, [n, ...inner.map((size, d) => size / block[d]), ...rest]);
  });
  return node.plan.plain(node.name, module, [node.input(0)], node.input(0).rank);
};

const batchToSpace: OperatorReader = (node) => {
  const [block, crops] = [node.numbers(1), pairs(node.numbers(2))];
  const count = block.length;
  const module = moving(node.op, (t) => {
    const [inner, rest] = [t.shape.slice(1, count + 1), t.shape.slice(count + 1)];
    const n = t.shape[0] / product(block);
    const apart = reshape(t, [...block, n, ...inner, ...rest]);
    const order = [count, ...block.flatMap((_, d) => [count + 1 + d, d])];
    const moved = permute(apart, [...order, ...rest.map((_, d) => 2 * count + 1 + d)]);
    const whole = reshape(moved, [n, ...inner.map((size, d) => size * block[d]), ...rest]);
    return slice(whole, {
      start: [null, ...crops.map(([before]) => before)],
      end: [null, ...crops.map(([, after], d) => whole.shape[d + 1] - after)],
    });
  });
  return node.plan.plain(node.name, module, [node.input(0)], node.input(0).rank);
};

export const blockOperators: Operators = {
  SpaceToBatchND: spaceToBatch,
  BatchToSpaceND: batchToSpace,
};
