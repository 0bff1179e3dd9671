// The sums of one register tile: over kernel rows, taps of a row, and channels, in this order. Sizes and distances are
// literals; what is clipped along the last axis is not in the code at all.

import {
  address,
  type Code,
  type Func,
  i8x16,
  i32,
  type Local,
  type Operand,
  v128,
} from '../../assembler/index.ts';
import { addPairs, type Engine, multiplyAdd } from '../../engine.ts';
import { type Ahead, touchAhead } from '../ahead.ts';
import { floatBytes, vectorBytes } from '../sizes.ts';
import { type ClipPlan, mergesTaps, xSteps } from './clipPlan.ts';
import { type PixelPlace, pixelPlaces, type Segment, type Stepping, type TileRun } from './rowTiles.ts';

/** The variables of a row function that its tiles share. */
export interface Registers {
  /** `[pixel][vector]`. */
  readonly sums: readonly (readonly Local<'v128'>[])[];
  /** `[tap][vector]`: of all taps of a row if steps are shared. */
  readonly weights: readonly (readonly Local<'v128'>[])[];
  readonly shared: boolean;
  /** One per pixel; of joined groups one per vector. */
  readonly splats: readonly Local<'v128'>[];
  /** Sums with a product of the first splat added: the same code in every step. */
  readonly added: Map<Local<'v128'>, Code<'v128'>>;
  readonly x: Local<'i32'>;
  readonly w: Local<'i32'>;
  /** Where the weights of the current run end. */
  readonly end: Local<'i32'>;
  readonly ahead: AheadOfTiles | null;
}

/** The weights of one block are touched over so many tiles of the block before. */
interface AheadOfTiles extends Ahead {
  readonly tiles: number;
}

/** Where sums are made. */
export interface SumSite {
  readonly f: Func;
  readonly plan: ClipPlan;
  readonly engine: Engine;
  readonly registers: Registers;
}

/** Everything a step says but the place. */
interface Site extends SumSite {
  readonly vectors: number;
  /** Where x and w stand, in floats from the beginning of the current kernel row. */
  readonly at: { x: number; w: number };
}

export function makeRegisters(
  f: Func,
  plan: ClipPlan,
  { pixels, vectors, shared, ahead, x, w }: Stepping & Pick<Registers, 'ahead' | 'x' | 'w'>,
): Registers {
  const rows = shared ? plan.axes[plan.axes.length - 1].taps : 1;
  const vectorsOf = (count: number, name: string): Local<'v128'>[] =>
    Array.from({ length: count }, (_, i) => f.local('v128', `${name}${i}`));
  return {
    sums: Array.from({ length: pixels }, (_, i) => vectorsOf(vectors, `sum${i}_`)),
    weights: Array.from({ length: rows }, (_, tap) => vectorsOf(vectors, `w${tap}_`)),
    splats: vectorsOf(Math.max(pixels, plan.joined ?? 1), 'splat'),
    added: new Map(),
    x: f.pointer('xTap', x),
    w: f.pointer('wTap', w),
    end: f.pointer('runEnd', w),
    ahead,
    shared,
  };
}

/** Addresses of a tile's first pixel at tap 0 and of its weights, and the number of taps of each outer axis. */
export interface TileStart {
  readonly x: Local<'i32'>;
  readonly w: Local<'i32'>;
  readonly taps: readonly Operand<'i32'>[];
}

/** Adds all products of a tile to its sums. */
export function sumTile({ f, plan, engine, registers }: SumSite, start: TileStart, tile: TileRun): void {
  if (tile.segments.length === 0) return;
  const vectors = registers.weights[0].length;
  const site = { f, plan, engine, registers, vectors, at: { x: 0, w: 0 } };
  overKernelRows(site, start, () => {
    if (registers.shared) sumPixels(site, tile.segments);
    else for (const segment of tile.segments) sumSegment(site, segment);
  });
}

/** Floats of weights per tap of each axis. */
export function weightSteps(plan: ClipPlan, vectors: number): number[] {
  const steps: number[] = [];
  let step = plan.ins * vectors * 4;
  for (const axis of [...plan.axes].reverse()) {
    steps.unshift(step);
    step *= axis.taps;
  }
  return steps;
}

/** The nest over the taps of the outer axes. An axis of which some outputs see no tap at all is asked first. */
function overKernelRows(s: Site, start: TileStart, body: () => void): void {
  const { f, plan, registers } = s;
  const outer = plan.axes.length - 1;
  const [x, w] = [xSteps(plan), weightSteps(plan, s.vectors)];
  f.set(registers.x, start.x);
  f.set(registers.w, start.w);
  const nest = (depth: number): void => {
    if (depth === outer) {
      body();
      return;
    }
    const next = { x: plan.axes[depth].tapStep * x[depth], w: w[depth] };
    f.note(`taps of axis ${depth}`);
    overTaps(f, start.taps[depth], () => {
      if (depth === outer - 1) {
        body();
        moveTo(s, next);
        Object.assign(s.at, { x: 0, w: 0 });
        return;
      }
      const [plane, weights] = [f.keep(registers.x, 'xPlane'), f.keep(registers.w, 'wPlane')];
      nest(depth + 1);
      f.set(registers.x, address(plane, next.x * floatBytes));
      f.set(registers.w, address(weights, next.w * floatBytes));
    });
  };
  nest(0);
}

function overTaps(f: Func, count: Operand<'i32'>, body: () => void): void {
  if (typeof count === 'number') f.repeat(count, body);
  else f.if(count, () => f.repeat(count, body));
}

/** Brings x and w to a place that is known when the code is made. */
function moveTo({ f, registers, at }: Site, to: { x: number; w: number }): void {
  if (to.x !== at.x) f.increase(registers.x, (to.x - at.x) * floatBytes);
  if (to.w !== at.w) f.increase(registers.w, (to.w - at.w) * floatBytes);
  Object.assign(at, to);
}

/** Up to this many steps stand one after the other, without a loop. */
const straightSteps = 16;

/** `tap 1`, `taps 0 to 2`. */
const span = (what: string, from: number, to: number): string =>
  to - from === 1 ? `${what} ${from}` : `${what}s ${from} to ${to - 1}`;

/** The taps of one kernel row that the same pixels see. */
function sumSegment(s: Site, { from, to, low, high }: Segment): void {
  const { plan, vectors } = s;
  const { ins, axes, xPitch } = plan;
  const axis = axes[axes.length - 1];
  const sums = s.registers.sums.slice(low, high);
  const place = (tap: number) => ({
    x: (tap * axis.tapStep + low * axis.step) * xPitch,
    w: tap * ins * vectors * 4,
  });
  const taps = to - from;
  s.f.note(`${span('tap', from, to)} of a row, for ${span('pixel', low, high)}`);
  moveTo(s, place(from));
  if (mergesTaps(plan)) sumRun(s, sums, { ...place(from), length: taps * ins });
  else if (s.engine.keepsOrder && taps * ins <= straightSteps)
    for (let tap = from; tap < to; tap++) sumRun(s, sums, { ...place(tap), length: ins });
  else {
    s.f.repeat(taps, () => {
      sumRun(s, sums, { ...place(from), length: ins });
      moveTo(s, place(from + 1));
      if (taps > 1) Object.assign(s.at, place(from));
    });
    Object.assign(s.at, place(to));
  }
}

/**
 * How the steps of a run are written: `turns` of a loop with `unroll` steps each, the rest behind it. Eight steps per turn
 * bring 94 % of the peak instead of 89 % (Zen 4, V8 13); a compiler that gathers all loads at the top spills with two.
 */
function unrolling(run: number, engine: Engine): { unroll: number; turns: number } {
  if (!engine.keepsOrder) return { unroll: 1, turns: run };
  if (run <= straightSteps / 2) return { unroll: run, turns: 1 };
  const unroll = [8, 7, 6, 5].find((steps) => run % steps === 0) ?? 8;
  return { unroll, turns: Math.floor(run / unroll) };
}

/** `length` contiguous floats of x per pixel, against as many rows of weights. */
interface Run {
  readonly x: number;
  readonly w: number;
  readonly length: number;
}

function sumRun(s: Site, sums: Registers['sums'], { x, w, length }: Run): void {
  const { f, registers, vectors } = s;
  const { unroll, turns } = unrolling(length, s.engine);
  const step = vectors * 4;
  f.note(`${length} products for each sum`);
  const stepsFrom = (first: number, count: number): void => {
    for (let i = first; i < first + count; i++)
      sumStep(s, sums, { x: x + i - s.at.x, w: w + i * step - s.at.w });
  };
  if (turns > 1) {
    moveTo(s, { x, w });
    // The end of the weights is the loop's condition: a counter would cost the loop another instruction.
    f.set(registers.end, address(registers.w, turns * unroll * step * floatBytes));
    f.loop(() => {
      stepsFrom(0, unroll);
      const { ahead } = registers;
      if (ahead) touchAhead(f, ahead, Math.floor((unroll * step * floatBytes) / ahead.tiles));
      f.increase(registers.x, unroll * floatBytes);
      f.increase(registers.w, unroll * step * floatBytes);
      return i32.ne(registers.w, registers.end);
    });
    Object.assign(s.at, { x: x + turns * unroll, w: w + turns * unroll * step });
  } else stepsFrom(0, unroll);
  stepsFrom(turns * unroll, length - turns * unroll);
}

const adderOf = ({ pairs }: ClipPlan, engine: Engine) => (pairs ? addPairs : multiplyAdd(engine));

/** One x per pixel times one row of weights; whichever are fewer wait in registers for the others. Places in floats. */
function sumStep(s: Site, sums: Registers['sums'], at: { x: number; w: number }): void {
  const { f, plan, registers, engine, vectors } = s;
  const axis = plan.axes[plan.axes.length - 1];
  const madd = adderOf(plan, engine);
  const [weights] = registers.weights;
  const loadWeights = (j: number): void =>
    f.set(weights[j], v128.load(address(registers.w, at.w * floatBytes + j * vectorBytes)));
  const loadSplat = (i: number): Code<'v128'> =>
    v128.load32Splat(address(registers.x, (at.x + i * axis.step * plan.xPitch) * floatBytes));
  if (sums.length >= vectors) {
    const [splat] = registers.splats;
    weights.forEach((_, j) => loadWeights(j));
    sums.forEach((row, i) => {
      f.set(splat, loadSplat(i));
      row.forEach((sum, j) => {
        const added = registers.added.get(sum) ?? madd(splat, weights[j], sum);
        registers.added.set(sum, added);
        f.set(sum, added);
      });
    });
    return;
  }
  const add = (i: number, j: number): void =>
    f.set(sums[i][j], madd(registers.splats[i], weights[j], sums[i][j]));
  sums.forEach((_, i) => f.set(registers.splats[i], loadSplat(i)));
  const together = engine.wide ? 2 : 1;
  for (let j = 0; j < vectors; j += together) {
    const pair = Array.from({ length: Math.min(together, vectors - j) }, (_, k) => j + k);
    pair.forEach(loadWeights);
    sums.forEach((_, i) => pair.forEach((k) => add(i, k)));
  }
}

/** All taps of one kernel row at once, channel by channel. */
function sumPixels(s: Site, segments: readonly Segment[]): void {
  const { f, plan, registers, vectors } = s;
  const { ins } = plan;
  const places = pixelPlaces(plan.axes[plan.axes.length - 1], segments);
  const from = { x: places[0].column * plan.xPitch, w: segments[0].from * ins * vectors * 4 };
  const taps = registers.weights.length;
  const unroll = plan.joined ? ins : ([4, 3, 2].find((steps) => ins % steps === 0) ?? 1);
  moveTo(s, from);
  f.note(
    `${taps} taps of a row together, ${ins === 1 ? 'one channel' : `${ins} channels, ${unroll} at a time`}`,
  );
  f.repeat(ins / unroll, () => {
    for (let i = 0; i < unroll; i++) sharedStep(s, places, { firstTap: segments[0].from, channel: i });
    if (ins === unroll) return;
    const { ahead } = registers;
    if (ahead) touchAhead(f, ahead, Math.floor((unroll * taps * vectors * vectorBytes) / ahead.tiles));
    f.increase(registers.x, unroll * floatBytes);
    f.increase(registers.w, unroll * vectors * vectorBytes);
  });
  if (ins > unroll) Object.assign(s.at, { x: from.x + ins, w: from.w + ins * vectors * 4 });
}

/** One channel of each pixel, for all taps that see it. Of joined groups each vector has its own. */
function sharedStep(
  s: Site,
  places: readonly PixelPlace[],
  { firstTap, channel }: { firstTap: number; channel: number },
): void {
  const { f, plan, registers, engine, vectors } = s;
  const { weights, splats, sums, x } = registers;
  const madd = adderOf(plan, engine);
  const taps = new Set(places.flatMap(({ uses }) => uses.map((u) => u.tap)));
  for (const tap of taps)
    weights[tap].forEach((weight, j) => {
      const row = ((tap - firstTap) * plan.ins + channel) * vectors + j;
      f.set(weight, v128.load(address(registers.w, row * vectorBytes)));
    });
  for (const { column, uses } of places) {
    const at = (column - places[0].column) * plan.xPitch * floatBytes;
    if (plan.joined) {
      weights[0].forEach((_, j) => f.set(splats[j], v128.load(address(x, at + j * vectorBytes))));
      weights[0].forEach((_, j) => f.set(splats[j], splatLane(splats[j], channel)));
    } else f.set(splats[0], v128.load32Splat(address(x, at + channel * floatBytes)));
    for (const { tap, pixel } of uses)
      sums[pixel].forEach((sum, j) => f.set(sum, madd(splats[plan.joined ? j : 0], weights[tap][j], sum)));
  }
}

const splatLane = (vector: Local<'v128'>, lane: number): Code<'v128'> =>
  i8x16.shuffle(
    vector,
    vector,
    [0, 1, 2, 3].flatMap(() => [0, 1, 2, 3].map((byte) => 4 * lane + byte)),
  );
