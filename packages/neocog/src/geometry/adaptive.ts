// Adaptive pooling: the output's size is given, and each window follows from it (taps.ts). Refusals arise here.

import { type Caller, callOf, checkShape, type PerAxis, readSizes, show } from './options.ts';
import { checkElements } from './window.ts';

/** The sizes of one axis before and after. */
export interface ResizedAxis {
  readonly input: number;
  readonly output: number;
}

/** The axes of adaptive pooling of `input` `[batch, channels, ...spatial]`. */
export function adaptiveAxes(caller: Caller, input: readonly number[], outputSize: PerAxis): ResizedAxis[] {
  const call = callOf(caller, () => `input ${show(input)}, outputSize ${show(outputSize)}`);
  checkShape(call, { input });
  const sizes = readSizes(call, 'outputSize', outputSize);
  checkElements(call, { output: [...input.slice(0, 2), ...sizes] });
  return sizes.map((output, i) => ({ input: input[i + 2], output }));
}
