// A transposed convolution as a convolution of stride 1: over its input with zeros between the cells, with the kernel
// flipped. How textbooks draw it; nothing is computed this way (see phases.ts). Dumoulin & Visin, "A guide to convolution
// arithmetic", chapter 4.

import { UnsupportedError } from '../errors.ts';
import type { Pair } from './options.ts';
import type { ConvGeometry, WindowAxis } from './types.ts';
import { kernelExtent } from './window.ts';

/** The convolution of stride 1 that gives what a transposed convolution gives. */
export interface ZeroInsertion {
  /** Zeros between two cells, per axis: stride − 1. */
  readonly gaps: readonly number[];
  /** Cells that are left out of the input with its zeros, before and after, per axis; 0 unless the padding exceeds K_eff − 1. */
  readonly crop: readonly Pair[];
  /** Of the input with its zeros, and of the kernel flipped along every axis with its channels exchanged. */
  readonly geometry: ConvGeometry;
}

interface InsertedAxis {
  readonly crop: Pair;
  readonly axis: WindowAxis;
}

/** What the transposed convolution reads is the geometry's `output`, what it writes its `input`. */
function insertedAxis({ input, kernel, stride, dilation, padBefore, output }: WindowAxis): InsertedAxis {
  const reach = kernelExtent({ kernel, dilation }) - 1;
  const inserted = (output - 1) * stride + 1;
  const before = reach - padBefore;
  const after = input + reach - inserted - before;
  const crop: Pair = [Math.max(-before, 0), Math.max(-after, 0)];
  const [padded, seen] = [Math.max(before, 0), inserted - crop[0] - crop[1]];
  const axis = { kernel, dilation, stride: 1, input: seen, padBefore: padded, padAfter: Math.max(after, 0) };
  return { crop, axis: Object.freeze({ ...axis, output: input }) };
}

/** The zeros of the transposed convolution that `g` is, read from the other side. */
export function insertZeros(fn: string, g: ConvGeometry): ZeroInsertion {
  const isPadded = g.axes.some(({ padBefore, padAfter }) => padBefore + padAfter > 0);
  if (isPadded && g.paddingMode !== 'zeros')
    throw new UnsupportedError(
      `${fn}: paddingMode is '${g.paddingMode}', and such padding is no convolution of the input with zeros in between; use 'zeros'`,
    );
  const all = g.axes.map(insertedAxis);
  if (all.some(({ axis }) => axis.input < 1))
    throw new UnsupportedError(`${fn}: the padding cuts off every cell that the input reaches; use less`);
  const axes = Object.freeze(all.map(({ axis }) => axis));
  const { batch, groups, inChannels, outChannels } = g;
  const channels = { inChannels: outChannels, outChannels: inChannels };
  return Object.freeze({
    gaps: Object.freeze(g.axes.map(({ stride }) => stride - 1)),
    crop: Object.freeze(all.map(({ crop }) => crop)),
    geometry: Object.freeze({ batch, groups, ...channels, axes, paddingMode: 'zeros' as const }),
  });
}
