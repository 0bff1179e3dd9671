// Reading and adding at given positions of channels-last planes: what follows max pooling, and its adjoint. Every channel of
// a pixel has a position of its own, so lanes go one by one.

import {
  address,
  affine,
  type Code,
  type Func,
  f32,
  i32,
  type Local,
  type Scope,
  v128,
} from '../../assembler/index.ts';
import { type Kernel, type KernelFunction, kernelParams, type Step, unitFunction } from '../kernel.ts';
import { storeLanes } from '../lanes.ts';
import { contiguousAxis } from '../loops/loopNest.ts';
import { callWholeOrLast, lanesOf, overBlocks } from '../loops/loopNestCode.ts';
import { i32Params, type Pointers } from '../pointers.ts';
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
const addresses = i32Params(operands);
type Addresses = Pointers<IndexOperand>;

const planOf = (
  task: IndexTask,
  description: string,
  { units, emit }: Pick<Kernel, 'units' | 'emit'>,
): IndexPlan => {
  const { images, channels, outCells, inCells, xPitch, yPitch } = task;
  const kernel: Kernel = {
    key: `${description} n${images} c${channels} ${outCells} of ${inCells} cells, pitch ${xPitch} ${yPitch}`,
    operands,
    units,
    scratchBytes: 0,
    emit,
  };
  return { description, workspaces: [], steps: units === 0 ? [] : [{ kernel, operands }] };
};

/** Output pixels of a unit. */
const pixelsPerUnit = 32;

/** y[n, o, c] = x[n, indices[n, o, c], c]. A unit is some pixels of y. */
export function takePlan(task: IndexTask): IndexPlan {
  const pixels = task.images * task.outCells;
  const units = task.channels && Math.ceil(pixels / pixelsPerUnit);
  const emit = (scope: Scope): KernelFunction => {
    const pixel = scope.within('.pixel').func(addresses, (f, p) => takePixel(f, task, p));
    return scope.func(kernelParams(operands), (f, p) => {
      const last = f.keep(affine([p.to, pixelsPerUnit]), 'last');
      f.if(i32.gtU(last, pixels), () => f.set(last, pixels));
      f.range('at', affine([p.from, pixelsPerUnit]), last, 1, (at) => {
        const image = i32.divU(at, task.outCells);
        const x = address(p.x, [image, task.inCells * task.xPitch * floatBytes]);
        const offset = f.keep(affine([at, task.yPitch * floatBytes]), 'offset');
        f.run(f.call(pixel, { x, y: address(p.y, offset), indices: address(p.indices, offset) }));
      });
    });
  };
  return planOf(task, 'take', { units, emit });
}

function takePixel(f: Func, { channels, xPitch }: IndexTask, p: Addresses): void {
  const lane = contiguousAxis(channels, 3);
  overBlocks(f, { lane, vectors: 1, place: [p.x, p.y, p.indices] }, (block) => {
    const [x, y, indices] = block.place;
    const at = (lane: number) => placeOf({ x, indices }, xPitch, lane);
    let taken: Code<'v128'> = v128.load32Zero(at(0));
    const count = lanesOf(block, 0);
    for (let lane = 1; lane < count; lane++) taken = v128.load32Lane(at(lane), taken, lane);
    storeLanes(f, taken, { at: y, count });
  });
}

/** The address in x for an index. */
const placeOf = ({ x, indices }: Omit<Addresses, 'y'>, xPitch: number, lane: number): Code<'i32'> =>
  address(x, [i32.load(address(indices, lane * floatBytes)), xPitch * floatBytes], lane * floatBytes);

/** Channels of a unit: a cache line. */
const channelsPerUnit = 16;

/**
 * x[n, indices[n, o, c], c] += y[n, o, c] into zeros. A unit is a few channels of an image, whose sums nobody else touches;
 * each adds up in the order of o.
 */
export function scatterAddPlan(task: IndexTask): IndexPlan {
  const { images, channels, inCells, outCells, xPitch, yPitch } = task;
  const groups = Math.ceil(channels / channelsPerUnit);
  const emit = (scope: Scope): KernelFunction => {
    const scatter = (count: number) =>
      scope
        .within(`.${count}`)
        .func(addresses, (f, p) => scatterChannels(f, { ...task, channels: count }, p));
    const rest = channels % channelsPerUnit;
    const whole = channels >= channelsPerUnit && scatter(channelsPerUnit);
    const last = rest > 0 && scatter(rest);
    return unitFunction(scope, operands, (f, p, unit) => {
      const image = f.keep(i32.divU(unit, groups), 'image');
      const group = f.keep(i32.remU(unit, groups), 'group');
      const channel = f.keep(affine([group, channelsPerUnit * floatBytes]), 'channel');
      const at = (base: Local<'i32'>, floats: number) => address(base, channel, [image, floats * floatBytes]);
      callWholeOrLast(
        f,
        { whole, last, isLast: i32.eq(group, groups - 1) },
        {
          x: at(p.x, inCells * xPitch),
          y: at(p.y, outCells * yPitch),
          indices: at(p.indices, outCells * yPitch),
        },
      );
    });
  };
  return planOf(task, 'scatterAdd', { units: images * groups, emit });
}

/** All channels of the task. */
function scatterChannels(f: Func, task: IndexTask, { x: to, y: from, indices }: Addresses): void {
  const { channels, inCells, outCells, xPitch, yPitch } = task;
  const zero = f.keep(to, 'zero');
  if (inCells > 0)
    f.repeat(inCells, () => {
      for (let c = 0; c < channels; c += lanes) {
        const count = Math.min(lanes, channels - c);
        storeLanes(f, f.constant(v128.const4F(0, 0, 0, 0)), { at: zero, count, offset: c * floatBytes });
      }
      f.increase(zero, xPitch * floatBytes);
    });
  if (outCells === 0) return;
  f.repeat(outCells, () => {
    for (let c = 0; c < channels; c++) {
      const place = f.keep(placeOf({ x: to, indices }, xPitch, c), 'place');
      const sum = f32.add(f32.load(place), f32.load(address(from, c * floatBytes)));
      f.run(f32.store(place, sum));
    }
    f.increase(from, yPitch * floatBytes);
    f.increase(indices, yPitch * floatBytes);
  });
}
