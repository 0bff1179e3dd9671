// Which of its arrays a kernel may write, by the names of its operands and, for pools, by its key. A kernel of another kind
// has to be entered here before it can run checked.

import type { Kernel } from '../../packages/neocog/src/backends/wasm/kernels/kernel.ts';

/** The first operands of convolutions and of what prepares or finishes them, and the one that is written. */
const convolutions: Readonly<Record<string, string>> = {
  'weights w': 'w',
  'x w y': 'y',
  'source w result': 'result',
  'v w y': 'y',
  'x v': 'v',
  'x y w': 'w',
  'source result w': 'w',
  'dy x sums': 'sums',
  'dy x w': 'w',
  'x dy sums': 'sums',
  'workspace0 w': 'w',
  'sums w': 'w',
  sums: 'sums',
};

const pools: readonly (readonly [key: RegExp, written: readonly string[]])[] = [
  [/^pool maxWithIndices /, ['y', 'indices']],
  [/^pool (max|sum) /, ['y']],
  [/^pool sumGrad /, ['x']],
  [/^take /, ['y']],
  [/^scatterAdd /, ['x']],
];

/** The names of the operands that a kernel writes. */
export function writtenOperands({ key, operands }: Kernel): readonly string[] {
  const pool = pools.find(([name]) => name.test(key));
  if (pool) return pool[1];
  // Frames, and what is made of them on the way, are one array.
  if (key.startsWith('frames ')) return operands.filter((name) => name === 'frames' || name === 'out0');
  const outputs = operands.filter((name) => name.startsWith('out'));
  if (outputs.length > 0) return outputs;
  // The partial sums of a reduction come last, after what is summed.
  if (key.startsWith('reduce ')) return operands.slice(-1);
  const plain = operands.filter((name) => name !== 'bias' && !name.startsWith('extra'));
  const written = convolutions[plain.join(' ')];
  if (written === undefined) throw new Error(`${key}: nobody says which of ${operands.join(', ')} it writes`);
  return [written];
}
