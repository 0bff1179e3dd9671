// Weights on their way into the products: packed so that lanes lie together, and transformed, U = G g Gᵀ.

import {
  address,
  affine,
  type Code,
  type Func,
  i32,
  i32x4,
  type Local,
  type Scope,
  v128,
} from '../../assembler/index.ts';
import { engineKey } from '../../engine.ts';
import type { Vector } from '../../fused/math.ts';
import { type Kernel, unitFunction } from '../kernel.ts';
import { i32Params, type Pointers } from '../pointers.ts';
import { floatBytes, vectorBytes } from '../sizes.ts';
import { applyBothSides, type Element } from './apply.ts';
import {
  blockCount,
  firstLane,
  type GroupBlock,
  inRun,
  type LaneRun,
  laneRuns,
  laneWidth,
  weightPlaces,
} from './laneBlocks.ts';
import {
  gathersPhases,
  type Part,
  partRuns,
  points,
  tapCount,
  tapsOfPart,
  termsOf,
  type WinogradShape,
} from './shape.ts';
import { each } from './split.ts';
import { divideBy, planeBytes } from './tiles.ts';

/** Channels whose weights are transformed at a time: what lies between the two steps stays in the second-level cache. */
const chunkChannels = 64;

/** Tiles that one register tile takes: each transformed weight is read but once. */
export const isOneRead = ({ tiles }: WinogradShape): boolean => tiles <= 6;

/** The same on the fly. What is read but once stays in the first cache. */
export const chunkFor = (s: WinogradShape): number => (isOneRead(s) ? 8 : chunkChannels);

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

/** What the weights of one run of blocks are made by. */
interface Packing {
  readonly s: WinogradShape;
  readonly run: LaneRun;
  /** Whose weights come together. */
  readonly parts: readonly Part[];
}

/** Where its code is made. What differs from layer to layer comes as arguments. */
interface Site extends Packing {
  readonly f: Func;
  readonly p: Pointers<'from' | 'to' | 'channels' | 'lane' | 'channel'>;
}

const rowBytes = (run: LaneRun): number => laneWidth(run) * floatBytes;

const packParams = i32Params(['from', 'to', 'channels', 'lane', 'channel']);

/**
 * `channels` channels of a block from row-major weights to `[channel][part][tap][lane]`; taps that a part does not have are
 * zero. `lane`, `channel`: bytes from one to the next in the tensor.
 */
const packWeights = (scope: Scope, packing: Packing) =>
  scope.func(packParams, (f, p) => {
    const site = { ...packing, f, p };
    const { s, run, parts } = packing;
    const [whole, rest] = [Math.floor(run.lanes / 4), run.lanes % 4];
    f.repeat(p.channels, () => {
      const [from, to] = [f.keep(p.from, 'first'), f.keep(p.to, 'vector')];
      const pack = (lanes: number): void => {
        const cell = f.keep(to, 'cell');
        for (const part of parts) packPart(site, part, { from, cell, lanes });
      };
      if (whole > 0)
        f.repeat(whole, () => {
          pack(4);
          f.increase(from, i32.shl(p.lane, 2));
          f.increase(to, vectorBytes);
        });
      if (rest > 0) pack(rest);
      f.increase(p.from, p.channel);
      f.increase(p.to, parts.length * tapCount(s) * rowBytes(run));
    });
  });

/** A vector of which so many lanes are channels; `cell` moves along. */
interface VectorPlace {
  readonly from: Local<'i32'>;
  readonly cell: Local<'i32'>;
  readonly lanes: number;
}

function packPart({ f, p, s, run }: Site, part: Part, { from, cell, lanes }: VectorPlace): void {
  for (const { first, step, count } of stretchesOf(tapsOfPart(s, part))) {
    const tap = first === null ? null : f.keep(address(from, first * floatBytes), 'tap');
    f.repeat(count, () => {
      const value = tap ? loadTap(f, { at: tap, lane: p.lane }, lanes) : v128.const4F(0, 0, 0, 0);
      f.run(v128.store(cell, value));
      if (tap) f.increase(tap, step * floatBytes);
      f.increase(cell, rowBytes(run));
    });
  }
}

/** Taps `step` apart, from the first on, or zeros if that is null. */
interface Stretch {
  readonly first: number | null;
  readonly step: number;
  readonly count: number;
}

function stretchesOf(taps: readonly (number | null)[]): Stretch[] {
  const stretches: Stretch[] = [];
  for (const tap of taps) {
    const last = stretches.at(-1);
    const step = last && last.count > 1 ? last.step : (tap ?? 0) - (last?.first ?? 0);
    const next = last && last.first !== null ? last.first + last.count * step : null;
    if (last && tap === next) stretches[stretches.length - 1] = { ...last, step, count: last.count + 1 };
    else stretches.push({ first: tap, step: 0, count: 1 });
  }
  return stretches;
}

/** A tap of four lanes, `lane` bytes apart; those beyond the last channel repeat it. */
function loadTap(f: Func, { at, lane }: Pointers<'at' | 'lane'>, channels: number): Vector {
  let [from, vector]: [Local<'i32'>, Vector] = [at, v128.load32Zero(at)];
  for (let i = 1; i < 4; i++) {
    if (i < channels) from = f.keep(address(from, lane), 'lane');
    vector = v128.load32Lane(from, vector, i);
  }
  return vector;
}

const transformParams = i32Params(['from', 'to', 'channels', 'plane']);

/**
 * `channels` channels of a block from `[channel][tap][lane]` to `[point][channel][lane]`, planes `plane` bytes apart. Of whole numbers two
 * channels are one word.
 */
export function transformWeights(scope: Scope, s: WinogradShape, run: LaneRun) {
  return scope.func(transformParams, (f, p) => {
    const channel = (half: Half | null): void => {
      transformChannel({ f, p, s, run }, half);
      f.increase(p.from, tapCount(s) * rowBytes(run));
    };
    if (s.scale === undefined) {
      f.repeat(p.channels, () => {
        channel(null);
        f.increase(p.to, rowBytes(run));
      });
      return;
    }
    const pairs = f.keep(i32.shrU(p.channels, 1), 'pairs');
    f.if(pairs, () =>
      f.repeat(pairs, () => {
        channel('lower');
        channel('upper');
        f.increase(p.to, rowBytes(run));
      }),
    );
    f.if(i32.and(p.channels, 1), () => channel('lower'));
  });
}

/** Of a word. */
type Half = 'lower' | 'upper';

interface TransformSite extends Omit<Packing, 'parts'> {
  readonly f: Func;
  readonly p: Pointers<'from' | 'to' | 'plane'>;
}

/** One channel; the upper half of words joins the lower one, which is there. */
function transformChannel({ f, p, s, run }: TransformSite, half: Half | null): void {
  const vectors = Math.min(2, run.tile.vectors);
  const row = rowBytes(run);
  const [{ taps }] = [s.filterings[1]];
  const matrices = each(s.filterings, (filtering) => filtering.weight);
  const [from, vector] = [f.keep(p.from, 'fromVector'), f.keep(p.to, 'toVector')];
  f.repeat(run.tile.vectors / vectors, () => {
    const to = f.keep(vector, 'point');
    applyBothSides({ f, engine: s.engine }, matrices, {
      vectors,
      load: ({ i, j, v }: Element) => v128.load(address(from, (i * taps + j) * row + v * vectorBytes)),
      store({ v }, value) {
        const place = address(to, v * vectorBytes);
        const stored = half ? halfOf(half, value, v128.load(place)) : value;
        f.run(v128.store(place, stored));
        if (v === vectors - 1) f.increase(to, p.plane);
      },
    });
    f.increase(from, vectors * vectorBytes);
    f.increase(vector, vectors * vectorBytes);
  });
}

/** Words whose half is a whole number of 16 bits: with 0 above, or with what is there below. */
function halfOf(half: Half, value: Vector, there: Vector): Vector {
  const whole = i32x4.truncSatF32x4S(value);
  if (half === 'upper') return v128.or(there, i32x4.shl(whole, 16));
  return v128.and(whole, v128.const4I(0xffff, 0xffff, 0xffff, 0xffff));
}

/** Where the weights of a block begin in the tensor, in bytes. */
function tensorBlock(f: Func, { weights }: WinogradShape, block: GroupBlock): Code<'i32'> {
  const lane = f.keep(firstLane(block), 'lane');
  const float = affine([block.group, weights.group], [lane, weights.lane]);
  return affine([float, floatBytes]);
}

export type WeightForm = 'packed' | 'transformed';

/** How a group's prepared weights lie in memory. */
export function preparedWeights(s: WinogradShape, form: WeightForm) {
  const runs = laneRuns(s.target.channels, s.engine);
  const blockBytes = (run: LaneRun): number =>
    form === 'packed' ? packedBytes(s, s.depth, run) : points(s) * weightPlane(termsOf(s), run);
  const { total, start } = weightPlaces(runs, blockBytes);
  /** The address of a block. */
  const addressOf = (w: Local<'i32'>, { run, group, index }: GroupBlock): Code<'i32'> => {
    const inGroup = affine([index, blockBytes(run)], start(run));
    return address(w, [group, total], inGroup);
  };
  return { runs, total, addressOf };
}

/** From the row-major tensor to what the steps read. Units: blocks of lanes. */
export function prepareKernel(s: WinogradShape, form: WeightForm): Kernel {
  const { runs, addressOf } = preparedWeights(s, form);
  const operands = ['weights', 'w'];
  const blocks = blockCount(runs);
  const chunkBytes = Math.max(...runs.map((run) => packedBytes(s, chunkChannels, run)));
  return {
    key: `winograd ${form} weights ${weightsKey(s)}`,
    operands,
    units: s.groups * blocks,
    scratchBytes: form === 'packed' ? 0 : chunkBytes,
    emit(scope) {
      const functions = runs.map((run, i) => prepareBlock(scope.within(`Block${i}`), { s, run }, form));
      return unitFunction(scope, operands, (f, p, unit) => {
        const [group, number] = divideBy(f, unit, { by: blocks, names: ['group', 'number'] });
        inRun(f, { runs, number }, (place) => {
          const block = { ...place, group };
          const from = address(p.weights, tensorBlock(f, s, block));
          const to = addressOf(p.w, block);
          f.run(f.call(functions[runs.indexOf(block.run)], { from, to, scratch: p.scratch }));
        });
      });
    },
  };
}

/** What the code depends on: layers of other sizes have the same. */
function weightsKey(s: WinogradShape): string {
  const { groups, source, target, filterings, parts, sides, weights, scale } = s;
  const order = gathersPhases(source, s) ? 'phases' : 'parts';
  const matrices = filterings.map((f) => f.weight);
  const said = JSON.stringify({ matrices, parts, sides, weights });
  const numbers = scale === undefined ? 'floats' : 'whole numbers';
  return `g${groups} c${source.channels}>${target.channels} ${order} ${said} ${numbers} ${engineKey(s.engine)}`;
}

/** All channels of one block; on the way to transformed weights packed ones lie in scratch, a chunk at a time. */
function prepareBlock(scope: Scope, { s, run }: Omit<Packing, 'parts'>, form: WeightForm) {
  const runs = partRuns(s);
  const [lane, channel] = [s.weights.lane * floatBytes, s.weights.channel * floatBytes];
  const packs = runs.map((parts, i) => packWeights(scope.within(`Pack${i}`), { s, run, parts }));
  const transform = form === 'packed' ? null : transformWeights(scope.within('Transform'), s, run);
  return scope.func(blockParams, (f, p) => {
    runs.forEach(({ length }, i) => {
      const from = f.keep(p.from, 'from');
      for (const { channels, count } of chunksOf(s.source.channels, Math.ceil(chunkChannels / length))) {
        f.repeat(count, () => {
          const to = transform ? p.scratch : p.to;
          f.run(f.call(packs[i], { from, to, channels, lane, channel }));
          const packed = { from: p.scratch, to: p.to, channels: channels * length };
          if (transform) f.run(f.call(transform, { ...packed, plane: weightPlane(termsOf(s), run) }));
          f.increase(from, channels * channel);
          f.increase(
            p.to,
            transform
              ? termsOf({ ...s, depth: channels * length }) * rowBytes(run)
              : packedBytes(s, channels * length, run),
          );
        });
      }
    });
  });
}

const blockParams = i32Params(['from', 'to', 'scratch']);
