// The axes of a transposed convolution: from the cells that it reads, its stride and its padding to the cells
// that it writes. Not here: channels and weights (conv.ts). Sizes as in Dumoulin & Visin, "A guide to
// convolution arithmetic", chapter 4.

import { UnsupportedError } from '../errors.ts';
import {
  axisNames,
  type Call,
  type ConvTransposeOptions,
  isSize,
  type Padding,
  type Pair,
  readCells,
  readSizes,
  refuse,
  show,
} from './options.ts';
import type { WindowAxis } from './types.ts';
import { type BareAxis, freezeAxis, kernelExtent, resolvePadding, withPads } from './window.ts';

/**
 * Axes seen from the convolution: `output` is what the transposed convolution reads, `input` what it writes.
 */
export function transposedAxes(
  call: Call,
  reads: readonly BareAxis[],
  options: ConvTransposeOptions,
): WindowAxis[] {
  const { padding = 0, outputPadding = 0, outputSize } = options;
  const extra = readCells(call, 'outputPadding', outputPadding);
  const sizes = outputSize && readSizes(call, 'outputSize', outputSize);
  if (sizes && extra.some((cells) => cells > 0)) {
    refuse(call, 'outputSize and outputPadding are both given', 'give one of them');
  }
  if (padding === 'same' || padding === 'same-lower')
    return sameTransposedAxes(call, reads, { padding, extra, sizes });
  const pads = resolvePadding(call, padding, reads);
  return reads.map((read, i) => {
    const smallest = smallestSize(read, pads[i]);
    const cells = sizes ? sizes[i] - smallest : extra[i];
    const limit = Math.max(read.stride, read.dilation) - 1;
    checkOutputPadding(call, { name: axisNames[call.rank][i], smallest, cells, limit }, sizes);
    return freezeAxis(withPads({ ...read, input: smallest + cells }, pads[i]), read.input);
  });
}

/** How large the output is to be. */
interface Wanted {
  readonly padding: Padding;
  /** Cells beyond the smallest size. */
  readonly extra: readonly number[];
  readonly sizes: readonly number[] | undefined;
}

/** A transposed axis without output padding: (W − 1)·S − P_before − P_after + K_eff. */
const smallestSize = (read: BareAxis, [before, after]: Pair): number =>
  (read.input - 1) * read.stride - before - after + kernelExtent(read);

/** An output axis: its smallest size, the cells added to it, and the most that may be. */
interface GrownAxis {
  readonly name: string;
  readonly smallest: number;
  readonly cells: number;
  /** More would be cells that no window of the convolution comes near. */
  readonly limit: number;
}

function checkOutputPadding(call: Call, grown: GrownAxis, sizes: readonly number[] | undefined): void {
  const { name, smallest, cells, limit } = grown;
  if (cells < 0 || cells > limit) {
    const range = `${name} ${Math.max(smallest, 1)} to ${smallest + limit}`;
    if (sizes) refuse(call, `outputSize ${show(sizes)} is out of reach`, `stride and padding allow ${range}`);
    const remedy = `give at most ${limit}, which is below max(stride, dilation), or use a larger stride`;
    refuse(call, `outputPadding is ${cells} on ${name}`, remedy);
  }
  if (isSize(smallest + cells, 1)) return;
  refuse(
    call,
    `the output would have ${name} ${smallest + cells}`,
    'change padding, stride or kernel, so that it is from 1 to 2^31 − 1',
  );
}

/**
 * 'same' fixes how many cells the convolution writes, ceil(size / stride), not how many it reads: without a
 * wanted size the largest that fits is taken, W·stride.
 */
function sameTransposedAxes(
  call: Call,
  reads: readonly BareAxis[],
  { padding, extra, sizes }: Wanted,
): WindowAxis[] {
  if (extra.some((cells) => cells > 0)) {
    const why = `outputPadding is given, but padding '${padding}' already fixes the output at input × stride`;
    throw new UnsupportedError(`${call.fn}: ${why}; give outputSize instead`);
  }
  const writes = reads.map((read, i) => ({ ...read, input: sizes ? sizes[i] : read.input * read.stride }));
  const pads = resolvePadding(call, padding, writes);
  return writes.map((axis, i) => {
    const read = reads[i].input;
    if (Math.ceil(axis.input / axis.stride) !== read) {
      const range = `${axisNames[call.rank][i]} ${(read - 1) * axis.stride + 1} to ${read * axis.stride}`;
      refuse(call, `outputSize ${show(sizes)} is out of reach`, `padding '${padding}' allows ${range}`);
    }
    return freezeAxis(withPads(axis, pads[i]), read);
  });
}
