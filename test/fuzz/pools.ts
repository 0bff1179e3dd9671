// Pools of every kind at once, with gradients, against the reference backend. Values are whole numbers with many ties, now and
// then with NaN and infinities among them, so that the rules for equals and for NaN show.

import type { Generator, Tensor } from '../../packages/neocog/src/index.ts';
import * as neocog from '../../packages/neocog/src/index.ts';
import { type Allowed, expectAnswers } from './compare.ts';
import { between, oneIn, pick, replaced, smallerSizes, times, wholeNumbers } from './drawing.ts';
import { type FuzzKind, judged } from './kind.ts';
import { drawWay, inWay, simplerWays, type Way } from './ways.ts';

const operations = [
  'maxPool',
  'avgPool',
  'adaptiveAvgPool',
  'adaptiveMaxPool',
  'lpPool',
  'maxUnpool',
] as const;

interface PoolCase extends Way {
  readonly operation: (typeof operations)[number];
  readonly batch: number;
  readonly channels: number;
  /** Per axis, as the following. */
  readonly input: readonly number[];
  /** Of adaptive pools the size of the output. */
  readonly kernel: readonly number[];
  readonly stride: readonly number[];
  readonly dilation: readonly number[];
  readonly padding: readonly (readonly [number, number])[];
  readonly ceilMode: boolean;
  readonly countIncludePad: boolean;
  readonly layout: 'channels-first' | 'channels-last';
  /** Some values are NaN or infinite. */
  readonly special: boolean;
  readonly seed: number;
}

const most = [0, 200, 30, 10];

function draw(random: Generator): PoolCase {
  const operation = pick(random, operations);
  const rank = operation === 'lpPool' ? pick(random, [1, 2]) : pick(random, [1, 2, 2, 3]);
  const perAxis = (make: () => number): number[] => times(rank, make);
  const kernel = perAxis(() => (oneIn(random, 8) ? between(random, 1, 16) : between(random, 1, 5)));
  return {
    operation,
    batch: pick(random, [1, 1, 2, 3]),
    channels: pick(random, [1, 2, 3, 4, 5, 8, 13, 32]),
    input: perAxis(() => between(random, 1, most[rank] as number)),
    kernel,
    stride: perAxis(() => pick(random, [1, 1, 2, 2, 3, 7])),
    dilation: perAxis(() => pick(random, [1, 1, 1, 2, 3])),
    padding: kernel.map((k) => [random.integer(k + 1) >> 1, random.integer(k + 1) >> 1] as const),
    ceilMode: oneIn(random, 2),
    countIncludePad: oneIn(random, 2),
    layout: pick(random, ['channels-first', 'channels-first', 'channels-last'] as const),
    special: oneIn(random, 6),
    ...drawWay(random),
    seed: random.integer(2 ** 30),
  };
}

function inputOf(c: PoolCase): Tensor {
  const channels = c.layout === 'channels-last' ? [...c.input, c.channels] : [c.channels, ...c.input];
  const shape = [c.batch, ...channels];
  const x = wholeNumbers(c.seed, shape);
  if (c.operation === 'lpPool')
    return new neocog.Tensor(
      x.data.map((v) => Math.abs(v) + 1),
      shape,
      true,
    );
  if (!c.special || c.operation === 'maxUnpool') return x;
  const random = new neocog.Generator(c.seed + 9);
  const specials = [Number.NaN, Infinity, -Infinity];
  return new neocog.Tensor(
    x.data.map((v) => (oneIn(random, 9) ? pick(random, specials) : v)),
    shape,
    true,
  );
}

/** Any exported operation by its name. */
const call = (name: string, ...args: unknown[]): unknown =>
  (neocog as unknown as Record<string, (...args: unknown[]) => unknown>)[name]?.(...args);

function optionsOf(c: PoolCase): Record<string, unknown> {
  const { stride, padding, ceilMode, countIncludePad, dilation, layout } = c;
  if (c.operation === 'maxPool') return { stride, padding, dilation, ceilMode, layout };
  if (c.operation === 'avgPool') return { stride, padding, dilation, ceilMode, countIncludePad, layout };
  if (c.operation === 'lpPool') return { stride, dilation, ceilMode, layout, normType: 2 };
  return { layout };
}

type Answers = Record<string, Tensor>;

function answersOf(c: PoolCase): Answers {
  const x = inputOf(c);
  const rank = c.input.length;
  if (c.operation === 'maxUnpool') return unpooled(c, x);
  const max = c.operation === 'maxPool' || c.operation === 'adaptiveMaxPool';
  const result = call(`${c.operation}${rank}d${max ? 'WithIndices' : ''}`, x, c.kernel, optionsOf(c));
  return withGradient(c, x, max ? (result as Answers) : { output: result as Tensor });
}

function withGradient(c: PoolCase, x: Tensor, answers: Answers): Answers {
  const output = answers.output as Tensor;
  const [gradient] = neocog.grad(output, [x], { gradient: wholeNumbers(c.seed + 1, output.shape) });
  return { ...answers, gradient: gradient as Tensor };
}

/** What a pool with windows side by side took away, put back. */
function unpooled(c: PoolCase, x: Tensor): Answers {
  const first = { ...c, layout: 'channels-first' as const };
  const rank = c.input.length;
  const plane = inputOf(first);
  const options = { stride: c.kernel };
  const { output, indices } = call(`maxPool${rank}dWithIndices`, plane, c.kernel, options) as Answers;
  const pooled = new neocog.Tensor((output as Tensor).data as Float32Array, (output as Tensor).shape, true);
  const back = call(`maxUnpool${rank}d`, pooled, indices, c.kernel, { ...options, outputSize: c.input });
  return withGradient({ ...first, seed: x.size }, pooled, { output: back as Tensor });
}

/** Sums are exact; a mean, a power and a root round, once each. */
const near: Allowed = (want) => 4e-6 * Math.max(1, Math.abs(want));

export const pools: FuzzKind<PoolCase> = {
  name: 'pools',
  about: 'pools of every kind with positions and gradients, ties, NaN and infinities',
  draw,
  async check(c) {
    const want = judged(() => neocog.withBackend('reference', () => answersOf(c)));
    await inWay(c, () => expectAnswers(answersOf(c), want, near));
  },
  *smaller(c) {
    yield* simplerWays(c);
    for (const key of ['batch', 'channels'] as const)
      for (const n of smallerSizes(c[key], 1)) yield { ...c, [key]: n };
    const plain = {
      special: false,
      ceilMode: false,
      countIncludePad: true,
      layout: 'channels-first',
    } as const;
    for (const [key, value] of Object.entries(plain))
      if (c[key as keyof typeof plain] !== value) yield { ...c, [key]: value };
    for (const key of ['input', 'kernel', 'stride', 'dilation'] as const)
      for (let axis = 0; axis < c.input.length; axis++)
        for (const n of smallerSizes(c[key][axis] as number, 1))
          yield { ...c, [key]: replaced(c[key], axis, n) };
    for (const [axis, [before, after]] of c.padding.entries()) {
      for (const n of smallerSizes(before, 0))
        yield { ...c, padding: replaced(c.padding, axis, [n, after] as const) };
      for (const n of smallerSizes(after, 0))
        yield { ...c, padding: replaced(c.padding, axis, [before, n] as const) };
    }
  },
};
