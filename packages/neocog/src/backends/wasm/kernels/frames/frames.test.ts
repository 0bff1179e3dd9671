// The kernels of frames against Pillow, and against plain loops on what Pillow has no fixtures for: bit by bit.

import { describe, expect, it } from 'vitest';
import { noise, pillowCases, pixelsOf } from '../../../../../../../test/frames.ts';
import { KernelRunner } from '../../../../../../../test/kernelRunner.ts';
import type { FrameInput } from '../../../../geometry/frames/picture.ts';
import { Generator } from '../../../../tensor/random.ts';
import { type Frame, framesToValues } from '../../../frames.ts';
import { FramePlacer } from '../../program/frames.ts';
import { type FrameOperand, framesPlan } from './frames.ts';

/** What the kernels make of frames, in an array that ends where they say that it does. */
function byKernels(input: FrameInput, frames: readonly Frame[]): Float32Array {
  const { headers, writes, end } = new FramePlacer(input).place(frames, 0);
  const size = input.images * input.channels * input.width * input.height;
  const runner = new KernelRunner<FrameOperand>(size);
  runner
    .place('header', headers.length)
    .place('frames', Math.ceil(end / 4))
    .place('out0', size);
  const { buffer } = runner.memory;
  new Int32Array(buffer, runner.address('header'), headers.length).set(headers);
  for (const { at, bytes } of writes)
    new Uint8Array(buffer, runner.address('frames') + at, bytes.length).set(bytes);
  runner.run(framesPlan(input).steps);
  return runner.read('out0', size);
}

describe('frames as Pillow resizes them', () => {
  it.each(pillowCases)('$title', (c) => {
    expect(pixelsOf(c, byKernels(c.input, [c.frame]))).toEqual([...c.pixels]);
  });
});

/** A draw of the options, for frames that the case then draws. */
function drawInput(random: Generator): FrameInput {
  const pick = <T>(...of: readonly T[]): T => of[random.integer(of.length)] as T;
  const channels = pick(1, 3, 3);
  const numbers = (make: () => number): number[] => Array.from({ length: channels }, make);
  return {
    images: pick(1, 1, 2, 3),
    ...{ channels, width: 1 + random.integer(40), height: 1 + random.integer(24) },
    fit: pick('cover', 'contain', 'stretch'),
    interpolation: pick('nearest', 'bilinear', 'bicubic'),
    reversed: pick(true, false),
    background: [random.integer(256), random.integer(256), random.integer(256)],
    shift: numbers(() => pick(0, 123.675, 255 * random.uniform())),
    factor: numbers(() => pick(1, 1 / 255, random.uniform())),
  };
}

/** Of any size, often that of the picture or one that has its middle at whole pixels; often opaque, as most are. */
function drawFrame(random: Generator, { width, height }: FrameInput): Frame {
  const sizes = [
    [1 + random.integer(90), 1 + random.integer(60)],
    [width, height],
    [width + 2 * random.integer(4), height],
    [width, height + 2 * random.integer(4)],
    [1 + random.integer(600), 1 + random.integer(5)],
  ] as const;
  const [columns, rows] = sizes[random.integer(sizes.length)] as readonly [number, number];
  const bytes = [1, 3, 4, 4][random.integer(4)] as number;
  const data = noise(columns * rows * bytes);
  if (bytes === 4 && random.integer(2) === 0)
    data.forEach((_, i) => {
      if (i % 4 === 3) data[i] = 255;
    });
  return { data, width: columns, height: rows };
}

describe('frames of any kind', () => {
  it.each(Array.from({ length: 60 }, (_, i) => i + 1))('seed %i gives what plain loops give', (seed) => {
    const random = new Generator(seed);
    const input = drawInput(random);
    const frames = Array.from({ length: input.images }, () => drawFrame(random, input));
    expect(byKernels(input, frames)).toEqual(framesToValues(input, frames));
  });
});
