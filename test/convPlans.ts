// Runs the plan of a convolution's algorithm as a program would, in random pieces, and compares it with the reference
// backend. Whole numbers small enough make every sum exact, so that results must agree bit for bit.

import { type Engine, engine } from '../packages/neocog/src/backends/wasm/engine.ts';
import type {
  ConvOperand,
  ConvPlan,
  ConvPlanner,
  ConvTask,
  Order,
} from '../packages/neocog/src/backends/wasm/kernels/convPlan.ts';
import { type Epilogue, plainEpilogue } from '../packages/neocog/src/backends/wasm/kernels/epilogue.ts';
import { pairedPixels, wordsOf } from '../packages/neocog/src/backends/wasm/program/form.ts';
import type { ConvKernel } from '../packages/neocog/src/backends/work.ts';
import { convGeometry, inputShape, outputShape, weightShape } from '../packages/neocog/src/geometry/conv.ts';
import { formatConv } from '../packages/neocog/src/geometry/text.ts';
import type { ConvGeometry } from '../packages/neocog/src/geometry/types.ts';
import { product } from '../packages/neocog/src/geometry/window.ts';
import type { Generator } from '../packages/neocog/src/index.ts';
import { fromPixels, KernelRunner, toPixels } from './kernelRunner.ts';
import { type ConvArrays, convByReference } from './reference.ts';

export const pick = <T>(random: Generator, from: readonly T[]): T => from[random.integer(from.length)] as T;

export interface Channels {
  readonly groups: number;
  readonly perIn: number;
  readonly perOut: number;
}

/** A geometry of odd sizes, strides, dilations and uneven zero padding, or null where they do not fit together. */
export function randomGeometry(random: Generator, { groups, perIn, perOut }: Channels): ConvGeometry | null {
  const rank = pick(random, [1, 2, 2, 3] as const);
  const perAxis = (from: readonly number[]): number[] =>
    Array.from({ length: rank }, () => pick(random, from));
  const options = {
    groups,
    stride: perAxis([1, 1, 2, 3]),
    dilation: perAxis([1, 1, 2, 3]),
    padding: perAxis([0, 1, 2, 5]).map((p) => [p, pick(random, [0, 1, 2])] as [number, number]),
  };
  const input = [pick(random, [1, 2, 3]), groups * perIn, ...perAxis([1, 3, 5, 8, 13, 29])];
  const weight = [groups * perOut, perIn, ...perAxis([1, 2, 3, 4, 5, 9])];
  try {
    return convGeometry({ fn: 'random', rank }, { input, weight }, options);
  } catch {
    return null;
  }
}

/** Floats per pixel: as the channels, rounded up to vectors, or more. */
export const randomPitch = (random: Generator, channels: number): number => {
  const vectors = Math.ceil(channels / 4) * 4;
  return pick(random, [channels, vectors, vectors, vectors + 4]);
};

/** An epilogue and its value in plain numbers. `extras` are row-major, pixel extras as the result. */
export interface NamedEpilogue {
  readonly epilogue: Epilogue;
  readonly value: (sum: number, extras: readonly number[]) => number;
}

export const plain: NamedEpilogue = { epilogue: plainEpilogue, value: (sum) => sum };

/** A case in every pair of orders, each with the pitches that it needs. */
export function inOrders<C extends Omit<PlanCase, 'ending'> & Partial<PlanCase>>(common: C): C[] {
  const { kernel, geometry, ending } = common;
  const { groups, inChannels, outChannels } = geometry;
  const result = ending?.epilogue.pairs ? resultOf(kernel) : null;
  const pitch = (side: 'x' | 'y', order: Order): number => {
    const channels = side === 'x' ? inChannels : outChannels;
    if (order === 'planes') return channels;
    if (order === 'pairs') return pairedPixels([1, channels, 1], groups).pitch;
    return side === result ? pairedPixels([1, channels, 1], 1).pitch : common[`${side}Pitch`];
  };
  return orders.flatMap((xOrder) =>
    orders.map((yOrder) => {
      const pitches = { xPitch: pitch('x', xOrder), yPitch: pitch('y', yOrder) };
      return { ...common, xOrder, yOrder, ...pitches };
    }),
  );
}

const resultOf = (kernel: ConvKernel): 'x' | 'y' | 'w' =>
  kernel === 'conv' ? 'y' : kernel === 'inputGrad' ? 'x' : 'w';

const orders: readonly Order[] = ['pixels', 'planes', 'pairs'];

export interface PlanCase {
  readonly geometry: ConvGeometry;
  readonly kernel: ConvKernel;
  readonly xPitch: number;
  readonly yPitch: number;
  readonly xOrder?: Order;
  readonly yOrder?: Order;
  readonly ending: NamedEpilogue;
  /** That in use unless stated. */
  readonly engine?: Engine;
}

/** Plans the case, runs it and returns where it first differs from the reference, −1 for nowhere. */
export function firstDifference(planner: ConvPlanner, c: PlanCase, random: Generator): number {
  const { got, want } = runCase(planner, c, random);
  return want.findIndex((value, i) => value !== got[i]);
}

export interface Outcome {
  /** Row-major. */
  readonly got: Float32Array;
  readonly want: readonly number[];
  /** The largest sum of magnitudes, or a usual one if that is larger: what rounding is a share of. */
  readonly scale: () => number;
}

/** What a planner makes of a case of whole numbers, and the reference. */
export function runCase(planner: ConvPlanner, c: PlanCase, random: Generator): Outcome {
  const draw = (shape: readonly number[]): Float32Array =>
    Float32Array.from({ length: product(shape) }, () => random.integer(7) - 3);
  const g = c.geometry;
  const task: ConvTask = { ...c, epilogue: c.ending.epilogue, engine: c.engine ?? engine() };
  const refusal = planner.refuse(task);
  if (refusal !== null) throw new Error(`${planner.name} refuses ${formatConv(g)}: ${refusal}`);
  const channels = c.kernel === 'conv' ? g.outChannels : g.inChannels;
  const shape = c.kernel === 'conv' ? outputShape(g) : inputShape(g);
  const operands = { x: draw(inputShape(g)), w: draw(weightShape(g)), y: draw(outputShape(g)) };
  const bias = c.ending.epilogue.bias ? draw([channels]) : null;
  const extras = c.ending.epilogue.extras.map((kind) => draw(kind === 'pixel' ? shape : [channels]));
  const got = runPlan(planner, task, { ...operands, bias, extras }, random);
  const sums = expectedSums(c, operands, bias);
  const plane = product(shape.slice(2));
  const want = Array.from(sums, (sum, i) => {
    const channel = Math.floor(i / plane) % channels;
    const at = extras.map((e, k) => e[c.ending.epilogue.extras[k] === 'pixel' ? i : channel] as number);
    return c.ending.value(sum, at);
  });
  const magnitudes = {
    x: operands.x.map(Math.abs),
    w: operands.w.map(Math.abs),
    y: operands.y.map(Math.abs),
  };
  const scale = (): number =>
    expectedSums(c, magnitudes, null).reduce((most, v) => Math.max(most, v), usualSum(c, magnitudes));
  return { got, want, scale };
}

/** A sum over all taps, also where all that there are lie in the padding: tiles see cells that no sum of theirs sees. */
function usualSum({ geometry: g, kernel }: PlanCase, { x, w, y }: ConvArrays): number {
  const most = (kernel === 'conv' ? x : y).reduce((a, b) => Math.max(a, b), 0);
  const weights = w.reduce((a, b) => a + b, 0) / (kernel === 'conv' ? g.outChannels : g.inChannels);
  return kernel === 'weightGrad' ? 0 : most * weights;
}

const expectedSums = (
  { geometry, kernel }: PlanCase,
  operands: ConvArrays,
  bias: Float32Array | null,
): Float32Array => convByReference(kernel, geometry, operands, bias);

/** What a plan works on, row-major. */
export interface PlanArrays extends ConvArrays {
  readonly bias: Float32Array | null;
  readonly extras: readonly Float32Array[];
}

/** How one side of a convolution lies in memory. */
interface Side {
  readonly channels: number;
  readonly plane: number;
  readonly pitch: number;
  readonly order: Order;
  readonly groups: number;
}

function sideOf({ geometry: g, xOrder, yOrder, xPitch, yPitch }: ConvTask, name: 'x' | 'y'): Side {
  return name === 'x'
    ? { ...inputSide(g), pitch: xPitch, order: xOrder ?? 'pixels' }
    : { ...outputSide(g), pitch: yPitch, order: yOrder ?? 'pixels' };
}

const inputSide = (g: ConvGeometry) => ({
  groups: g.groups,
  channels: g.inChannels,
  plane: product(g.axes.map((a) => a.input)),
});
const outputSide = (g: ConvGeometry) => ({
  groups: g.groups,
  channels: g.outChannels,
  plane: product(g.axes.map((a) => a.output)),
});

function arranged(values: Float32Array, side: Side): Float32Array {
  const { channels, plane, pitch, order } = side;
  if (order === 'pairs') return toPairs(values, side);
  return order === 'planes' ? values : toPixels(values, channels, plane, pitch);
}

/** Whole numbers of 16 bits, two to a word; the first channel of each group begins one. */
function toPairs(values: Float32Array, { channels, plane, pitch, groups }: Side): Float32Array {
  const cells = values.length / channels;
  const halves = new Int16Array(cells * pitch * 2);
  const perGroup = channels / groups;
  values.forEach((value, i) => {
    const [cell, channel] = [i % plane, Math.floor(i / plane) % channels];
    const image = Math.floor(i / (plane * channels));
    const [group, own] = [Math.floor(channel / perGroup), channel % perGroup];
    halves[((image * plane + cell) * pitch + group * wordsOf(perGroup)) * 2 + own] = value;
  });
  return new Float32Array(halves.buffer);
}

function asTensor(stored: Float32Array, side: Side, pairs = false): Float32Array {
  const { channels, plane, pitch, order } = side;
  if (!pairs) return order === 'planes' ? stored : fromPixels(stored, channels, plane, pitch);
  const halves = Float32Array.from(new Int16Array(stored.buffer, stored.byteOffset, 2 * stored.length));
  return fromPixels(halves, channels, plane, 2 * pitch);
}

/** The result, row-major. What lies behind it in memory must be as it was. */
export function runPlan(
  planner: ConvPlanner,
  task: ConvTask,
  arrays: PlanArrays,
  random: Generator,
): Float32Array {
  const { geometry: g, kernel } = task;
  const plan = planner.plan(task);
  const result = resultOf(kernel);
  const runner = new KernelRunner<ConvOperand | 'weights'>(random.integer(1e6));
  const lengths = { x: 0, y: 0, w: arrays.w.length };
  for (const name of ['x', 'y'] as const) {
    const values = arranged(arrays[name], sideOf(task, name));
    lengths[name] = values.length;
    runner.place(name, values.length, name === result ? [] : values);
  }
  placeWeights(runner, plan, arrays.w, result === 'w');
  if (arrays.bias) runner.place('bias', arrays.bias.length, arrays.bias);
  arrays.extras.forEach((values, i) => {
    const isPixel = task.epilogue.extras[i] === 'pixel' && result !== 'w';
    const stored = isPixel ? arranged(values, sideOf(task, result)) : values;
    runner.place(`extra${i}`, stored.length, stored);
  });
  plan.workspaces.forEach((bytes, i) => runner.place(`workspace${i}`, Math.ceil(bytes / 4)));
  runner.run(plan.prepare);
  runner.run(plan.steps);
  const behind = runner.floats(runner.address(result) + lengths[result] * 4, 16);
  if (!behind.every(Number.isNaN)) throw new Error(`${formatConv(g)} writes behind its result`);
  const values = runner.read(result, lengths[result]);
  return result === 'w' ? values : asTensor(values, sideOf(task, result), task.epilogue.pairs);
}

/** A plan that prepares nothing reads the weights as they are. */
function placeWeights(
  runner: KernelRunner<ConvOperand | 'weights'>,
  plan: ConvPlan,
  w: Float32Array,
  isResult: boolean,
): void {
  if (!isResult) runner.place('weights', w.length, w);
  if (isResult) runner.place('w', w.length);
  else if (plan.prepare.length > 0) runner.place('w', plan.weightBytes / 4);
  else runner.place('w', w.length, w);
}
