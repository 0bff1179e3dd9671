// Adaptive pooling: the output's size is given, and each window follows from it (taps.ts). Refusals arise here.

import { type Call, checkShape, type PerAxis, type Rank, readPerAxis, show } from './options.ts';
import { checkElements } from './window.ts';

/** The sizes of one axis before and after. */
export interface ResizedAxis {
  readonly input: number;
  readonly output: number;
}

/** The axes of adaptive pooling of `input` `[batch, channels, ...spatial]`. */
export function adaptiveAxes(
  fn: string,
  rank: Rank,
  input: readonly number[],
  outputSize: PerAxis,
): ResizedAxis[] {
  const call: Call = {
    fn,
    rank,
    get shapes() {
      return `input ${show(input)}, outputSize ${show(outputSize)}`;
    },
  };
  checkShape(call, 'input', input, ['batch', 'channels']);
  const sizes = readPerAxis(call, 'outputSize', outputSize, 1);
  checkElements(call, { output: [...input.slice(0, 2), ...sizes] });
  return sizes.map((output, i) => ({ input: input[i + 2], output }));
}
