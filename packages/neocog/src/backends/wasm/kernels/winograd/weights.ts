// Weights on their way into the products: packed so that lanes lie together, and transformed, U = G g Gᵀ.

import { type Func, type FuncRef, i32, type Local, type Module, v128 } from '../../assembler/index.ts';
import type { Engine } from '../../engine.ts';
import type { Vector } from '../../fused/math.ts';
import { type Kernel, kernelParams } from '../kernel.ts';
import { transposeSquare } from '../transpose.ts';
import { applyBothSides } from './apply.ts';
import { blockCount, inRun, type LaneRun, laneRuns, laneWidth, weightPlaces } from './laneBlocks.ts';
import type { WeightSteps, WinogradShape } from './shape.ts';
import { floatBytes, planeBytes, vectorBytes } from './tiles.ts';

export const tapCount = 9;

/** Channels whose weights are transformed at a time: what lies between the two steps stays in the second-level cache. */
export const chunkChannels = 64;

/** Chunks of channels: whole ones, then the rest. */
export function chunksOf(channels: number): { channels: number; count: number }[] {
  const whole = { channels: chunkChannels, count: Math.floor(channels / chunkChannels) };
  const rest = { channels: channels % chunkChannels, count: 1 };
  return [whole, rest].filter((c) => c.count * c.channels > 0);
}

/** From one point to the next in a block of transformed weights. */
export const weightPlane = (channels: number, run: LaneRun): number => planeBytes(channels * laneWidth(run));

export const packedBytes = (channels: number, run: LaneRun): number =>
  channels * tapCount * laneWidth(run) * floatBytes;

const params = { from: 'i32', to: 'i32', channels: 'i32' } as const;
/** Takes `channels` channels of a block to the next form. */
export type WeightFunction = FuncRef<typeof params, 'void'>;

/** The nine taps of four lanes, which lie `offsets` bytes behind `from`. */
function loadTaps(f: Func, from: Local<'i32'>, offsets: readonly number[]): Vector[] {
  const square = (tap: number): Vector[] =>
    transposeSquare(
      f,
      offsets.map((offset) => v128.load(from, { offset: offset + tap * floatBytes })),
    );
  const last = offsets
    .slice(1)
    .reduce<Vector>(
      (v, offset, lane) => v128.load32Lane(from, v, lane + 1, { offset: offset + 8 * floatBytes }),
      v128.load32Zero(from, { offset: offsets[0] + 8 * floatBytes }),
    );
  return [...square(0), ...square(4), last];
}

/** Row-major weights to `[channel][tap][lane]`. Lanes beyond the last channel repeat it. */
export function packWeights(m: Module, name: string, run: LaneRun, steps: WeightSteps): WeightFunction {
  const width = laneWidth(run);
  return m.func(name, params, (f, p) => {
    f.repeat(p.channels, () => {
      for (let v = 0; v < run.tile.vectors; v++) {
        const lanes = [0, 1, 2, 3].map((lane) => Math.min(4 * v + lane, run.lanes - 1));
        const taps = loadTaps(
          f,
          p.from,
          lanes.map((lane) => lane * steps.lane * floatBytes),
        );
        if (steps.turned) taps.reverse();
        taps.forEach((tap, k) =>
          f.run(v128.store(p.to, tap, { offset: k * width * floatBytes + v * vectorBytes })),
        );
      }
      f.increase(p.from, steps.channel * floatBytes);
      f.increase(p.to, tapCount * width * floatBytes);
    });
  });
}

/** `[channel][tap][lane]` to `[point][channel][lane]`, planes `plane` bytes apart. */
export function transformWeights(
  m: Module,
  name: string,
  s: WinogradShape,
  run: LaneRun,
  plane: number,
  e: Engine,
): WeightFunction {
  const beside = Math.min(2, run.tile.vectors);
  const row = laneWidth(run) * floatBytes;
  const points = s.filtering.inputs;
  return m.func(name, params, (f, p) => {
    f.repeat(p.channels, () => {
      f.repeat(run.tile.vectors / beside, () => {
        applyBothSides(
          f,
          e,
          s.filtering.weight,
          beside,
          (i, j, v) => v128.load(p.from, { offset: (i * 3 + j) * row + v * vectorBytes }),
          (i, j, v, value) =>
            f.run(v128.store(p.to, value, { offset: (i * points + j) * plane + v * vectorBytes })),
        );
        f.increase(p.from, beside * vectorBytes);
        f.increase(p.to, beside * vectorBytes);
      });
      f.increase(p.from, (tapCount - 1) * row);
    });
  });
}

/** Where the weights of a block begin in the tensor, in bytes. */
function tensorBlock(f: Func, s: WinogradShape, run: LaneRun, group: Local<'i32'>, index: Local<'i32'>) {
  const lane = f.keep(i32.add(i32.mul(index, laneWidth(run)), run.channel), 'lane');
  const float = i32.add(i32.mul(group, s.weights.group), i32.mul(lane, s.weights.lane));
  return i32.mul(float, floatBytes);
}

export type WeightForm = 'packed' | 'transformed';

/** How a group's prepared weights lie in memory. */
export function preparedWeights(s: WinogradShape, form: WeightForm, e: Engine) {
  const channels = s.source.channels;
  const runs = laneRuns(s.target.channels, e);
  const blockBytes = (run: LaneRun): number =>
    form === 'packed' ? packedBytes(channels, run) : s.filtering.inputs ** 2 * weightPlane(channels, run);
  return { runs, blockBytes, ...weightPlaces(runs, blockBytes) };
}

/** The address of a block of prepared weights. */
export function preparedBlock(
  w: Local<'i32'>,
  places: ReturnType<typeof preparedWeights>,
  run: LaneRun,
  group: Local<'i32'>,
  index: Local<'i32'>,
) {
  const inGroup = i32.add(i32.mul(index, places.blockBytes(run)), places.start(run));
  return i32.add(i32.add(w, i32.mul(group, places.total)), inGroup);
}

/** From the row-major tensor to what the steps read. Units: blocks of lanes. */
export function prepareKernel(s: WinogradShape, form: WeightForm, e: Engine): Kernel {
  const places = preparedWeights(s, form, e);
  const { runs } = places;
  const operands = ['weights', 'w'];
  const blocks = blockCount(runs);
  const chunkBytes = Math.max(...runs.map((run) => packedBytes(chunkChannels, run)));
  return {
    key: `${s.key} ${form} weights`,
    operands,
    units: s.groups * blocks,
    scratchBytes: form === 'packed' ? 0 : chunkBytes,
    emit(m, name) {
      const functions = runs.map((run, i) => prepareBlock(m, `${name}Block${i}`, s, run, form, e));
      return m.func(name, kernelParams(operands), (f, p) => {
        f.range('unit', p.from, p.to, 1, (unit) => {
          const group = f.keep(i32.divU(unit, blocks), 'group');
          const block = f.keep(i32.sub(unit, i32.mul(group, blocks)), 'block');
          inRun(f, runs, block, (run, index) => {
            const from = i32.add(p.weights, tensorBlock(f, s, run, group, index));
            const to = preparedBlock(p.w, places, run, group, index);
            f.run(f.call(functions[runs.indexOf(run)], { from, to, scratch: p.scratch }));
          });
        });
      });
    },
  };
}

/** All channels of one block; on the way to transformed weights packed ones lie in scratch, a chunk at a time. */
function prepareBlock(m: Module, name: string, s: WinogradShape, run: LaneRun, form: WeightForm, e: Engine) {
  const channels = s.source.channels;
  const pack = packWeights(m, `${name}Pack`, run, s.weights);
  const transform =
    form === 'packed' ? null : transformWeights(m, `${name}Transform`, s, run, weightPlane(channels, run), e);
  return m.func(name, { from: 'i32', to: 'i32', scratch: 'i32' }, (f, p) => {
    if (!transform) {
      f.run(f.call(pack, { from: p.from, to: p.to, channels }));
      return;
    }
    for (const chunk of chunksOf(channels)) {
      f.repeat(chunk.count, () => {
        f.run(f.call(pack, { from: p.from, to: p.scratch, channels: chunk.channels }));
        f.run(f.call(transform, { from: p.scratch, to: p.to, channels: chunk.channels }));
        f.increase(p.from, chunk.channels * s.weights.channel * floatBytes);
        f.increase(p.to, chunk.channels * laneWidth(run) * floatBytes);
      });
    }
  });
}
