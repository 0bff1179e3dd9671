// Programs that take frames of every size and kind, one after the other in the same program, against plain loops: bit for bit, since
// resizing is whole numbers and values are rounded alike. The network gives its input back.

import { type Frame, framesToValues } from '../../packages/neocog/src/backends/frames.ts';
import type { FrameInput } from '../../packages/neocog/src/geometry/frames/picture.ts';
import * as neocog from '../../packages/neocog/src/index.ts';
import { withFrames } from '../../packages/neocog/src/program/pixels.ts';
import { expectAnswers, nothing } from './compare.ts';
import { between, oneIn, pick, replaced, smallerSizes, times } from './drawing.ts';
import { type FuzzKind, judged } from './kind.ts';
import { drawWay, inWay, programOptions, simplerWays, type Way } from './ways.ts';

interface FrameSize {
  readonly width: number;
  readonly height: number;
  readonly bytes: 1 | 3 | 4;
  readonly opaque: boolean;
}

interface FrameCase extends Way {
  readonly channels: 1 | 3;
  readonly width: number;
  readonly height: number;
  readonly fit: 'cover' | 'contain' | 'stretch';
  readonly interpolation: 'nearest' | 'bilinear' | 'bicubic';
  readonly order: 'rgb' | 'bgr';
  readonly background: readonly [number, number, number];
  /** Of each run the frames of its batch. */
  readonly runs: readonly (readonly FrameSize[])[];
  readonly seed: number;
}

const side = (random: neocog.Generator, most: number): number =>
  oneIn(random, 6) ? between(random, 1, 8 * most) : between(random, 1, most);

/** Of any size, or so that nothing has to be resized. */
function drawSize(random: neocog.Generator, width: number, height: number): FrameSize {
  const kind = { bytes: pick(random, [1, 3, 4, 4] as const), opaque: oneIn(random, 2) };
  if (!oneIn(random, 4)) return { ...kind, width: side(random, 60), height: side(random, 40) };
  const [more, longer] = pick(random, [0, 1] as const)
    ? [2 * random.integer(5), 0]
    : [0, 2 * random.integer(5)];
  return { ...kind, width: width + more, height: height + longer };
}

function draw(random: neocog.Generator): FrameCase {
  const [width, height] = [side(random, 36), side(random, 24)];
  const images = pick(random, [1, 1, 2, 3]);
  const level = (): number => random.integer(256);
  return {
    ...{ channels: pick(random, [1, 3, 3] as const), width, height },
    fit: pick(random, ['cover', 'contain', 'stretch'] as const),
    interpolation: pick(random, ['nearest', 'bilinear', 'bicubic'] as const),
    order: pick(random, ['rgb', 'bgr'] as const),
    background: [level(), level(), level()],
    runs: times(between(random, 1, 3), () => times(images, () => drawSize(random, width, height))),
    ...drawWay(random),
    seed: random.integer(2 ** 30),
  };
}

function frameOf({ width, height, bytes, opaque }: FrameSize, random: neocog.Generator): Frame {
  // Black and white more often than not: there cubics leave the range of bytes.
  const data = Uint8Array.from({ length: width * height * bytes }, (_, i) =>
    opaque && bytes === 4 && i % 4 === 3 ? 255 : pick(random, [0, 255, random.integer(256)]),
  );
  return { data, width, height };
}

class Same extends neocog.nn.Module {
  forward(x: neocog.Tensor): neocog.Tensor {
    return neocog.reshape(x, x.shape);
  }
}

async function check(c: FrameCase): Promise<void> {
  const random = new neocog.Generator(c.seed);
  const shape = [c.runs[0]?.length ?? 0, c.channels, c.height, c.width];
  const { fit, interpolation, order, background } = c;
  const pixels = { fit, interpolation, order, background, mean: 0.45, std: 0.22 };
  const runs = c.runs.map((sizes) => sizes.map((size) => frameOf(size, random)));
  const want = judged(() => {
    const [input] = withFrames('judge', [{ name: 'x', shape, dtype: 'float32' }], pixels);
    return runs.map((frames) => framesToValues(input?.frames as FrameInput, frames));
  });
  await inWay(c, async () => {
    const program = await neocog.compile(new Same(), { input: shape, pixels, ...programOptions(c) });
    for (const [i, frames] of runs.entries()) {
      const answer = { output: await program.run(frames) };
      expectAnswers(answer, { output: new neocog.Tensor(want[i] as Float32Array, shape) }, nothing);
    }
    program.dispose();
  });
}

export const frames: FuzzKind<FrameCase> = {
  name: 'frames',
  about: 'programs that take frames of every size and kind, one after the other',
  draw,
  check,
  *smaller(c) {
    yield* simplerWays(c);
    if (c.runs.length > 1) for (const run of c.runs) yield { ...c, runs: [run] };
    if ((c.runs[0]?.length ?? 0) > 1) yield { ...c, runs: c.runs.map((run) => run.slice(0, 1)) };
    for (const key of ['width', 'height'] as const)
      for (const n of smallerSizes(c[key], 1)) yield { ...c, [key]: n };
    for (const [i, run] of c.runs.entries())
      for (const [k, size] of run.entries())
        for (const key of ['width', 'height'] as const)
          for (const n of smallerSizes(size[key], 1))
            yield { ...c, runs: replaced(c.runs, i, replaced(run, k, { ...size, [key]: n })) };
  },
};
