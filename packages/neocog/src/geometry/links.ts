// The links of an axis: window `output` reads cell `input` with tap `tap`. A convolution and its gradients are sums over them.

import { paddedCells } from './padding.ts';
import type { PaddingMode, WindowAxis } from './types.ts';

/** Triples of positions: window `output[t]` reads with tap `tap[t]` the cell `input[t]`. */
export interface Links {
  readonly output: readonly number[];
  readonly tap: readonly number[];
  readonly input: readonly number[];
}

/**
 * The links of one axis. Taps on zero padding have none; in the other modes padding links to the cell that it
 * repeats.
 */
export function axisLinks(axis: WindowAxis, mode: PaddingMode): Links {
  const sources = paddedCells(axis, mode);
  const [output, tap, input]: [number[], number[], number[]] = [[], [], []];
  for (let o = 0; o < axis.output; o++) {
    for (let k = 0; k < axis.kernel; k++) {
      const source = sources[o * axis.stride + k * axis.dilation];
      if (source < 0) continue;
      output.push(o);
      tap.push(k);
      input.push(source);
    }
  }
  return { output, tap, input };
}

const unlinked: Links = { output: [0], tap: [0], input: [0] };

/** The links of several axes together, as flat positions in row-major order; the last axis is the fastest. */
export function jointLinks(axes: readonly WindowAxis[], along: readonly Links[]): Links {
  return along.reduce((rows, links, d) => {
    const { input, kernel, output } = axes[d];
    return {
      output: flatten(rows.output, output, links.output),
      tap: flatten(rows.tap, kernel, links.tap),
      input: flatten(rows.input, input, links.input),
    };
  }, unlinked);
}

/** Every outer with every inner position; in the same order for the three arrays of a `Links`. */
const flatten = (outer: readonly number[], size: number, inner: readonly number[]): number[] =>
  outer.flatMap((o) => inner.map((i) => o * size + i));

/** Those of which one position is given. */
export function linksAt({ output, tap, input }: Links, side: keyof Links, position: number): Links {
  const all = { output, tap, input };
  const wanted = [...output.keys()].filter((t) => all[side][t] === position);
  const pick = (of: readonly number[]): number[] => wanted.map((t) => of[t]);
  return { output: pick(output), tap: pick(tap), input: pick(input) };
}
