// Pad, in every mode; negative pads take cells away.

import { FormatError, pad, slice, Tensor } from 'neocog';
import { counted } from 'neocog/arguments';
import { floatBytes, willMake } from '../../budget.ts';
import { HostArray, mapHost, moveHost, type Value } from '../../graph/value.ts';
import { product } from '../../shape.ts';
import { axisOf, move, settle, simple } from './common.ts';

const padModes = { constant: 'constant', reflect: 'reflect', edge: 'replicate', wrap: 'circular' } as const;

/** Negative pads take cells away. */
export const padOperator = simple('Pad', (node) => {
  const mode = node.choice('mode', 'constant', padModes);
  const pads = node.numbers(1, node.has('paddings') ? 'paddings' : 'pads');
  const fixed = node.float('value', 0);
  return (inputs) => {
    const { shape } = inputs[0]!;
    const value = inputs[2] ? (node.read(inputs[2]).data[0] ?? 0) : fixed;
    const axes = (inputs[3] ? [...node.read(inputs[3]).data] : shape.map((_, d) => d)).map((a) =>
      axisOf(node, a, shape.length),
    );
    const list = pads(inputs) ?? node.refuse('it has no pads');
    if (list.length !== 2 * axes.length)
      throw new FormatError(`${node}: it has ${counted(list.length, 'pad')}, but needs ${2 * axes.length}`);
    const pairs = shape.map((): [number, number] => [0, 0]);
    axes.forEach((axis, i) => {
      pairs[axis] = [list[i], list[i + axes.length]];
    });
    return padded(settle([inputs[0]])[0], pairs, { mode, value });
  };
});

/** What is written around a value. */
interface Border {
  readonly mode: (typeof padModes)[keyof typeof padModes];
  /** Of the mode 'constant'. */
  readonly value: number;
}

function padded(x: Value, pairs: [number, number][], { mode, value }: Border): Value {
  const start = pairs.map(([before]) => Math.max(0, -before));
  const end = pairs.map(([, after], d) => x.shape[d] - Math.max(0, -after));
  const added = pairs.map(([before, after]): [number, number] => [Math.max(0, before), Math.max(0, after)]);
  const cut =
    start.some((n) => n > 0) || end.some((n, d) => n < x.shape[d])
      ? move(x, (t) => slice(t, { start, end }))
      : x;
  if (added.flat().every((n) => n === 0)) return cut;
  willMake(product(added.map(([before, after], d) => before + cut.shape[d] + after)), 'it', floatBytes);
  if (mode !== 'constant') return move(cut, (t) => pad(t, added, { mode }));
  if (cut instanceof Tensor) return pad(cut, added, { value });
  // On the host, positions move: a place that is not there reads the value.
  const places = moveHost([mapHost('int64', [cut], () => 1)], ([t]) => pad(t, added));
  const moved = moveHost([cut], ([t]) => pad(t, added));
  return new HostArray(
    cut.dtype,
    moved.data.map((v, i) => (places.data[i] === 1 ? v : value)),
    moved.shape,
  );
}
