// Reading and adding at given positions of channels-last planes: what follows max pooling, and its adjoint. Every channel of
// a pixel has a position of its own, so lanes go one by one.

import { type Code, type Func, f32, i32, type Local, v128 } from '../../assembler/index.ts';
import { type Kernel, kernelParams, type Step, unitFunction } from '../kernel.ts';
import { storeLanes } from '../lanes.ts';
import { contiguousAxis } from '../loops/loopNest.ts';
import { callWholeOrLast, lanesOf, overBlocks } from '../loops/loopNestCode.ts';
import { floatBytes, lanes } from '../sizes.ts';

export interface IndexTask {
  readonly images: number;
  readonly channels: number;
  /** Cells of a plane of y, and of x. */
  readonly outCells: number;
  readonly inCells: number;
  readonly xPitch: number;
  readonly yPitch: number;
}

/** `indices`: int32, laid out as y: flat positions in a plane of x, which nobody checks. */
export type IndexOperand = 'x' | 'y' | 'indices';

export interface IndexPlan {
  readonly description: string;
  readonly workspaces: readonly number[];
  readonly steps: readonly Step<IndexOperand>[];
}

const operands = ['x', 'y', 'indices'] as const;
const addresses: Record<string, 'i32'> = { x: 'i32', y: 'i32', indices: 'i32' };

const planOf = (task: IndexTask, name: string, units: number, emit: Kernel['emit']): IndexPlan => {
  const { images, channels, outCells, inCells, xPitch, yPitch } = task;
  const kernel: Kernel = {
    key: `${name} n${images} c${channels} ${outCells} of ${inCells} cells, pitch ${xPitch} ${yPitch}`,
    operands,
    units,
    scratchBytes: 0,
    emit,
  };
  return { description: name, workspaces: [], steps: units === 0 ? [] : [{ kernel, operands }] };
};

/** Output pixels of a unit. */
const pixelsPerUnit = 32;

/** y[n, o, c] = x[n, indices[n, o, c], c]. A unit is some pixels of y. */
export function takePlan(task: IndexTask): IndexPlan {
  const pixels = task.images * task.outCells;
  return planOf(task, 'take', task.channels && Math.ceil(pixels / pixelsPerUnit), (m, name) => {
    const pixel = m.func(`${name}.pixel`, addresses, (f, p) => takePixel(f, task, [p.x, p.y, p.indices]));
    return m.func(name, kernelParams(operands), (f, p) => {
      const last = f.keep(i32.mul(p.to, pixelsPerUnit), 'last');
      f.if(i32.gtU(last, pixels), () => f.set(last, pixels));
      f.range('at', i32.mul(p.from, pixelsPerUnit), last, 1, (at) => {
        const image = i32.divU(at, task.outCells);
        const x = i32.add(p.x, i32.mul(image, task.inCells * task.xPitch * floatBytes));
        const offset = f.keep(i32.mul(at, task.yPitch * floatBytes), 'offset');
        f.run(f.call(pixel, { x, y: i32.add(p.y, offset), indices: i32.add(p.indices, offset) }));
      });
    });
  });
}

function takePixel(f: Func, { channels, xPitch }: IndexTask, place: readonly Local<'i32'>[]): void {
  overBlocks(f, contiguousAxis(channels, 3), 1, place, (block, [x, y, indices]) => {
    const at = (lane: number) => placeOf(x as Local<'i32'>, indices as Local<'i32'>, xPitch, lane);
    let taken: Code<'v128'> = v128.load32Zero(at(0));
    const count = lanesOf(block, 0);
    for (let lane = 1; lane < count; lane++)
      taken = v128.load32Lane(at(lane), taken, lane, { offset: lane * floatBytes });
    storeLanes(f, y as Local<'i32'>, taken, count, 0);
  });
}

/** The address in x for an index, but for the lane. */
const placeOf = (x: Local<'i32'>, indices: Local<'i32'>, xPitch: number, lane: number): Code<'i32'> =>
  i32.add(x, i32.mul(i32.load(indices, { offset: lane * floatBytes }), xPitch * floatBytes));

/** Channels of a unit: a cache line. */
const channelsPerUnit = 16;

/**
 * x[n, indices[n, o, c], c] += y[n, o, c] into zeros. A unit is a few channels of an image, whose sums nobody else touches;
 * each adds up in the order of o.
 */
export function scatterAddPlan(task: IndexTask): IndexPlan {
  const { images, channels, inCells, outCells, xPitch, yPitch } = task;
  const groups = Math.ceil(channels / channelsPerUnit);
  return planOf(task, 'scatterAdd', images * groups, (m, name) => {
    const scatter = (count: number) =>
      m.func(`${name}.${count}`, addresses, (f, p) => scatterChannels(f, task, [p.x, p.y, p.indices], count));
    const rest = channels % channelsPerUnit;
    const whole = channels >= channelsPerUnit && scatter(channelsPerUnit);
    const last = rest > 0 && scatter(rest);
    return unitFunction(m, name, operands, (f, p, unit) => {
      const image = f.keep(i32.divU(unit, groups), 'image');
      const group = f.keep(i32.remU(unit, groups), 'group');
      const channel = f.keep(i32.mul(group, channelsPerUnit * floatBytes), 'channel');
      const at = (base: Local<'i32'>, floats: number) =>
        i32.add(i32.add(base, channel), i32.mul(image, floats * floatBytes));
      callWholeOrLast(f, { whole, last }, i32.eq(group, groups - 1), {
        x: at(p.x, inCells * xPitch),
        y: at(p.y, outCells * yPitch),
        indices: at(p.indices, outCells * yPitch),
      });
    });
  });
}

function scatterChannels(
  f: Func,
  { inCells, outCells, xPitch, yPitch }: IndexTask,
  [x, y, indices]: readonly Local<'i32'>[],
  count: number,
): void {
  const [to, from, at] = [x, y, indices] as [Local<'i32'>, Local<'i32'>, Local<'i32'>];
  const zero = f.keep(to, 'zero');
  if (inCells > 0)
    f.repeat(inCells, () => {
      for (let c = 0; c < count; c += lanes)
        storeLanes(f, zero, f.constant(v128.const4F(0, 0, 0, 0)), Math.min(lanes, count - c), c * floatBytes);
      f.increase(zero, xPitch * floatBytes);
    });
  if (outCells === 0) return;
  f.repeat(outCells, () => {
    for (let c = 0; c < count; c++) {
      const place = f.keep(placeOf(to, at, xPitch, c), 'place');
      const where = { offset: c * floatBytes };
      f.run(f32.store(place, f32.add(f32.load(place, where), f32.load(from, where)), where));
    }
    f.increase(from, yPitch * floatBytes);
    f.increase(at, yPitch * floatBytes);
  });
}
