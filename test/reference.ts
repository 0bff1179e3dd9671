// What plain loops make of a computation: the judge of everything else.

import { referenceBackend } from '../packages/neocog/src/backends/reference/backend.ts';
import { type ConvKernel, convWork, type Values, type Work } from '../packages/neocog/src/backends/work.ts';
import type { ConvGeometry } from '../packages/neocog/src/geometry/types.ts';

/** The first result of a computation. */
export const byReference = <T extends Values = Float32Array>(work: Work, ...inputs: readonly Values[]): T =>
  referenceBackend.run(work, inputs)[0] as T;

export type ConvArrays = Readonly<Record<'x' | 'w' | 'y', Float32Array>>;

/** What a kernel reads of the three arrays of a convolution, and its bias. */
export const inputsOf = (
  kernel: ConvKernel,
  { x, w, y }: ConvArrays,
  bias: Float32Array | null = null,
): Float32Array[] => [
  ...{ conv: [x, w], inputGrad: [y, w], weightGrad: [x, y] }[kernel],
  ...(bias ? [bias] : []),
];

export const convByReference = (
  kernel: ConvKernel,
  g: ConvGeometry,
  arrays: ConvArrays,
  bias: Float32Array | null = null,
): Float32Array => byReference(convWork(kernel, g, bias !== null), ...inputsOf(kernel, arrays, bias));
