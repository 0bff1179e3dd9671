// A layer in words: sentences that stand beside the drawing and that are read aloud.

import type { AxisArithmetic } from 'neocog';
import type { Layer } from './layer.ts';
import { product } from './scene.ts';

/** `6 × 6`, or `12 cells` along one axis. */
export const sizeText = (sizes: readonly number[]): string => sizes.join(' × ');

/** `(3, 4)` */
export const placeText = (place: readonly number[]): string => `(${place.join(', ')})`;

/** `output (3, 4)`, with its channel where there are several. */
export const cellText = (
  role: string,
  { channel, channels, place }: { channel: number; channels: number; place: readonly number[] },
): string => (channels > 1 ? `${role} ${channel} ${placeText(place)}` : `${role} ${placeText(place)}`);

const alike = (numbers: readonly number[]): boolean => numbers.every((number) => number === numbers[0]);

const of = (
  axes: readonly AxisArithmetic[],
  key: 'input' | 'output' | 'kernel' | 'effectiveKernel' | 'stride' | 'dilation',
): number[] => axes.map((axis) => axis[key]);

/** `one cell`, `2 cells`, `2 × 1 cells`. */
function cellsText(numbers: readonly number[]): string {
  if (!alike(numbers)) return `${sizeText(numbers)} cells`;
  return numbers[0] === 1 ? 'one cell' : `${numbers[0]} cells`;
}

/** `4 times along each axis`, `10 times`, `4 × 3 times`. */
function timesText(numbers: readonly number[]): string {
  const times = (count: number): string => (count === 1 ? 'once' : `${count} times`);
  if (!alike(numbers)) return `${sizeText(numbers)} times`;
  return numbers.length === 1 ? times(numbers[0]!) : `${times(numbers[0]!)} along each axis`;
}

function paddedText(axes: readonly AxisArithmetic[]): string {
  if (axes.every(({ padding }) => padding[0] + padding[1] === 0)) return '';
  return `, padded to ${sizeText(axes.map(({ input, padding }) => input + padding[0] + padding[1]))}`;
}

function dilationText(axes: readonly AxisArithmetic[]): string {
  const dilation = of(axes, 'dilation');
  if (dilation.every((cells) => cells === 1)) return '';
  return ` Its taps lie ${cellsText(dilation)} apart, so it spans ${axes.length > 1 ? sizeText(of(axes, 'effectiveKernel')) : cellsText(of(axes, 'effectiveKernel'))}.`;
}

function groupsText({ options: { groups }, arithmetic }: Layer): string {
  if (groups === 1) return '';
  const [inputs, outputs] = [arithmetic.inputShape[1]! / groups, arithmetic.outputShape[1]! / groups];
  return ` In each of the ${groups} groups, ${outputs} of the outputs see ${inputs} of the inputs.`;
}

/** `3 × 3 window`, `window of 3 cells`. */
const sized = (sizes: readonly number[], noun: string): string =>
  sizes.length > 1 ? `${sizeText(sizes)} ${noun}` : `${noun} of ${cellsText(sizes)}`;

const results = {
  conv: 'Each place gives one sum of products',
  max: 'Of each place the largest value is kept',
  avg: 'Each place gives the mean of its cells',
};

/** What the layer does, with its numbers. */
export function captionOf(layer: Layer): string {
  const { op } = layer.settings;
  const { axes } = layer.arithmetic;
  const kernel = sized(of(axes, 'kernel'), op === 'transposed' ? 'kernel' : 'window');
  const output = axes.length > 1 ? sizeText(of(axes, 'output')) : cellsText(of(axes, 'output'));
  const is = axes.length > 1 ? 'is' : 'has';
  if (op === 'transposed') {
    const cells = product(of(axes, 'input'));
    const stamps = `Each of the ${cells} input cells stamps a ${kernel} on the output, times its value`;
    return `${stamps}; stamps lie ${cellsText(of(axes, 'stride'))} apart and add up where they overlap. The output ${is} ${output}.${dilationText(axes)}${groupsText(layer)}`;
  }
  const moves = `A ${kernel} moves over ${axes.length > 1 ? 'the' : 'an'} ${sized(of(axes, 'input'), 'input')}${paddedText(axes)}, ${cellsText(of(axes, 'stride'))} at a time`;
  const fits = `It fits ${timesText(of(axes, 'output'))}, so the output ${is} ${output}`;
  return `${moves}.${dilationText(axes)} ${fits}. ${results[op]}.${groupsText(layer)}`;
}

/** A refusal of the library without the name of the function, which nobody called here. */
export function problemText(error: unknown): string {
  const message = error instanceof Error ? error.message : String(error);
  const sentence = message.replace(/^[\w.]+: /, '');
  return sentence.charAt(0).toUpperCase() + sentence.slice(1);
}
