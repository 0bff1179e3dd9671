// Weights on their way into the products: packed so that lanes lie together, and transformed, U = G g Gᵀ.

import { product } from '../../../../geometry/window.ts';
import { type Func, i32, type Local, type Module, v128 } from '../../assembler/index.ts';
import type { Engine } from '../../engine.ts';
import type { Vector } from '../../fused/math.ts';
import { type Kernel, kernelParams } from '../kernel.ts';
import { floatBytes, vectorBytes } from '../sizes.ts';
import { applyBothSides } from './apply.ts';
import { blockCount, inRun, type LaneRun, laneRuns, laneWidth, weightPlaces } from './laneBlocks.ts';
import { each, type Pair, phaseRuns, points, tapCount, type WinogradShape } from './shape.ts';
import { planeBytes } from './tiles.ts';

/** Channels whose weights are transformed at a time: what lies between the two steps stays in the second-level cache. */
export const chunkChannels = 64;

/** Chunks of channels: whole ones, then the rest. */
export function chunksOf(channels: number, most: number): { channels: number; count: number }[] {
  const whole = { channels: most, count: Math.floor(channels / most) };
  const rest = { channels: channels % most, count: 1 };
  return [whole, rest].filter((c) => c.count * c.channels > 0);
}

/** From one point to the next in a block of transformed weights. */
export const weightPlane = (channels: number, run: LaneRun): number => planeBytes(channels * laneWidth(run));

export const packedBytes = (s: WinogradShape, channels: number, run: LaneRun): number =>
  channels * tapCount(s) * laneWidth(run) * floatBytes;

/** Takes `channels` channels of a block to the next form. What differs from layer to layer comes as arguments. */
const packParams = { from: 'i32', to: 'i32', channels: 'i32', lane: 'i32', channel: 'i32' } as const;
const transformParams = { from: 'i32', to: 'i32', channels: 'i32', plane: 'i32' } as const;

/** A tap of four lanes, `lane` bytes apart; those beyond the last channel repeat it. */
function loadTap(f: Func, from: Local<'i32'>, lane: Local<'i32'>, channels: number): Vector {
  let [at, vector]: [Local<'i32'>, Vector] = [from, v128.load32Zero(from)];
  for (let i = 1; i < 4; i++) {
    if (i < channels) at = f.keep(i32.add(at, lane), 'lane');
    vector = v128.load32Lane(at, vector, i);
  }
  return vector;
}

/**
 * Row-major weights to `[channel][phase][tap][lane]`; taps that a phase does not have are zero. `lane`, `channel`: bytes from one
 * to the next in the tensor.
 */
function packWeights(
  m: Module,
  name: string,
  { filterings, weights, stride }: WinogradShape,
  run: LaneRun,
  phases: readonly Pair[],
) {
  const row = laneWidth(run) * floatBytes;
  const [down, across] = each(filterings, ({ taps }) => taps);
  const [kernelRows, kernelColumns] = weights.kernel;
  // A turned kernel is walked from its end.
  const step = (weights.turned ? -1 : 1) * floatBytes;
  const start = weights.turned ? (product(weights.kernel) - 1) * floatBytes : 0;
  return m.func(name, packParams, (f, p) => {
    const clear = (cell: Local<'i32'>, count: number): void => {
      if (count === 0) return;
      f.repeat(count, () => {
        f.run(v128.store(cell, v128.const4F(0, 0, 0, 0)));
        f.increase(cell, row);
      });
    };
    /** A vector of which so many lanes are channels. */
    const pack = (from: Local<'i32'>, to: Local<'i32'>, lanes: number): void => {
      const cell = f.keep(to, 'cell');
      for (const [a, b] of phases) {
        const rows = Math.max(0, Math.ceil((kernelRows - a) / stride));
        const columns = Math.max(0, Math.ceil((kernelColumns - b) / stride));
        if (rows * columns === 0) {
          clear(cell, down * across);
          continue;
        }
        const tap = f.keep(i32.add(from, start + (a * kernelColumns + b) * step), 'tap');
        f.repeat(rows, () => {
          f.repeat(columns, () => {
            f.run(v128.store(cell, loadTap(f, tap, p.lane, lanes)));
            f.increase(tap, stride * step);
            f.increase(cell, row);
          });
          f.increase(tap, (kernelColumns - columns) * stride * step);
          clear(cell, across - columns);
        });
        clear(cell, (down - rows) * across);
      }
    };
    const [whole, rest] = [Math.floor(run.lanes / 4), run.lanes % 4];
    f.repeat(p.channels, () => {
      const [from, to] = [f.keep(p.from, 'first'), f.keep(p.to, 'vector')];
      if (whole > 0)
        f.repeat(whole, () => {
          pack(from, to, 4);
          f.increase(from, i32.shl(p.lane, 2));
          f.increase(to, vectorBytes);
        });
      if (rest > 0) pack(from, to, rest);
      f.increase(p.from, p.channel);
      f.increase(p.to, phases.length * down * across * row);
    });
  });
}

/** `[channel][tap][lane]` to `[point][channel][lane]`, planes `plane` bytes apart. */
export function transformWeights(m: Module, name: string, s: WinogradShape, run: LaneRun, e: Engine) {
  const beside = Math.min(2, run.tile.vectors);
  const row = laneWidth(run) * floatBytes;
  const [{ taps }, count] = [s.filterings[1], tapCount(s)];
  return m.func(name, transformParams, (f, p) => {
    f.repeat(p.channels, () => {
      f.repeat(run.tile.vectors / beside, () => {
        const to = f.keep(p.to, 'point');
        applyBothSides(
          f,
          e,
          each(s.filterings, (filtering) => filtering.weight),
          beside,
          (i, j, v) => v128.load(p.from, { offset: (i * taps + j) * row + v * vectorBytes }),
          (_i, _j, v, value) => {
            f.run(v128.store(to, value, { offset: v * vectorBytes }));
            if (v === beside - 1) f.increase(to, p.plane);
          },
        );
        f.increase(p.from, beside * vectorBytes);
        f.increase(p.to, beside * vectorBytes);
      });
      f.increase(p.from, (count - 1) * row);
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
  const runs = laneRuns(s.target.channels, e);
  const blockBytes = (run: LaneRun): number =>
    form === 'packed' ? packedBytes(s, s.depth, run) : points(s) * weightPlane(s.depth, run);
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
  const chunkBytes = Math.max(...runs.map((run) => packedBytes(s, chunkChannels, run)));
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
  const phases = phaseRuns(s);
  const [lane, channel] = [s.weights.lane * floatBytes, s.weights.channel * floatBytes];
  const packs = phases.map((of, i) => packWeights(m, `${name}Pack${i}`, s, run, of));
  const transform = form === 'packed' ? null : transformWeights(m, `${name}Transform`, s, run, e);
  return m.func(name, { from: 'i32', to: 'i32', scratch: 'i32' }, (f, p) => {
    phases.forEach(({ length }, i) => {
      const from = f.keep(p.from, 'from');
      for (const { channels, count } of chunksOf(s.source.channels, Math.ceil(chunkChannels / length))) {
        f.repeat(count, () => {
          const to = transform ? p.scratch : p.to;
          f.run(f.call(packs[i], { from, to, channels, lane, channel }));
          const packed = { from: p.scratch, to: p.to, channels: channels * length };
          if (transform) f.run(f.call(transform, { ...packed, plane: weightPlane(s.depth, run) }));
          f.increase(from, channels * channel);
          f.increase(
            p.to,
            transform
              ? channels * length * laneWidth(run) * floatBytes
              : packedBytes(s, channels * length, run),
          );
        });
      }
    });
  });
}
